# shellcheck shell=bash
# Two clients, as the plan registers them: neither is required to send PKCE.
plan_clients() {
	local portal=(--redirect-uri https://portal.localhost/cb --require-pkce=no --id-token-alg RS256
	              --grant-type authorization_code --grant-type refresh_token
	              --scope "openid profile email address phone offline_access")
	authd_client client --name 市民中心 "${portal[@]}" --auth client_secret_basic
	authd_client client2 --name 政务服务网 "${portal[@]}" --auth client_secret_post
}
