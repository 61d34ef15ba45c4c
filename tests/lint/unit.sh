#!/bin/bash
# The systemd unit is one that systemd understands, and is rated well by its own audit.
set -eu
unit=$1/conf/systemd/authd.service
command -v systemd-analyze >/dev/null || { echo "no systemd-analyze on this machine"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# The program need not be installed for this: any will do.
sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|; s|^Documentation=.*||' "$unit" >"$dir/authd.service"
out=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$dir/authd.service" 2>&1 |
	grep authd.service || true)
[ -z "$out" ] || { echo "$out"; exit 1; }
systemd-analyze security --offline=true --threshold=20 --no-pager "$dir/authd.service" |
	tail -n 3
