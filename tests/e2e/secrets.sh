#!/bin/bash
# Every secret is rotated while people sign in: no sign-in fails, nobody is signed out, what is under the
# version before is put anew, and that version is destroyed. authd is killed in the middle of it, and of a
# change of the key-encryption key. secrets.sh BUILD
# shellcheck disable=SC2034
. "$(dirname "$0")/../lib/authd.sh" "$1"
ZHANG=11010519491231002X
NAMES="blind-index subject-wrap cache session page refresh"

# A cookie or a token handle lives for as long as a session, and so does the secret it is under.
authd_init "throttle: { account_failures: 1000, address_failures: 100000 }" \
	"life: { session: 20s, session_idle: 20s, access_token: 10s, id_token: 10s, sign_in: 10s, refresh: 15s, refresh_idle: 15s }" \
	"keys: { settle: 3s }"
authd_start
authd_person $ZHANG 张三 "correct horse battery"
"$BUILD/tests/tools/make_persons" 3000 >"$E2E/people.csv"
authd_ctl person import "$E2E/people.csv" >/dev/null
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic \
	--scope "openid profile offline_access" --redirect-uri https://portal.localhost/cb

# versions NAME: how many versions of it live.
versions() { authd_ctl secrets list --json | jq "[.secrets[] | select(.name == \"$1\")] | length"; }
# destroyed: until each secret has one version again.
destroyed() {
	local name
	for _ in $(seq 240); do
		for name in $NAMES; do
			[ "$(versions "$name")" = 1 ] || { sleep 0.5; continue 2; }
		done
		return 0
	done
	fail "a version before was not destroyed: $(authd_ctl secrets list)"
}

# ---- what is refused
authd_ctl secrets rotate pairwise >"$E2E/said" 2>&1 && fail "the salt of pairwise subjects was rotated"
grep -q "never changes" "$E2E/said" || fail "$(cat "$E2E/said")"
authd_ctl secrets rotate nonsense >/dev/null 2>&1 && fail "a secret that is none"

# ---- under sign-ins, without an end
export E2E_OVER=$E2E/over
"$AUTHD_NODE" "$TOP/tests/e2e/secrets.mjs" >"$E2E/load.out" 2>&1 &
load=$!
started $load
for name in $NAMES; do
	authd_ctl secrets rotate "$name" >/dev/null
	[ "$(versions "$name")" = 2 ] || fail "$name has no version more"
done
authd_ctl secrets rotate cache >"$E2E/said" 2>&1 && fail "rotated again, while the first is under way"
grep -q "still in use" "$E2E/said" || fail "$(cat "$E2E/said")"
(umask 077; openssl rand -hex 32 >"$E2E/kek2")
old_kek=$(cat "$E2E/kek")
authd_ctl keys rekey "$E2E/kek2" >/dev/null
cmp -s "$E2E/kek" "$E2E/kek2" || fail "kek_file is not the new one"
destroyed
touch "$E2E_OVER"
wait $load || fail "a sign-in failed: $(tail -n 5 "$E2E/load.out")"
cat "$E2E/load.out"
# What the import brought is found under the new versions alone.
while IFS=, read -r type number _; do
	authd_ctl person show --type "$type" --number "$number" >/dev/null || fail "somebody is not found any more"
done < <(tail -n +2 "$E2E/people.csv" | awk 'NR % 300 == 0')
[ "$("$BUILD/tests/tools/audit" "$E2E/data/records" | grep -c '"secret.destroy"')" = 6 ] ||
	fail "the audit does not have six ends"
authd_ctl audit verify >"$E2E/said" || fail "the audit does not hold any more: $(cat "$E2E/said")"

# ---- kill -9 in the middle: it goes on where it was
for name in blind-index subject-wrap; do
	authd_ctl secrets rotate $name >/dev/null
done
sleep 3.3 # it begins when the rotation has settled
for _ in 1 2 3; do
	sleep 0.2
	authd_kill
	authd_start
done
destroyed
number=$(sed -n 1500p "$E2E/people.csv" | cut -d, -f1,2)
authd_ctl person show --type "${number%,*}" --number "${number#*,}" >/dev/null || fail "lost by a kill"

# ---- a change of the key-encryption key that was cut short, before and behind what decides
authd_kill
cp "$E2E/keys/ring" "$E2E/ring.before"
cp "$E2E/keys/ring" "$E2E/keys/ring.next" # under the KEK in use: to be adopted; it is the same
chmod 600 "$E2E/keys/ring.next"
authd_start
[ ! -e "$E2E/keys/ring.next" ] || fail "a file was left behind"
authd_stop
printf '%s\n' "$old_kek" >"$E2E/kek"
"$BUILD/authd/authd" --config "$E2E/authd.yaml" >"$E2E/said" 2>&1 && fail "authd opened its keys with the old key"
grep -q "another key-encryption key" "$E2E/said" || fail "$(cat "$E2E/said")"
cp "$E2E/kek2" "$E2E/kek"
authd_start
authd_stop
