#!/bin/bash
# Redis is killed in the middle. What needs it answers 503 with Retry-After and nothing falls open;
# keys, metadata, verification, introspection and revocation go on; then people sign in again.
. "$(dirname "$0")/../lib/authd.sh" "$1"

REDIS_PORT=$(free_port)
export REDIS_PORT
authd_init "cache: redis://127.0.0.1:$REDIS_PORT"
redis=(redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --save '' --appendonly no
       --maxmemory-policy noeviction --dir "$E2E" --daemonize no)
"${redis[@]}" >"$E2E/redis.log" 2>&1 &
REDIS_PID=$!
started "$REDIS_PID"
export REDIS_PID REDIS_COMMAND="${redis[*]}"
for _ in $(seq 100); do
	[ "$(redis-cli -p "$REDIS_PORT" ping 2>/dev/null)" = PONG ] && break
	sleep 0.05
done
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic \
	--grant-type authorization_code --grant-type refresh_token \
	--scope "openid profile offline_access" --redirect-uri https://portal.localhost/cb
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/redis.test.mjs"
authd_stop
