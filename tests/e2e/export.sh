#!/bin/bash
# All that is held of a person comes out, and nothing that would let anybody sign in. export.sh BUILD
. "$(dirname "$0")/../lib/authd.sh" "$1"
OLD=E12345678
NEW=EA1234567

authd_init
authd_start
printf 'type,number,name,email\npassport,%s,李四,li@example.cn\n' $OLD >"$E2E/people.csv"
authd_ctl person import "$E2E/people.csv" >/dev/null
printf '%s' "correct horse battery" | authd_ctl person set-password --type passport --number $OLD >/dev/null
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic \
	--scope "openid profile offline_access" --redirect-uri https://portal.localhost/cb
"$AUTHD_NODE" "$TOP/tests/e2e/export.mjs" $OLD
printf 'operation,type,number,previous_type,previous_number\nchange,passport,%s,passport,%s\n' $NEW $OLD \
	>"$E2E/people.csv"
authd_ctl person import "$E2E/people.csv" >/dev/null

authd_ctl person export --type passport --number $OLD >"$E2E/export.json"
got=$(jq -c '[.person.number, .person.email, .former_numbers[0].number, [.credentials[].kind],
	(.grants | length), (.sessions | length), .sectors[0].sector, (.releases | length > 0)]' "$E2E/export.json")
[ "$got" = "[\"$NEW\",\"li@example.cn\",\"$OLD\",[\"password\"],1,1,\"portal.localhost\",true]" ] ||
	fail "$got: $(cat "$E2E/export.json")"
grep -q 'argon2\|secret' "$E2E/export.json" && fail "a secret is in it"
authd_ctl person export --number 11010519491231002X >/dev/null 2>&1 && fail "somebody who is not registered"
grep -q '"admin.person.export"' <("$BUILD/tests/tools/audit" "$E2E/data/records") || fail "it is not in the audit"
authd_stop
