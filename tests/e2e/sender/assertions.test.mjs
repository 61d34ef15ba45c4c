// Client assertions (RFC 7523): private_key_jwt and client_secret_jwt, by oauth4webapi and by hand,
// each wrong in one thing; and what FAPI 2.0 bars (attack 31).
import assert from "node:assert/strict";
import { createHmac, createPublicKey, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as jose from "jose";
import * as oauth from "oauth4webapi";
import { post } from "../../lib/person.mjs";

const { ISSUER, E2E } = process.env;
const TOKEN = `${ISSUER}/token`;
const read = (name) => JSON.parse(readFileSync(`${E2E}/clients/${name}.json`, "utf8"));
const now = () => Math.floor(Date.now() / 1000);
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

const usual = (name) => {
	const { client_id } = read(name);
	return { iss: client_id, sub: client_id, aud: ISSUER, jti: randomUUID(), iat: now(), exp: now() + 60 };
};

async function signed(name, change = {}, { key = name, header = {} } = {}) {
	const claims = { ...usual(name), ...change };
	const jwk = read(`${key}.key`);
	return new jose.SignJWT(claims)
		.setProtectedHeader({ alg: "ES256", kid: jwk.kid, ...header })
		.sign(await jose.importJWK(jwk, "ES256"));
}

function hmac(key, claims, header = { alg: "HS256" }) {
	const text = `${part(header)}.${part(claims)}`;
	return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

async function dpop() {
	const { publicKey, privateKey } = await jose.generateKeyPair("ES256");
	return new jose.SignJWT({ jti: randomUUID(), iat: now(), htm: "POST", htu: TOKEN })
		.setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: await jose.exportJWK(publicKey) })
		.sign(privateKey);
}

async function send(client_assertion) {
	const answer = await post(
		TOKEN,
		{
			grant_type: "client_credentials",
			client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
			client_assertion,
		},
		{ dpop: await dpop() },
	);
	return { ...answer, json: JSON.parse(answer.body) };
}

async function taken(assertion) {
	const answer = await send(assertion);
	assert.equal(answer.status, 200, answer.body);
}
async function refused(assertion) {
	const { status, json } = await send(assertion);
	assert.deepEqual({ status, error: json.error }, { status: 401, error: "invalid_client" });
}

const bad = {
	"exp in the past": { exp: now() - 300 },
	"exp too far": { exp: now() + 2 * 86400 },
	"no exp": { exp: undefined },
	"nbf more than a minute ahead": { nbf: now() + 120 },
	"no sub": { sub: undefined },
	"another's sub": { sub: "somebody" },
	"another iss": { iss: "somebody" },
	"no jti": { jti: undefined },
	"no aud": { aud: undefined },
	"another aud": { aud: "https://elsewhere.example" },
};

describe("oauth4webapi", () => {
	const client = (name) => ({ client_id: read(name).client_id });
	const grant = async (name, auth) => {
		const url = new URL(ISSUER);
		const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url));
		const DPoP = oauth.DPoP(client(name), await oauth.generateKeyPair("ES256"));
		const answer = await oauth.clientCredentialsGrantRequest(as, client(name), auth, {}, { DPoP });
		return oauth.processClientCredentialsResponse(as, client(name), answer);
	};
	for (const name of ["plain", "fapi"])
		test(`private_key_jwt as ${name}`, async () => {
			const jwk = read(`${name}.key`);
			const key = await crypto.subtle.importKey(
				"jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"],
			);
			assert.ok((await grant(name, oauth.PrivateKeyJwt({ key, kid: jwk.kid }))).access_token);
		});
	test("client_secret_jwt", async () => {
		assert.ok((await grant("secret", oauth.ClientSecretJwt(read("secret").client_secret))).access_token);
	});
});

for (const name of ["plain", "fapi"])
	describe(`private_key_jwt as ${name}`, () => {
		for (const [what, change] of Object.entries(bad))
			test(`refused: ${what}`, async () => refused(await signed(name, change)));
		test("nbf eight seconds ahead", async () => taken(await signed(name, { nbf: now() + 8 })));
		test("refused: used before", async () => {
			const one = await signed(name);
			await taken(one);
			await refused(one);
		});
		test("refused: another client's key", async () => refused(await signed(name, {}, { key: "other" })));
		test("refused: alg none", async () =>
			refused(`${part({ alg: "none" })}.${part(usual(name))}.`));
		test("refused: HS256 with the public key", async () => {
			const jwk = read(`${name}.jwks`).keys[0];
			const pem = createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
			for (const key of [pem, pem.trim(), JSON.stringify(jwk), ""])
				await refused(hmac(key, usual(name), { alg: "HS256", kid: jwk.kid }));
		});
		test("refused: signed for another typ", async () =>
			refused(await signed(name, {}, { header: { typ: "at+jwt" } })));
	});

describe("aud", () => {
	test("without a profile: the issuer, the token endpoint, a list with one of them", async () => {
		for (const aud of [ISSUER, TOKEN, [ISSUER], ["https://elsewhere.example", TOKEN]])
			await taken(await signed("plain", { aud }));
	});
	test("FAPI 2.0: exactly the issuer, as a string", async () => {
		await taken(await signed("fapi", { aud: ISSUER }));
		for (const aud of [[ISSUER], TOKEN, [ISSUER, TOKEN], `${ISSUER}/`, `${ISSUER}/par`])
			await refused(await signed("fapi", { aud }));
	});
});

describe("client_secret_jwt", () => {
	const secret = () => read("secret").client_secret;
	test("taken, once", async () => {
		const one = hmac(secret(), usual("secret"));
		await taken(one);
		await refused(one);
	});
	test("nbf eight seconds ahead; aud as a list", async () => {
		await taken(hmac(secret(), { ...usual("secret"), nbf: now() + 8 }));
		await taken(hmac(secret(), { ...usual("secret"), aud: ["x", TOKEN] }));
	});
	for (const [what, change] of Object.entries(bad))
		test(`refused: ${what}`, async () => refused(hmac(secret(), { ...usual("secret"), ...change })));
	test("refused: another secret, an empty one, another alg, a crit, four parts", async () => {
		const claims = () => usual("secret");
		for (const key of ["", "a".repeat(43), `${secret()}=`]) await refused(hmac(key, claims()));
		for (const header of [{ alg: "HS384" }, { alg: "none" }, { alg: "hs256" }, {}, { alg: "HS256", crit: ["x"] }])
			await refused(hmac(secret(), claims(), header));
		await refused(`${part({ alg: "none" })}.${part(claims())}.`);
		await refused(`${hmac(secret(), claims())}.x`);
		await refused(hmac(secret(), claims()).slice(0, -4));
	});
	test("refused: the secret itself, by another method", async () => {
		const { client_id, client_secret } = read("secret");
		const answer = await post(TOKEN, { grant_type: "client_credentials", client_id, client_secret });
		assert.equal(answer.status, 401);
	});
	test("the secret is not in the client's metadata", async () => {
		assert.ok(secret().length >= 43);
		assert.equal("secret_sealed" in read("secret"), false);
	});
});
