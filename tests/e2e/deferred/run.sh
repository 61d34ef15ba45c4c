#!/bin/bash
# Requests that wait for a person's decision elsewhere: the device grant, by openid-client,
# oauth4webapi and by hand, on the embedded cache and on Redis.
# deferred/run.sh BUILD [CACHE: embedded | redis]
# An address: libc knows no names below .localhost, and the clients ask libc.
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"

cache=embedded
if [ "${2:-embedded}" = redis ]; then
	redis_start
	cache=redis+unix://$E2E/redis.sock
fi
authd_init "cache: $cache" "trusted_proxies: [127.0.0.1]" \
	"throttle: { account_failures: 5, address_failures: 40 }"
authd_start
for number in 11010519491231002X 360426199101010071 110101199003070011; do
	authd_person $number 张三 "correct horse battery"
done
device=(--grant-type urn:ietf:params:oauth:grant-type:device_code)
authd_client tv --name 客厅电视 --name-en "Living Room TV" --auth none "${device[@]}" \
	--grant-type refresh_token --scope "openid profile offline_access" --id-token-alg ES256
authd_client box --name 机顶盒 --auth client_secret_basic "${device[@]}" --scope "openid profile" \
	--id-token-alg ES256
authd_client portal --name 市民中心 --auth client_secret_basic --redirect-uri https://portal.localhost/cb
cd "$TOP/tests/e2e/deferred"
"$AUTHD_NODE" --test --test-reporter=spec device.test.mjs
authd_stop
