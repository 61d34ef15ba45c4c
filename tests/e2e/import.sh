#!/bin/bash
# A nation is imported into a fresh store, and one of its people signs in. import.sh BUILD [PERSONS]
# Prints the rate and the peak memory; a million and more take the same command.
. "$(dirname "$0")/../lib/authd.sh" "$1"
persons=${2:-100000}

people=$E2E/people.csv
"$BUILD/tests/tools/make_persons" "$persons" >"$people"
number=$(awk -F, -v row=$((persons * 2 / 3)) 'NR > row && $1 == "resident" { print $2; exit }' "$people")
# Three lines that must be refused, each with its number and a reason.
printf 'resident,%s,,,,,,,\n' 110105194912310021 110105194902300020 nonsense >>"$people"

authd_configure
begun=$(date +%s.%N)
status=0
python3 - "$BUILD/authctl/authctl" --config "$E2E/authd.yaml" init --import "$people" \
	--rejects "$E2E/rejects" >"$E2E/init.out" <<'EOF' || status=$?
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(f"peak memory: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10} MiB")
sys.exit(code)
EOF
seconds=$(python3 -c "import time; print(round(time.time() - $begun, 1))")
cat "$E2E/init.out"
[ $status = 4 ] || fail "init ended with $status; 4 says that lines were refused"
[ "$(wc -l <"$E2E/rejects")" -ge 3 ] || fail "not three refused lines: $(cat "$E2E/rejects")"
grep -q "$((persons + 2))" "$E2E/rejects" || fail "no line number: $(cat "$E2E/rejects")"
echo "$persons persons in $seconds s"

authd_start
printf '%s' "correct horse battery" | authd_ctl person set-password --number "$number" >/dev/null
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic \
	--grant-type authorization_code --scope "openid profile" --redirect-uri https://portal.localhost/cb
NUMBER=$number "$AUTHD_NODE" "$TOP/tests/e2e/import.mjs"
authd_stop
