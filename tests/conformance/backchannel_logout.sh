# shellcheck shell=bash disable=SC2034,SC2154
# The portal's back-channel endpoint is a real server, on loopback.
PORT_receiver=$(free_port)
export PORT_receiver
settings=("outbound: { allow: [127.0.0.0/8], ca_file: $E2E/ca.pem }")
plan_clients() {
	authd_client client --name 市民中心 --auth client_secret_basic --require-pkce=no --id-token-alg RS256 \
		--redirect-uri https://portal.localhost/cb --post-logout-redirect-uri https://portal.localhost/bye \
		--backchannel-logout-uri "https://127.0.0.1:$PORT_receiver/backchannel_logout"
}
