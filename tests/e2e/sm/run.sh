#!/bin/bash
# An issuer of the SM suite: what it keeps is sealed by SM4 and SM3, what it signs for one portal is
# signed by SM2, for another one by ES256. Each token is verified by libauth and by Botan, which shares
# no code with OpenSSL. run.sh BUILD
export SUITE=sm ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"

authd_init "keys: { algorithms: ES256 RS256 SGD_SM3_SM2 }" "tokens: { algorithm: SGD_SM3_SM2 }"
grep -q '^sm:' "$E2E/kek" || fail "the key-encryption key does not say its suite"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
client() { # NAME ARG...
	authd_client "$1" --name 市民中心 --state-owned --auth client_secret_basic \
		--grant-type authorization_code --grant-type refresh_token --scope "openid profile offline_access" \
		--redirect-uri https://portal.localhost/cb "${@:2}"
}
client portal --id-token-alg SGD_SM3_SM2 --userinfo-signed-response-alg SGD_SM3_SM2 \
	--introspection-signed-response-alg SGD_SM3_SM2 --authorization-signed-response-alg SGD_SM3_SM2
client modern
if client none --id-token-alg EdDSA 2>"$E2E/why"; then fail "a client of an algorithm without a key"; fi
grep -q "one of ES256 RS256 SGD_SM3_SM2" "$E2E/why" || fail "it was refused otherwise: $(cat "$E2E/why")"

# A client that proves itself by SM2, its key and assertion made by Botan.
by_botan() { /usr/bin/python3 "$TOP/tests/e2e/sm/botan_client.py" "$@"; }
by_botan keys "$E2E/private.pem" >"$E2E/client-jwks.json"
authd_client service --client-id service --name 税务接口 --auth private_key_jwt --jwks "$E2E/client-jwks.json" \
	--token-endpoint-auth-signing-alg SGD_SM3_SM2 --grant-type client_credentials --scope read
ask() { # ASSERTION
	https "$ISSUER/token" -d grant_type=client_credentials -d scope=read -d client_assertion="$1" \
		-d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
}
assertion=$(by_botan assert "$E2E/private.pem" service "$ISSUER")
end=${assertion: -9}
ask "${assertion%?????????}$(echo "$end" | tr 'A-Za-z' 'B-ZAb-za')" | grep -q invalid_client || fail "an altered assertion"
ask "$assertion" | jq -e .access_token >/dev/null || fail "an assertion of Botan's was refused: $(ask "$assertion")"

mkdir "$E2E/tokens"
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/sm/sm.test.mjs"

authd_ctl keys export --output "$E2E/jwks.json" >/dev/null
/usr/bin/python3 "$TOP/tests/e2e/sm/botan.py" "$E2E/jwks.json" "$E2E"/tokens/*

# libauth, without authd: keys, list and token from files.
portal=$(jq -r .client_id "$E2E/clients/portal.json")
offline=("$BUILD/authctl/authctl" token verify --jwks "$E2E/jwks.json" --issuer "$ISSUER" --list "$E2E/tokens/list")
authd_stop
"${offline[@]}" --kind access --audience "$ISSUER" <"$E2E/tokens/access" >/dev/null
"${offline[@]}" --kind id --audience "$portal" <"$E2E/tokens/id" >/dev/null
"${offline[@]}" --kind userinfo --audience "$portal" <"$E2E/tokens/userinfo" >/dev/null
"${offline[@]}" --kind introspection --audience "$portal" <"$E2E/tokens/introspection" >/dev/null
"$BUILD/examples/verify" "$E2E/jwks.json" "$ISSUER" "$ISSUER" "$E2E/tokens/list" <"$E2E/tokens/access" |
	grep -q '^subject ' || fail "the example did not verify the access token"
if "${offline[@]}" --kind access <"$E2E/tokens/revoked" >/dev/null 2>"$E2E/why"; then
	fail "a revoked token was taken"
fi
grep -qi revoked "$E2E/why" || fail "refused for something else: $(cat "$E2E/why")"

# Stolen together, the key-encryption key without its mark opens nothing.
sed -i 's/^sm://' "$E2E/kek"
if authd_ctl init >/dev/null 2>&1; then fail "a second init"; fi
rm -f "$E2E/port"
if "$BUILD/authd/authd" --config "$E2E/authd.yaml" >"$E2E/start.log" 2>&1; then
	fail "authd started with a key of the other suite"
fi
grep -q "another key-encryption key" "$E2E/start.log" || fail "it said: $(cat "$E2E/start.log")"
