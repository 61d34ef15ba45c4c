#!/bin/bash
# Hostile clients, relying parties, neighbours and people at browsers: each gets the refusal that the
# standards name, and nothing else. On the embedded cache and on Redis.
# hostile/run.sh BUILD [CACHE: embedded | redis]
. "$(dirname "$0")/../../lib/authd.sh" "$1"

cache_start "${2:-embedded}"
# A trusted proxy, so that the tests can come from many addresses.
authd_init "cache: $CACHE" "trusted_proxies: [127.0.0.1]" \
	"throttle: { account_failures: 5, address_failures: 40 }" "life: { code: 4s }"
authd_start
password="correct horse battery"
authd_person 11010519491231002X 张三 "$password"
authd_person 360426199101010071 王五 "$password"
authd_person 110101199003070011 赵六 "$password"

key() { "$AUTHD_NODE" "$TOP/tests/lib/make-key.mjs" "$E2E/clients/$1.key.json" "$E2E/clients/$1.jwks.json"; }
portal=(--redirect-uri https://portal.localhost/cb --post-logout-redirect-uri https://portal.localhost/bye)
code=(--grant-type authorization_code --grant-type refresh_token --scope "openid profile offline_access")
for name in portal other doomed; do
	authd_client $name --name 市民中心 --state-owned "${portal[@]}" "${code[@]}" --rotate-refresh \
		--auth client_secret_basic
done
authd_client shop --name '"><script>alert(1)</script>' "${portal[@]}" "${code[@]}" --auth client_secret_basic
authd_client native --name 掌上办 --state-owned --auth none --redirect-uri http://127.0.0.1/cb
authd_client licences --name 电子证照库 --state-owned "${portal[@]}" "${code[@]}" \
	--auth client_secret_basic --audience https://licences.example
key assertion
authd_client assertion --name 公积金查询 --auth private_key_jwt --jwks "$E2E/clients/assertion.jwks.json" \
	--grant-type client_credentials --scope exchange
authd_client machine --name 数据交换平台 --auth client_secret_basic --grant-type client_credentials \
	--scope exchange
export AUTHCTL="$BUILD/authctl/authctl --config $E2E/authd.yaml"
cd "$TOP/tests/e2e/hostile"
for test in audience.test.mjs forms.test.mjs revocation.test.mjs throttle.test.mjs; do "$AUTHD_NODE" --test --test-reporter=spec $test; done
authd_stop
