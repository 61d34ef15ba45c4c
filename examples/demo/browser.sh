# shellcheck shell=bash disable=SC2034
# Sourced by demo: a small browser on curl. It keeps cookies for each host, the Secure ones too (curl
# itself does that over TLS alone, browsers also on *.localhost), and follows redirects.
#
#   browser_new                          forgets all cookies
#   visit URL [CURL-ARGUMENT...]         $STATUS, $URL and $PAGE are of the last answer
#   submit PATH NAME=VALUE...            the form of the page, with its hidden field `request`
#   found PATTERN                        whether the page has a line like this
#   text ID                              what the element with this id says
#
# $VISITED lists the URLs on the way.

browser_new() {
	BROWSER=$NATION/browser
	rm -rf "$BROWSER"
	mkdir "$BROWSER" "$BROWSER/cookies"
	PAGE=$BROWSER/page VISITED=
}

browser_keep_cookies() {
	local jar=$1 line name
	tr -d '\r' <"$BROWSER/head" | sed -n 's/^[Ss]et-[Cc]ookie: *//p' >"$BROWSER/set"
	while IFS= read -r line; do
		name=${line%%=*}
		{ grep -v "^$name=" "$jar" || true; } >"$jar.new"
		case $line in
		*[Mm]ax-[Aa]ge=0* | "$name=;"*) ;;
		*) echo "${line%%;*}" >>"$jar.new" ;;
		esac
		mv "$jar.new" "$jar"
	done <"$BROWSER/set"
}

# One exchange; sets STATUS, and NEXT where it redirects to.
browser_exchange() {
	local host=${URL#*://} jar cookies answer
	host=${host%%[:/]*}
	jar=$BROWSER/cookies/$host
	[ -e "$jar" ] || : >"$jar"
	cookies=$(paste -sd';' "$jar")
	answer=$(curl -sS --max-time 20 --noproxy '*' --connect-to ::127.0.0.1: \
		-D "$BROWSER/head" -o "$PAGE" -w '%{http_code} %{redirect_url}' \
		${cookies:+-H "Cookie: $cookies"} "$@" "$URL") || return
	STATUS=${answer%% *} NEXT=${answer#* }
	VISITED="$VISITED$URL"$'\n'
	browser_keep_cookies "$jar"
}

visit() {
	local hop
	URL=$1
	shift
	for hop in {1..10}; do
		browser_exchange "$@" || return
		[ -n "$NEXT" ] || return 0
		URL=$NEXT
		set --
	done
	echo "no end of redirects after $hop: $URL" >&2
	return 1
}

submit() {
	local origin host path=$1 request fields=() field
	shift
	host=${URL#*://}
	origin=${URL%%://*}://${host%%/*}
	request=$(sed -n 's/.*name="request" value="\([^"]*\)".*/\1/p' "$PAGE" | head -n 1)
	for field in ${request:+"request=$request"} "$@"; do fields+=(--data-urlencode "$field"); done
	[ ${#fields[@]} -gt 0 ] || fields=(-d "")
	visit "$origin$path" -H "Origin: $origin" "${fields[@]}"
}

found() { grep -qe "$1" "$PAGE"; }

text() {
	tr '\n' ' ' <"$PAGE" | sed -n "s/.* id=\"$1\"[^>]*>\([^<]*\)<.*/\1/p"
}
