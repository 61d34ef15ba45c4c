#!/bin/bash
# Clients register themselves: who may, what is refused, and what becomes of it. registration.test.mjs.
export ISSUER_HOST=127.0.0.1
. "$(dirname "$0")/../../lib/authd.sh" "$1"

authd_init "outbound:" "  allow: [127.0.0.0/8]" "  ca_file: $E2E/ca.pem"
cp "$E2E/authd.yaml" "$E2E/plain.yaml"
start() { # MODE [SETTING...]
	printf 'registration:\n  mode: %s\n  statements: statements\n' "$1" | cat "$E2E/plain.yaml" - >"$E2E/authd.yaml"
	shift
	[ $# = 0 ] || printf '  %s\n' "$@" >>"$E2E/authd.yaml"
	authd_start
}
key() { "$AUTHD_NODE" "$TOP/tests/lib/make-key.mjs" "$E2E/$1.key.json" "$E2E/$1.jwks.json"; }

mkdir -p "$E2E/statements"
key trusted
key stranger
python3 - "$E2E" <<'EOF'
import json, sys
jwks = json.load(open(f"{sys.argv[1]}/trusted.jwks.json"))
json.dump({"issuer": "https://federation.example", "jwks": jwks}, open(f"{sys.argv[1]}/statements/one.json", "w"))
EOF

run() { "$AUTHD_NODE" --test --test-reporter=spec --test-name-pattern="$1" "$TOP/tests/e2e/registration/registration.test.mjs"; }

authd_start
run "^off:"
authd_stop

start token
authd_person 11010519491231002X 张三 "correct horse battery"
token() { authd_ctl registration-token add --json "$@"; }
token --label any >"$E2E/any.json"
token --label twice --uses 2 >"$E2E/twice.json"
token --label narrow --scope "openid profile" --grant-type authorization_code >"$E2E/narrow.json"
token --label short --lifetime 1s >"$E2E/short.json"
token --label machine --scope exchange --grant-type client_credentials >"$E2E/machine.json"
token --label revoked >"$E2E/revoked.json"
authd_ctl registration-token revoke "$(python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])' <"$E2E/revoked.json")" >/dev/null
authd_ctl registration-token list | grep -q narrow || fail "the list lacks a token"
! authd_ctl registration-token list | grep -q revoked || fail "a revoked token is listed"
run "^token:"

authd_client() { authd_ctl client "$@" --json; }
echo '{"client_name": "文件", "redirect_uris": ["https://file.localhost/cb"], "policy_uri": "https://file.localhost/p"}' |
	authd_client add --metadata - --client-id file --purpose 办理停车证 >"$E2E/file.json"
grep -q '"purpose": "办理停车证"' "$E2E/file.json" || fail "client add --metadata: no purpose"
echo '{"tos_uri": "https://file.localhost/t", "policy_uri": ""}' | authd_client update file --metadata - >"$E2E/updated.json"
grep -q tos_uri "$E2E/updated.json" || fail "client update: not changed"
! grep -q policy_uri "$E2E/updated.json" || fail "client update: not taken away"
! echo '{"tos_uri": "javascript:1"}' | authd_client update file --metadata - >/dev/null 2>"$E2E/refused" ||
	fail "client update: let in"
grep -q "tos_uri:" "$E2E/refused" || fail "client update: the refusal does not say why"
authd_client rotate-secret file >"$E2E/rotated.json"
secret() { python3 -c 'import json,sys; print(json.load(sys.stdin)["client_secret"])' <"$E2E/$1.json"; }
code_answer() {
	https -o /dev/null -w '%{http_code}' -u "file:$1" -d grant_type=authorization_code -d code=x \
		-d redirect_uri=https://file.localhost/cb "$ISSUER/token"
}
[ "$(code_answer "$(secret file)")" = 401 ] || fail "the old secret still counts"
[ "$(code_answer "$(secret rotated)")" = 400 ] || fail "the new secret does not count"
authd_stop

start open "pkce: optional" "quota: 40" "address_attempts: 30"
run "^open:"
authd_stop
