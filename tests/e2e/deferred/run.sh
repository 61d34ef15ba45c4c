#!/bin/bash
# Requests that wait for a person's decision elsewhere: the device grant and CIBA, by openid-client,
# oauth4webapi and by hand, on the embedded cache and on Redis.
# deferred/run.sh BUILD [CACHE: embedded | redis]
# An address: libc knows no names below .localhost, and the clients ask libc.
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"

cache_start "${2:-embedded}"
authd_init "cache: $CACHE" "trusted_proxies: [127.0.0.1]" \
	"throttle: { account_failures: 5, address_failures: 40 }" \
	"outbound: { allow: [127.0.0.0/8], ca_file: ca.pem }"
authd_start
for number in 11010519491231002X 360426199101010071 110101199003070011; do
	authd_person $number 张三 "correct horse battery"
done
device=(--grant-type urn:ietf:params:oauth:grant-type:device_code)
authd_client tv --name 客厅电视 --name-en "Living Room TV" --auth none "${device[@]}" \
	--grant-type refresh_token --scope "openid profile offline_access" --id-token-alg ES256
authd_client box --name 机顶盒 --auth client_secret_basic "${device[@]}" --scope "openid profile" \
	--id-token-alg ES256
ciba=(--grant-type urn:openid:params:grant-type:ciba --auth client_secret_basic --id-token-alg ES256)
authd_client bank --name 江海银行 "${ciba[@]}" --grant-type refresh_token --scope "openid profile offline_access"
authd_client other --name 某某银行 "${ciba[@]}" --scope "openid"
# Over the admin interface itself, as a program would.
client() {
	curl -sS --fail-with-body --unix-socket "$E2E/admin.sock" http://admin/admin/v1/clients \
		-H 'Content-Type: application/json' -o "$E2E/clients/$1.json" -d @-
}
PING=https://127.0.0.1:$(free_port)/ping
export PING
client ping <<-EOF
	{ "client_name": "通知银行", "token_endpoint_auth_method": "client_secret_basic", "scope": "openid",
	  "grant_types": ["urn:openid:params:grant-type:ciba"], "id_token_signed_response_alg": "ES256",
	  "backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": "$PING" }
EOF
"$AUTHD_NODE" "$TOP/tests/lib/make-key.mjs" "$E2E/clients/signing.key.json" "$E2E/clients/signing.jwks.json"
client signing <<-EOF
	{ "client_name": "签名银行", "token_endpoint_auth_method": "client_secret_basic", "scope": "openid",
	  "grant_types": ["urn:openid:params:grant-type:ciba"], "id_token_signed_response_alg": "ES256",
	  "backchannel_token_delivery_mode": "poll", "jwks": $(cat "$E2E/clients/signing.jwks.json"),
	  "backchannel_authentication_request_signing_alg": "ES256" }
EOF
authd_client portal --name 市民中心 --auth client_secret_basic --redirect-uri https://portal.localhost/cb
cd "$TOP/tests/e2e/deferred"
for test in device.test.mjs ciba.test.mjs; do "$AUTHD_NODE" --test --test-reporter=spec $test; done
authd_stop
