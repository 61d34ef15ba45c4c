#!/bin/bash
# Many at once: fifty redemptions of one code, two hundred refreshes of one token. On the embedded
# cache and on Redis. races.sh BUILD [CACHE: embedded | redis]
. "$(dirname "$0")/../lib/authd.sh" "$1"

cache_start "${2:-embedded}"
# Fifty sign-ins of one person are what is asked here, not what the throttle is for.
authd_init "cache: $CACHE" "throttle: { account_failures: 100, address_failures: 1000 }"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
"$BUILD/tests/tools/make_persons" --seed 3 40 | awk -F, '$1 == "resident" && n++ < 10' |
	while IFS=, read -r _ number name _; do
		authd_person "$number" "$name" "correct horse battery"
		echo "$number" >>"$E2E/people"
	done
portal=(--state-owned --auth client_secret_basic --grant-type authorization_code
        --grant-type refresh_token --scope "openid profile offline_access"
        --redirect-uri https://portal.localhost/cb)
authd_client portal --name 市民中心 "${portal[@]}" --rotate-refresh
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/races.test.mjs"
authd_stop
