#!/bin/bash
# A nation is imported into a fresh store, and one of its people signs in. import.sh BUILD [PERSONS]
# Prints the rate and the peak memory; a million and more take the same command.
. "$(dirname "$0")/../lib/authd.sh" "$1"
persons=${2:-100000}

people=$E2E/people.csv
"$TOP/tests/lib/people.py" "$persons" csv >"$people"
# Lines that must be refused, with their line number and a reason.
printf '110105194912310021,错误\n110105194902300020,二月三十\nnonsense,\n' >>"$people"

authd_init_import "$people"
[ "$(grep -c . "$E2E/rejects")" -ge 3 ] || fail "the three bad lines are not among the refused"

authd_start
number=$("$TOP/tests/lib/people.py" 1 csv $((persons * 2 / 3)) | tail -n 1 | cut -d, -f1)
printf '%s' "correct horse battery" | authd_ctl person set-password --number "$number" >/dev/null
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic \
	--grant-type authorization_code --scope "openid profile" --redirect-uri https://portal.localhost/cb
NUMBER=$number "$AUTHD_NODE" "$TOP/tests/e2e/import.mjs"
authd_stop
