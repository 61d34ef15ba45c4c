#!/bin/bash
# A trust bundle from the issuer to a verifier that never hears of it again: exported, signed by a root
# on another machine, loaded by C programs on libauth while authd is stopped. bundle.sh BUILD
. "$(dirname "$0")/../lib/authd.sh" "$1"

ends() {
	local code=$1 words=$2 said status=0
	shift 2
	said=$("$@" 2>&1) || status=$?
	[ $status = "$code" ] || fail "$*: ended with $status, not $code: $said"
	grep -qE -- "$words" <<<"$said" || fail "$*: expected '$words' but it said: $said"
}

# ---- the roots' machine: no configuration, no authd
offline=("$BUILD/authctl/authctl" --config /nonexistent)
(umask 077; echo "correct horse battery" >"$E2E/pass"; echo "another horse battery" >"$E2E/pass2")
echo "too short" >"$E2E/short"
root() { "${offline[@]}" root "$@" --passphrase "$E2E/pass"; }
ends 1 "12 to 1024 bytes" "${offline[@]}" root new "$E2E/root" --passphrase "$E2E/short"
ends 2 "terminal" "${offline[@]}" root new "$E2E/root" </dev/null
root new "$E2E/root"
ends 1 "File exists" root new "$E2E/root"
[ "$(stat -c %a "$E2E/root" "$E2E/root/key.pem" | xargs)" = "700 600" ] || fail "others can read the root"
openssl pkey -in "$E2E/root/key.pem" -passin "file:$E2E/pass" -noout || fail "OpenSSL does not open it"
openssl pkey -in "$E2E/root/key.pem" -passin "file:$E2E/pass2" -noout 2>/dev/null && fail "no passphrase"
jq -e '.keys[0].d == null and .links == []' "$E2E/root/root.json" >/dev/null || fail "root.json"
root new "$E2E/stranger"

# ---- the issuer's machine
authd_init "keys: { announce: 180d, active: 90d, bundle: 90d }" "life: { access_token: 20s }"
ends 0 "is good" authd_ctl config check
sed 's/bundle: 90d/bundle: 91d/' "$E2E/authd.yaml" >"$E2E/wrong.yaml"
ends 1 "keys.bundle: keys.announce is shorter" "$BUILD/authctl/authctl" --config "$E2E/wrong.yaml" config check
authd_start
authd_client exchange --name 数据交换平台 --client-id exchange --scope "exchange read"
as_client() { https -u "exchange:$(jq -r .client_secret "$E2E/clients/exchange.json")" "$@"; }
fresh_token() {
	as_client "$ISSUER/token" -d grant_type=client_credentials -d scope=read |
		jq -r .access_token >"$E2E/token"
}
export_payload() { authd_ctl keys export --bundle --unsigned "$@"; }
ends 2 "goes with --bundle" authd_ctl keys export --expires 30d
ends 2 "unsigned, or signed" authd_ctl keys export --bundle
ends 1 "sign only until" export_payload --expires 300d
ends 1 "expected a duration" export_payload --expires tomorrow
export_payload >"$E2E/payload1.json"
jq -e --arg iss "$ISSUER" '.iss == $iss and .metadata.issuer == $iss and .exp - .iat == 90 * 86400 and
	(.jwks.keys | length >= 3 and all(.nbf <= now and .exp > now and .d == null)) and
	(.status_lists | length >= 1)' "$E2E/payload1.json" >/dev/null || fail "$(cat "$E2E/payload1.json")"
export_payload --expires 180d >"$E2E/payload2.json"
[ "$(jq .version "$E2E/payload2.json")" -gt "$(jq .version "$E2E/payload1.json")" ] || fail "the version"

# ---- signed: by the root's machine, or at once where both are one
sign() { root sign --root "$@"; }
sign "$E2E/root" "$E2E/payload1.json" --output "$E2E/bundle1" 2>"$E2E/shown"
grep -q "$ISSUER" "$E2E/shown" || fail "nothing was shown: $(cat "$E2E/shown")"
sign "$E2E/root" - <"$E2E/payload2.json" >"$E2E/bundle2" 2>/dev/null
sign "$E2E/stranger" "$E2E/payload2.json" --output "$E2E/by_stranger" 2>/dev/null
ends 1 "not its passphrase" "${offline[@]}" root sign --root "$E2E/root" "$E2E/payload1.json" \
	--passphrase "$E2E/pass2"
jq '.exp = 1' "$E2E/payload1.json" >"$E2E/expired.json"
ends 1 "verifiers would refuse it" sign "$E2E/root" "$E2E/expired.json"
jq '.jwks.keys[0].d = "AA"' "$E2E/payload1.json" >"$E2E/private.json"
ends 1 "verifiers would refuse it" sign "$E2E/root" "$E2E/private.json"
head -c 1000 "$E2E/payload1.json" >"$E2E/cut.json"
ends 1 "not JSON, or not whole" sign "$E2E/root" "$E2E/cut.json"
ends 1 "No such file" sign "$E2E/root" "$E2E/nothing.json"
ends 1 "No such file" sign "$E2E/nowhere" "$E2E/payload1.json"
# A token that is revoked, and one that is not: its list is in the bundle, and tells them apart.
export_here() { authd_ctl keys export --bundle --root "$E2E/root" --passphrase "$E2E/pass" --output "$1"; }
offline_verify() {
	"${offline[@]}" token verify --bundle "$1" --root "$E2E/root/root.json" --issuer "$ISSUER" "${@:2}"
}
fresh_token
mv "$E2E/token" "$E2E/revoked"
as_client "$ISSUER/revoke" -d token="$(cat "$E2E/revoked")"
for _ in $(seq 100); do
	export_here "$E2E/bundle3"
	offline_verify "$E2E/bundle3" <"$E2E/revoked" >/dev/null 2>&1 || break
	sleep 0.1
done
fresh_token
export_here "$E2E/bundle3"

# ---- the network is gone
authd_stop
verify() { "$BUILD/examples/verify_bundle" "$1" "$2/root.json" "$3" "$ISSUER" "$ISSUER" <"$E2E/token"; }
ends 0 "^subject " verify "$E2E/bundle3" "$E2E/root" "$E2E/state"
ends 2 "younger" verify "$E2E/bundle1" "$E2E/root" "$E2E/state"
ends 2 "younger" verify "$E2E/bundle2" "$E2E/root" "$E2E/state"
ends 0 "^subject " verify "$E2E/bundle3" "$E2E/root" "$E2E/state"
ends 2 "no root that is trusted" verify "$E2E/bundle3" "$E2E/stranger" "$E2E/state2"
ends 2 "no root that is trusted" verify "$E2E/by_stranger" "$E2E/root" "$E2E/state2"
[ ! -e "$E2E/state2" ] || fail "a refused bundle was remembered"
ends 0 "^verified$" offline_verify "$E2E/bundle3" <"$E2E/token"
ends 1 "refused: .*revoked" offline_verify "$E2E/bundle3" <"$E2E/revoked"
ends 0 "^verified$" offline_verify "$E2E/bundle3" --state "$E2E/state" <"$E2E/token"
ends 1 "younger" offline_verify "$E2E/bundle1" --state "$E2E/state" <"$E2E/token"
ends 2 "--root" "${offline[@]}" token verify --bundle "$E2E/bundle3" --issuer "$ISSUER" <"$E2E/token"

# authgate goes by the same files; told to read an older bundle, it keeps the one that it has.
cp "$E2E/bundle3" "$E2E/at-the-gate"
"$BUILD/libauth/gate/authgate" --listen "unix:$E2E/gate.sock" --issuer "$ISSUER" --audience "$ISSUER" \
	--bundle "$E2E/at-the-gate" --root "$E2E/root/root.json" --state "$E2E/state4" 2>"$E2E/gate.log" &
GATE=$!
started $GATE
gate() {
	curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$E2E/gate.sock" http://gate/ \
		-H "Authorization: Bearer $(cat "$E2E/token")$1"
}
for _ in $(seq 100); do [ -S "$E2E/gate.sock" ] && break; sleep 0.05; done
[ "$(gate "")" = 204 ] || [ "$(gate "")" = 200 ] || fail "the gate is shut: $(gate "") $(cat "$E2E/gate.log")"
[ "$(gate A)" = 401 ] || fail "the gate is open"
cp "$E2E/bundle1" "$E2E/at-the-gate"
kill -HUP $GATE
for _ in $(seq 100); do grep -q younger "$E2E/gate.log" && break; sleep 0.05; done
grep -q younger "$E2E/gate.log" || fail "an older bundle: $(cat "$E2E/gate.log")"
[ "$(gate A)" = 401 ] || fail "the gate is open"
kill $GATE

# A byte altered, anywhere: in each of a hundred places.
python3 - "$E2E/bundle3" "$E2E/altered" <<-'PYTHON'
	import sys
	good = open(sys.argv[1], "rb").read()
	for i in range(100):
	    at = i * (len(good) - 2) // 99
	    other = b"A" if good[at:at + 1] != b"A" else b"B"
	    open(f"{sys.argv[2]}.{i}", "wb").write(good[:at] + other + good[at + 1:])
PYTHON
for altered in "$E2E"/altered.*; do
	ends 2 "." verify "$altered" "$E2E/root" "$E2E/state2"
done

# ---- months later
later() { # DAYS BUNDLE ROOT [lenient]
	"$BUILD/tests/tools/offline" $(($(date +%s) + $1 * 86400)) "$2" "$3/root.json" "$E2E/state3.$1" \
		"$ISSUER" "${@:4}" < <(tr -d '\n' <"$E2E/token")
}
ends 1 "^token: 31 " later 89 "$E2E/bundle3" "$E2E/root"
ends 0 "^token: 0 " later 89 "$E2E/bundle3" "$E2E/root" lenient
ends 1 "^bundle: 10 " later 90 "$E2E/bundle3" "$E2E/root" lenient
ends 0 "^token: 0 " later 179 "$E2E/bundle2" "$E2E/root" lenient

# ---- the next root, and the one after it
ends 1 "not its passphrase" "${offline[@]}" root rotate --root "$E2E/root" "$E2E/root2" --passphrase "$E2E/pass2"
root rotate --root "$E2E/root" "$E2E/root2" --new-passphrase "$E2E/pass2"
"${offline[@]}" root rotate --root "$E2E/root2" "$E2E/root3" --passphrase "$E2E/pass2"
rm -r "$E2E/root/key.pem" "$E2E/root2/key.pem"
"${offline[@]}" root sign --root "$E2E/root3" "$E2E/payload2.json" --passphrase "$E2E/pass2" \
	>"$E2E/bundle4" 2>/dev/null
[ "$(wc -l <"$E2E/bundle4")" = 3 ] || fail "the links are not in the bundle"
for pinned in root root2 root3; do
	ends 0 "^token: 0 " later 1 "$E2E/bundle4" "$E2E/$pinned" lenient
	rm "$E2E/state3.1"
done
ends 1 "^bundle: 5 " later 1 "$E2E/bundle4" "$E2E/stranger"
sed 1d "$E2E/bundle4" >"$E2E/cut"
ends 1 "^bundle: 5 " later 1 "$E2E/cut" "$E2E/root"
ends 1 "^bundle: 5 " later 1 "$E2E/bundle2" "$E2E/root3"
grep -aq '"event":"admin.keys.bundle","outcome":"ok"' "$E2E/data/records/data.mdb" || fail "no audit entry"
echo "bundles did what they say"
