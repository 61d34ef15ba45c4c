# shellcheck shell=bash
# Sourced by tests/run and demo: installs what is missing and builds.
#
#   setup_packages USE...        Debian packages of tests/packages.txt for these uses: build, test, bench
#   setup_node                   Node.js 20 or later and the locked npm clients of tests/; sets
#                                AUTHD_NODE to the program
#   setup_build DIR [OPTION...]  meson setup (once) and ninja
#   setup_target DIR TARGET [OPTION...]    the same for one target alone
#
# Each says what it is about to do and why; when everything is there it says nothing, and nothing
# goes over the network. Installing needs root or sudo.

setup_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

setup_say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
setup_die() { setup_say "$@"; exit 1; }

# One line a package: name, use, reason.
setup_list() {
	awk '!/^#/ && NF { use = $2
		reason = $0; if (!sub(/^[^#]*# */, "", reason)) reason = ""
		print $1 "\t" use "\t" reason }' "$setup_top/tests/packages.txt"
}

# What of these names is not installed, by one question to dpkg for all.
setup_missing() {
	dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
		awk -v names="$*" '$2 == "installed" { sub(/:.*/, "", $1); have[$1] = 1 }
			END { n = split(names, name, " ")
			      for (i = 1; i <= n; i++) if (!have[name[i]]) print name[i] }'
}

setup_apt() {
	local root=()
	command -v apt-get >/dev/null || setup_die "this needs Debian's apt-get; missing packages: $*"
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || setup_die "run me as root, or install sudo; missing packages: $*"
		root=(sudo)
	fi
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q=2 ||
		setup_die "apt-get update failed"
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q=2 -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >&2 ||
		setup_die "apt-get could not install: $*"
}

setup_packages() {
	local wanted missing name reason
	wanted=$(setup_list | awk -F'\t' -v uses=" $* " 'index(uses, " " $2 " ") { print $1 }')
	# shellcheck disable=SC2086
	missing=$(setup_missing $wanted)
	# Node.js from elsewhere may bring the header itself, and conflicts with Debian's package.
	[ ! -e /usr/include/node/node_api.h ] || missing=$(grep -vx libnode-dev <<<"$missing" || true)
	[ -n "$missing" ] || return 0
	setup_say "installing with apt-get what is missing:"
	while IFS=$'\t' read -r name _ reason; do
		grep -qx -- "$name" <<<"$missing" && printf '  %-28s %s\n' "$name" "$reason" >&2
	done < <(setup_list)
	# shellcheck disable=SC2086
	setup_apt $missing
}

setup_node_works() { [ "$("$1" -p 'process.versions.node.split(".")[0] >= 20' 2>/dev/null)" = true ]; }

# npm ci, unless the lock file is the one that was installed last.
setup_npm() {
	local dir=$1 why=$2 stamp=$1/node_modules/.installed-lock
	cmp -s "$dir/package-lock.json" "$stamp" && return 0
	setup_say "npm ci in ${dir#"$setup_top"/}: $why"
	(cd "$dir" && npm ci --no-audit --no-fund --loglevel=error >&2) || setup_die "npm ci failed in $dir"
	cp "$dir/package-lock.json" "$stamp"
}

# Debian 12 has Node.js 18, the clients under test ask for 20: npm brings one.
setup_node() {
	local lib=$setup_top/tests/e2e/node
	AUTHD_NODE=$(command -v node || true)
	if ! command -v npm >/dev/null; then
		setup_say "installing with apt-get: nodejs and npm, for clients that are not ours"
		setup_apt nodejs npm
		hash -r
		AUTHD_NODE=$(command -v node)
	fi
	if ! setup_node_works "$AUTHD_NODE"; then
		setup_npm "$lib" "a Node.js of version 20 or later, which the clients ask for"
		AUTHD_NODE=$(echo "$lib"/node_modules/node-linux-*/bin/node)
		# It is an optional package, one for each machine: npm says nothing if it gets none.
		setup_node_works "$AUTHD_NODE" || {
			rm -rf "$lib/node_modules"
			setup_die "npm brought no Node.js of version 20 or later; this says why:" \
				"npm ci --prefix '$lib' --loglevel=verbose"
		}
	fi
	export AUTHD_NODE
	setup_npm "$setup_top/tests" "OpenID Connect clients and a browser driver that are not ours"
}

setup_target() {
	local dir=$1 target=$2 log
	shift 2
	log=$dir.log
	if [ ! -f "$dir/build.ninja" ]; then
		setup_say "meson setup ${dir##*/}"
		meson setup "$@" "$dir" "$setup_top" >"$log" 2>&1 || { tail -n 30 "$log" >&2; return 1; }
	fi
	ninja -C "$dir" "$target" >"$log" 2>&1 || { grep -vE '^\[[0-9]+/' "$log" | tail -n 60 >&2; return 1; }
}

setup_build() {
	local dir=$1
	shift
	setup_target "$dir" all "$@"
}
