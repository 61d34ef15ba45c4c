# shellcheck shell=bash
# Whoever asks is registered, and nobody is required to send PKCE; a client's own site is on loopback.
# shellcheck disable=SC2034 # run.sh reads it
settings=("registration:" "  mode: open" "  pkce: optional" "  address_attempts: 1000"
          "  claims: $EVERY_CLAIM consent 试运行"
          "outbound:" "  allow: [127.0.0.0/8]" "  ca_file: $E2E/ca.pem")
export BUILD
