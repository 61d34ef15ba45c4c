#!/bin/bash
# Token exchange and JWT bearer, driven by openid-client and oauth4webapi: what a row of policy allows, and
# all that nothing does. exchange.sh BUILD
# An address: libc knows no names below .localhost, and openid-client asks libc.
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../lib/authd.sh" "$1"
export BUILD

EXCHANGE=urn:ietf:params:oauth:grant-type:token-exchange
BEARER=urn:ietf:params:oauth:grant-type:jwt-bearer
authd_init
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
authd_client portal --name 省政务服务网 --state-owned --grant-type authorization_code --grant-type refresh_token \
	--scope "openid profile offline_access read write" --redirect-uri https://portal.localhost/cb \
	--audience https://licences.example
authd_client desk --name 办事大厅 --state-owned --client-id desk --auth client_secret_basic \
	--grant-type authorization_code --grant-type client_credentials --grant-type $EXCHANGE \
	--scope "openid profile read" --redirect-uri https://portal.localhost/cb
service() { # NAME ARG...
	authd_client "$1" --name "$1" --client-id "$1" --grant-type client_credentials --scope "read write" \
		--audience "https://$1.example" "${@:2}"
}
service licences --grant-type $EXCHANGE --introspect-any
service tax --grant-type $EXCHANGE --introspect-any
service archive --grant-type $EXCHANGE --introspect-any
service unlisted --grant-type $EXCHANGE
service unregistered
service sync --grant-type $BEARER
for name in province stranger; do
	"$AUTHD_NODE" "$TOP/tests/lib/make-key.mjs" "$E2E/clients/$name.key.json" "$E2E/clients/$name.jwks.json"
done
allow() { authd_ctl exchange-policy add --json --client "$@" >"$E2E/policy.json"; }
allow desk --audience "$ISSUER"
allow licences --audience https://tax.example
allow licences --audience https://archive.example --scope read
allow tax --audience https://archive.example
allow archive --audience https://archive.example
allow archive --audience https://licences.example
province=(--jwks "$E2E/clients/province.jwks.json" --issuer https://province.example)
allow sync --audience https://tax.example "${province[@]}" --subject login --scope read
allow sync --audience https://archive.example "${province[@]}" --subject id
allow sync --audience https://sync.example --jwks "$E2E/clients/province.jwks.json" --issuer sync --subject client
authd_ctl exchange-policy list | grep -q 'tax.*archive.example' || fail "the list does not show what was added"
authd_ctl keys export --output "$E2E/jwks.json"

"$AUTHD_NODE" --test --test-concurrency=1 --test-reporter=spec "$TOP/tests/e2e/exchange.test.mjs" \
	"$TOP/tests/e2e/jwt-bearer.test.mjs"
authd_stop
grep -aq '"event":"token.exchange"' "$E2E/data/records/data.mdb" || fail "no audit entry of an exchange"
grep -aq '"event":"grant.assertion"' "$E2E/data/records/data.mdb" || fail "no audit entry of an assertion"
