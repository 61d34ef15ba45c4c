#!/bin/bash
# Keys are announced, activated and retired while people sign in. No sign-in fails, and no token fails
# a verifier who does what docs/authctl.md says of keys. rotation.sh BUILD
. "$(dirname "$0")/../lib/authd.sh" "$1"

authd_init "throttle: { account_failures: 100, address_failures: 1000 }" \
	"life: { access_token: 4s, id_token: 4s }" "keys: { announce: 4s, active: 1h }"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic \
	--scope "openid profile offline_access" --redirect-uri https://portal.localhost/cb
export AUTHD_PID AUTHCTL="$BUILD/authctl/authctl --config $E2E/authd.yaml"
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/rotation.test.mjs"
authd_stop
