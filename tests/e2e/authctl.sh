#!/bin/bash
# Every command of authctl against a running authd: what it says, how it ends, and what the admin
# interface refuses. authctl.sh BUILD
. "$(dirname "$0")/../lib/authd.sh" "$1"
Z=11010519491231002X
L=440524188001010014

# ends CODE WORDS COMMAND...: it ends with this code and says this, on one output or the other.
ends() {
	local code=$1 words=$2 said status=0
	shift 2
	said=$("$@" 2>&1 </dev/null) || status=$?
	[ $status = "$code" ] || fail "$*: ended with $status, not $code: $said"
	grep -qE -- "$words" <<<"$said" || fail "$*: expected '$words' but it said: $said"
}
admin() { curl -sS --max-time 20 --unix-socket "$E2E/admin.sock" "http://authd/admin/v1/$1" "${@:2}"; }
json() { admin "$1" -H "Content-Type: application/json" --data-binary "$2" "${@:3}"; }

# ---- without authd
authd_configure
ends 0 "is good" authd_ctl config check
mv "$E2E/tls.key" "$E2E/elsewhere"
ends 1 "tls.key: $E2E/tls.key: No such file" authd_ctl config check
mv "$E2E/elsewhere" "$E2E/tls.key"
ends 3 "cannot be reached" authd_ctl client list
ends 0 "Keep a copy of" authd_ctl init
ends 1 "nothing was changed" authd_ctl init
ends 2 "no command" authd_ctl nonsense
ends 2 "unrecognized" authd_ctl person add --nonsense
ends 2 "once" authd_ctl person show --number 1 --number 2
ends 2 "set-password" authd_ctl person
ends 0 "Exit codes" authd_ctl --help
while read -r words; do
	# shellcheck disable=SC2086
	ends 0 "^Usage: authctl $words" authd_ctl $words --help
done < <(authd_ctl --help | sed -n '/^Commands:/,/^$/s/^  \(.*[^ ]\)  .*/\1/p' | sed 's/  .*//')
authd_start
ends 1 "is running" authd_ctl init
ends 1 "is running" authd_ctl restore /nonexistent

# ---- people
ends 0 "^added  [0-9a-f]{32}$" authd_ctl person add --number ${Z,,} --name 张三 --login-name Zhang.San
id=$(authd_ctl person show --number $Z --json | jq -r .id)
ends 0 "^unchanged  $id$" authd_ctl person add --number $Z --name 张三
ends 0 "^updated  $id$" authd_ctl person add --number $Z --name 张三丰 --phone-number "+86 138-0013-8000"
ends 0 "张三丰" authd_ctl person show --login-name ZHANG.SAN
ends 0 "张三丰" authd_ctl person show --id "$id"
ends 1 "belongs to somebody else" authd_ctl person add --number $L --name 李四 --login-name zhang.san
ends 1 "check character" authd_ctl person add --number 110105194912310021 --name 李四
ends 1 "name: missing" authd_ctl person add --number $L
ends 1 "nobody" authd_ctl person show --number $L
ends 1 "nobody" authd_ctl entity show --id "$id"
ends 2 "say who" authd_ctl person show
ends 1 "fewer than 10" authd_ctl person set-password --number $Z
printf '%s\n' "correct horse battery" | authd_ctl person set-password --number $Z >/dev/null
[ "$(authd_ctl person show --number $Z --json | jq .has_password)" = true ] || fail "no password"
ends 0 "check digit" authd_ctl entity add --number 91350211M00013FA1N --name 厦门某某有限公司
[ "$(authd_ctl entity show --number 91350211M00013FA1N --json | jq .number_flagged)" = true ] ||
	fail "not flagged"

# ---- mandates: the register names the representative, who may give others
C=91350100M000100Y43
offer() { authd_ctl mandate add --legal-person $C --role "$@" --until 2027-06-30; }
ends 0 added authd_ctl entity add --number $C --name 福建某某有限公司
ends 1 "no representative" offer manager --number $Z --name 张三丰
ends 0 updated authd_ctl entity add --number $C --representative-number $Z --representative-name 张三丰 --name 福建某某有限公司
ends 0 "legal_rep +active +福建某某有限公司 +张三丰" authd_ctl mandate list --number $C --type credit
ends 0 "legal_rep +active +福建某某有限公司 +张三丰" authd_ctl mandate list --number $Z
ends 0 "^offered  [0-9a-f]{32}$" offer agent --number $L --name 李四 --matter seal --matter tax.filing
ends 0 "^offered  [0-9a-f]{32}$" offer manager --number 360426199101010071 --name 王五
manager=$(authd_ctl mandate list --number $C --type credit --json | jq -r '.mandates[] | select(.role == "manager").id')
rep=$(authd_ctl mandate list --number $C --type credit --json | jq -r '.mandates[] | select(.role == "legal_rep").id')
ends 0 "In effect: +no" authd_ctl mandate show "$manager"
ends 0 "In effect: +yes" authd_ctl mandate show "$rep"
authd_ctl mandate show "$manager" | grep -q "Until: *2027-06-30T\|Until: *2027-07-01T" || fail "another last day"
ends 1 "does not give" offer agent --number $L --name 李四 --matter seal --parent "$manager"
ends 1 "not a mandate of this" offer agent --number $L --name 李四 --matter seal --parent "$id"
ends 1 "matters: name" offer agent --number $L --name 李四
ends 1 "matters: letters" offer agent --number $L --name 李四 --matter "two words"
ends 1 "whoever gives" offer agent --number $Z --name 张三丰 --all-matters
ends 1 "check character" offer agent --number 110105194912310021 --name 李四 --all-matters
ends 1 "role: manager or agent" offer legal_rep --number $L --name 李四
ends 2 "a date" authd_ctl mandate add --legal-person $C --role agent --number $L --name 李四 --until 2027-02-30
ends 2 "are needed" authd_ctl mandate add --legal-person $C
ends 1 "nobody" authd_ctl mandate list --number 310230199104010311
ends 1 "no such mandate" authd_ctl mandate show "$id"
ends 0 "ended: 1" authd_ctl mandate end "$manager"
ends 0 "State: +ended" authd_ctl mandate show "$manager"
ends 1 "no such mandate" authd_ctl mandate end "$manager"
# Another representative: what the former one gave is over, too.
printf 'number,name,representative_number,representative_name\n%s,%s,%s,%s\n' $C 福建某某有限公司 $L 李四 >"$E2E/changed.csv"
ends 0 "1 updated" authd_ctl entity import "$E2E/changed.csv"
[ "$(authd_ctl mandate list --number $C --type credit --json | jq -r '[.mandates[] | [.role, .name] | join(" ")] | join(",")')" = "legal_rep 李四" ] ||
	fail "the former representative's mandates: $(authd_ctl mandate list --number $C --type credit)"
ends 0 "State: +ended" authd_ctl mandate show "$rep"

# ---- imports
"$BUILD/tests/tools/make_persons" 3000 >"$E2E/people.csv"
printf 'resident,%s,x,,,,,,\r\n' 110105194912310021 nonsense >>"$E2E/people.csv"
ends 4 "3002 lines .* 3000 added, 0 updated, 0 unchanged, 2 refused" \
	authd_ctl person import "$E2E/people.csv"
[ "$(stat -c %a "$E2E/people.csv.rejects")" = 600 ] || fail "others can read the rejects"
grep -q '^3002,"number: .*",resident,110105194912310021,x' "$E2E/people.csv.rejects" ||
	fail "rejects: $(cat "$E2E/people.csv.rejects")"
ends 4 "0 added, 0 updated, 3000 unchanged, 2 refused" authd_ctl person import "$E2E/people.csv"
# Corrected, the rejects are a file to import.
sed -i "s/110105194912310021/$L/; /nonsense/d" "$E2E/people.csv.rejects"
ends 0 "1 added" authd_ctl person import "$E2E/people.csv.rejects"
[ ! -e "$E2E/people.csv.rejects.rejects" ] || fail "an empty rejects file was left"
# A pipe; JSON Lines; somebody twice in one call; a line that is no JSON.
printf '{"number":"%s","name":"%s"}\n' $Z 一 $Z 二 $Z 三 >"$E2E/people.jsonl"
echo '{"number":"x"' >>"$E2E/people.jsonl"
authd_ctl person import - --json --rejects "$E2E/refused" <"$E2E/people.jsonl" >"$E2E/answer.json" ||
	[ $? = 4 ] || fail "the import from a pipe"
[ "$(jq -c '[.lines,.added,.updated,.refused]' "$E2E/answer.json")" = '[4,0,3,1]' ] ||
	fail "$(cat "$E2E/answer.json")"
[ "$(jq -c '[.line,.text]' "$E2E/refused")" = '[4,"{\"number\":\"x\""]' ] || fail "$(cat "$E2E/refused")"
[ "$(authd_ctl person show --number $Z --json | jq -r .name)" = 三 ] || fail "not the last row"
"$BUILD/tests/tools/make_persons" --entities 20 >"$E2E/entities.csv"
ends 0 "20 added" authd_ctl entity import "$E2E/entities.csv"
iconv -f UTF-8 -t GB18030 "$E2E/people.csv" >"$E2E/gb.csv"
ends 1 "GB18030" authd_ctl person import "$E2E/gb.csv"
ends 1 "authctl entity import --help" authd_ctl entity import "$E2E/people.csv"
# A bar is for terminals alone.
authd_ctl person import "$E2E/people.csv" 2>&1 | grep -q '\[' && fail "a bar in a pipe"

# ---- clients, and a token of one
ends 0 "^No clients yet" authd_ctl client list
ends 1 "https://" authd_ctl client add --name x --redirect-uri http://rp.example/cb
ends 1 "grant_types" authd_ctl client add --name x --grant-type password --grant-type client_credentials
ends 2 "name is needed" authd_ctl client add --redirect-uri https://rp.example/cb
authd_client exchange --name 数据交换平台 --client-id exchange --scope "exchange read"
[ "$(jq -r .id_token_signed_response_alg "$E2E/clients/exchange.json")" = ES256 ] || fail "not ES256"
ends 1 "taken" authd_ctl client add --name x --client-id exchange
ends 0 "^exchange +数据交换平台 +client_secret_basic +exchange +active$" authd_ctl client list
authd_ctl client list --json | grep -qE "secret_hash|$(jq -r .client_secret "$E2E/clients/exchange.json")" &&
	fail "a secret is shown again"
token=$(https -u "exchange:$(jq -r .client_secret "$E2E/clients/exchange.json")" "$ISSUER/token" \
	-d grant_type=client_credentials -d scope=read | jq -r .access_token)
ends 0 "Not verified" authd_ctl token decode "$token"
ends 0 "^verified$" authd_ctl token verify "$token"
authd_ctl keys export --output "$E2E/jwks.json"
verify=("$BUILD/authctl/authctl" --config /nonexistent token verify --jwks "$E2E/jwks.json" --issuer "$ISSUER")
ends 1 "status list" "${verify[@]}" "$token" --scope read
https -f "$ISSUER/statuslists" | jq -r '.status_lists[]' | while read -r uri; do
	https -f "$uri" -o "$E2E/${uri##*/}.list"
done
for list in "$E2E"/*.list; do verify+=(--list "$list"); done
ends 0 "^verified$" "${verify[@]}" "$token" --scope read
[ "$("${verify[@]}" --json <<<"$token" | jq -r .payload.client_id)" = exchange ] || fail "from standard input"
ends 1 "refused" "${verify[@]}" "$token" --scope write
ends 1 "refused" "${verify[@]}" "$token" --audience https://elsewhere.example
ends 1 "refused" "${verify[@]}" "$token" --kind id
ends 1 "refused" "${verify[@]}" "${token}A"
ends 2 "once" "${verify[@]}" --issuer https://elsewhere.example "$token"
ends 0 "is disabled" authd_ctl client disable exchange
ends 0 "disabled$" authd_ctl client list
https -u "exchange:$(jq -r .client_secret "$E2E/clients/exchange.json")" "$ISSUER/token" \
	-d grant_type=client_credentials | grep -q invalid_client || fail "a disabled client got a token"
ends 0 "active again" authd_ctl client disable exchange --undo
[ "$(https -u "exchange:$(jq -r .client_secret "$E2E/clients/exchange.json")" "$ISSUER/introspect" \
	-d token="$token" | jq .active)" = false ] || fail "a token outlived its disabled client"
for _ in $(seq 50); do
	authd_ctl token verify "$token" >"$E2E/out" 2>&1 || break
	sleep 0.1
done
ends 1 "refused: .*revoked" authd_ctl token verify "$token"
sleep 1.1 # a mark ends what was issued up to its own second
token=$(https -u "exchange:$(jq -r .client_secret "$E2E/clients/exchange.json")" "$ISSUER/token" \
	-d grant_type=client_credentials -d scope=read | jq -r .access_token)
ends 1 "no client" authd_ctl client show nobody

# ---- keys
before=$(authd_ctl keys export | jq '.keys | length')
ends 0 "announced" authd_ctl keys rotate --algorithm EdDSA
ends 0 "active" authd_ctl keys rotate --algorithm ES256 --now
[ "$(authd_ctl keys export | jq '.keys | length')" = $((before + 2)) ] || fail "not published"
ends 0 "retired" authd_ctl keys list
ends 0 "^verified$" authd_ctl token verify "$token"
ends 1 "ES256 RS256" authd_ctl keys rotate --algorithm none
ends 0 "clock" authd_ctl keys resume

# A key that leaked: what it signed is over, and what signs from now on is another.
signed() {
	https -u "machine:$(jq -r .client_secret "$E2E/clients/machine.json")" "$ISSUER/token" \
		-d grant_type=client_credentials | jq -r .access_token
}
active() {
	https -u "machine:$(jq -r .client_secret "$E2E/clients/machine.json")" "$ISSUER/introspect" \
		-d token="$1" | jq .active
}
kid() { jq -rR 'split(".")[0] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson | .kid' <<<"$1"; }
authd_client machine --client-id machine --name 数据交换平台 --auth client_secret_basic --grant-type client_credentials --scope read
token=$(signed)
leaked=$(kid "$token")
[ "$(active "$token")" = true ] || fail "not active before its key is revoked"
ends 0 "revoked" authd_ctl keys revoke -- "$leaked"
[ "$(active "$token")" = false ] || fail "a token outlived its key"
https "$ISSUER/jwks" | grep -qF "$leaked" && fail "a revoked key is published"
authd_ctl keys export --output "$E2E/jwks.json"
ends 1 "refused" "${verify[@]}" "$token"
next=$(signed)
[ "$(kid "$next")" != "$leaked" ] || fail "a revoked key signs"
[ "$(active "$next")" = true ] || fail "the key that follows does not count"
ends 0 "^verified$" "${verify[@]}" "$next"
ends 0 "revoked" authd_ctl keys revoke -- "$leaked"
ends 0 "$leaked.*revoked" authd_ctl keys list
ends 1 "no key" authd_ctl keys revoke nobody

# ---- sessions
ends 0 "Not signed in" authd_ctl session list --number $Z
ends 0 "ended: 0" authd_ctl session revoke --number $Z --all
ends 1 "no such session" authd_ctl session revoke --number $Z --session "$id"
ends 2 "either" authd_ctl session revoke --number $Z

# ---- what the interface refuses
deep=$(printf '[%.0s' $(seq 10000))
for body in '' '{' 'null' '[]' '{} {}' '{"number":1}' '{"nonsense":"x"}' "{\"number\":$deep" \
	'{"number":"1","number":"2"}' '{"number":"a\u0000b"}' "$(printf '{"number":"\xff"}')" \
	'{"number":"'$Z'","login_name":"zhang.san"}' '{}'; do
	[ "$(json persons/show "$body" -o /dev/null -w '%{http_code}')" = 400 ] || fail "let in: ${body:0:60}"
done
head -c 1048576 /dev/zero | tr '\0' x >"$E2E/large"
[ "$(json persons/show "@$E2E/large" -o /dev/null -w '%{http_code}')" = 413 ] || fail "1 MiB was read"
[ "$(admin persons/show -d number=1 -o /dev/null -w '%{http_code}')" = 415 ] || fail "a form was read"
[ "$(admin keys/rotate -o /dev/null -w '%{http_code}')" = 405 ] || fail "GET rotated"
[ "$(https -o /dev/null -w '%{http_code}' "$ISSUER/admin/v1/clients")" = 404 ] || fail "open to everybody"

# ---- backup and restore
ends 1 "not empty" authd_ctl backup "$E2E"
ends 0 "Backed up" authd_ctl backup "$E2E/backup"
cmp -s "$E2E/kek" "$E2E/backup/keys/kek" && fail "the key-encryption key is in the backup"
ends 0 "added" authd_ctl person add --number 360426199101010071 --name 王五
leaked=$(authd_ctl keys list --json | jq -r '[.keys[] | select(.state == "active")][0].kid')
ends 0 "revoked" authd_ctl keys revoke -- "$leaked"
authd_stop
# Every call above left its entry, with the operator's name.
for event in person.add person.show person.set-password person.import entity.add entity.import client.add \
	client.list client.disable keys.list keys.rotate keys.revoke keys.export keys.resume session.list \
	session.revoke backup; do
	grep -aq "\"event\":\"admin.$event\",\"outcome\":\"ok\",\"operator\":\"$(id -un)\"" \
		"$E2E/data/records/data.mdb" || fail "no audit entry of $event"
done
grep -aq '"event":"admin.client.add","outcome":"refused"' "$E2E/data/records/data.mdb" ||
	fail "no audit entry of a refusal"
ends 1 "force" authd_ctl restore "$E2E/backup"
ends 1 "not a backup" authd_ctl restore "$E2E/clients" --force
cp -r "$E2E/backup" "$E2E/damaged"
printf x >>"$E2E/damaged/keys/ring"
ends 1 "not the file" authd_ctl restore "$E2E/damaged" --force
mv "$E2E/keys/ring" "$E2E/ring"
ends 1 "which were revoked" authd_ctl restore "$E2E/backup" --force
mv "$E2E/ring" "$E2E/keys/ring"
ends 0 "revoked before, and so again" authd_ctl restore "$E2E/backup" --force
authd_start
# Also in a backup from before, a key that was taken back stays so: nobody's token opens anything by it.
ends 0 "$leaked.*revoked" authd_ctl keys list
! https "$ISSUER/jwks" | grep -qF "$leaked" || fail "a revoked key is published again"
ends 0 "Number: +$Z" authd_ctl person show --number $Z
ends 1 "nobody" authd_ctl person show --number 360426199101010071
authd_stop

# ---- operators, by their uid alone
if [ "$(id -u)" = 0 ]; then
	# In the group that may use the socket; who they are is their uid alone.
	as() { setpriv --reuid "$1" --regid "$(stat -c %G "$E2E/admin.sock")" --clear-groups "${@:2}"; }
	chmod 755 "$E2E"
	chmod 644 "$E2E/authd.yaml"
	cp "$BUILD/authctl/authctl" "$E2E/authctl"
	ctl=("$E2E/authctl" --config "$E2E/authd.yaml")
	printf '    - user: nobody\n      role: auditor\n' >"$E2E/auditor"
	sed -i "/role: admin/r $E2E/auditor" "$E2E/authd.yaml"
	authd_start
	ends 0 "exchange" as nobody "${ctl[@]}" client list
	ends 1 "needs the role admin" as nobody "${ctl[@]}" client disable exchange
	ends 3 "may you use the socket" setpriv --reuid nobody --regid nogroup --clear-groups \
		"${ctl[@]}" client list
	ends 1 "not listed" as daemon "${ctl[@]}" client list
	[ "$(authd_ctl client show exchange --json | jq .disabled)" = false ] || fail "an auditor wrote"
	authd_stop
	grep -aq '"event":"admin.refused","outcome":"refused","operator":"nobody"' \
		"$E2E/data/records/data.mdb" || fail "no audit entry of an auditor who wanted to write"
fi
echo "every command did what it says"
