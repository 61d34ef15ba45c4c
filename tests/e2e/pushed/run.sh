#!/bin/bash
# Where an authorization request may be, by openid-client and oauth4webapi, and by hand. run.sh BUILD
#   pushed.test.mjs      pushed, in request objects; signed responses
#   reference.test.mjs   at an address of the client's, where its network is not allowed and where it is
# An address: libc knows no names below .localhost, and openid-client asks libc.
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"
run() { "$AUTHD_NODE" --test --test-reporter=spec "$@"; }

authd_init "life:" "  pushed_request: 2s"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
run "$TOP/tests/e2e/pushed/pushed.test.mjs"
run --test-name-pattern="^not allowed:" "$TOP/tests/e2e/pushed/reference.test.mjs"
authd_stop

printf 'outbound: { allow: [127.0.0.0/8], ca_file: ca.pem }\n' >>"$E2E/authd.yaml"
authd_start
run --test-name-pattern="^fetched:" "$TOP/tests/e2e/pushed/reference.test.mjs"
authd_stop
