#!/bin/bash
# Acting for a legal person: the choice, the tokens, what ends them, and attacks on each. run.sh BUILD
. "$(dirname "$0")/../../lib/authd.sh" "$1"
export BUILD

EXCHANGE=urn:ietf:params:oauth:grant-type:token-exchange
authd_init
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
authd_person 440524188001010014 李四 "correct horse battery"
authd_person 360426199101010071 王五 "correct horse battery"
entity() { authd_ctl entity add --number "$1" --name "$2" --representative-number "$3" --representative-name "$4"; }
entity 91350100M000100Y43 福州某某有限公司 11010519491231002X 张三
entity 91310115591693856A 上海某某有限公司 11010519491231002X 张三
portal() { # NAME ARG...
	authd_client "$1" --name "$1" --grant-type authorization_code --grant-type refresh_token \
		--scope "openid profile offline_access" --redirect-uri https://portal.localhost/cb "${@:2}"
}
portal desk --state-owned --legal-persons --grant-type $EXCHANGE
portal bureau --legal-persons --sector portal.localhost --grant-type $EXCHANGE
portal elsewhere --state-owned --legal-persons --sector elsewhere.localhost
portal natural --state-owned
for name in desk bureau; do
	authd_ctl exchange-policy add --client "$(jq -r .client_id "$E2E/clients/$name.json")" --audience "$ISSUER" >/dev/null
done
authd_ctl keys export --output "$E2E/jwks.json"

"$AUTHD_NODE" --test --test-concurrency=1 --test-reporter=spec "$TOP/tests/e2e/acting/acting.test.mjs"
authd_stop
for event in mandate.offer mandate.accept mandate.decline mandate.end; do
	grep -aq "\"event\":\"$event\".*\"mandate\"" "$E2E/data/records/data.mdb" || fail "no audit entry: $event"
done
grep -aq '"event":"consent.give".*"mandate"' "$E2E/data/records/data.mdb" || fail "no audit entry of a consent for acting"
