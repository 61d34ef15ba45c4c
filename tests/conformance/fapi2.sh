# shellcheck shell=bash disable=SC2034
# Clients are registered by the test itself, over the admin interface.
settings=("life:" "  code: 2s" "  pushed_request: 2s")
tests=(fapi2.test.mjs fapi2_dpop.test.mjs)
