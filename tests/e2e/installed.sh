#!/bin/bash
# What `meson install` puts where; and a deployment as the unit has it: root makes keys and records,
# authd runs as a user of its own, with the key-encryption key as a credential.
. "$(dirname "$0")/../lib/authd.sh" "$1"

# ---- what is installed, and that its parts name each other rightly
D=$E2E/dest
DESTDIR=$D meson install -C "$BUILD" --no-rebuild --quiet
option() { meson introspect "$BUILD" --buildoptions | jq -r ".[] | select(.name == \"$1\").value"; }
P=$D$(option prefix)
diff -u - <(cd "$P" && find . -path ./share/man/man3 -prune -o ! -type d -printf '%P\n' | sed "s|^$(option libdir)/|lib/|" | LC_ALL=C sort) <<-END || fail "installed is something else"
	bin/authctl
	bin/authd
	bin/authgate
	include/auth.h
	include/auth_refresh.h
	lib/libauth-refresh.a
	lib/libauth-refresh.so
	lib/libauth-refresh.so.0
	lib/libauth-refresh.so.0.1.0
	lib/libauth.a
	lib/libauth.so
	lib/libauth.so.0
	lib/libauth.so.0.1.0
	lib/pkgconfig/libauth-refresh.pc
	lib/pkgconfig/libauth.pc
	lib/systemd/system/authd.service
	lib/sysusers.d/authd.conf
	lib/tmpfiles.d/authd.conf
	share/doc/authd/CHANGELOG.md
	share/doc/authd/README.md
	share/doc/authd/SECURITY.md
	share/doc/authd/authd.yaml
	share/doc/authd/docs/authctl.md
	share/doc/authd/docs/bindings.md
	share/doc/authd/docs/endpoints.md
	share/doc/authd/docs/gate.md
	share/doc/authd/docs/howto.md
	share/doc/authd/docs/libauth.md
	share/doc/authd/docs/offline.md
	share/doc/authd/docs/proxies.md
	share/doc/authd/examples/service.c
	share/doc/authd/examples/verify.c
	share/doc/authd/examples/verify_bundle.c
	share/doc/authd/proxy/gate.conf
	share/doc/authd/proxy/haproxy.cfg
	share/doc/authd/proxy/nginx.conf
	share/man/man1/authctl.1
	share/man/man5/authd.yaml.5
	share/man/man8/authd.8
	share/man/man8/authgate.8
END
# Each function of the libraries has its page; tests/lint/manual.sh reads them.
(cd "$TOP" && sed -n 's/^\t\(auth_[a-z0-9_]*\);$/\1.3/p' libauth/libauth.map libauth/refresh/refresh.map
	printf '%s.3\n' libauth libauth-refresh) | while read -r page; do
	[ -s "$P/share/man/man3/$page" ] || fail "no manual page $page"
done
unit=$P/lib/systemd/system/authd.service
[ -x "$D$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$unit")" ] || fail "the unit starts what is not there"
while IFS='()' read -r page section; do
	[ -s "$P/share/man/man$section/$page.$section" ] || fail "no manual page $page($section)"
done < <(sed -n 's/^Documentation=//p' "$unit" | grep -o 'man:[a-z.]*([0-9])' | sed 's/^man://')
"$P/bin/authctl" --config "$P/share/doc/authd/authd.yaml" config check >/dev/null ||
	fail "the shipped settings are refused"

if [ "$(id -u)" != 0 ]; then
	echo "not root: what is installed is right; a user of its own was not tried"
	exit 0
fi

# ---- the service's user and its folders, as systemd makes them
mkdir -p "$D/etc" "$D/var"
systemd-sysusers --root="$D" "$P/lib/sysusers.d/authd.conf"
systemd-tmpfiles --root="$D" --create "$P/lib/tmpfiles.d/authd.conf"
uid=$(sed -n 's/^authd:[^:]*:\([0-9]*\):.*/\1/p' "$D/etc/passwd")
[ -n "$uid" ] || fail "no user authd"
for dir in /var/lib/authd /var/lib/authd-keys /var/backups/authd; do
	[ "$(stat -c '%u %a' "$D$dir")" = "$uid 700" ] || fail "$dir: $(stat -c '%u %a' "$D$dir")"
done

# ---- root makes keys and records; they are the service's, and the key-encryption key is root's
authd_configure
rm -r "$E2E/data" "$E2E/keys" "$E2E/kek"
sed -i "/^kek_file:/d; s|^data_dir:.*|data_dir: $D/var/lib/authd|; s|^keys_dir:.*|keys_dir: $D/var/lib/authd-keys|
	s|^  socket:.*|  socket: $E2E/run/admin.sock|" "$E2E/authd.yaml"
chmod 711 "$E2E"
mkdir "$E2E/run" "$E2E/credentials"
kept=("$D/var/lib/authd" "$D/var/lib/authd-keys")
is_theirs() {
	local others
	others=$(find "${kept[@]}" ! -uid "$uid" -o ! -type l -perm /077)
	[ -z "$others" ] || fail "$1: not the service's alone: $others"
}
# Who can write there leads root nowhere else.
echo mine >"$E2E/mine"
ln -s "$E2E/mine" "$D/var/lib/authd-keys/link"
authd_ctl init >/dev/null || fail "init"
is_theirs init
[ "$(stat -c '%u %a' "$E2E/kek" "$E2E/mine")" = $'0 600\n0 644' ] || fail "the key-encryption key"
# An init that was killed before it gave them away.
chown -R 0:0 "$D/var/lib/authd-keys" "$D/var/lib/authd/records"
if authd_ctl init 2>/dev/null; then fail "init made something anew"; fi
is_theirs "init again"

# ---- authd as that user
chown "$uid" "$E2E/run"
install -m 400 -o "$uid" "$E2E/kek" "$E2E/credentials/kek"
chown -R "$uid" "$E2E/credentials"
serve() {
	rm -f "$E2E/run/port"
	CREDENTIALS_DIRECTORY=$E2E/credentials setpriv --reuid "$uid" --regid "$uid" --clear-groups \
		"$P/bin/authd" --config "$E2E/authd.yaml" --port-file "$E2E/run/port" >>"$E2E/authd.log" 2>&1 &
	AUTHD_PID=$!
	started "$AUTHD_PID"
}
serve
if wait "$AUTHD_PID"; then fail "started without its certificate's key"; fi
grep -q 'tls.key: cannot be read .*Permission denied' "$E2E/authd.log" || fail "$(tail -n 1 "$E2E/authd.log")"
# What root can read, and authd's user cannot, is found before authd is started.
said=$(authd_ctl config check 2>&1) && fail "config check is content with a key that only root can read: $said"
grep -q "tls.key: $E2E/tls.key" <<<"$said" || fail "$said"
chgrp "$uid" "$E2E/tls.key"
chmod 640 "$E2E/tls.key"
authd_ctl config check >/dev/null || fail "config check refuses what authd's user can read"
serve
for _ in $(seq 400); do [ -s "$E2E/run/port" ] && break; sleep 0.05; done
authd_ctl person add --number 11010519491231002X --name 张三 >/dev/null || fail "root is no operator"
[ "$(https -o /dev/null -w '%{http_code}' "$ISSUER/readyz")" = 200 ] || fail "not ready"
is_theirs "at work"
authd_ctl backup "$D/var/backups/authd/one" >/dev/null || fail "no backup"
authd_stop

# ---- a backup put back by root is the service's again
authd_ctl restore --force "$D/var/backups/authd/one" >/dev/null || fail "no restore"
is_theirs restore
serve
for _ in $(seq 400); do [ -s "$E2E/run/port" ] && break; sleep 0.05; done
authd_ctl person show --number 11010519491231002X >/dev/null || fail "not restored"
authd_stop
