# shellcheck shell=bash disable=SC2034
# Two clients with RSA keys for PS256 alone, whose notification endpoint is a real server on loopback.
# The plan's second argument is the delivery mode: poll or ping.
NOTIFIED=https://127.0.0.1:$(free_port)/ciba-notification-endpoint
export NOTIFIED
settings=("outbound: { allow: [127.0.0.0/8], ca_file: ca.pem }")
plan_clients() {
	"$AUTHD_NODE" "$HERE/ciba_clients.mjs"
	for client in client client2; do
		curl -sS --fail-with-body --unix-socket "$E2E/admin.sock" http://admin/admin/v1/clients \
			-H 'Content-Type: application/json' -o "$E2E/clients/$client.json" \
			-d "@$E2E/clients/$client.metadata.json"
	done
}
