#!/bin/bash
# Who signs out is signed out at the portals, too: back-channel and front-channel logout, by every road on
# which a session ends; with receivers that are slow, fail, are down; with authd killed. logout.sh BUILD
. "$(dirname "$0")/../lib/authd.sh" "$1"

for name in one two slow failing refusing down; do
	export "PORT_$name=$(free_port)"
done
export PERSON=11010519491231002X OTHER=110101199003074936
authd_init "outbound: { allow: [127.0.0.0/8], ca_file: $E2E/ca.pem }" \
	"throttle: { account_failures: 1000, address_failures: 1000 }"
authd_start
authd_person "$PERSON" 张三 "correct horse battery"
authd_person "$OTHER" 李四 "correct horse battery"
portal() {
	local name=$1 port=PORT_$1
	shift
	authd_client "$name" --name 市民中心 --state-owned --auth client_secret_basic --client-id "$name" \
		--redirect-uri https://portal.localhost/cb --post-logout-redirect-uri https://portal.localhost/bye \
		--backchannel-logout-uri "https://localhost:${!port}/$name" --sector "$name.localhost" "$@"
}
portal one --id-token-alg ES256 --frontchannel-logout-uri "https://portal.localhost/front?of=one"
portal two --id-token-alg RS256
portal slow --id-token-alg EdDSA
portal failing
portal refusing
portal down
authd_client silent --name 办事大厅 --state-owned --auth client_secret_basic --client-id silent \
	--redirect-uri https://portal.localhost/cb --post-logout-redirect-uri https://portal.localhost/bye
export AUTHCTL="$BUILD/authctl/authctl --config $E2E/authd.yaml"
logout() { "$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/logout.test.mjs"; }
logout

# Nobody listens at `down`. The session's end is durable, and so is what is to be told.
DOWN=before "$AUTHD_NODE" "$TOP/tests/e2e/logout-down.mjs"
authd_kill
authd_start
DOWN=after "$AUTHD_NODE" "$TOP/tests/e2e/logout-down.mjs"

# An operator sees what waits, since when and why; has it tried at once; gives it up.
outbox() { authd_ctl outbox list --client down --json | jq -r "$1"; }
waits() {
	for _ in $(seq 100); do
		[ "$(outbox "$1")" = true ] && return
		sleep 0.1
	done
	fail "not $1: $(outbox .)"
}
waits '.entries == [] and (.more | not)'
DOWN=before "$AUTHD_NODE" "$TOP/tests/e2e/logout-down.mjs"
waits '.entries[0].error | . != null and test("^https://localhost:[0-9]+/down: ")'
authd_ctl outbox list | grep -qE "^[0-9a-f]{32}  down  .* https://localhost:${PORT_down:?}/down: " ||
	fail "$(authd_ctl outbox list)"
id=$(outbox '.entries[0].id')
authd_ctl outbox list --client silent | grep -q "^Nothing waits" || fail "of another client"
waits '.entries[0].tries >= 3' # the next would be seconds away
DOWN=after "$AUTHD_NODE" "$TOP/tests/e2e/logout-down.mjs" &
heard=$!
[ "$(authd_ctl outbox retry "$id")" = "Due now: 1." ] || fail "no retry"
while kill -0 "$heard" 2>/dev/null; do
	authd_ctl outbox retry --client down >/dev/null 2>&1 || true
	sleep 0.3
done
wait "$heard" || fail "not heard after a retry"
DOWN=before "$AUTHD_NODE" "$TOP/tests/e2e/logout-down.mjs"
waits '.entries | length == 1'
# Until nobody is just trying it.
for _ in $(seq 50); do
	said=$(authd_ctl outbox drop --client down 2>&1) && break
	sleep 0.1
done
[ "$said" = "Dropped: 1." ] || fail "$said"
said=$(authd_ctl outbox drop "$id" 2>&1) && fail "dropped what had been heard: $said"
said=$(authd_ctl outbox retry 2>&1) || [ $? = 2 ] || fail "retry of nothing: $said"
for event in list retry drop; do
	grep -aq "\"event\":\"admin.outbox.$event\",\"outcome\":\"ok\"" "$E2E/data/records/data.mdb" || fail "no audit of $event"
done
authd_stop
