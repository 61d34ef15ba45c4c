#!/bin/bash
# An operator registers every kind of client by options alone, reads it back, changes it; and what
# is not known, or does not go together, is refused by name. clients.sh BUILD
. "$(dirname "$0")/../lib/authd.sh" "$1"

# refused CODE WORDS ARG...: so ends authctl client ARG..., saying this.
refused() {
	local code=$1 words=$2 said status=0
	shift 2
	said=$(authd_ctl client "$@" 2>&1 </dev/null) || status=$?
	[ $status = "$code" ] || fail "client $*: ended with $status, not $code: $said"
	grep -qE -- "$words" <<<"$said" || fail "client $*: expected '$words' but it said: $said"
}
# has ID FILTER: what is registered of it, as jq sees it.
has() {
	authd_ctl client show "$1" --json >"$E2E/shown.json"
	jq -e "$2" "$E2E/shown.json" >/dev/null || fail "$1: not $2: $(cat "$E2E/shown.json")"
}
# card ID LABEL VALUE: so a person reads it.
card() { authd_ctl client show "$1" | grep -qE "^$2: +$3$" || fail "$1: $2 is not $3: $(authd_ctl client show "$1")"; }

authd_init "mtls:" "  url: https://mtls.localhost:1" "  client_ca: ca.pem" \
	"authorization:" "  details_types: licence_application"
authd_start
"$AUTHD_NODE" -e '
	const { publicKey } = require("crypto").generateKeyPairSync("ec", { namedCurve: "P-256" });
	const key = publicKey.export({ format: "jwk" });
	console.log(JSON.stringify({ keys: [{ ...key, kid: "s", use: "sig", alg: "ES256" },
		{ ...key, kid: "e", use: "enc", alg: "ECDH-ES" }] }));' >"$E2E/jwks.json"

# ---- a client certificate
authd_client mtls --client-id mtls --name 数据交换平台 --grant-type client_credentials --scope exchange \
	--auth tls_client_auth --tls-client-auth-subject-dn "CN=exchange,O=某省,C=CN" \
	--tls-client-certificate-bound-access-tokens
has mtls '.tls_client_auth_subject_dn == "CN=exchange,O=某省,C=CN" and .tls_client_certificate_bound_access_tokens'
card mtls "Tokens bound to certificate" yes
for name in dns:x.example uri:https://x.example/ ip:192.0.2.7 email:x@x.example; do
	authd_client san --client-id "san-${name%%:*}" --name x --grant-type client_credentials \
		--auth tls_client_auth "--tls-client-auth-san-${name%%:*}" "${name#*:}"
	has "san-${name%%:*}" ".tls_client_auth_san_${name%%:*} == \"${name#*:}\""
done
refused 1 "tls_client_auth" add --name x --auth tls_client_auth --grant-type client_credentials
authd_client selfsigned --client-id selfsigned --name x --auth self_signed_tls_client_auth \
	--jwks "$E2E/jwks.json" --grant-type client_credentials
card selfsigned "Public keys here" 2

# ---- FAPI 2.0
bank=(--name 某某银行 --auth private_key_jwt --jwks-uri https://bank.example/jwks.json
	--redirect-uri https://bank.example/callback)
refused 1 "dpop_bound_access_tokens" add "${bank[@]}" --profile fapi2-security
refused 1 "profile: none of fapi2-security" add "${bank[@]}" --profile fapi3
authd_client bank --client-id bank "${bank[@]}" --profile fapi2-message-signing \
	--dpop-bound-access-tokens --authorization-signed-response-alg PS256 \
	--request-object-signing-alg ES256 --token-endpoint-auth-signing-alg ES256 \
	--require-pushed-authorization-requests --require-signed-request-object \
	--introspection-signed-response-alg ES256 --authorization-details-type licence_application
has bank '.profile == "fapi2-message-signing" and .dpop_bound_access_tokens and
	.require_pushed_authorization_requests and .require_signed_request_object and
	.authorization_signed_response_alg == "PS256" and .jwks_uri == "https://bank.example/jwks.json" and
	.authorization_details_types == ["licence_application"]'
card bank "Requires PAR" yes
refused 1 "rotate_refresh: fapi2-message-signing forbids it" update bank --rotate-refresh
refused 1 "require_pkce" update bank --require-pkce=no

# ---- encryption
authd_client sealed --client-id sealed --name x --redirect-uri https://x.example/cb --jwks "$E2E/jwks.json" \
	--id-token-encrypted-response-alg ECDH-ES --id-token-encrypted-response-enc A256GCM \
	--userinfo-signed-response-alg ES256 --userinfo-encrypted-response-alg ECDH-ES
has sealed '.id_token_encrypted_response_enc == "A256GCM" and .userinfo_encrypted_response_alg == "ECDH-ES"'
refused 1 "id_token_encrypted_response_alg: needs jwks" add --name x --redirect-uri https://x.example/cb \
	--id-token-encrypted-response-alg ECDH-ES

# ---- grants by their short words, CIBA, devices
authd_client device --client-id device --name 大厅自助机 --auth none --grant-type device_code \
	--grant-type refresh_token --scope "openid offline_access"
has device '.grant_types == ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]'
refused 1 "backchannel_client_notification_endpoint: needed for ping" add --name x --grant-type ciba \
	--backchannel-token-delivery-mode ping
authd_client ciba --client-id ciba --name 服务热线 --grant-type ciba --scope openid --jwks "$E2E/jwks.json" \
	--backchannel-token-delivery-mode ping --backchannel-authentication-request-signing-alg ES256 \
	--backchannel-client-notification-endpoint https://line.example/decided
card ciba "CIBA mode" ping
authd_client exchange --client-id exchange --name x --grant-type token-exchange --grant-type jwt-bearer \
	--grant-type client_credentials
has exchange '.grant_types | length == 3 and all(startswith("urn:") or . == "client_credentials")'

# ---- what people see, logout, requests
authd_client portal --client-id portal --name 市民中心 --redirect-uri https://portal.example/cb \
	--policy-uri https://portal.example/privacy --contact help@portal.example \
	--backchannel-logout-uri https://portal.example/out --backchannel-logout-session-required \
	--frontchannel-logout-uri https://portal.example/frame --default-max-age 3600 \
	--default-acr-value urn:authd:acr:rn3 --require-auth-time --application-type web \
	--request-uri https://portal.example/request.jwt --initiate-login-uri https://portal.example/begin
has portal '.default_max_age == 3600 and .backchannel_logout_session_required and .require_auth_time and
	.default_acr_values == ["urn:authd:acr:rn3"] and .contacts == ["help@portal.example"]'
card portal "Privacy policy" https://portal.example/privacy

# ---- changing
authd_ctl client update portal --name-en "Citizens' centre" --frontchannel-logout-uri "" --contact "" \
	--require-auth-time=no --redirect-uri https://portal.example/a --redirect-uri https://portal.example/b \
	>/dev/null
has portal '.client_name_en == "Citizens'\'' centre" and .frontchannel_logout_uri == null and
	.contacts == null and (.require_auth_time | not) and (.redirect_uris | length == 2) and
	.backchannel_logout_uri == "https://portal.example/out" and .default_max_age == 3600'
authd_ctl client show portal | grep -q "Front-channel" && fail "what was taken away is shown"
# An option counts more than the file.
echo '{"purpose": "查询", "client_name": "甲"}' | authd_ctl client update portal --metadata - --name 乙 >/dev/null
has portal '.purpose == "查询" and .client_name == "乙"'
authd_ctl client update device --auth client_secret_basic | grep -q "^client_secret:" || fail "no secret"

# ---- what is not known
refused 2 "unrecognized option '--tls-client-auth-san-fax'" add --name x --tls-client-auth-san-fax 1
refused 2 "require-pkce: yes or no" add --name x --require-pkce=perhaps
refused 2 "default-max-age: a whole number" add --name x --default-max-age 1h
refused 2 "may be given once" update portal --purpose a --purpose b
refused 2 "say what changes" update portal
refused 2 "unrecognized" update portal --client-id other
echo '{"client_name": "x", "frontchannel_logout_url": "https://x.example/"}' >"$E2E/wrong.json"
refused 1 "frontchannel_logout_url: not known here" add --metadata "$E2E/wrong.json"
printf '{"client_name": "x",\n"scope": }' >"$E2E/wrong.json"
refused 1 "wrong.json:2: not JSON" add --metadata "$E2E/wrong.json"
refused 1 "not a JSON object" add --name x --jwks <(echo '[]')
authd_stop
