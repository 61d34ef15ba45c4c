#!/bin/bash
# What ./demo --check does, on what is built here: one sign-in, two portals, tokens verified offline.
set -eu
build=$(realpath -- "${1:?the build directory}")
cd "$(dirname "$0")/../.."
exec ./demo --check --build "$build"
