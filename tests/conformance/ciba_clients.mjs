// What the plan's clients register, and the keys that they keep: $E2E/clients/NAME.metadata.json, NAME.key.json.
import { writeFileSync } from "node:fs";
import * as jose from "jose";

const { E2E, NOTIFIED, RESPONSE_MODE: mode } = process.env;
for (const name of ["client", "client2", "client3"]) {
	const { privateKey, publicKey } = await jose.generateKeyPair("PS256", { extractable: true });
	const key = { kid: name, alg: "PS256", use: "sig" };
	const write = (what, value) => writeFileSync(`${E2E}/clients/${name}.${what}.json`, JSON.stringify(value), { mode: 0o600 });
	write("key", { ...(await jose.exportJWK(privateKey)), ...key });
	write("metadata", {
		client_name: "江海银行",
		grant_types: ["urn:openid:params:grant-type:ciba", "refresh_token"],
		scope: "openid profile email offline_access",
		token_endpoint_auth_method: "private_key_jwt",
		token_endpoint_auth_signing_alg: "PS256",
		id_token_signed_response_alg: "PS256",
		jwks: { keys: [{ ...(await jose.exportJWK(publicKey)), ...key }] },
		backchannel_authentication_request_signing_alg: "PS256",
		backchannel_token_delivery_mode: mode,
		...(name === "client3" && { tls_client_certificate_bound_access_tokens: true }),
		...(mode === "ping" && { backchannel_client_notification_endpoint: NOTIFIED }),
	});
}
