#!/bin/bash
# Who holds the key, against a running authd and by clients that are not ours. run.sh BUILD PART
#   dpop        DPoP proofs, where nonces are asked for and where they are not
#   assertions  private_key_jwt and client_secret_jwt, each wrong in one thing
#   mtls        client certificates over authd's own TLS, at a host of their own
#   exchange    bound tokens given in exchange for others (RFC 8693)
#   nginx       the same behind a real nginx, which passes them on in a header: conf/proxy/nginx.conf
#   haproxy     the same behind a real HAProxy: conf/proxy/haproxy.cfg
export ISSUER_HOST=127.0.0.1
case ${2:-} in nginx | haproxy) SCHEME=http ;; esac
. "$(dirname "$0")/../../lib/authd.sh" "$1"
here=$TOP/tests/e2e/sender

run() { "$AUTHD_NODE" --test --test-reporter=spec "$here/$1"; }
portal=(--redirect-uri https://portal.localhost/cb --state-owned --scope "openid profile offline_access"
        --grant-type authorization_code --grant-type refresh_token)
# As the admin interface itself takes it.
register() {
	curl -sS --fail-with-body --unix-socket "$E2E/admin.sock" -H 'content-type: application/json' \
		-d "$2" http://authd/admin/v1/clients >"$E2E/clients/$1.json" || fail "$(cat "$E2E/clients/$1.json")"
}
person() { authd_person 11010519491231002X 张三 "correct horse battery"; }

dpop() {
	authd_init "dpop_nonce: optional"
	authd_start
	person
	authd_client portal --name 省政务服务网 "${portal[@]}" --auth client_secret_basic
	authd_client public --name 掌上办 "${portal[@]}" --auth none
	register bound '{"client_name": "预约挂号", "token_endpoint_auth_method": "client_secret_basic",
		"grant_types": ["client_credentials"], "scope": "exchange", "dpop_bound_access_tokens": true}'
	authd_client machine --name 数据交换平台 --grant-type client_credentials --scope exchange \
		--auth client_secret_basic
	NONCE=optional run dpop.test.mjs
	authd_stop
	sed -i 's/^dpop_nonce: .*/dpop_nonce: required/' "$E2E/authd.yaml"
	authd_start
	NONCE=required run dpop.test.mjs
	authd_stop
}

assertions() {
	authd_init
	authd_start
	local machine='"grant_types": ["client_credentials"], "scope": "exchange"' name
	for name in plain fapi other; do
		"$AUTHD_NODE" "$TOP/tests/lib/make-key.mjs" "$E2E/clients/$name.key.json" "$E2E/clients/$name.jwks.json"
	done
	register plain "{$machine, \"client_name\": \"省政务服务网\", \"token_endpoint_auth_method\": \"private_key_jwt\",
		\"jwks\": $(cat "$E2E/clients/plain.jwks.json")}"
	register other "{$machine, \"client_name\": \"市民中心\", \"token_endpoint_auth_method\": \"private_key_jwt\",
		\"jwks\": $(cat "$E2E/clients/other.jwks.json")}"
	register fapi "{$machine, \"client_name\": \"公积金查询\", \"token_endpoint_auth_method\": \"private_key_jwt\",
		\"profile\": \"fapi2-security\", \"require_pkce\": true,
		\"id_token_signed_response_alg\": \"ES256\", \"dpop_bound_access_tokens\": true,
		\"jwks\": $(cat "$E2E/clients/fapi.jwks.json")}"
	register secret "{$machine, \"client_name\": \"数据交换平台\", \"token_endpoint_auth_method\": \"client_secret_jwt\"}"
	run assertions.test.mjs
	authd_stop
}

# certificate NAME SUBJECT EXTENSIONS [CA]: a client's key and certificate, by CA or by itself.
certificate() {
	local by=(-key "$E2E/$1.key")
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$E2E/$1.key" 2>"$E2E/null"
	[ $# -lt 4 ] || by=(-key "$E2E/$1.key" -CA "$E2E/$4.pem" -CAkey "$E2E/$4.key")
	openssl req -x509 -utf8 -multivalue-rdn -days 30 -subj "$2" "${by[@]}" -addext "$3" \
		-out "$E2E/$1.pem" 2>"$E2E/openssl.log" || fail "$(cat "$E2E/openssl.log")"
}
certificates() {
	local usage=extendedKeyUsage=clientAuth
	certificate client-ca "/CN=client authority" basicConstraints=critical,CA:true
	certificate portal "/C=CN/O=省政务服务网, 一处/CN=portal" \
		"subjectAltName=DNS:portal.example,URI:urn:portal,IP:192.0.2.7,email:portal@example.cn" client-ca
	certificate neighbour "/C=CN/O=省政务服务网/CN=portal" $usage client-ca
	certificate forged "/C=CN/O=省政务服务网, 一处/CN=portal" "subjectAltName=DNS:portal.example"
	certificate server "/C=CN/O=省政务服务网, 一处/CN=portal" extendedKeyUsage=serverAuth client-ca
	certificate own "/CN=own" $usage
	"$AUTHD_NODE" -e '
		const { createPublicKey, X509Certificate } = require("crypto");
		const pem = require("fs").readFileSync(process.argv[1]);
		const jwk = createPublicKey(pem).export({ format: "jwk" });
		const x5c = [new X509Certificate(pem).raw.toString("base64")];
		console.log(JSON.stringify({ keys: [{ ...jwk, ...(process.argv[2] && { x5c }) }] }));
	' "$E2E/own.pem" >"$E2E/own.jwks.json"
}
by_certificate() {
	local machine='"grant_types": ["client_credentials"], "scope": "exchange", "client_name": "公积金查询"'
	local bound='"tls_client_certificate_bound_access_tokens": true' dn='CN=portal,O=省政务服务网\\, 一处,C=CN'
	local method='"token_endpoint_auth_method": "tls_client_auth"'
	register by-dn "{$machine, $bound, $method, \"tls_client_auth_subject_dn\": \"$dn\"}"
	register by-dns "{$machine, $bound, $method, \"tls_client_auth_san_dns\": \"portal.example\"}"
	register by-uri "{$machine, $bound, $method, \"tls_client_auth_san_uri\": \"urn:portal\"}"
	register by-ip "{$machine, $bound, $method, \"tls_client_auth_san_ip\": \"192.0.2.7\"}"
	register by-email "{$machine, $bound, $method, \"tls_client_auth_san_email\": \"portal@example.cn\"}"
	register by-other "{$machine, $bound, $method, \"tls_client_auth_san_dns\": \"example\"}"
	register by-key "{$machine, $bound, \"token_endpoint_auth_method\": \"self_signed_tls_client_auth\",
		\"jwks\": $(cat "$E2E/own.jwks.json")}"
	register portal "{\"client_name\": \"省政务服务网\", $bound, \"token_endpoint_auth_method\": \"none\",
		\"redirect_uris\": [\"https://portal.localhost/cb\"], \"state_owned\": true,
		\"scope\": \"openid profile offline_access\", \"claims\": [\"name duty 试运行\"]}"
}

mtls() {
	authd_configure "trusted_proxies: [127.0.0.9]"
	certificates
	printf 'mtls:\n  url: https://localhost:%s\n  client_ca: %s\n  header: X-Client-Cert\n' \
		"$PORT" "$E2E/client-ca.pem" >>"$E2E/authd.yaml"
	authd_ctl init >"$E2E/init.out"
	authd_start
	person
	by_certificate
	MTLS=https://localhost:$PORT BEHIND=$ISSUER HEADER=X-Client-Cert run mtls.test.mjs
	authd_stop
}

exchange() {
	local type='"grant_types": ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"]' name
	local basic='"token_endpoint_auth_method": "client_secret_basic", "scope": "read write", "introspect_any": true'
	authd_configure
	certificates
	printf 'mtls:\n  url: https://localhost:%s\n  client_ca: %s\n' "$PORT" "$E2E/client-ca.pem" >>"$E2E/authd.yaml"
	authd_ctl init >"$E2E/init.out"
	authd_start
	# What each is given by default is for the next one.
	register keyed "{$type, $basic, \"client_id\": \"keyed\", \"client_name\": \"预约挂号\", \"audiences\": [\"https://tax.example\"]}"
	register tax "{$type, $basic, \"client_id\": \"tax\", \"client_name\": \"税务\", \"audiences\": [\"https://tax.example\"]}"
	register certified "{$type, $basic, \"client_id\": \"certified\", \"client_name\": \"公积金查询\",
		\"tls_client_certificate_bound_access_tokens\": true, \"audiences\": [\"https://tax.example\"]}"
	for name in keyed tax certified; do
		authd_ctl exchange-policy add --client $name --audience https://archive.example >"$E2E/null"
	done
	MTLS=https://localhost:$PORT run exchange.test.mjs
	authd_stop
}

# These very files, as an operator switches client certificates on in them.
start_nginx() {
	sed "s|127.0.0.1:8080|${BEHIND#*//}|; s|listen 443|listen 127.0.0.1:$1|; s|#ssl_verify_client|ssl_verify_client|
		s|server_name .*|server_name 127.0.0.1;|; s|/etc/nginx/tls/.*\.pem|$E2E/tls.pem|
		s|/etc/nginx/tls/.*\.key|$E2E/tls.key|; s|/var/log/nginx/authd.log|$E2E/proxy.log|
		s|Host \$host|Host \$http_host|" "$TOP/conf/proxy/nginx.conf" >"$E2E/site.conf"
	{
		echo "daemon off; master_process off; pid $E2E/nginx.pid; error_log $E2E/proxy.err;"
		[ "$(id -u)" != 0 ] || echo "user root;"
		echo "events {} http {"
		for path in client_body proxy fastcgi uwsgi scgi; do echo "${path}_temp_path $E2E/nginx-$path;"; done
		echo "include $E2E/site.conf; }"
	} >"$E2E/nginx.conf"
	PATH=$PATH:/usr/sbin command nginx -e "$E2E/proxy.err" -c "$E2E/nginx.conf" &
}
start_haproxy() {
	cat "$E2E/tls.pem" "$E2E/tls.key" >"$E2E/both.pem"
	sed "/^\tbind :443/d; s|#bind :443|bind 127.0.0.1:$1|; s|127.0.0.1:8080|${BEHIND#*//}|
		s|/etc/haproxy/id[^ ]*\.pem|$E2E/both.pem|; s|/etc/authd/client-ca.pem|$E2E/client-ca.pem|
		s|/dev/log local0|stdout format raw local0|" "$TOP/conf/proxy/haproxy.cfg" >"$E2E/haproxy.cfg"
	PATH=$PATH:/usr/sbin command haproxy -f "$E2E/haproxy.cfg" >"$E2E/proxy.log" 2>"$E2E/proxy.err" &
}

# behind PROXY HEADER: start_PROXY passes a client's certificate on in HEADER.
behind() {
	local proxy pid
	proxy=$(free_port)
	authd_configure "trusted_proxies: [127.0.0.1]"
	certificates
	BEHIND=$ISSUER
	ISSUER=https://127.0.0.1:$proxy
	sed -i "s|^issuer: .*|issuer: $ISSUER|" "$E2E/authd.yaml"
	printf 'mtls:\n  url: %s\n  client_ca: %s\n  header: %s\n' \
		"$ISSUER" "$E2E/client-ca.pem" "$2" >>"$E2E/authd.yaml"
	authd_ctl init >"$E2E/init.out"
	authd_start
	person
	by_certificate
	"start_$1" "$proxy"
	pid=$!
	started $pid
	for _ in $(seq 100); do
		https -o "$E2E/null" "$ISSUER/readyz" 2>"$E2E/null" && break
		kill -0 $pid 2>/dev/null || fail "$1: $(cat "$E2E/proxy.err")"
		sleep 0.05
	done
	MTLS=$ISSUER BEHIND=$BEHIND HEADER=$2 run mtls.test.mjs
	authd_stop
}
nginx() { behind nginx X-Client-Cert; }
haproxy() { behind haproxy Client-Cert; }

"$2"
