#!/bin/bash
# Everything builds with clang as it does with gcc: -Werror, so without a warning.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$1/clang
[ -f "$build/build.ninja" ] || CC=clang CXX=clang++ meson setup "$build" "$top"
ninja -C "$build"
