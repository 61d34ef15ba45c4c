// jose.mjs FILE: cases like those of tests/bindings/cases.c, with tokens made by npm's jose. What each
// is to be answered is written here, by the names of auth.h.
import { createWriteStream, readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";

const NOW = 1_700_000_100;
const ISSUER = "https://id.example", AUDIENCE = "https://a.example", LIST = `${ISSUER}/statuslists/7`;
const header = readFileSync(new URL("../../../libauth/auth.h", import.meta.url), "utf8");
const statuses = Object.fromEntries([...header.matchAll(/\b(AUTH_\w+) = (-?\d+)/g)].map(([, name, n]) => [name, +n]));

const out = createWriteStream(process.argv[2]);
const put = (answer, rest) => out.write(JSON.stringify({ answer: statuses[answer], now: NOW, ...rest }) + "\n");

async function newKey(alg) {
	const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
	return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid: `${alg}-1`, alg, use: "sig" } };
}

const sign = (key, typ, claims) => new SignJWT(claims)
	.setProtectedHeader({ alg: key.alg, typ, kid: key.jwk.kid }).sign(key.privateKey);

const access = (key, more = {}) => sign(key, "at+jwt", {
	iss: ISSUER, sub: "张三", aud: [AUDIENCE, "https://b.example"], client_id: "portal", jti: "j", iat: NOW - 100,
	exp: NOW + 300, scope: "openid profile", ...more,
});

const at = (idx) => ({ status: { status_list: { idx, uri: LIST } } });

// Sixteen tokens, the third of them revoked.
const list = (key) => sign(key, "statuslist+jwt", {
	sub: LIST, iat: NOW - 100, ttl: 300,
	status_list: { bits: 1, lst: deflateSync(Buffer.from([0x04, 0x00])).toString("base64url") },
});

async function proof(key, claims) {
	const { kid, use, ...jwk } = key.jwk;
	return {
		jkt: await calculateJwkThumbprint(jwk),
		token: await new SignJWT({ jti: "j", htm: "GET", htu: `${AUDIENCE}/licences`, iat: NOW, ...claims })
			.setProtectedHeader({ alg: key.alg, typ: "dpop+jwt", jwk }).sign(key.privateKey),
	};
}

for (const alg of ["ES256", "RS256", "EdDSA"]) {
	const key = await newKey(alg), another = await newKey(alg);
	const options = { issuer: ISSUER, audience: AUDIENCE, scopes: ["profile"] };
	const base = { options, keys: JSON.stringify({ keys: [key.jwk] }) };
	const lists = [await list(key)];
	const say = async (answer, name, token, more) =>
		put(answer, { name: `jose ${alg} ${name}`, ...base, token: await token, ...more });

	await say("AUTH_OK", "valid", access(key));
	await say("AUTH_EXPIRED", "expired", access(key, { exp: NOW - 61 }));
	await say("AUTH_OK", "expired within the leeway", access(key, { exp: NOW - 59 }));
	await say("AUTH_NOT_YET_VALID", "not yet valid", access(key, { nbf: NOW + 100 }));
	await say("AUTH_WRONG_AUDIENCE", "for another", access(key, { aud: "https://b.example" }));
	await say("AUTH_MISSING_SCOPE", "of another scope", access(key, { scope: "openid" }));
	await say("AUTH_BAD_SIGNATURE", "by another's key", access(another));
	await say("AUTH_WRONG_TYPE", "an ID token", sign(key, "JWT", { iss: ISSUER, sub: "u", aud: AUDIENCE, iat: NOW, exp: NOW + 9 }));
	await say("AUTH_REVOKED", "revoked", access(key, at(2)), { lists });
	await say("AUTH_OK", "not revoked", access(key, at(3)), { lists });
	await say("AUTH_REVOCATION_UNKNOWN", "without its list", access(key, at(3)));
	await say("AUTH_REVOCATION_UNKNOWN", "with an old list", access(key, { ...at(3), exp: NOW + 9000 }), { lists, now: NOW + 1000 });
	await say("AUTH_OLDER", "an older bundle of lists", access(key),
		{ lists: [...lists, await sign(key, "statuslist+jwt", { sub: LIST, iat: NOW - 200, ttl: 300, status_list: { bits: 1, lst: "eNpjYAAAAAIAAQ" } })] });

	const { jkt, token } = await proof(key, {});
	const dpop = { method: "GET", uri: `${AUDIENCE}/licences?page=2` };
	put("AUTH_OK", { name: `jose ${alg} proof`, dpop, token, jkt });
	put("AUTH_WRONG_BINDING", { name: `jose ${alg} proof for another`, dpop: { ...dpop, method: "POST" }, token });
	const bound = { options: { ...options, flags: statuses.AUTH_BOUND }, checks: { jkt } };
	await say("AUTH_OK", "bound", access(key, { cnf: { jkt } }), bound);
	await say("AUTH_WRONG_BINDING", "bound to another", access(key, { cnf: { jkt: "x" } }), bound);
}
out.end();
