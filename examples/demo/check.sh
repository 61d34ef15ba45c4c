# shellcheck shell=bash
# Sourced by demo: one sign-in, both portals, tokens verified offline, and what must be refused.
# Each function is a step: it fails if what it says does not hold.

claim() { tr '\n' ' ' <"$PAGE" | sed -n "s/.*<code>$1<\/code><\/dt><dd><bdi>\(<code>\)\{0,1\}\([^<]*\)<.*/\2/p"; }

discovery_names_the_issuer() {
	visit "$ISSUER/.well-known/openid-configuration"
	[ "$STATUS" = 200 ] && found "\"issuer\":\"$ISSUER\""
}

national_portal_asks_for_a_sign_in() {
	visit "$NATIONAL/" && found 'id="guest"' || return
	visit "$NATIONAL/sign-in" && found 'name="password"' || return
	[[ $URL == "$ISSUER/authorize?"*code_challenge_method=S256* ]]
}

wrong_password_is_refused() {
	submit /signin username=zhangsan password=not-this-one action=signin
	found 'name="password"' && found 'role="alert"'
}

zhangsan_signs_in() {
	submit /signin username=zhangsan "password=$PASSWORD" action=signin
	CALLBACK=$(grep -F "$NATIONAL/callback?" <<<"$VISITED" | tail -n 1)
	[ "$URL" = "$NATIONAL/" ] && found 'id="who"' && [ "$(claim name)" = 张三 ]
}

the_level_arrives() { found '<code>acr</code>' && found '</span>3 级'; }

the_other_portal_asks_nothing() {
	NATIONAL_SUB=$(claim sub) NATIONAL_TIME=$(claim auth_time)
	VISITED=
	visit "$PROVINCIAL/sign-in" || return
	[ "$URL" = "$PROVINCIAL/" ] && [ "$(claim name)" = 张三 ] || return
	# To the issuer and straight back: no page stood between.
	[ "$(wc -l <<<"${VISITED%$'\n'}")" = 4 ]
}

it_is_the_same_authentication() { [ -n "$NATIONAL_TIME" ] && [ "$(claim auth_time)" = "$NATIONAL_TIME" ]; }

each_portal_knows_another_identifier() {
	local sub
	sub=$(claim sub)
	[ -n "$sub" ] && [ -n "$NATIONAL_SUB" ] && [ "$sub" != "$NATIONAL_SUB" ]
}

forged_callback_is_refused() {
	visit "$NATIONAL/callback?code=x&state=x&iss=$ISSUER"
	[ "$STATUS" = 400 ] && found 'role="alert"'
}

used_callback_is_refused() {
	[ -n "$CALLBACK" ] || return
	visit "$CALLBACK"
	[ "$STATUS" = 400 ] && found 'role="alert"'
}

# ---- tokens ---------------------------------------------------------------------------------------

portal_verifies_offline() {
	visit "$NATIONAL/token" || return
	ACCESS_TOKEN=$(text access-token) ID_TOKEN=$(text id-token)
	[ "$(grep -c '<li class="passed">' "$PAGE")" = 1 ] &&
		[ "$(grep -c '<li class="refused">' "$PAGE")" = 4 ]
}

keys_are_exported() { nation_ctl keys export --output "$NATION/jwks.json" && [ -s "$NATION/jwks.json" ]; }

# A network namespace of its own has no network at all; where that is not allowed, do without.
offline() {
	if unshare -rn true 2>/dev/null; then unshare -rn "$@"; else "$@"; fi
}

# What the token names as its status list, as any platform would fetch it before it goes offline.
status_list_is_fetched() {
	local payload uri
	payload=$(cut -d. -f2 <<<"$ACCESS_TOKEN" | tr -- -_ +/)
	while [ $((${#payload} % 4)) != 0 ]; do payload+="="; done
	uri=$(base64 -d <<<"$payload" | sed -n 's/.*"uri":"\([^"]*\)".*/\1/p')
	[[ $uri == "$ISSUER/"* ]] && visit "$uri" && [ "$STATUS" = 200 ] && cp "$PAGE" "$NATION/list.jwt"
}

verify() { offline "$BUILD/examples/verify" "$NATION/jwks.json" "$ISSUER" "$1" "$NATION/list.jwt"; }

access_token_verifies_offline() { printf '%s' "$ACCESS_TOKEN" | verify "$NATIONAL" | grep -q '^subject'; }

id_token_verifies_offline() {
	printf '%s' "$ID_TOKEN" | offline "$BUILD/authctl/authctl" token verify --kind id \
		--jwks "$NATION/jwks.json" --issuer "$ISSUER" --audience national | grep -qx verified
}

# refused REASON COMMAND...: it ends with 1, for that reason and no other.
refused() {
	local reason=$1 said status=0
	shift
	said=$("$@" 2>&1) || status=$?
	[ $status = 1 ] && [[ $said == *"$reason"* ]]
}

altered_token_is_refused() {
	local head=${ACCESS_TOKEN%.*} signature=${ACCESS_TOKEN##*.} first=A
	[ "${signature:0:1}" = A ] && first=B
	refused signature verify "$NATIONAL" <<<"$head.$first${signature:1}"
}

foreign_audience_is_refused() { refused audience verify "$PROVINCIAL" <<<"$ACCESS_TOKEN"; }

id_token_is_no_access_token() { refused "" verify "$NATIONAL" <<<"$ID_TOKEN"; }

interfaces_tell_tokens_apart() {
	visit "$NATIONAL/api/me" -H "Authorization: Bearer $ACCESS_TOKEN"
	[ "$STATUS" = 200 ] && found "\"sub\":\"$NATIONAL_SUB\"" || return
	visit "$PROVINCIAL/api/me" -H "Authorization: Bearer $ACCESS_TOKEN"
	[ "$STATUS" = 401 ]
}

# ---- the end --------------------------------------------------------------------------------------

signing_out_ends_both_sessions() {
	visit "$NATIONAL/" && submit /sign-out || return
	[ "$URL" = "$NATIONAL/signed-out" ] && found 'id="signed-out"' || return
	visit "$NATIONAL/" && found 'id="guest"'
}

token_is_revoked() {
	for _ in $(seq 100); do
		status_list_is_fetched || return
		refused revoked verify "$NATIONAL" <<<"$ACCESS_TOKEN" && return
		sleep 0.1
	done
	return 1
}

signing_in_asks_again() {
	visit "$NATIONAL/sign-in" && [[ $URL == "$ISSUER/authorize?"* ]] && found 'name="password"'
}

# ---------------------------------------------------------------------------------------------------

step() {
	local words=$1
	shift
	if "$@" 2>"$NATION/why"; then
		printf '  ok      %s\n' "$words"
		return 0
	fi
	printf '  FAILED  %s\n' "$words"
	{
		printf '\n%s answered %s\n' "$URL" "${STATUS:-nothing}"
		cat "$NATION/why"
		head -c 1500 "$PAGE"
		printf '\n--- the end of the log of authd\n'
		tail -n 10 "$NATION/authd.log"
	} >&2
	return 1
}

check() {
	browser_new
	step "discovery names the issuer, $ISSUER" discovery_names_the_issuer &&
		step "the national portal sends a visitor to sign in" national_portal_asks_for_a_sign_in &&
		step "a wrong password is refused" wrong_password_is_refused &&
		step "张三 signs in; the portal is told the name" zhangsan_signs_in &&
		step "... and the level of assurance" the_level_arrives &&
		step "the provincial portal signs 张三 in without a page in between" the_other_portal_asks_nothing &&
		step "... by the same authentication" it_is_the_same_authentication &&
		step "... under an identifier of its own" each_portal_knows_another_identifier &&
		step "an invented callback is refused" forged_callback_is_refused &&
		step "a callback that was used is refused" used_callback_is_refused &&
		step "the portal verifies its access token and refuses four that are not" portal_verifies_offline &&
		step "authctl exports the public keys" keys_are_exported &&
		step "the status list that the access token names is fetched" status_list_is_fetched &&
		step "the access token verifies offline (examples/verify.c)" access_token_verifies_offline &&
		step "the ID token verifies offline (authctl token verify)" id_token_verifies_offline &&
		step "an altered token is refused" altered_token_is_refused &&
		step "a token for another audience is refused" foreign_audience_is_refused &&
		step "an ID token is refused as an access token" id_token_is_no_access_token &&
		step "each portal's interface takes its own tokens alone" interfaces_tell_tokens_apart &&
		step "signing out ends the sessions at the portal and at the issuer" signing_out_ends_both_sessions &&
		step "... and revoke the access token, as the list says within seconds" token_is_revoked &&
		step "... so that the next sign-in asks for the password" signing_in_asks_again &&
		step "all servers end cleanly" nation_stop
}
