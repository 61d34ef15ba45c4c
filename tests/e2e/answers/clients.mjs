// clients.mjs DIR: for each client its metadata and private keys, and metadata that must be refused.
import { writeFileSync } from "node:fs";
import * as jose from "jose";

const write = (name, value) => writeFileSync(`${process.argv[2]}/${name}.json`, JSON.stringify(value));

async function keyPair(alg, crv) {
	const { publicKey, privateKey } = await jose.generateKeyPair(alg, { crv, extractable: true });
	const kid = `enc-${crv ?? alg}`;
	return {
		open: { ...(await jose.exportJWK(publicKey)), kid, use: "enc", alg },
		secret: { ...(await jose.exportJWK(privateKey)), kid, alg },
	};
}
const signing = async () =>
	({ ...(await jose.exportJWK((await jose.generateKeyPair("ES256")).publicKey)), kid: "sig", use: "sig" });

/** name: [alg, curve, enc of ID token and userinfo, alg of a signed userinfo] */
const CLIENTS = {
	plain: [],
	"signed-only": [undefined, undefined, undefined, "PS256"],
	rsa: ["RSA-OAEP-256", undefined, "A256GCM", "RS256"],
	p256: ["ECDH-ES", "P-256", "A256GCM", "ES256"],
	x25519: ["ECDH-ES", "X25519", "A256GCM", undefined],
	silent: ["RSA-OAEP-256", undefined, undefined, "EdDSA"],
};

for (const [name, [alg, crv, enc, signed]] of Object.entries(CLIENTS)) {
	const keys = alg && (await keyPair(alg, crv));
	if (keys) write(`${name}.key`, keys.secret);
	write(`${name}.metadata`, {
		id_token_signed_response_alg: signed ?? "RS256",
		...(signed && { userinfo_signed_response_alg: signed, introspection_signed_response_alg: signed }),
		...(keys && {
			jwks: { keys: [await signing(), keys.open] },
			id_token_encrypted_response_alg: alg,
			userinfo_encrypted_response_alg: alg,
			...(enc && { id_token_encrypted_response_enc: enc, userinfo_encrypted_response_enc: enc }),
		}),
	});
}

const jwks = { keys: [await signing()] };
write("signature-key.refused", { jwks, id_token_encrypted_response_alg: "ECDH-ES" });
write("unknown-alg.refused", { jwks, id_token_encrypted_response_alg: "RSA1_5" });
write("no-alg.refused", { userinfo_encrypted_response_enc: "A256GCM" });
write("none.refused", { userinfo_signed_response_alg: "none" });
write("no-such-key.refused", { introspection_signed_response_alg: "ES384" });
