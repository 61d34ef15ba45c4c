#!/bin/bash
# A nation is imported into a fresh store, and one of its people signs in at a sample portal with a
# browser; the last page is kept as BUILD/screenshots/import.png. import.sh BUILD [PERSONS]
# Prints rate, processor time and memory. A million and more take the same command, with PERSONS or
#
#	IMPORT_PERSONS=1000000 tests/run import
#
# shellcheck disable=SC2034 # as in a demo: browsers take *.localhost for secure without TLS
SCHEME=http
. "$(dirname "$0")/../lib/authd.sh" "$1"
persons=${IMPORT_PERSONS:-${2:-100000}}

CHROMIUM=$(command -v chromium) || fail "chromium is not installed"
people=$E2E/people.csv
"$BUILD/tests/tools/make_persons" "$persons" >"$people"
IFS=, read -r _ number name _ < <(sed -n "$((persons * 2 / 3)),\$p" "$people" | grep -m 1 ^resident)
# Lines that must be refused: three that are wrong, the first person again, and another one who wants
# the first person's login name.
first=$(sed -n 2p "$people")
other=$("$BUILD/tests/tools/make_persons" --seed 2 1 | tail -n 1)
{
	printf 'resident,%s,,,,,,,\n' 110105194912310021 110105194902300020
	echo nonsense
	echo "$first"
	echo "${other%,*},${first##*,}"
} >>"$people"

# refused LINE: the rejects file, if the first of these lines is at LINE.
refused() {
	cat <<-END
		line,reason,$(head -n 1 "$people")
		$1,"number: the check character is 1, but X follows from the rest",resident,110105194912310021,,,,,,,
		$(($1 + 1)),"number: the birth date is not in the calendar",resident,110105194902300020,,,,,,,
		$(($1 + 2)),"1 fields where the first line names 9",nonsense
		$(($1 + 3)),"number: an earlier line has it, too",$first
		$(($1 + 4)),"login_name: an earlier line has it, too",${other%,*},${first##*,}
	END
}

# ---- the nation
authd_configure
status=0
python3 "$TOP/tests/e2e/measured.py" "$BUILD/authctl/authctl" --config "$E2E/authd.yaml" init --json \
	--import "$people" --rejects "$E2E/rejects" >"$E2E/init.json" || status=$?
[ $status = 4 ] || fail "init ended with $status; 4 says that lines were refused"
jq -e ".complete and .lines == $persons + 5 and .added == $persons and .refused == 5" \
	"$E2E/init.json" >/dev/null || fail "the account: $(cat "$E2E/init.json")"
diff <(refused $((persons + 2))) "$E2E/rejects" || fail "not the rejects that it should be"
milliseconds=$(jq .duration_ms "$E2E/init.json")
echo "$persons persons in $milliseconds ms, $((persons * 1000 / milliseconds)) a second;" \
	"the store has $(($(stat -c %s "$E2E/data/records/data.mdb") >> 20)) MiB"
modes=$(stat -c %a "$E2E/data/records" "$E2E/data/records/data.mdb" "$E2E/rejects" | tr '\n' ' ')
[ "$modes" = "700 600 600 " ] || fail "others can read it: $modes"
if authd_ctl init --import "$people" 2>"$E2E/again.err"; then fail "imported over what is there"; fi
grep -q "there are records in" "$E2E/again.err" || fail "the reason: $(cat "$E2E/again.err")"

# ---- one of them, in a browser
authd_start
printf '%s' "correct horse battery" | authd_ctl person set-password --number "$number" >/dev/null
PORTAL=http://portal.localhost:$(free_port)
authd_client portal --name 国家政务服务平台 --state-owned --scope "openid profile" --audience "$PORTAL" \
	--redirect-uri "$PORTAL/callback"
(umask 077 && jq -j .client_secret "$E2E/clients/portal.json" >"$E2E/secret")
"$BUILD/examples/portal/portal" --theme national --name 国家政务服务平台 \
	--name-en "National Service Platform" --base-url "$PORTAL" --listen "127.0.0.1:${PORTAL##*:}" \
	--issuer "$ISSUER" --client-id "$(jq -r .client_id "$E2E/clients/portal.json")" \
	--client-secret-file "$E2E/secret" --port-file "$E2E/portal.port" >"$E2E/portal.log" 2>&1 &
started $!
for _ in $(seq 200); do if [ -s "$E2E/portal.port" ]; then break; fi; sleep 0.05; done
SCREENSHOT=$BUILD/screenshots/import.png
mkdir -p "$BUILD/screenshots"
NUMBER=$number NAME=$name
export CHROMIUM PORTAL NUMBER NAME SCREENSHOT HOME=$E2E
"$AUTHD_NODE" "$TOP/tests/e2e/import.mjs"
authd_ctl person show --json --number "$(cut -d, -f2 <<<"$first")" >"$E2E/first.json"
[ "$(jq -r .name "$E2E/first.json")" = "$(cut -d, -f3 <<<"$first")" ] || fail "the first person is not there"
if authd_ctl person show --number "$(cut -d, -f2 <<<"$other")" 2>/dev/null >&2; then
	fail "one who was refused is there"
fi
authd_stop

# ---- killed, and run again: what is there is whole, or nothing is; from a pipe as from a file
head -n $((persons < 50000 ? persons + 1 : 50001)) "$people" >"$E2E/some.csv"
tail -n 5 "$people" >>"$E2E/some.csv"
line=$(($(wc -l <"$E2E/some.csv") - 4))
kills=0
for _ in {1..8}; do
	rm -rf "$E2E/data" "$E2E/rejects"
	mkdir -m 700 "$E2E/data"
	"$BUILD/authctl/authctl" --config "$E2E/authd.yaml" init --import "$E2E/some.csv" \
		--rejects "$E2E/rejects" >"$E2E/init.out" 2>&1 &
	import=$!
	started $import
	sleep "$(printf '0.%03d' $((5 + RANDOM % 350)))"
	kill -9 $import 2>/dev/null || true
	wait $import 2>/dev/null || true
	if [ ! -e "$E2E/data/records/data.mdb" ]; then
		kills=$((kills + 1))
		status=0
		authd_ctl init --import - --rejects "$E2E/rejects" < <(cat "$E2E/some.csv") \
			>"$E2E/init.out" || status=$?
		[ $status = 4 ] || fail "after a kill: $(cat "$E2E/init.out")"
	fi
	diff <(refused $line) "$E2E/rejects" || fail "the rejects of an import that was killed"
	left=$(find "$E2E/data" -type f | grep -v 'lock\.mdb$')
	[ "$left" = "$E2E/data/records/data.mdb" ] || fail "left: $left"
done
echo "$kills of 8 imports killed, and run again"
authd_start
authd_ctl person import "$E2E/some.csv" --json --rejects "$E2E/rejects" >"$E2E/again.json" || [ $? = 4 ]
jq -e ".added == 0" "$E2E/again.json" >/dev/null || fail "not all were there: $(cat "$E2E/again.json")"
authd_stop
