#!/bin/bash
# The manual pages are good mdoc, and tell of every command, option, setting and function.
# manual.sh BUILD
set -eu
pages=$1/docs/man
command -v mandoc >/dev/null || { echo "no mandoc on this machine"; exit 77; }
for page in authctl.1 authd.yaml.5 authd.8 authgate.8 $(cd "$pages" && ls ./*.3); do
	if link=$(sed -n '1s|^\.so man3/||p' "$pages/$page") && [ -n "$link" ]; then
		[ -s "$pages/$link" ] || { echo "$page leads nowhere: $link"; exit 1; }
		continue
	fi
	# Pages refer to each other before they are installed; generated lines are as long as they are.
	said=$(mandoc -Tlint -Wstyle "$pages/$page" |
		grep -vE 'referenced manual not found|longer than 80 bytes' || true)
	[ -z "$said" ] || { echo "$said"; exit 1; }
	sed -n 's/^\.Xr \(auth_[a-z_]*\) 3.*/\1/p' "$pages/$page" | sort -u | while read -r other; do
		[ -s "$pages/$other.3" ] || { echo "$page sends to $other(3)"; exit 1; }
	done
	mandoc -Tutf8 "$pages/$page" | sed 's/.\x08//g' >"$pages/$page.txt"
done
trap 'rm -f "$pages"/*.txt' EXIT

missing() { echo "$1 does not tell of $2"; exit 1; }
sed -n 's/^\t\(auth_[a-z0-9_]*\);$/\1/p' libauth/libauth.map libauth/refresh/refresh.map |
	while read -r what; do
		page=$what.3
		link=$(sed -n '1s|^\.so man3/||p' "$pages/$page") || missing "section 3" "$what"
		[ -z "$link" ] || page=$link
		for macro in Nm Fo; do
			grep -qE "^\.$macro $what( ,)?$" "$pages/$page" || missing "$page" "$what ($macro)"
		done
	done
sed -n '/^enum auth_status/,/^};/s/^\t\(AUTH_[A-Z_]*\) = .*/\1/p' libauth/auth.h |
	while read -r what; do grep -qw "$what" "$pages/libauth.3.txt" || missing libauth.3 "$what"; done
"$1/authctl/authctl" --help-markdown | sed -n 's/^## authctl //p; s/^  \(--[a-z-]*\).*/\1/p' | sort -u |
	while read -r what; do grep -qF -- "$what" "$pages/authctl.1.txt" || missing authctl.1 "$what"; done
sed -n 's/^\t{"\([a-z_.]*\)", SETTING_.*/\1/p' conf/settings.c |
	while read -r what; do grep -qwF -- "$what" "$pages/authd.yaml.5.txt" || missing authd.yaml.5 "$what"; done
"$1/libauth/gate/authgate" --help | grep -o -- '--[a-z-]*' | sort -u |
	while read -r what; do grep -qF -- "$what" "$pages/authgate.8.txt" || missing authgate.8 "$what"; done
"$1/authd/authd" --help | grep -o -- '--[a-z-]*' | sort -u |
	while read -r what; do grep -qF -- "$what" "$pages/authd.8.txt" || missing authd.8 "$what"; done
