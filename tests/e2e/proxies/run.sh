#!/bin/bash
# authd behind the proxies that docs/proxies.md describes, with the very configuration that we ship:
# somebody signs in through it, addresses are believed from nobody but the proxy, and of each request
# that two parsers may read differently there is one reading. run.sh BUILD nginx|haproxy
. "$(dirname "$0")/../../lib/authd.sh" "$1"
kind=$2
here=$TOP/tests/e2e/proxies

PROXY=$(free_port)
BEHIND=$(free_port)
SCHEME=http authd_configure "trusted_proxies: [127.0.0.1]"
ISSUER=https://id.localhost:$PROXY
sed -i "s|^issuer: .*|issuer: $ISSUER|; s|^  port: .*|  port: $BEHIND|" "$E2E/authd.yaml"
cat "$E2E/tls.pem" "$E2E/tls.key" >"$E2E/both.pem"
mkdir "$E2E/run"

# Connections to authd are shared among clients as widely as the proxy can: that is the hard case.
start_nginx() {
	sed "s|127.0.0.1:8080|127.0.0.1:$BEHIND|; s|listen 443|listen 127.0.0.1:$PROXY|
		s|server_name .*|server_name id.localhost;|; s|/etc/nginx/tls/.*\.pem|$E2E/tls.pem|
		s|/etc/nginx/tls/.*\.key|$E2E/tls.key|; s|/var/log/nginx/authd.log|$E2E/proxy.log|" \
		"$TOP/conf/proxy/nginx.conf" >"$E2E/site.conf"
	{
		echo "daemon off; master_process off; pid $E2E/run/nginx.pid; error_log $E2E/proxy.err;"
		[ "$(id -u)" != 0 ] || echo "user root;"
		echo "events {} http {"
		for path in client_body proxy fastcgi uwsgi scgi; do
			echo "${path}_temp_path $E2E/run/$path;"
		done
		echo "include $E2E/site.conf; }"
	} >"$E2E/nginx.conf"
	PATH=$PATH:/usr/sbin nginx -e "$E2E/proxy.err" -c "$E2E/nginx.conf" &
}
start_haproxy() {
	sed "s|127.0.0.1:8080|127.0.0.1:$BEHIND|; s|bind :443|bind 127.0.0.1:$PROXY|
		s|/etc/haproxy/.*\.pem|$E2E/both.pem|; s|/dev/log local0|stdout format raw local0|
		s|http-reuse safe|http-reuse always|; s|^global|&\n\tnbthread 1|" \
		"$TOP/conf/proxy/haproxy.cfg" >"$E2E/haproxy.cfg"
	PATH=$PATH:/usr/sbin haproxy -f "$E2E/haproxy.cfg" >"$E2E/proxy.log" 2>"$E2E/proxy.err" &
}
start_proxy() {
	: >"$E2E/proxy.log"
	"start_$kind"
	proxy_pid=$!
	started "$proxy_pid"
	for _ in $(seq 100); do
		https -o "$E2E/null" "$ISSUER/readyz" 2>"$E2E/null" && return
		kill -0 "$proxy_pid" 2>/dev/null || break
		sleep 0.05
	done
	fail "$kind did not start: $(cat "$E2E/proxy.err")"
}
stop_proxy() { kill "$proxy_pid"; wait "$proxy_pid" || true; }
desync() { python3 "$here/desync.py" "127.0.0.1:$PROXY" "$E2E/ca.pem" "$1" "$E2E/proxy.log" "${@:2}"; }

# This test sees what it is for: a server that leaves bodies unread is found out.
python3 "$here/lax.py" "$E2E/lax.log" "$BEHIND" 2>"$E2E/lax.err" &
lax=$!
started $lax
start_proxy
if desync "$E2E/lax.log" bodies >"$E2E/lax.out"; then fail "blind: nothing was found in a careless server"; fi
grep -q "where no client is" "$E2E/lax.out" || fail "blind: no smuggled request was seen"
tail -n 1 "$E2E/lax.out" | sed 's/^/a careless server: /'
stop_proxy
kill $lax
wait $lax 2>/dev/null || true

authd_ctl init >"$E2E/init.out"
authd_start
start_proxy
desync "$E2E/authd.log" || fail "one request was not one request behind $kind"

# Whose address is believed: the proxy's word for its client; of anybody else none.
logged() { grep -v /readyz "$E2E/authd.log" | tail -n 1 | jq -r .network; }
ask_from() {
	local source=$1 forged="X-Forwarded-For: 203.0.113.7" network=$2
	shift 2
	https --interface "$source" -H "$forged" -o "$E2E/null" "$@"
	for _ in $(seq 40); do [ "$(logged)" = "$network" ] && return; sleep 0.05; done
	fail "$source was taken for $(logged), not for $network: $*"
}
ask_from 127.30.1.1 127.30.1.0/24 "$ISSUER/healthz"
ask_from 127.30.2.1 127.30.2.0/24 --http2 "$ISSUER/healthz"
ask_from 127.30.3.1 127.30.3.0/24 "http://127.0.0.1:$BEHIND/healthz"
ask_from 127.0.0.1 203.0.113.0/24 "http://127.0.0.1:$BEHIND/healthz"
# That TLS ends at the proxy is known by the issuer's name, whatever a client says of it.
https -D "$E2E/head" -o "$E2E/null" -H "X-Forwarded-Proto: http" "$ISSUER/healthz"
grep -qi "^strict-transport-security:" "$E2E/head" || fail "plain HTTP was believed: $(cat "$E2E/head")"

number=11010519491231002X
authd_person $number 张三 "correct horse battery"
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic \
	--grant-type authorization_code --scope "openid profile" --redirect-uri https://portal.localhost/cb
NUMBER=$number "$AUTHD_NODE" "$TOP/tests/e2e/sign-in.mjs"
stop_proxy
authd_stop
