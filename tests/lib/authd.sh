# shellcheck shell=bash
# Sourced by the tests in tests/e2e: a whole issuer in a folder of its own, on free ports, over TLS.
#
#   . authd.sh BUILD              makes $E2E, removed at exit together with all that was started
#   authd_configure [KEY: VALUE...]  certificates, $E2E/authd.yaml with these lines added
#   authd_init [KEY: VALUE...]    that, and keys and empty records; with SUITE=sm in that suite
#   authd_start [NODE]            and waits until it is ready; $ISSUER, $AUTHD_PID
#   authd_node NAME               another authd, not started yet, on the same stores and at a port of its
#                                 own: $E2E/NAME.yaml, $NODE_URL
#   authd_stop                    SIGTERM; fails if authd does not end with 0 (sanitizers speak here)
#   authd_kill                    kill -9
#   authd_ctl ARG...              authctl on this issuer
#   authd_person NUMBER NAME PASSWORD
#   authd_client NAME [ARG...]    registers a client; authctl's JSON is left in $E2E/clients/NAME.json
#   cache_start embedded|redis    the cache that a test runs on, for authd_init "cache: $CACHE"
#   redis_start                   a redis-server of its own at $E2E/redis.sock; $REDIS_PID
#   started PID                   to be ended at exit
#   free_port                     a port that nobody listens on, and nobody else is given for a minute
#   fail WORDS...                 ends the test
#   https ARG...                  curl that trusts the throw-away authority

set -eu -o pipefail
BUILD=${1:?the build directory}
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export TOP
E2E=$(mktemp -d "${TMPDIR:-/tmp}/authd-e2e.XXXXXX")
E2E_PIDS=()
ISSUER_HOST=${ISSUER_HOST:-id.localhost}
export NODE_EXTRA_CA_CERTS=$E2E/ca.pem E2E
: "${AUTHD_NODE:=node}"

fail() { echo "FAILED: $*" >&2; exit 1; }
started() { E2E_PIDS+=("$1"); }

e2e_end() {
	local status=$? pid
	for pid in "${E2E_PIDS[@]}"; do
		# shellcheck disable=SC2046 # each a word; workers whose master is killed would go on
		kill -9 "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null) 2>/dev/null || true
	done
	wait 2>/dev/null || true
	if [ $status = 0 ] && [ -e "$E2E/data/records/data.mdb" ]; then audit_is_impersonal || status=1; fi
	if [ $status != 0 ] && [ $status != 77 ] && [ -s "$E2E/authd.log" ]; then
		echo "--- the end of authd's log, then its last complaints"
		tail -n 3 "$E2E/authd.log"
		grep -v '"level":"info"' "$E2E/authd.log" | tail -n 7 || true
	fi
	if [ -n "${E2E_KEEP:-}" ]; then echo "kept: $E2E"; else rm -rf "$E2E"; fi
	exit $status
}
trap e2e_end EXIT

# Whatever a test has done: ids alone, no number, name, phone, mail address, and no long text.
audit_is_impersonal() {
	[ -x "$BUILD/tests/tools/audit" ] || return 0
	"$BUILD/tests/tools/audit" "$E2E/data/records" | python3 "$TOP/tests/lib/impersonal.py"
}
trap 'exit 143' TERM INT

free_port() { python3 "$TOP/tests/lib/free_port.py"; }

# A throw-away authority and one certificate for all the names that tests use.
e2e_certificates() {
	local names=DNS:localhost,DNS:id.localhost,DNS:nation.localhost,DNS:province.localhost,IP:127.0.0.1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
		-subj "/CN=authd tests" -keyout "$E2E/ca.key" -out "$E2E/ca.pem" \
		-addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
		-keyout "$E2E/tls.key" -out "$E2E/tls.csr" 2>/dev/null
	openssl x509 -req -days 90 -in "$E2E/tls.csr" -CA "$E2E/ca.pem" -CAkey "$E2E/ca.key" \
		-extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names") \
		-out "$E2E/tls.pem" 2>/dev/null
	cat "$E2E/ca.pem" >>"$E2E/tls.pem"
}

https() { curl -sS --max-time 20 --cacert "$E2E/ca.pem" "$@"; }

# Everything but the stores. With SCHEME=http there is no TLS, as behind a proxy or in a demo.
authd_configure() {
	PORT=$(free_port)
	ISSUER=${SCHEME:=https}://$ISSUER_HOST:$PORT
	export ISSUER
	mkdir -p "$E2E/clients" "$E2E/data" "$E2E/keys"
	chmod 700 "$E2E/data" "$E2E/keys"
	e2e_certificates
	(umask 077; echo "${SUITE:+$SUITE:}$(openssl rand -hex 32)" >"$E2E/kek")
	cat >"$E2E/authd.yaml" <<-EOF
		issuer: $ISSUER
		listen:
		  address: 127.0.0.1
		  port: $PORT
		data_dir: $E2E/data
		keys_dir: $E2E/keys
		kek_file: $E2E/kek
		admin:
		  socket: $E2E/admin.sock
		  operators:
		    - user: $(id -un)
		      role: admin
	EOF
	if [ "$SCHEME" = https ]; then
		printf 'tls:\n  certificate: %s\n  key: %s\n' "$E2E/tls.pem" "$E2E/tls.key" >>"$E2E/authd.yaml"
	fi
	if [ $# -gt 0 ]; then printf '%s\n' "$@" >>"$E2E/authd.yaml"; fi
}

authd_init() {
	authd_configure "$@"
	authd_ctl init ${SUITE:+--suite "$SUITE"} >"$E2E/init.out"
}

authd_ctl() { "$BUILD/authctl/authctl" --config "$E2E/authd.yaml" "$@"; }

authd_start() {
	rm -f "$E2E/port"
	"$BUILD/authd/authd" --config "$E2E/${1:-authd}.yaml" --port-file "$E2E/port" >>"$E2E/authd.log" 2>&1 &
	AUTHD_PID=$!
	started "$AUTHD_PID"
	for _ in $(seq 400); do
		[ -s "$E2E/port" ] && return 0
		kill -0 "$AUTHD_PID" 2>/dev/null || fail "authd ended at its start"
		sleep 0.05
	done
	fail "authd did not get ready"
}

authd_node() {
	local port
	port=$(free_port)
	sed "s|^  port: .*|  port: $port|; s|admin.sock|$1.sock|" "$E2E/authd.yaml" >"$E2E/$1.yaml"
	export NODE_URL=${ISSUER%:*}:$port
}

authd_stop() {
	local status=0
	kill -TERM "$AUTHD_PID"
	wait "$AUTHD_PID" || status=$?
	[ $status = 0 ] || fail "authd ended with $status on SIGTERM"
}

authd_kill() {
	kill -9 "$AUTHD_PID"
	wait "$AUTHD_PID" 2>/dev/null || true
}

redis_start() {
	redis-server --port 0 --unixsocket "$E2E/redis.sock" --save '' --appendonly no \
		--dir "$E2E" >"$E2E/redis.log" 2>&1 &
	REDIS_PID=$!
	started $REDIS_PID
	for _ in $(seq 100); do
		[ -S "$E2E/redis.sock" ] && return
		sleep 0.05
	done
	fail "redis-server did not start"
}

cache_start() {
	case $1 in
	embedded) CACHE=embedded ;;
	redis) redis_start; CACHE=redis+unix://$E2E/redis.sock ;;
	*) fail "no cache is named $1" ;;
	esac
	export CACHE
}

authd_person() {
	authd_ctl person add --number "$1" --name "$2" >/dev/null
	printf '%s' "$3" | authd_ctl person set-password --number "$1" >/dev/null
}

# What a client of the tests may be told, where its test does not say.
EVERY_CLAIM=name,family_name,given_name,middle_name,nickname,preferred_username,profile,picture,website,gender
EVERY_CLAIM=$EVERY_CLAIM,birthdate,zoneinfo,locale,updated_at,email,email_verified,phone_number
export EVERY_CLAIM=$EVERY_CLAIM,phone_number_verified,address

authd_client() {
	local name=$1 claims=(--claim "$EVERY_CLAIM duty 试运行")
	shift
	case " $* " in *" --claim "*) claims=() ;; esac
	authd_ctl client add --json "${claims[@]}" "$@" >"$E2E/clients/$name.json"
}
