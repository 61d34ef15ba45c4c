#!/bin/bash
# An application that knows nothing of tokens, behind nginx and authgate with the configuration that we
# ship: who is let in, who is not and why, and that it goes on without the issuer. gate.sh BUILD [sm]
. "$(dirname "$0")/../lib/authd.sh" "$1"

if [ "${2:-}" = sm ]; then
	export SUITE=sm
	authd_init "keys: { algorithms: RS256 SGD_SM3_SM2 ES256 }" "tokens: { algorithm: SGD_SM3_SM2 }"
else
	authd_init
fi
authd_start
for name in reader stranger; do
	authd_client $name --name "$name" --auth client_secret_basic --grant-type client_credentials \
		--scope "read write"
done
token() { # CLIENT SCOPE
	https -u "$(client "$1" client_id):$(client "$1" client_secret)" \
		-d "grant_type=client_credentials&scope=$2" "$ISSUER/token" | member access_token
}
member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
client() { member "$2" <"$E2E/clients/$1.json"; }

SITE=$(free_port)
APPLICATION=$(free_port)
mkdir -p "$E2E/run" "$E2E/kept"
chmod 700 "$E2E/kept"
sed "s|unix:/run/authgate/gate.sock|unix:$E2E/gate.sock|; s|127.0.0.1:8081|127.0.0.1:$APPLICATION|
	s|listen 443|listen 127.0.0.1:$SITE|; s|server_name .*|server_name localhost;|
	s|/etc/nginx/tls/.*\.pem|$E2E/tls.pem|; s|/etc/nginx/tls/.*\.key|$E2E/tls.key|" \
	"$TOP/conf/proxy/gate.conf" >"$E2E/site.conf"
{
	echo "daemon off; master_process off; pid $E2E/run/nginx.pid; error_log $E2E/nginx.err;"
	[ "$(id -u)" != 0 ] || echo "user root;"
	echo "events {} http { access_log off;"
	for path in client_body proxy fastcgi uwsgi scgi; do
		echo "${path}_temp_path $E2E/run/$path;"
	done
	cat <<-EOF
		server {
			listen 127.0.0.1:$APPLICATION;
			location / {
				return 200 "subject=\$http_x_auth_subject client=\$http_x_auth_client scope=\$http_x_auth_scope actor=\$http_x_auth_actor token=\$http_authorization";
			}
		}
		include $E2E/site.conf; }
	EOF
} >"$E2E/nginx.conf"
PATH=$PATH:/usr/sbin nginx -e "$E2E/nginx.err" -c "$E2E/nginx.conf" &
started $!

start_gate() { # OPTION...
	"$BUILD/libauth/gate/authgate" --listen "unix:$E2E/gate.sock" --issuer "$ISSUER" \
		--audience "$ISSUER" --scope read "$@" 2>>"$E2E/gate.log" &
	GATE=$!
	started $GATE
	for _ in $(seq 100); do
		[ -S "$E2E/gate.sock" ] && return
		kill -0 $GATE 2>/dev/null || break
		sleep 0.05
	done
	fail "authgate did not start: $(cat "$E2E/gate.log")"
}
stop_gate() {
	local status=0
	kill -TERM $GATE
	wait $GATE || status=$?
	[ $status = 0 ] || fail "authgate ended with $status"
	[ ! -e "$E2E/gate.sock" ] || fail "authgate left its socket behind"
}
ask() { https -o "$E2E/body" -D "$E2E/head" -w '%{http_code}' "https://localhost:$SITE/" "$@" || true; }
expect() { # STATUS PATTERN WORDS CURL-ARGS...
	local wanted=$1 pattern=$2 words=$3 status
	shift 3
	status=$(ask "$@")
	[ "$status" = "$wanted" ] || fail "$words: $status, not $wanted"
	grep -qi -- "$pattern" "$E2E/head" "$E2E/body" || fail "$words: no \"$pattern\" in $(cat "$E2E/head" "$E2E/body")"
	echo "ok: $words"
}
bearer() { printf 'Authorization: Bearer %s' "$1"; }

start_gate --ca "$E2E/ca.pem" --cache "$E2E/kept"
good=$(token reader read)
id=$(client reader client_id)
for _ in $(seq 100); do [ "$(ask -H "$(bearer "$good")")" = 200 ] && break; sleep 0.1; done

expect 200 "subject=.\+ client=$id scope=read actor= token=\$" "a good token" -H "$(bearer "$good")"
expect 200 "subject=[^m]" "names that a client makes up go no further" \
	-H "$(bearer "$good")" -H "X-Auth-Subject: mallory" -H "X-Auth-Actor: mallory"
! grep -q mallory "$E2E/body" || fail "a client's own X-Auth header arrived: $(cat "$E2E/body")"
expect 401 '^www-authenticate: Bearer.\?$' "no token"
expect 401 'error="invalid_token"' "an altered token" -H "$(bearer "${good%?????}AAAAA")"
expect 401 'error="invalid_token"' "no token at all" -H "$(bearer garbage)"
expect 401 '^www-authenticate: Bearer.\?$' "another scheme" -u "user:password"
expect 403 '' "a token without the scope" -H "$(bearer "$(token stranger write)")"
expect 401 'error="invalid_token"' "an upper-case scheme is one too" -H "Authorization: BEARER garbage"
expect 404 '' "nobody asks the gate from outside" --request-target /_authgate -H "$(bearer "$good")"

# Without the issuer, and after a restart without it.
authd_stop
expect 200 "client=$id" "the issuer is away" -H "$(bearer "$good")"
stop_gate
start_gate --ca "$E2E/ca.pem" --cache "$E2E/kept"
expect 200 "client=$id" "the issuer is away, and authgate starts again" -H "$(bearer "$good")"
stop_gate
expect 503 '^retry-after: 5' "without authgate nobody comes in" -H "$(bearer "$good")"

# From files alone.
authd_start
authd_ctl keys export >"$E2E/jwks.json"
start_gate --jwks "$E2E/jwks.json"
expect 503 '^retry-after: 5' "without a list nobody can say, and that is not the token's fault" -H "$(bearer "$good")"
! grep -qi '^www-authenticate' "$E2E/head" || fail "a challenge, as if another token would help"
expect 401 'error="invalid_token"' "what is wrong without a list, too, is the token's fault" \
	-H "$(bearer "${good%?????}AAAAA")"
stop_gate
start_gate --jwks "$E2E/jwks.json" --accept-unknown
expect 200 "client=$id" "keys from a file" -H "$(bearer "$good")"
cp "$E2E/jwks.json" "$E2E/jwks.good"
echo '{"keys":[]}' >"$E2E/jwks.json"
kill -HUP $GATE
for _ in $(seq 100); do grep -q "stays" "$E2E/gate.log" && break; sleep 0.05; done
grep -q "what was there stays" "$E2E/gate.log" || fail "a bad key set was not complained about"
expect 200 "client=$id" "a bad key set changes nothing" -H "$(bearer "$good")"
stop_gate
start_gate --jwks "$E2E/jwks.good" --accept-unknown --min-acr urn:authd:acr:rn3
expect 401 '^www-authenticate: .*error="insufficient_user_authentication".*acr_values="urn:authd:acr:rn3"' \
	"a level that is too low: which one would do (RFC 9470)" -H "$(bearer "$good")"
stop_gate
authd_stop
