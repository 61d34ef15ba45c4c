#!/bin/bash
# What is revoked is refused by those who never ask: every road of revocation, seen by a verifier that
# has no network; a kill -9 before the list is published; Redis away. On the embedded cache and on Redis.
# revocation.sh BUILD [CACHE: embedded | redis]
. "$(dirname "$0")/../lib/authd.sh" "$1"
export BUILD

cache=embedded
if [ "${2:-embedded}" = redis ]; then
	redis-server --port 0 --unixsocket "$E2E/redis.sock" --save '' --appendonly no \
		--maxmemory-policy noeviction --dir "$E2E" >"$E2E/redis.log" 2>&1 &
	REDIS_PID=$!
	started $REDIS_PID
	for _ in $(seq 100); do
		[ -S "$E2E/redis.sock" ] && break
		sleep 0.05
	done
	cache=redis+unix://$E2E/redis.sock
fi
authd_init "cache: $cache"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic --rotate-refresh \
	--grant-type authorization_code --grant-type refresh_token \
	--scope "openid profile offline_access" --redirect-uri https://portal.localhost/cb
authd_client other --name 数据交换平台 --client-id other --scope read
authd_ctl keys export --output "$E2E/jwks.json"
revocation() { AUTHD_PID=$AUTHD_PID "$AUTHD_NODE" "$TOP/tests/e2e/revocation.mjs" "$@"; }

revocation roads
revocation before "$E2E/tokens.json"
wait "$AUTHD_PID" 2>/dev/null || true
authd_start
revocation after "$E2E/tokens.json"

if [ "$cache" != embedded ]; then
	uri=$(https -f "$ISSUER/statuslists" | jq -r '.status_lists[0]')
	kill -9 "$REDIS_PID"
	wait "$REDIS_PID" 2>/dev/null || true
	for _ in 1 2 3; do
		[ "$(https -o /dev/null -w '%{http_code}' "$uri")" = 200 ] || fail "no list without Redis"
		sleep 0.5
	done
	https -f "$ISSUER/statuslists" | grep -qF "$uri" || fail "no index without Redis"
	[ "$(https -o /dev/null -w '%{http_code}' "$ISSUER/statuslists/$(printf '0%.0s' {1..32})")" = 503 ] ||
		fail "what cannot be known was said not to be there"
	echo "ok: Redis is away, and the lists of this node are served"
fi
authd_stop
