#!/bin/bash
# A hostile client, a hostile page and a hostile passer-by, by raw HTTP against a running authd: each
# protocol message that may be bent gets the refusal of its standard, over the right channel.
# tests/attacks.tsv says which attack which test shows.                        attacks/run.sh BUILD
. "$(dirname "$0")/../../lib/authd.sh" "$1"

authd_init "trusted_proxies: [127.0.0.1]" "registration: { mode: open, address_attempts: 1000 }" \
	"throttle: { address_requests: 40 }"
authd_start
for number in 11010519491231002X 360426199101010071; do
	authd_person $number 张三 "correct horse battery"
done
portal=(--redirect-uri https://portal.localhost/cb --post-logout-redirect-uri https://portal.localhost/bye
        --grant-type authorization_code --grant-type refresh_token --scope "openid profile offline_access")
for name in portal other; do
	authd_client $name --name 市民中心 --state-owned "${portal[@]}" --auth client_secret_basic
done
authd_client shop --name '"><script>alert(1)</script>' "${portal[@]}" --rotate-refresh --auth client_secret_basic
authd_client native --name 掌上办 --state-owned --auth none --redirect-uri http://127.0.0.1/cb
authd_client native6 --name 掌上办 --state-owned --auth none --redirect-uri 'http://[::1]/cb'
authd_client tv --name 客厅电视 --auth none --scope openid \
	--grant-type urn:ietf:params:oauth:grant-type:device_code
authd_client machine --name 数据交换平台 --auth client_secret_basic --grant-type client_credentials \
	--scope exchange
# What authctl has no option for: one that need not use PKCE, and one whose requests are signed.
register() {
	curl -sS --fail-with-body --unix-socket "$E2E/admin.sock" -H 'content-type: application/json' \
		-d "$2" http://authd/admin/v1/clients >"$E2E/clients/$1.json" || fail "$(cat "$E2E/clients/$1.json")"
}
"$AUTHD_NODE" "$TOP/tests/lib/make-key.mjs" "$E2E/clients/signer.key.json" "$E2E/clients/signer.jwks.json"
register loose '{"client_name": "旧门户", "token_endpoint_auth_method": "client_secret_basic", "scope": "openid",
	"redirect_uris": ["https://portal.localhost/cb"], "require_pkce": false, "state_owned": true,
	"request_object_signing_alg": "none"}'
register signer "{\"client_name\": \"公积金查询\", \"token_endpoint_auth_method\": \"private_key_jwt\", \"scope\": \"openid\",
	\"redirect_uris\": [\"https://portal.localhost/cb\"], \"state_owned\": true,
	\"jwks\": $(cat "$E2E/clients/signer.jwks.json")}"

# What the tests came to hold, one a line: none of it may stand in the log.
export SECRETS=$E2E/secrets
: >"$SECRETS"
cd "$TOP/tests/e2e/attacks"
for test in authorization.test.mjs browser.test.mjs token.test.mjs messages.test.mjs; do
	"$AUTHD_NODE" --test --test-reporter=spec $test
done
authd_stop

# Logs hold no token, code, cookie, secret or password.
[ "$(wc -l <"$SECRETS")" -gt 50 ] || fail "the tests noted hardly any secrets: $(wc -l <"$SECRETS")"
[ "$(wc -l <"$E2E/authd.log")" -gt 200 ] || fail "authd has logged hardly anything"
! grep -nFf "$SECRETS" "$E2E/authd.log" | cut -c1-200 | grep . || fail "secrets are in the log"
echo "$(wc -l <"$SECRETS") secrets, none of them in the log"
