#!/bin/bash
# The certified openid-client of npm, unmodified, against authd: client.test.mjs.
# An address: libc knows no names below .localhost, and openid-client asks libc.
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"

authd_init
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
key() { "$AUTHD_NODE" "$TOP/tests/lib/make-key.mjs" "$E2E/clients/$1.key.json" "$E2E/clients/$1.jwks.json"; }
portal=(--redirect-uri https://portal.localhost/cb --post-logout-redirect-uri https://portal.localhost/bye)
code=(--grant-type authorization_code --grant-type refresh_token
      --scope "openid profile offline_access")
authd_client basic --name 省政务服务网 "${portal[@]}" "${code[@]}" --state-owned \
	--auth client_secret_basic --id-token-alg RS256
authd_client post --name 市民中心 "${portal[@]}" "${code[@]}" --state-owned \
	--auth client_secret_post --id-token-alg ES256
key assertion
authd_client assertion --name 公积金查询 "${portal[@]}" "${code[@]}" \
	--auth private_key_jwt --jwks "$E2E/clients/assertion.jwks.json" --id-token-alg EdDSA
authd_client public --name 掌上办 "${portal[@]}" "${code[@]}" --state-owned --auth none \
	--id-token-alg ES256
authd_client machine --name 数据交换平台 --grant-type client_credentials --scope "exchange" \
	--auth client_secret_basic
authd_client api --name 电子证照库 --grant-type client_credentials --scope "exchange" \
	--auth client_secret_basic --introspect-any

"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/openid-client/client.test.mjs"
authd_stop
