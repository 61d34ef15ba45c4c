#!/bin/bash
# The second factor: enrolment, step-up, recovery, and whoever tries to get around it; by raw HTTP. run.sh BUILD
. "$(dirname "$0")/../../lib/authd.sh" "$1"

authd_init "levels: { names: 'urn:example:high=rn4 urn:example:middle=rn3', fresh: 10s }" "throttle: { window: 8s }"
authd_start
# One for each test: what one does locks no other.
n=0
for number in 11010519491231002X 360426199101010071 110101199003070038 110101199003070070 110101199003070097 \
	110101199003070118 110101199003070134; do
	n=$((n + 1))
	authd_ctl person add --number $number --name 张三 --level $((n == 7 ? 3 : 4)) >/dev/null ||
		fail "no person $number"
	printf '%s' "correct horse battery" | authd_ctl person set-password --number $number >/dev/null
done
portal=(--redirect-uri https://portal.localhost/cb --auth client_secret_basic --state-owned
        --grant-type authorization_code --grant-type refresh_token --scope "openid profile offline_access")
authd_client portal --name 市民中心 "${portal[@]}"
authd_client demanding --name 不动产登记 "${portal[@]}" --default-acr-value urn:authd:acr:rn4
authd_client caller --name 客厅电视 --auth client_secret_basic --scope openid \
	--grant-type urn:ietf:params:oauth:grant-type:device_code --grant-type urn:openid:params:grant-type:ciba
export AUTHCTL="$BUILD/authctl/authctl"
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/factors/factors.test.mjs"
authd_stop
