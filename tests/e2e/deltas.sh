#!/bin/bash
# Deltas of a register meet people who are signed in: portals see the same subject as before, whoever is
# deregistered is out, and the same delta again changes nothing. deltas.sh BUILD
. "$(dirname "$0")/../lib/authd.sh" "$1"
ZHANG=11010519491231002X
LI=440524188001010014

authd_init "throttle: { account_failures: 100, address_failures: 1000 }"
authd_start
authd_person $ZHANG 张三 "correct horse battery"
authd_person $LI 张三 "another battery staple"
for portal in both one other; do
	authd_client $portal --name 市民中心 --state-owned --auth client_secret_basic \
		--scope "openid profile offline_access" --redirect-uri "https://$portal.portal.localhost/cb"
done

# import SUMMARY: the delta of standard input ends with this summary.
import() {
	cat >"$E2E/delta.csv"
	authd_ctl person import "$E2E/delta.csv" >"$E2E/said" || true
	grep -qF -- "s: $1" "$E2E/said" || fail "not '$1': $(cat "$E2E/said" "$E2E"/delta.csv.rejects)"
}

# ---- each operation in one file, in its order
{
	echo operation,type,number,name,previous_type,previous_number,into_number
	echo add,passport,E12345678,李四,,,
	echo change,passport,EA1234567,李小四,passport,E12345678,
	echo deregister,passport,E12345678,,,,
	echo deregister,passport,EA1234567,,,,
} >"$E2E/passport.csv"
import "1 added, 1 updated, 1 unchanged, 1 deregistered, 0 refused" <"$E2E/passport.csv"
import "0 added, 0 updated, 4 unchanged, 0 refused" <"$E2E/passport.csv"
authd_ctl person show --type passport --number E12345678 --json >"$E2E/shown"
[ "$(jq -r '.number+" "+.name+" "+.state' "$E2E/shown")" = "EA1234567 李小四 deregistered" ] ||
	fail "$(cat "$E2E/shown")"
# JSON Lines, and what is refused: line, column and rule, never the number.
cat >"$E2E/bad.jsonl" <<-END
	{"operation":"change","number":"360426199101010071","name":"无人"}
	{"operation":"merge","number":"$LI"}
	{"operation":"merge","number":"$LI","into_number":"$LI"}
	{"operation":"move","number":"$LI"}
	{"operation":"change","number":"$LI","previous_number":"$ZHANG"}
END
authd_ctl person import "$E2E/bad.jsonl" --json >"$E2E/said" || [ $? = 4 ] || fail "bad.jsonl"
[ "$(jq -c '[.lines,.refused,.merged]' "$E2E/said")" = '[5,5,0]' ] || fail "$(cat "$E2E/said")"
jq -r '"\(.line) \(.reason)"' "$E2E/bad.jsonl.rejects" >"$E2E/reasons"
diff "$E2E/reasons" - <<-END || fail "other reasons"
	1 number: nobody is registered under it
	2 into_number: missing
	3 into_number: is the number itself
	4 operation: not add, change, deregister, merge or split
	5 number: belongs to somebody else; if the two are one person, merge them
END
# A new store has nobody who could be changed.
mkdir -m 700 "$E2E/fresh" "$E2E/fresh-keys"
sed "s|data_dir: .*|data_dir: $E2E/fresh|; s|keys_dir: .*|keys_dir: $E2E/fresh-keys|; s|admin.sock|fresh.sock|" \
	"$E2E/authd.yaml" >"$E2E/fresh.yaml"
"$BUILD/authctl/authctl" --config "$E2E/fresh.yaml" init --import "$E2E/passport.csv" \
	--rejects "$E2E/fresh.rejects" >/dev/null && fail "a delta was taken into a new store"
grep -q "operation: nobody is registered yet" "$E2E/fresh.rejects" || fail "$(cat "$E2E/fresh.rejects")"

export BUILD
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/deltas.test.mjs"
for event in renumber deregister merge split; do
	grep -q "\"registration.$event\"" <("$BUILD/tests/tools/audit" "$E2E/data/records") ||
		fail "no entry of the audit says $event"
done
authd_stop
