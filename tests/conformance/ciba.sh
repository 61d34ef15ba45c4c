# shellcheck shell=bash disable=SC2034,SC2154
# Clients with RSA keys for PS256 alone, whose notification endpoint is a real server on loopback; the third's tokens
# are bound to its certificate. The plan's second argument is the delivery mode: poll or ping.
NOTIFIED=https://127.0.0.1:$(free_port)/ciba-notification-endpoint
export NOTIFIED
settings=("outbound: { allow: [127.0.0.0/8], ca_file: ca.pem }")
plan_settings() { printf 'mtls: { url: "https://localhost:%s" }\n' "$PORT" >>"$E2E/authd.yaml"; }
plan_clients() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=client3 \
		-keyout "$E2E/client3.key" -out "$E2E/client3.pem" 2>"$E2E/openssl.log"
	"$AUTHD_NODE" "$HERE/ciba_clients.mjs"
	for client in client client2 client3; do
		curl -sS --fail-with-body --unix-socket "$E2E/admin.sock" http://admin/admin/v1/clients \
			-H 'Content-Type: application/json' -o "$E2E/clients/$client.json" \
			-d "@$E2E/clients/$client.metadata.json"
	done
}
