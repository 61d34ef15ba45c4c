#!/bin/bash
# The manual pages are good mdoc, and tell of every command, option and setting. manual.sh BUILD
set -eu
pages=$1/docs/man
command -v mandoc >/dev/null || { echo "no mandoc on this machine"; exit 77; }
for page in authctl.1 authd.yaml.5 authd.8; do
	# Pages refer to each other before they are installed; generated lines are as long as they are.
	said=$(mandoc -Tlint -Wstyle "$pages/$page" |
		grep -vE 'referenced manual not found|longer than 80 bytes' || true)
	[ -z "$said" ] || { echo "$said"; exit 1; }
	mandoc -Tutf8 "$pages/$page" | sed 's/.\x08//g' >"$pages/$page.txt"
done
trap 'rm -f "$pages"/*.txt' EXIT

missing() { echo "$1 does not tell of $2"; exit 1; }
"$1/authctl/authctl" --help-markdown | sed -n 's/^## authctl //p; s/^  \(--[a-z-]*\) .*/\1/p' | sort -u |
	while read -r what; do grep -qF -- "$what" "$pages/authctl.1.txt" || missing authctl.1 "$what"; done
sed -n 's/^\t{"\([a-z_.]*\)", SETTING_.*/\1/p' conf/settings.c |
	while read -r what; do grep -qwF -- "$what" "$pages/authd.yaml.5.txt" || missing authd.yaml.5 "$what"; done
"$1/authd/authd" --help | grep -o -- '--[a-z-]*' | sort -u |
	while read -r what; do grep -qF -- "$what" "$pages/authd.8.txt" || missing authd.8 "$what"; done
