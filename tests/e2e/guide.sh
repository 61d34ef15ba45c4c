#!/bin/bash
# docs/libauth.md, followed word for word in an empty folder with what `meson install` puts there: a token
# is verified, and examples/service.c protects its resource. guide.sh BUILD
SCHEME=http
. "$(dirname "$0")/../lib/authd.sh" "$1"

# ---- step 1: installed apart
D=$E2E/dest
DESTDIR=$D meson install -C "$BUILD" --no-rebuild --quiet --tags runtime,devel
LIB=$(dirname "$(find "$D" -name libauth.a)")
sed -i "s|^prefix=.*|prefix=$(dirname "$(find "$D" -name include -type d)")|" "$LIB"/pkgconfig/*.pc
export PKG_CONFIG_PATH=$LIB/pkgconfig LD_LIBRARY_PATH=$LIB

# ---- the issuer that the guide's reader has
authd_init
authd_start
mkdir "$E2E/bin" "$E2E/here"
printf '#!/bin/sh\nexec %s --config %s "$@"\n' "$BUILD/authctl/authctl" "$E2E/authd.yaml" >"$E2E/bin/authctl"
chmod +x "$E2E/bin/authctl"
PATH=$E2E/bin:$PATH
cp "$TOP/examples/verify.c" "$TOP/examples/service.c" "$E2E/here"
cd "$E2E/here"

# ---- steps 2 and 3: each block in turn, but for the names of this issuer and a free port
SITE=$(free_port)
sed "s|https://id.example.gov.cn|$ISSUER|; s|\b8080\b|$SITE|g" "$TOP/docs/libauth.md" |
	awk '/^```sh$/ { inside = 1; n++; next } /^```$/ { inside = 0 } inside { print >"step" n ".sh" }'
[ -s step8.sh ] || fail "the guide has fewer steps than this test knows"
on_air() { # PID
	started "$1"
	for _ in $(seq 100); do
		curl -s -o /dev/null "http://127.0.0.1:$SITE/" && return
		kill -0 "$1" 2>/dev/null || break
		sleep 0.05
	done
	fail "the service did not start"
}
for step in step*.sh; do
	! grep -q 'meson install\|^export PKG_CONFIG_PATH' "$step" || continue # that was step 1
	# shellcheck disable=SC1090
	. "./$step" >"$step.out"
	! grep -q '^\./service' "$step" || on_air $!
done
cat step*.out >out
grep -q "^subject .*" out || fail "verify said nothing: $(cat out)"
grep -q "^scope   licences.read$" out || fail "another scope: $(cat out)"
[ "$(grep -o '^HTTP/1.1 [0-9]*' out | tr '\n' ' ')" = "HTTP/1.1 401 HTTP/1.1 200 " ] || fail "the service: $(cat out)"
! grep -qi '^Connection: close' out || fail "the service closes connections: $(cat out)"
echo "ok: the guide's steps"

# ---- what the service says to others
expect() { # STATUS PATTERN WORDS [TOKEN]
	local status
	status=$(curl -sS --max-time 20 -o body -D head -w '%{http_code}' ${4:+-H "Authorization: Bearer $4"} \
		"http://127.0.0.1:$SITE/licences")
	[ "$status" = "$1" ] || fail "$3: $status, not $1: $(cat body)"
	grep -qi -- "$2" head body || fail "$3: no \"$2\" in $(cat head body)"
	echo "ok: $3"
}
good=$(cat token)
id=$(jq -r '.client_id + ":" + .client_secret' client.json)
authctl client add --json --name stranger --grant-type client_credentials --scope other \
	--audience "$AUDIENCE" >other.json
other=$(curl -fsS -u "$(jq -r '.client_id + ":" + .client_secret' other.json)" \
	-d grant_type=client_credentials "$ISSUER/token" | jq -r .access_token)
expect 401 '^www-authenticate: Bearer.\?$' "no token"
expect 401 'error="invalid_token"' "no token at all" garbage
expect 401 'error="invalid_token"' "an altered token" "${good%?????}AAAAA"
expect 403 'error="insufficient_scope", scope="licences.read"' "a token without the scope" "$other"
expect 200 "the licences of" "a good token" "$good"

# ---- without the issuer, and after a restart without it
stop_service() {
	local status=0
	kill -TERM "$1"
	wait "$1" || status=$?
	[ $status = 0 ] || fail "the service ended with $status"
}
serve() { # CACHE
	[ -d "$1" ] || mkdir -m 700 "$1"
	./service "$ISSUER" "$AUDIENCE" "$1" "$SITE" >/dev/null &
	on_air $!
}
service=${E2E_PIDS[-1]}
authd_stop
expect 200 "the licences of" "the issuer is away" "$good"
stop_service "$service"
serve cache
expect 200 "the licences of" "the issuer is away, and the service starts again" "$good"
stop_service $!
serve empty
expect 503 "try again" "the issuer is away, and there are no keys" "$good"
stop_service $!

# ---- revoked: the service learns of it from the list that the token names
authd_start
[ -s list.jwt ] || fail "the token named no status list"
curl -fsS -u "$id" -d "token=$good" "$ISSUER/revoke"
for _ in $(seq 30); do
	rm -rf fresh
	serve fresh
	code=$(curl -sS -o body -w '%{http_code}' -H "Authorization: Bearer $good" "http://127.0.0.1:$SITE/licences")
	[ "$code" = 200 ] || break
	stop_service $!
	sleep 0.2
done
expect 401 "revoked" "a revoked token" "$good"
stop_service $!
authd_stop
