#!/bin/bash
# Clients whose keys are at a jwks_uri: fetched, kept, rotated, out of reach. client-keys.test.mjs.
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"
run() { "$AUTHD_NODE" --test --test-reporter=spec --test-name-pattern="$1" "$TOP/tests/e2e/client-keys/client-keys.test.mjs"; }

authd_init "registration: { mode: open, pkce: optional }"
cp "$E2E/authd.yaml" "$E2E/plain.yaml"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
run "^not allowed:"
authd_stop

printf 'outbound:\n  allow: [127.0.0.0/8]\n' | cat "$E2E/plain.yaml" - >"$E2E/authd.yaml"
authd_start
run "^not trusted:"
authd_stop

printf '  ca_file: ca.pem\n' >>"$E2E/authd.yaml"
authd_start
run "^oidcc-|^keys:"
authd_stop
