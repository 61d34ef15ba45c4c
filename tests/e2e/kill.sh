#!/bin/bash
# kill -9 at random moments, TIMES in all: half of authd under writes, a quarter under an import, a
# quarter of the building of a new store. No write that was acknowledged is lost, the store opens each
# time, nothing is there twice, half there or left behind. kill.sh BUILD [TIMES]
. "$(dirname "$0")/../lib/authd.sh" "$1"
times=${2:-20}
SEED=${KILL_SEED:-$RANDOM}
RANDOM=$SEED
echo "seed $SEED (KILL_SEED repeats it)"

# A step that was made but not acknowledged can be tried again for as long as this whole test takes.
authd_init "life:" "  refresh_grace: 5min"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
# A client holds a few grants of a person: as many clients as it takes.
PORTALS=$((4 + times / 3))
export PORTALS
for ((i = 0; i < PORTALS; i++)); do
	authd_client "portal$i" --name 市民中心 --state-owned --auth client_secret_basic \
		--grant-type authorization_code --grant-type refresh_token --rotate-refresh \
		--scope "openid profile offline_access" --redirect-uri https://portal.localhost/cb
done

# A moment between LEAST and MOST milliseconds from now.
moment() { sleep "$(printf '0.%03d' $(($1 + RANDOM % ($2 - $1))))"; }

# People added one by one: what authctl acknowledged is in $E2E/added.
add_people() {
	local number name
	while IFS=, read -r _ number name _; do
		authd_ctl person add --number "$number" --name "$name" >/dev/null 2>&1 &&
			echo "$number" >>"$E2E/added"
		[ ! -e "$E2E/enough" ] || return 0
	done < <("$BUILD/tests/tools/make_persons" --seed 1 200000 | grep ^resident)
}

touch "$E2E/added" "$E2E/acknowledged"
add_people &
people=$!
started $people
"$AUTHD_NODE" "$TOP/tests/e2e/kill.mjs" load "$E2E/acknowledged" "$E2E/enough" &
load=$!
started $load
for ((i = 0; i < times / 2; i++)); do
	moment 100 900
	authd_kill
	authd_start
done
touch "$E2E/enough"
wait $people
wait $load || fail "the load ended badly"

echo "$((times / 2)) kills; acknowledged: $(wc -l <"$E2E/added") persons, $(wc -l <"$E2E/acknowledged") steps"
"$AUTHD_NODE" "$TOP/tests/e2e/kill.mjs" check "$E2E/acknowledged"
[ -s "$E2E/added" ] || fail "nobody was acknowledged, so nothing is shown"
while read -r number; do
	authd_ctl person show --number "$number" >/dev/null || fail "lost: $number"
done <"$E2E/added"

# An import that is interrupted goes on where it was, and ends with each person once.
people() { "$BUILD/tests/tools/make_persons" --seed "$1" 20000 >"$E2E/people.csv"; }
seed=2
people $seed
for ((i = 0; i < times / 4; i++)); do
	"$BUILD/authctl/authctl" --config "$E2E/authd.yaml" person import "$E2E/people.csv" \
		>>"$E2E/import.out" 2>&1 &
	import=$!
	started $import
	moment 20 600
	case $((RANDOM % 2)) in
	0) kill -9 $import 2>/dev/null || true ;;
	1) authd_kill; authd_start ;;
	esac
	# Once one has come to its end the next file begins.
	if wait $import 2>/dev/null; then people $((++seed)); fi
done
authd_ctl person import --json "$E2E/people.csv" >"$E2E/import.json" || fail "the last import"
cat "$E2E/import.json"
for line in 2 777 9999 20001; do
	IFS=, read -r type number _ < <(sed -n "${line}p" "$E2E/people.csv")
	authd_ctl person show --type "$type" --number "$number" >/dev/null || fail "not imported: $number"
done
again=$(authd_ctl person import --json "$E2E/people.csv")
[ "$(jq .added <<<"$again")" = 0 ] || fail "imported again, some were added: $again"
[ "$(jq .unchanged <<<"$again")" = 20000 ] || fail "imported again, not all were there: $again"
authd_stop

# A new store is there with all that is in the file, or not at all; what a killed build has left is in
# nobody's way and gone in the end.
nation=$E2E/nation
sed "s|$E2E/data|$nation/data|; s|$E2E/keys|$nation/keys|" "$E2E/authd.yaml" >"$E2E/nation.yaml"
cp "$E2E/nation.yaml" "$E2E/authd.yaml"
anew() {
	rm -rf "$nation"
	mkdir -p "$nation"
}
init=("$BUILD/authctl/authctl" --config "$E2E/authd.yaml" init --import "$E2E/people.csv")
left() { find "$nation" -type f | sort; }
whole() {
	authd_start
	again=$(authd_ctl person import --json "$E2E/people.csv")
	[ "$(jq .unchanged <<<"$again")" = 20000 ] || fail "not all is in the new store: $again"
	authd_stop
}
anew
begun=$(date +%s%3N)
"${init[@]}" >"$E2E/init.out" 2>&1 || fail "init: $(cat "$E2E/init.out")"
within=$(($(date +%s%3N) - begun))
left >"$E2E/whole.files"
anew
built=0
for ((i = 0; i < times - times / 2 - times / 4; i++)); do
	"${init[@]}" >"$E2E/init.out" 2>&1 &
	building=$!
	# Half of the kills are to come before its end.
	within=$((within < 50 ? 50 : within > 990 ? 990 : within))
	moment 0 $within
	kill -9 $building 2>/dev/null || true
	wait $building 2>/dev/null || true
	within=$((within * 11 / 10))
	[ -e "$nation/data/records/data.mdb" ] || continue
	within=$((within * 8 / 10))
	left | diff "$E2E/whole.files" - || fail "a build that was killed at its end left something behind"
	whole
	built=$((built + 1))
	anew
done
"${init[@]}" >"$E2E/init.out" 2>&1 || fail "init after the kills: $(cat "$E2E/init.out")"
left | diff "$E2E/whole.files" - || fail "the kills left something behind"
whole
echo "$i kills of a build: $built times it was there, whole; else not at all"
