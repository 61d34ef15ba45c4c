#!/bin/bash
# One of the OpenID Foundation's conformance plans, module by module, against a whole issuer:
# PLAN.test.mjs. run.sh BUILD PLAN [RESPONSE_MODE or another variant]
#
# All that modules.txt names for the plan has to pass: covered.py. PLAN.sh is sourced, if there is one: it may set
# `settings`, an array of lines for authd.yaml, and `tests`, where there are several files, and define plan_settings(),
# which may write to authd.yaml what depends on $PORT, and plan_clients(), which registers what the plan needs.
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../lib/authd.sh" "$1"
HERE=$TOP/tests/conformance
export RESPONSE_MODE=${3:-query}

settings=() tests=("$2.test.mjs")
plan_settings() { :; }
plan_clients() { :; }
# shellcheck disable=SC1090
[ ! -f "$HERE/$2.sh" ] || . "$HERE/$2.sh"
authd_configure "${settings[@]}"
plan_settings
authd_ctl init >"$E2E/init.out"
authd_start
authd_ctl person import - >/dev/null <<-EOF
	number,name,login_name,birthdate,gender,phone_number,email,address
	11010519491231002X,张三,zhangsan,1949-12-31,female,+8613800138000,zhang@example.com,北京市东城区
EOF
printf %s "correct horse battery" |
	authd_ctl person set-password --number 11010519491231002X >/dev/null
plan_clients
"$AUTHD_NODE" --test --test-reporter=spec --test-reporter-destination=stdout \
	--test-reporter=tap --test-reporter-destination="$E2E/tap" "${tests[@]/#/$HERE/}"
python3 "$HERE/covered.py" "$E2E/tap" "${@:2}"
authd_stop
