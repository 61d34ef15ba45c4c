# shellcheck shell=bash
# Sourced by demo: a sample nation on loopback, in a folder that goes when it ends.
#
#   nation_begin ID NATIONAL PROVINCIAL    the three ports; everything runs when it returns
#   nation_stop                            ends what it started, by process id; fails, with the log,
#                                          if one of them does not end well
#   nation_end                             the same, and removes the folder
#   nation_ctl ARG...                      authctl on this nation
#
# Sets $NATION (the folder), $ISSUER, $NATIONAL, $PROVINCIAL and $PASSWORD (everybody's).

NATION='' NATION_PIDS=() NATION_NAMES=()
PASSWORD=tongyi-renzheng

nation_ctl() { "$BUILD/authctl/authctl" --config "$NATION/authd.yaml" "$@"; }

nation_stop() {
	local i failed=0
	[ ${#NATION_PIDS[@]} = 0 ] || kill -TERM "${NATION_PIDS[@]}" 2>/dev/null
	for i in "${!NATION_PIDS[@]}"; do
		wait "${NATION_PIDS[i]}" && continue
		failed=1
		echo "demo: ${NATION_NAMES[i]} did not end well:" >&2
		tail -n 40 "$NATION/${NATION_NAMES[i]}.log" >&2
	done
	NATION_PIDS=() NATION_NAMES=()
	return $failed
}

nation_end() {
	[ -n "$NATION" ] || return 0
	nation_stop 2>/dev/null
	rm -rf "$NATION"
	NATION=''
}

# nation_run NAME COMMAND...: start it, with a log of its own; it is ready when its port file is there.
nation_run() {
	local name=$1 pid
	shift
	"$@" --port-file "$NATION/$name.port" >"$NATION/$name.log" 2>&1 &
	pid=$!
	NATION_PIDS+=("$pid") NATION_NAMES+=("$name")
	for _ in $(seq 200); do
		[ -s "$NATION/$name.port" ] && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	echo "demo: $name did not start:" >&2
	tail -n 20 "$NATION/$name.log" >&2
	return 1
}

nation_settings() {
	cat >"$NATION/authd.yaml" <<-END
		issuer: $ISSUER
		listen:
		  address: 127.0.0.1
		  port: $1
		data_dir: $NATION/data
		keys_dir: $NATION/keys
		kek_file: $NATION/kek
		admin:
		  socket: $NATION/admin.sock
		  operators:
		    - user: $(id -un)
		      role: admin
	END
	mkdir -m 700 "$NATION/data" "$NATION/keys"
}

nation_people() {
	local people number
	people=$(dirname "${BASH_SOURCE[0]}")/people.csv
	nation_ctl person import "$people" >"$NATION/import.log" 2>&1 ||
		{ cat "$NATION/import.log" >&2; return 1; }
	while IFS=, read -r number _; do
		printf '%s' "$PASSWORD" | nation_ctl person set-password --number "$number" \
			>>"$NATION/import.log" || return
	done < <(tail -n +2 "$people")
}

# nation_client ID NAME NAME-EN URL: registers a portal of the state's own; its secret goes to a file.
nation_client() {
	nation_ctl client add --json --client-id "$1" --name "$2" --name-en "$3" --state-owned \
		--scope "openid profile" --claim "name,preferred_username,gender,birthdate,phone_number,email,updated_at duty 办理政务服务事项" --audience "$4" --redirect-uri "$4/callback" \
		--post-logout-redirect-uri "$4/signed-out" >"$NATION/$1.json" || return
	(umask 077 && sed -n 's/.*"client_secret": *"\([^"]*\)".*/\1/p' "$NATION/$1.json" \
		>"$NATION/$1.secret")
}

# nation_portal ID THEME NAME NAME-EN URL OTHER-NAME OTHER-NAME-EN OTHER-URL
nation_portal() {
	nation_client "$1" "$3" "$4" "$5" || return
	nation_run "$1" "$BUILD/examples/portal/portal" --theme "$2" --name "$3" --name-en "$4" \
		--base-url "$5" --other-name "$6" --other-name-en "$7" --other-url "$8" \
		--listen "127.0.0.1:${5##*:}" --issuer "$ISSUER" --client-id "$1" \
		--client-secret-file "$NATION/$1.secret" --show-tokens
}

nation_begin() {
	local national=("国家政务服务平台" "National Service Platform")
	local provincial=("某省政务服务平台" "Provincial Service Platform")
	NATION=$(mktemp -d "${TMPDIR:-/tmp}/authd-demo.XXXXXX") || return
	ISSUER=http://id.localhost:$1
	NATIONAL=http://national.localhost:$2
	PROVINCIAL=http://province.localhost:$3
	nation_settings "$1" &&
		nation_ctl init >"$NATION/init.log" &&
		nation_run authd "$BUILD/authd/authd" --config "$NATION/authd.yaml" &&
		nation_people &&
		nation_portal national national "${national[@]}" "$NATIONAL" \
			"${provincial[@]}" "$PROVINCIAL" &&
		nation_portal province provincial "${provincial[@]}" "$PROVINCIAL" \
			"${national[@]}" "$NATIONAL"
}
