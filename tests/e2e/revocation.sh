#!/bin/bash
# What is revoked is refused by those who never ask: every road of revocation, seen by a verifier that
# has no network; a kill -9 before the list is published; Redis away. On the embedded cache and on Redis.
# revocation.sh BUILD [CACHE: embedded | redis]
. "$(dirname "$0")/../lib/authd.sh" "$1"
export BUILD

cache_start "${2:-embedded}"
authd_init "cache: $CACHE"
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

# Two nodes on one store: each serves the lists of the other, and hears of what is revoked there.
two_nodes() {
	local here=$ISSUER there token node i
	authd_client machine --name 数据目录 --client-id machine --scope read --auth client_secret_post \
		--grant-type client_credentials
	authd_node second
	there=$NODE_URL
	"$BUILD/authd/authd" --config "$E2E/second.yaml" >>"$E2E/authd.log" 2>&1 &
	SECOND_PID=$!
	started $SECOND_PID
	for _ in $(seq 200); do
		https -f -o "$E2E/ready" "$there/readyz" 2>"$E2E/not-ready" && break
		sleep 0.05
	done

	ask() { # NODE PATH FIELDS...
		https -f -d client_id=machine -d "client_secret=$(jq -r .client_secret "$E2E/clients/machine.json")" \
			"${@:3}" "$1$2"
	}
	says() { # TOKEN NODE: what a verifier without a network says, with the list that this node serves
		local uri
		uri=$(jq -rR 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson
			| .status.status_list.uri' <<<"$1")
		https -f -o "$E2E/list.jwt" "$2/statuslists/${uri##*/}" || fail "$2 does not serve $uri"
		printf %s "$1" | "$BUILD/examples/verify" "$E2E/jwks.json" "$here" "$here" "$E2E/list.jwt" 2>&1 || true
	}
	for i in "$here $there" "$there $here"; do
		local from=${i% *} to=${i#* } since token kept
		token=$(ask "$from" /token -d grant_type=client_credentials | jq -r .access_token)
		kept=$(ask "$from" /token -d grant_type=client_credentials | jq -r .access_token)
		for node in $i; do
			says "$token" "$node" | grep -q '^client' || fail "$node: $(says "$token" "$node")"
		done
		ask "$to" /revoke -d "token=$token"
		since=$(date +%s%N)
		for node in $i; do
			until says "$token" "$node" | grep -q revoked; do
				[ $(($(date +%s%N) - since)) -lt 3000000000 ] || fail "$node still lets it in"
				sleep 0.05
			done
			says "$kept" "$node" | grep -q '^client' || fail "$node: $(says "$kept" "$node")"
		done
		echo "ok: issued by one node, revoked at the other, both lists say so after $((($(date +%s%N) - since) / 1000000)) ms"
	done
	kill -TERM $SECOND_PID
	wait $SECOND_PID || fail "the second node ended with $?"
}

two_nodes
if [ "$CACHE" != embedded ]; then
	# A list of this node: those of the other, which has gone, are in Redis alone.
	uri=$(ask "$ISSUER" /token -d grant_type=client_credentials | jq -r .access_token |
		jq -rR 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson | .status.status_list.uri')
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
