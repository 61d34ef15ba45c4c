# shellcheck shell=bash
plan_clients() {
	authd_client client --name 市民中心 --auth client_secret_basic --require-pkce=no --id-token-alg RS256 \
		--redirect-uri https://portal.localhost/cb --post-logout-redirect-uri https://portal.localhost/bye \
		--frontchannel-logout-uri https://portal.localhost/frontchannel_logout
}
