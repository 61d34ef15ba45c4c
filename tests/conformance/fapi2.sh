# shellcheck shell=bash disable=SC2034
# Clients are registered by the test itself, over the admin interface; with the argument mtls they have certificates.
settings=("life:" "  code: 4s" "  pushed_request: 4s")
tests=(fapi2.test.mjs fapi2_dpop.test.mjs)
if [ "$RESPONSE_MODE" = mtls ]; then
	plan_settings() { printf 'mtls: { url: "https://localhost:%s" }\n' "$PORT" >>"$E2E/authd.yaml"; }
	plan_clients() {
		local name
		for name in one two; do
			openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$name" \
				-keyout "$E2E/$name.key" -out "$E2E/$name.pem" 2>"$E2E/openssl.log"
		done
	}
fi
