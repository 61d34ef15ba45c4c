#!/bin/bash
# Both bindings with tokens made by npm's jose; the Node.js one also with every case of C's: bindings/run.sh BUILD
set -eu -o pipefail
BUILD=${1:?the build directory}
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
: "${AUTHD_NODE:=node}"
cases=$BUILD/tests/bindings/binding_cases

"$AUTHD_NODE" "$TOP/tests/e2e/bindings/jose.mjs" "$dir/jose"
"$cases" "$TOP/tests/vectors" >"$dir/cases"

LD_LIBRARY_PATH=$BUILD/libauth PYTHONPATH=$TOP/bindings/python PYTHONDONTWRITEBYTECODE=1 \
	python3 "$TOP/tests/bindings/test_python.py" "$cases" "$dir/jose"

export PACKAGE=$BUILD/bindings/node CASES=$dir/cases JOSE=$dir/jose
"$AUTHD_NODE" --expose-gc --test --test-reporter=spec \
	"$TOP/tests/e2e/bindings/node.test.mjs" "$TOP/tests/e2e/bindings/leaks.test.mjs"
