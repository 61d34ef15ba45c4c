#!/bin/bash
# authd as a service: tells systemd when it is ready, refuses to start on what is wrong and says why,
# takes a new certificate at SIGHUP, drains at SIGTERM, keeps its files to itself.
. "$(dirname "$0")/../lib/authd.sh" "$1"
authd=$BUILD/authd/authd

authd_init
conf=$E2E/authd.yaml

# refuses WORDS CONF: does not start, and says it in words like these; `config check` says the same.
refuses() {
	local said
	if said=$(timeout 20 "$authd" --config "$2" --port-file "$E2E/no-port" 2>&1); then
		fail "started although: $1"
	fi
	grep -qE "$1" <<<"$said" || fail "expected '$1' but it said: $said"
	[ ! -s "$E2E/no-port" ] || fail "listened although: $1"
}
checks() {
	local said
	if said=$("$BUILD/authctl/authctl" --config "$2" config check 2>&1); then
		fail "config check is content although: $1"
	fi
	grep -qE "$1" <<<"$said" || fail "config check: expected '$1' but it said: $said"
}
variant() { sed "$1" "$conf" >"$E2E/variant.yaml"; }
line() { grep -n "$1" "$E2E/variant.yaml" | cut -d: -f1; }

variant 's/^data_dir:/date_dir:/'
refuses "variant.yaml:$(line date_dir): .*date_dir" "$E2E/variant.yaml"
checks "variant.yaml:$(line date_dir): .*date_dir" "$E2E/variant.yaml"
variant 's/^  port: .*/  port: 70000/'
refuses "variant.yaml:$(line 70000): .*70000" "$E2E/variant.yaml"
checks "variant.yaml:$(line 70000): .*70000" "$E2E/variant.yaml"
variant 's/^  port: .*/  port: many/'
refuses "variant.yaml:$(line many): " "$E2E/variant.yaml"
variant "s|^kek_file: .*|kek_file: $E2E/none|"
refuses "$E2E/none" "$E2E/variant.yaml"
variant "s|^  certificate: .*|  certificate: $E2E/authd.yaml|"
refuses "certificate|authd.yaml" "$E2E/variant.yaml"
head -c 32 /dev/urandom >"$E2E/other-kek"
chmod 600 "$E2E/other-kek"
variant "s|^kek_file: .*|kek_file: $E2E/other-kek|"
refuses "key-encryption key|kek|sealed|other-kek" "$E2E/variant.yaml"
"$BUILD/authctl/authctl" --config "$conf" config check >/dev/null || fail "config check refuses what is right"

# Type=notify: READY=1 once it listens, STOPPING=1 at SIGTERM.
NOTIFY_SOCKET=$E2E/notify
export NOTIFY_SOCKET
python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode(), flush=True)
' "$NOTIFY_SOCKET" >"$E2E/notified" &
started $!
until [ -S "$NOTIFY_SOCKET" ]; do sleep 0.02; done
authd_start
grep -q '^READY=1' "$E2E/notified" || fail "did not tell systemd that it is ready"

# A second one on the same port and the same data.
refuses "in use|already|lock" "$conf"

# Nobody else reads what it keeps.
open=$(find "$E2E/data" "$E2E/keys" \( -type f -o -type d \) -perm /077)
[ -z "$open" ] || fail "open to others: $open"

served() {
	openssl s_client -connect "127.0.0.1:$PORT" -servername id.localhost </dev/null 2>/dev/null |
		openssl x509 -noout -serial
}
before=$(served)
cp "$E2E/ca.pem" "$E2E/old-ca.pem"
e2e_certificates
kill -HUP "$AUTHD_PID"
for _ in $(seq 100); do
	[ "$(served)" != "$before" ] && break
	sleep 0.05
done
after=$(served)
[ "$after" != "$before" ] || fail "SIGHUP brought no new certificate"
# A broken certificate is refused, and the good one goes on.
cp "$E2E/tls.pem" "$E2E/good.pem"
echo broken >"$E2E/tls.pem"
kill -HUP "$AUTHD_PID"
sleep 0.5
[ "$(served)" = "$after" ] || fail "a broken certificate was taken at SIGHUP"
cp "$E2E/good.pem" "$E2E/tls.pem"
kill -0 "$AUTHD_PID" || fail "ended at SIGHUP"

# What has begun is answered after SIGTERM: nobody loses an answer to a connection that was accepted.
for _ in $(seq 8); do
	(while https -o /dev/null -w '%{http_code} %{exitcode}\n' "$ISSUER/jwks" >>"$E2E/answers" 2>/dev/null; do :; done) &
	started $!
done
sleep 0.5
authd_stop
sleep 0.2
# 7: nobody listens any more; 35: closed before TLS began. Anything else is a request let fall.
lost=$(grep -cvE '^200 0$|^000 7$' "$E2E/answers" || true)
[ "$lost" = 0 ] || fail "$lost answers lost at SIGTERM: $(grep -vE '^200 0$|^000 7$' "$E2E/answers" | sort | uniq -c)"
grep -q '^STOPPING=1' "$E2E/notified" || fail "did not tell systemd that it stops"
echo "$(grep -c '^200' "$E2E/answers") answers before and during the stop, none lost"
