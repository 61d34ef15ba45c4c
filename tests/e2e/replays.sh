#!/bin/bash
# What counts once counts once over two authd on one store: proofs of possession, client assertions, assertions as
# grants, codes. On the embedded cache, which both then share, and on Redis. replays.sh BUILD [CACHE: embedded | redis]
# Without TLS, whose handshakes would be most of a race.
export SCHEME=http
. "$(dirname "$0")/../lib/authd.sh" "$1"

cache_start "${2:-embedded}"
authd_init "cache: $CACHE" "dpop_nonce: optional"
authd_start
first=$AUTHD_PID
authd_person 11010519491231002X 张三 "correct horse battery"
for name in signer other province; do
	"$AUTHD_NODE" "$TOP/tests/lib/make-key.mjs" "$E2E/clients/$name.key.json" "$E2E/clients/$name.jwks.json"
done
machine=(--state-owned --grant-type client_credentials --scope exchange)
authd_client signer --name 省政务服务网 "${machine[@]}" --auth private_key_jwt --jwks "$E2E/clients/signer.jwks.json"
authd_client other --name 公积金查询 "${machine[@]}" --auth private_key_jwt --jwks "$E2E/clients/other.jwks.json"
authd_client machine --name 数据交换平台 "${machine[@]}" --auth client_secret_basic
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic --grant-type authorization_code \
	--scope "openid profile" --redirect-uri https://portal.localhost/cb
authd_client sync --name 人口库同步 --client-id sync --auth client_secret_basic --scope read \
	--grant-type urn:ietf:params:oauth:grant-type:jwt-bearer --audience https://sync.example
authd_ctl exchange-policy add --client sync --audience https://tax.example --jwks "$E2E/clients/province.jwks.json" \
	--issuer https://province.example --subject login --scope read >/dev/null

authd_node second
authd_start second
SECOND=$NODE_URL "$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/replays.test.mjs"
authd_stop
AUTHD_PID=$first
authd_stop
