#!/bin/bash
# Tokens of every grant, bound and unbound, and every road of revocation: a verifier without a network refuses
# exactly those that it ended. revocation-grants.sh BUILD
. "$(dirname "$0")/../lib/authd.sh" "$1"
export BUILD

EXCHANGE=urn:ietf:params:oauth:grant-type:token-exchange
authd_configure "life: { access_token: 20min }" # under sanitizers, too, none expires meanwhile
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=certified" \
	-addext extendedKeyUsage=clientAuth -keyout "$E2E/client.key" -out "$E2E/client.pem" 2>"$E2E/openssl.log"
printf 'mtls: { url: "https://localhost:%s" }\n' "$PORT" >>"$E2E/authd.yaml"
export MTLS=https://localhost:$PORT
authd_ctl init >"$E2E/init.out"
authd_start
for number in 11010519491231002X 360426199101010071; do
	authd_person $number 张三 "correct horse battery"
done
person=(--auth client_secret_basic --state-owned --grant-type refresh_token --scope "openid profile offline_access read")
browser=(--grant-type authorization_code --redirect-uri https://portal.localhost/cb)
authd_client portal --name 市民中心 "${person[@]}" "${browser[@]}" --audience https://service.example
authd_client phone --name 掌上办 "${person[@]}" --grant-type urn:ietf:params:oauth:grant-type:device_code
authd_client bank --name 江海银行 "${person[@]}" --grant-type urn:openid:params:grant-type:ciba
printf '{ "tls_client_certificate_bound_access_tokens": true }' >"$E2E/bound.json"
authd_client certified --name 公积金查询 "${person[@]}" "${browser[@]}" --metadata "$E2E/bound.json"
authd_client service --name 数据交换平台 --client-id service --auth client_secret_basic --scope read \
	--grant-type client_credentials --grant-type $EXCHANGE --grant-type urn:ietf:params:oauth:grant-type:jwt-bearer \
	--audience https://service.example
"$AUTHD_NODE" "$TOP/tests/lib/make-key.mjs" "$E2E/clients/province.key.json" "$E2E/clients/province.jwks.json"
authd_ctl exchange-policy add --client service --audience https://archive.example >"$E2E/policy"
authd_ctl exchange-policy add --client service --audience https://archive.example --subject login \
	--jwks "$E2E/clients/province.jwks.json" --issuer https://province.example >"$E2E/policy"
authd_ctl keys export --output "$E2E/jwks.json"
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/revocation-grants.test.mjs"
authd_stop
