#!/bin/bash
# Everything builds with another compiler, or another optimisation, as it does in the ordinary build:
# -Werror, so without a warning. compiler.sh BUILD NAME CC [MESON-OPTION...]
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$1/$2
[ -f "$build/build.ninja" ] || CC=$3 meson setup "${@:4}" "$build" "$top"
ninja -C "$build"
