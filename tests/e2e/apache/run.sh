#!/bin/bash
# Apache with mod_auth_openidc, as Debian ships it, is a portal that signs people in through authd:
# discovery, code + PKCE, ID token, userinfo, refresh and logout, by back channel too, all over TLS.
# portal.test.mjs.
. "$(dirname "$0")/../../lib/authd.sh" "$1"

apache=$(command -v apache2 || echo /usr/sbin/apache2)
modules=/usr/lib/apache2/modules
[ -x "$apache" ] || fail "apache2-bin is not installed"

authd_init "outbound: { allow: [127.0.0.0/8], ca_file: $E2E/ca.pem }"
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
web=$(free_port)
PORTAL=https://nation.localhost:$web
export PORTAL
authd_client apache --name 国家平台 --state-owned --auth client_secret_basic \
	--grant-type authorization_code --grant-type refresh_token \
	--scope "openid profile offline_access" --id-token-alg RS256 \
	--redirect-uri "$PORTAL/oidc" --post-logout-redirect-uri "$PORTAL/bye.txt" \
	--backchannel-logout-uri "$PORTAL/oidc?logout=backchannel"
export AUTHCTL="$BUILD/authctl/authctl --config $E2E/authd.yaml"

# Started by root, Apache's workers are another user.
chmod 711 "$E2E"
mkdir -p "$E2E/www/inside" "$E2E/run"
echo "open to all" >"$E2E/www/index.txt"
echo "goodbye" >"$E2E/www/bye.txt"
echo "only for who signed in" >"$E2E/www/inside/index.txt"
cp "$E2E/ca.pem" "$E2E/www/ca.pem"
cat >"$E2E/apache.conf" <<EOF
ServerRoot $E2E
ServerName nation.localhost
PidFile $E2E/run/apache.pid
DefaultRuntimeDir $E2E/run
Mutex file:$E2E/run
ErrorLog $E2E/apache.log
LogLevel info auth_openidc:debug
User www-data
Group www-data
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule dir_module $modules/mod_dir.so
LoadModule env_module $modules/mod_env.so
LoadModule headers_module $modules/mod_headers.so
LoadModule socache_shmcb_module $modules/mod_socache_shmcb.so
LoadModule ssl_module $modules/mod_ssl.so
LoadModule auth_openidc_module $modules/mod_auth_openidc.so
Listen 127.0.0.1:$web
SSLEngine on
SSLCertificateFile $E2E/tls.pem
SSLCertificateKeyFile $E2E/tls.key
DocumentRoot $E2E/www
DirectoryIndex index.txt
UseCanonicalName On
ServerName $PORTAL

OIDCProviderMetadataURL $ISSUER/.well-known/openid-configuration
OIDCSSLValidateServer On
OIDCCABundlePath $E2E/www/ca.pem
OIDCClientID $(jq -r .client_id "$E2E/clients/apache.json")
OIDCClientSecret $(jq -r .client_secret "$E2E/clients/apache.json")
OIDCRedirectURI $PORTAL/oidc
OIDCScope "openid profile offline_access"
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg RS256
OIDCCryptoPassphrase $(openssl rand -hex 24)
OIDCCookieSameSite On
OIDCInfoHook iat access_token access_token_expires id_token userinfo refresh_token session
<Directory $E2E/www>
	Require all granted
</Directory>
<Location /oidc>
	AuthType openid-connect
	Require valid-user
</Location>
<Location /inside>
	AuthType openid-connect
	Require valid-user
	Header set X-Person "expr=%{REMOTE_USER}"
	Header set X-Acr "expr=%{env:OIDC_CLAIM_acr}"
</Location>
EOF
"$apache" -f "$E2E/apache.conf" -DFOREGROUND >"$E2E/apache.out" 2>&1 &
started $!
for _ in $(seq 100); do
	https -o /dev/null "$PORTAL/index.txt" 2>/dev/null && break
	kill -0 $! 2>/dev/null || { cat "$E2E/apache.out" "$E2E/apache.log"; fail "Apache ended"; }
	sleep 0.1
done

"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/apache/portal.test.mjs" || {
	grep -a "error\]" "$E2E/apache.log" | tail -n 20
	fail "see above"
}
authd_stop
