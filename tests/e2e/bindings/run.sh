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

# The types, as an application's compiler reads them, and what they leave out of the module.
npm=$TOP/tests/node_modules
mkdir "$dir/node_modules"
ln -s "$PACKAGE" "$dir/node_modules/libauth"
ln -s "$npm/express" "$npm/@types" "$dir/node_modules"
cp "$TOP/tests/e2e/bindings/types.ts" "$dir/types.mts"
(cd "$dir" && "$AUTHD_NODE" "$npm/typescript/bin/tsc" --noEmit --strict --module nodenext --target es2022 types.mts)
diff <("$AUTHD_NODE" -p 'Object.keys(require(process.env.PACKAGE)).sort().join("\n")') \
	<(sed -n 's/^export \(class\|const\|function\) \([A-Za-z]*\).*/\2/p' "$PACKAGE/index.d.ts" | LC_ALL=C sort)

# The applications of docs/bindings.md. Django is Debian's, and so is its Python.
"$AUTHD_NODE" "$TOP/tests/e2e/bindings/documented.mjs" "$dir"
LD_LIBRARY_PATH=$BUILD/libauth PYTHONPATH=$TOP/bindings/python PYTHONDONTWRITEBYTECODE=1 \
	/usr/bin/python3 "$TOP/tests/e2e/bindings/documented.py" "$dir"
