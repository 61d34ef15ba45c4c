#!/bin/bash
# Pushed requests, request objects and signed responses, by openid-client and oauth4webapi: pushed.test.mjs.
# An address: libc knows no names below .localhost, and openid-client asks libc.
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"

authd_init "life:" "  pushed_request: 2s"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/pushed/pushed.test.mjs"
authd_stop
