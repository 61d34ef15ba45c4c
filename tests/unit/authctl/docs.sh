#!/bin/bash
# docs/authctl.md is what the table of commands says: docs.sh AUTHCTL FILE
set -eu
"$1" --help-markdown | diff -u "$2" - && exit 0
echo "write it anew: authctl --help-markdown >docs/authctl.md"
exit 1
