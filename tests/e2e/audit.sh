#!/bin/bash
# An auditor's day with a running authd: verify, tail, export; and what somebody did meanwhile who can write
# to the data directory, or cut an export: the place is named each time. audit.sh BUILD [sm]
[ "${2:-}" != sm ] || export SUITE=sm
. "$(dirname "$0")/../lib/authd.sh" "$1"

ends() { # CODE PATTERN COMMAND...: it ends so and says so
	local code=$1 pattern=$2 status=0
	shift 2
	"$@" >"$E2E/said" 2>&1 || status=$?
	[ $status = "$code" ] || fail "$* ended with $status, not $code: $(cat "$E2E/said")"
	grep -qE -- "$pattern" "$E2E/said" || fail "$* did not say $pattern: $(cat "$E2E/said")"
}
authd_init
printf '    - user: nobody\n      role: auditor\n' >"$E2E/auditor"
sed -i "/role: admin/r $E2E/auditor" "$E2E/authd.yaml"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic --client-id portal \
	--redirect-uri https://portal.localhost/cb
for _ in 1 2 3 4 5 6 7 8; do authd_ctl client list >/dev/null; done

# ---- what is whole
ends 0 "The audit is whole" authd_ctl audit verify
authd_ctl audit verify --json >"$E2E/whole.json"
[ "$(jq -c '[.whole, .first, .findings, .checkpoints, .outside_checkpoints]' "$E2E/whole.json")" = '[true,1,[],1,1]' ] ||
	fail "$(cat "$E2E/whole.json")"
ends 0 "Entries 3 to 6" authd_ctl audit verify --from 3 --to 6
ends 2 "the number of an entry" authd_ctl audit verify --from x
ends 2 "go without --file" authd_ctl audit verify --from 3 --file x

authd_ctl audit tail --lines 1 --json | jq -e --arg hash "${SUITE:+sm3}" '.prev | startswith(if $hash == "" then "sha256:" else "sm3:" end)' \
	>"$E2E/said" || fail "not the hash of the suite"

# ---- who did what
ends 0 "issuer.start +ok" authd_ctl audit tail --lines 1000
[ "$(authd_ctl audit tail --event admin.client.list --json | jq -r .entry.event | sort | uniq -c | tr -s ' ')" = \
	" 8 admin.client.list" ] || fail "not the eight that there are"
[ "$(authd_ctl audit tail --event 'admin.client.*' --client portal --json | jq -r .entry.event)" = admin.client.add ] ||
	fail "not what is about this client"
[ -z "$(authd_ctl audit tail --operator somebody --json)" ] || fail "somebody else's"
[ "$(authd_ctl audit tail --lines 3 --json | wc -l)" = 3 ] || fail "not three"
[ "$(authd_ctl audit tail --since 1h --json | jq -r .seq | head -n 1)" = 1 ] || fail "not all of the last hour"
[ -z "$(authd_ctl audit tail --since 2099-01-01 --json)" ] || fail "from the future"
ends 2 "a day, as" authd_ctl audit tail --since yesterday
# To watch is one entry, and shows what comes.
authd_ctl audit tail -f --event admin.client.show --json >"$E2E/followed" &
follower=$!
started $follower
for _ in $(seq 100); do
	authd_ctl client show portal >/dev/null
	[ ! -s "$E2E/followed" ] || break
	sleep 0.2
done
sleep 2.5
kill $follower
[ "$(jq -r .entry.client_id "$E2E/followed" | sort -u)" = portal ] || fail "nothing was shown while it came"
reads=$(authd_ctl audit tail --lines 1000 --json | jq -r .seq,.entry.event | grep -c admin.audit.read)
[ "$reads" -lt 20 ] || fail "$reads entries of reading"

# ---- an export
ends 0 "Exported entries 1 to [0-9]+ .*they verify" authd_ctl audit export "$E2E/all.jsonl"
ends 1 "no entries of that time" authd_ctl audit export --until 2020-01-01 "$E2E/none.jsonl"
[ ! -e "$E2E/none.jsonl" ] || fail "an empty export was left"
authd_ctl keys export --output "$E2E/jwks.json"
file() { authd_ctl audit verify --file "$@"; }
# No authd and no configuration are needed.
alone() { "$BUILD/authctl/authctl" --config /nowhere audit verify --file "$@"; }
ends 0 "sealed by the issuer" alone "$E2E/all.jsonl" --jwks "$E2E/jwks.json"
ends 0 "a key that stands in the export itself" alone "$E2E/all.jsonl"
cp "$E2E/keys/audit/checkpoints" "$E2E/kept"
ends 0 "1 that are kept outside" alone "$E2E/all.jsonl" --checkpoints "$E2E/kept"
damaged() { sed "$1" "$E2E/all.jsonl" >"$E2E/damaged.jsonl"; }
damaged '5s/"outcome":"ok"/"outcome":"no"/'
ends 1 "entry 4 was altered" file "$E2E/damaged.jsonl"
damaged '6,8d'
ends 1 "entries 5 to 7 are missing" file "$E2E/damaged.jsonl"
damaged '5{h;d};6{G}'
ends 1 "entry 5 stands before entry 4" file "$E2E/damaged.jsonl"
damaged '7p'
ends 1 "a second entry 6" file "$E2E/damaged.jsonl"
damaged '2,3d'
ends 1 "entries 1 to 2 are missing" file "$E2E/damaged.jsonl"
lines=$(wc -l <"$E2E/all.jsonl")
damaged "$((lines - 2)),$((lines - 1))d"
ends 1 "the end was cut off: entries $((lines - 3)) to $((lines - 2))" file "$E2E/damaged.jsonl"
damaged '$d'
ends 1 "not a whole export" file "$E2E/damaged.jsonl"
damaged '$s/"seal":"\(.\{300\}\)./"seal":"\1_/'
ends 1 "seal does not hold" file "$E2E/damaged.jsonl"
ends 1 "No such file" file "$E2E/nothing"
# Somebody else's keys: then nothing vouches for it.
jq '.keys |= map(.kid = "x" + .kid)' "$E2E/jwks.json" >"$E2E/other.json"
ends 1 "signed by a key that is not known" file "$E2E/all.jsonl" --jwks "$E2E/other.json"

# ---- leaving
ends 1 "nothing in the export is older than 1095 days" authd_ctl audit prune --exported "$E2E/all.jsonl"
damaged '6,8d'
ends 1 "not whole.*nothing has left" authd_ctl audit prune --exported "$E2E/damaged.jsonl"
ends 2 "exported" authd_ctl audit prune
sed 's/^audit:$/&/; $aaudit: { keep: 183d }' "$E2E/authd.yaml" >"$E2E/short.yaml"
ends 1 "audit.keep" "$BUILD/authctl/authctl" --config "$E2E/short.yaml" config check

# ---- an auditor, by uid
if [ "$(id -u)" = 0 ]; then
	as() { setpriv --reuid nobody --regid "$(stat -c %G "$E2E/admin.sock")" --clear-groups "$@"; }
	chmod 755 "$E2E"
	chmod 644 "$E2E/authd.yaml"
	mkdir -m 777 "$E2E/auditors"
	cp "$BUILD/authctl/authctl" "$E2E/authctl"
	ctl=("$E2E/authctl" --config "$E2E/authd.yaml")
	ends 0 "is whole" as "${ctl[@]}" audit verify
	ends 0 "admin.client.list" as "${ctl[@]}" audit tail --lines 1000
	ends 0 "they verify" as "${ctl[@]}" audit export "$E2E/auditors/export.jsonl"
	ends 1 "needs the role admin" as "${ctl[@]}" audit prune --exported "$E2E/auditors/export.jsonl"
fi
authd_stop

# ---- somebody with the data directory
cp -r "$E2E/data" "$E2E/data.good"
cp -r "$E2E/keys" "$E2E/keys.good"
tampered() { # FINDING WHAT...
	rm -rf "$E2E/data" "$E2E/keys"
	cp -r "$E2E/data.good" "$E2E/data"
	cp -r "$E2E/keys.good" "$E2E/keys"
	"$BUILD/tests/tools/tamper" "$E2E/data/records" "${@:2}"
	authd_start
	ends 1 "$1" authd_ctl audit verify
	authd_stop
}
last=$(authd_ctl audit verify --file "$E2E/all.jsonl" --json | jq .last)
end=$("$BUILD/tests/tools/audit" "$E2E/data/records" | wc -l)
tampered "entry 7 was altered" alter 7
tampered "entries 5 to 9 are missing" remove 5 9
tampered "entry 6 stands before entry 5" swap 5 6
tampered "a second entry 8" insert 8
tampered "entries 1 to 3 are missing" remove 1 3
tampered "entries $((end - 1)) to $end are missing" remove $((end - 1)) "$end"
grep -q '"event":"audit_broken","reason":"entry [0-9]* is not the one that was signed' "$E2E/authd.log" ||
	fail "authd did not say that what was signed is gone"
tampered "entry $end is missing" remove "$end" "$end"
grep -q '"event":"audit_broken","reason":"the last entries of the audit are gone"' "$E2E/authd.log" ||
	fail "authd did not say that the end was cut off"
tampered "entry $end was altered" alter "$end"
# Without the head, the checkpoints tell; and authd has noted it.
rm -rf "$E2E/data" "$E2E/keys"
cp -r "$E2E/data.good" "$E2E/data"
cp -r "$E2E/keys.good" "$E2E/keys"
"$BUILD/tests/tools/tamper" "$E2E/data/records" forget 0
authd_start
ends 0 "authd itself noted 1 times .* in entry $((end + 1))" authd_ctl audit verify
authd_stop
# The whole store, as it was before: nothing in it is wrong.
: >"$E2E/authd.log"
mv "$E2E/data" "$E2E/data.newer"
cp -r "$E2E/data.good" "$E2E/data"
authd_start
ends 1 "is not the one that was signed|older records were put back" authd_ctl audit verify
[ "$(authd_ctl audit tail --event audit.broken --json | jq -r .entry.outcome)" = failed ] || fail "not in the audit"
authd_stop
# The log is written by a thread of its own, and whole when authd has ended.
grep -q '"event":"audit_broken","reason":"entry [0-9]* is not the one that was signed at [0-9]*: it was cut off, or older records were put back"' \
	"$E2E/authd.log" || fail "authd did not say that older records were put back"
echo "the audit tells what was done to it ($last entries exported, $end in all)"
