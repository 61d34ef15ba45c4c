#!/bin/bash
# Answers as each client registered them, signed, encrypted, both: read by openid-client and jose of
# npm, by jwcrypto of Debian, and verified by libauth (answers.test.mjs).
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"

authd_init
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
client() {
	authd_client "$1" --name 市民中心 --state-owned --redirect-uri https://portal.localhost/cb \
		--scope "openid profile" --metadata "$E2E/clients/$1.metadata.json"
}

"$AUTHD_NODE" "$TOP/tests/e2e/answers/clients.mjs" "$E2E/clients"
for metadata in "$E2E"/clients/*.metadata.json; do
	client "$(basename "$metadata" .metadata.json)"
done
for metadata in "$E2E"/clients/*.refused.json; do
	if authd_client none --name 市民中心 --redirect-uri https://portal.localhost/cb \
		--metadata "$metadata" 2>"$E2E/why"; then
		fail "$metadata was registered"
	fi
	grep -q "_response_" "$E2E/why" || fail "$metadata: $(cat "$E2E/why")"
done

export AUTHCTL="$BUILD/authctl/authctl --config $E2E/authd.yaml"
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/answers/answers.test.mjs"
authd_stop
