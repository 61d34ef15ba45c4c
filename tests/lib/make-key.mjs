// make-key.mjs PRIVATE PUBLIC: a client's ES256 key as a JWK, and its public half as a JWK set.
import { writeFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

const pair = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
const { kty, crv, x, y, d } = await webcrypto.subtle.exportKey("jwk", pair.privateKey);
const common = { kty, crv, x, y, kid: "client-1", alg: "ES256", use: "sig" };
writeFileSync(process.argv[2], JSON.stringify({ ...common, d }), { mode: 0o600 });
writeFileSync(process.argv[3], JSON.stringify({ keys: [common] }));
