#!/bin/bash
# What a client asks of a person one by one, by relying parties of ours. run.sh BUILD PART
#   claims      the claims parameter: on the page, in tokens, at userinfo
#   details     rich authorization requests: on the page, in tokens, at introspection
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"
here=$TOP/tests/e2e/asked

settings=()
[ "$2" != details ] || settings=("authorization:" "  details_types: payment enterprise_filing account_information")
authd_init "${settings[@]}"
authd_start
authd_ctl person import - >"$E2E/null" <<-EOF
	number,name,family_name,given_name,nickname,login_name,birthdate,gender,phone_number,email,address
	11010519491231002X,张三,张,三,小三,zhangsan,1949-12-31,female,+8613800138000,zhang@example.com,北京市东城区
	360426199101010071,李四,李,四,,lisi,1991-01-01,male,,,
EOF
for number in 11010519491231002X 360426199101010071; do
	printf %s "correct horse battery" | authd_ctl person set-password --number $number >/dev/null
done
BUILD=$BUILD E2E=$E2E "$AUTHD_NODE" --test --test-reporter=spec "$here/$2.test.mjs"

# Whoever was told something is found, by whom it was about and by who was told.
if [ "$2" = claims ]; then
	person=$(authd_ctl ledger person --number 11010519491231002X --json)
	row=$(jq -c 'first(.releases[] | select(.claims | test("document_number")))' <<<"$person")
	[ "$(jq -r .by <<<"$row")" = userinfo ] || fail "no release of the document's number: $person"
	client=$(jq -r .client_id <<<"$row")
	authd_ctl ledger client "$client" --last 1h --json | jq -e --argjson row "$row" '.releases | index($row) != null' \
		>"$E2E/null" || fail "ledger client $client lacks $row"
	authd_ctl ledger person --number 11010519491231002X | grep -qE "  $client  .*document_number  userinfo" ||
		fail "$(authd_ctl ledger person --number 11010519491231002X)"
	[ "$(authd_ctl ledger client nobody)" = "Nothing was told." ] || fail "$(authd_ctl ledger client nobody)"
	! authd_ctl ledger client "$client" --last soon 2>"$E2E/null" || fail "--last soon was taken"
	grep -aq '"event":"admin.ledger.person"' "$E2E/data/records/data.mdb" || fail "the reading of the ledger is in no audit"
fi
authd_stop
