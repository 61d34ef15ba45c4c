#!/bin/bash
# docs/howto.md, word for word but for this issuer's name: each block runs, a person decides where one
# has to, and what comes of it is what the page says. howto.sh BUILD
# shellcheck disable=SC2034 # the page's blocks use what is set here
. "$(dirname "$0")/../lib/authd.sh" "$1"

authd_configure "registration: { mode: token }" "keys: { algorithms: ES256 RS256 SGD_SM3_SM2 }"
printf 'mtls:\n  url: %s\n  client_ca: %s\n' "$ISSUER" "$E2E/ca.pem" >>"$E2E/authd.yaml"
authd_ctl init >"$E2E/init.out"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
mkdir "$E2E/bin" "$E2E/here"
printf '#!/bin/sh\nexec %s --config %s "$@"\n' "$BUILD/authctl/authctl" "$E2E/authd.yaml" >"$E2E/bin/authctl"
printf '#!/bin/sh\nexec %s --max-time 20 --cacert %s "$@"\n' "$(command -v curl)" "$E2E/ca.pem" >"$E2E/bin/curl"
chmod +x "$E2E/bin"/*
PATH=$E2E/bin:$PATH
cd "$E2E/here"
sed "s|https://id.example.gov.cn|$ISSUER|" "$TOP/docs/howto.md" |
	awk '/^```sh$/ { inside = 1; n++; next } /^```$/ { inside = 0 } inside { print >sprintf("block%02d.sh", n) }'
set -- block*.sh
[ $# = 18 ] || fail "the page has $# blocks, and this test knows 18"

next=0
# block WORDS: run the next one here, in this shell, as a reader does; it says WORDS.
block() {
	next=$((next + 1))
	# shellcheck disable=SC1090
	. "./$(printf 'block%02d.sh' $next)" >said || fail "block $next: $(cat "$(printf 'block%02d.sh' $next)" said)"
	[ -z "$1" ] || grep -qE -- "$1" said || fail "block $next: expected '$1' but it said: $(cat said)"
}
# A person with a browser: sees.mjs prints what they come away with.
person() { "$AUTHD_NODE" "$TOP/tests/e2e/howto.mjs" "$@"; }
payload() { authctl token decode "$1" --json | jq -e "$2" >/dev/null || fail "not $2: $(authctl token decode "$1")"; }

block ""
block ""
block "authorize\?client_id=portal&request_uri=urn:"
code=$(person portal "$(tail -n 1 said)") || fail "nobody signed in"
block '"name": "张三"'
block "^Go to $ISSUER/device and type [A-Z0-9]{4}-[A-Z0-9]{4}$"
person device "$(sed -n 's/.* type //p' said)"
block "^ey"
payload "$(cat said)" '.payload.aud == "kiosk"'
block ""
person elsewhere A4-1871
block "^ey"
payload "$(cat said)" '.payload.aud == "hotline"'
block "^added  [0-9a-f]{32}$"
# The portal again, now with an audience.
secret=$(authctl client rotate-secret portal --json | jq -r .client_secret)
. ./block03.sh >said
code=$(person portal "$(tail -n 1 said)") || fail "nobody signed in again"
. ./block04.sh >said || true # userinfo is for other tokens
token=$(jq -r .access_token <<<"${answer:?}")
block '"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"'
payload "$(jq -r .access_token exchanged.json)" \
	'.payload.aud == "https://tax.example.gov.cn" and .payload.client_id == "licences"'
block '"Bearer"'
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=exchange" \
	-keyout exchange.key -out exchange.csr 2>openssl.log
openssl x509 -req -days 30 -in exchange.csr -CA "$E2E/ca.pem" -CAkey "$E2E/ca.key" -out exchange.pem \
	-extfile <(printf 'subjectAltName=DNS:exchange.example.gov.cn\nextendedKeyUsage=clientAuth\n') 2>openssl.log
block '"Bearer"'
block "^Profile: +fapi2-security$"
block '"registration_client_uri": "https://'
grep -qE "省大数据局 +1 +3 +openid profile" said || fail "$(cat said)"
block "^ID token signed with: +SGD_SM3_SM2$"
block "^Nothing waits"
block "^The audit is whole"
grep -q "admin.client.add" said || fail "$(cat said)"
block "^The audit is whole"
authd_stop
