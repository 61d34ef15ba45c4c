#!/bin/bash
# Shell scripts pass shellcheck.
set -eu
cd "$(dirname "$0")/../.."
git ls-files -co --exclude-standard -z | while IFS= read -r -d '' file; do
	[ -f "$file" ] || continue
	case $file in *.sh) printf '%s\0' "$file"; continue ;; *.*) continue ;; esac
	head -n1 "$file" | grep -aqE '^#!/bin/(ba)?sh' && printf '%s\0' "$file"
done | xargs -0 shellcheck -x -P SCRIPTDIR -S warning
