#!/bin/bash
# Two authd on one store, refreshing the same token while one of them is restarted, in order and by kill -9.
# On the embedded cache, which both then share, and on Redis. nodes.sh BUILD [CACHE: embedded | redis]
# Without TLS, whose handshakes would keep the callers apart.
export SCHEME=http
. "$(dirname "$0")/../lib/authd.sh" "$1"
export BUILD

cache_start "${2:-embedded}"
# The grace outlasts a restart also where sanitizers make it slow; it is short where its end is what is asked.
authd_init "cache: $CACHE" "life: { refresh_grace: 60s }"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic --rotate-refresh \
	--grant-type authorization_code --grant-type refresh_token \
	--scope "openid profile offline_access" --redirect-uri https://portal.localhost/cb
nodes() {
	authd_node second
	SECOND=$NODE_URL "$AUTHD_NODE" --test --test-reporter=spec --test-name-pattern="^$1:" "$TOP/tests/e2e/nodes.test.mjs"
	authd_stop
}
nodes restarted

sed -i 's/refresh_grace: 60s/refresh_grace: 3s/' "$E2E/authd.yaml"
authd_start
nodes late
