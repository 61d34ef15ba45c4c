// A token that is bound to a key or a certificate, given in exchange (RFC 8693): only by who shows the same,
// and for one that is bound to the same. See run.sh.
import assert from "node:assert/strict";
import { X509Certificate, createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import { describe, test } from "node:test";
import * as jose from "jose";

const { ISSUER, MTLS, E2E } = process.env;
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const ARCHIVE = "https://archive.example";
const read = (name) => JSON.parse(readFileSync(`${E2E}/clients/${name}.json`, "utf8"));
const file = (name) => readFileSync(`${E2E}/${name}`);
const thumbprint = (name) =>
	createHash("sha256").update(new X509Certificate(file(`${name}.pem`)).raw).digest("base64url");
const cnf = (token) => jose.decodeJwt(token).cnf;

async function newKey() {
	const { publicKey, privateKey } = await jose.generateKeyPair("ES256");
	const jwk = await jose.exportJWK(publicKey);
	return { privateKey, jwk, jkt: await jose.calculateJwkThumbprint(jwk) };
}

function proof({ privateKey, jwk }) {
	const claims = { jti: randomUUID(), iat: Math.floor(Date.now() / 1000), htm: "POST", htu: `${ISSUER}/token` };
	return new jose.SignJWT(claims).setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk }).sign(privateKey);
}

/** As this client, with what it shows: {key, certificate}. */
async function post(path, name, fields, { key, certificate } = {}) {
	const { client_id, client_secret } = read(name);
	const headers = {
		"content-type": "application/x-www-form-urlencoded",
		authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}`,
		...(key && { dpop: await proof(key) }),
	};
	const own = certificate && { cert: file(`${certificate}.pem`), key: file(`${certificate}.key`) };
	const options = { method: "POST", headers, agent: false, family: 4, ca: file("ca.pem"), ...own };
	return new Promise((resolve, reject) => {
		const sent = https.request(`${MTLS}${path}`, options, async (answer) => {
			const parts = [];
			for await (const part of answer) parts.push(part);
			resolve({ status: answer.statusCode, json: JSON.parse(Buffer.concat(parts).toString("utf8")) });
		});
		sent.on("error", reject);
		sent.end(new URLSearchParams(fields).toString());
	});
}

async function given(name, fields, shown) {
	const { status, json } = await post("/token", name, fields, shown);
	assert.equal(status, 200, JSON.stringify(json));
	return json;
}
const own = async (name, shown) => (await given(name, { grant_type: "client_credentials" }, shown)).access_token;
const wanted = (subject_token, more = {}) => ({
	grant_type: EXCHANGE,
	subject_token,
	subject_token_type: ACCESS_TOKEN,
	audience: ARCHIVE,
	...more,
});
const swap = (name, token, shown, more) => given(name, wanted(token, more), shown);
const acting = (actor_token) => ({ actor_token, actor_token_type: ACCESS_TOKEN });

async function refused(name, token, shown, more) {
	const { status, json } = await post("/token", name, wanted(token, more), shown);
	assert.deepEqual([status, json.error], [400, "invalid_request"], JSON.stringify(json));
	assert.match(json.error_description, /bound to a key that was not shown/);
}

describe("bound to a key (DPoP)", () => {
	test("exchanged with a proof of that key alone, for a token bound to it", async () => {
		const [key, another] = [await newKey(), await newKey()];
		const parent = await own("keyed", { key });
		assert.deepEqual(cnf(parent), { jkt: key.jkt });
		await refused("keyed", parent, {});
		await refused("keyed", parent, { key: another });
		await refused("keyed", parent, { certificate: "portal" });

		const child = await swap("keyed", parent, { key });
		assert.equal(child.token_type, "DPoP");
		assert.deepEqual(cnf(child.access_token), { jkt: key.jkt });
		assert.deepEqual((await post("/introspect", "keyed", { token: child.access_token })).json.cnf, { jkt: key.jkt });
		// Nor by the next exchange, nor by whom the token is meant for.
		await refused("keyed", child.access_token, {});
		await refused("keyed", child.access_token, { key: another });
		await refused("tax", parent, {});
		await refused("tax", parent, { key: another });
	});

	test("one that was bound to nothing may become bound", async () => {
		const key = await newKey();
		const child = await swap("keyed", await own("keyed"), { key });
		assert.deepEqual(cnf(child.access_token), { jkt: key.jkt });
	});

	test("the actor's, too", async () => {
		const [key, another] = [await newKey(), await newKey()];
		const [free, bound] = [await own("tax"), await own("tax", { key })];
		await refused("tax", free, {}, acting(bound));
		await refused("tax", free, { key: another }, acting(bound));
		assert.deepEqual(cnf((await swap("tax", free, { key }, acting(bound))).access_token), { jkt: key.jkt });
		// One proof shows one key.
		const other = await own("tax", { key: another });
		await refused("tax", other, { key }, acting(bound));
		await refused("tax", other, { key: another }, acting(bound));
	});
});

describe("bound to a certificate (mTLS)", () => {
	const bound = { "x5t#S256": thumbprint("portal") };

	test("exchanged with that certificate alone, for a token bound to it", async () => {
		const parent = await own("certified", { certificate: "portal" });
		assert.deepEqual(cnf(parent), bound);
		await refused("certified", parent, { certificate: "neighbour" });
		const child = await swap("certified", parent, { certificate: "portal" });
		assert.deepEqual(cnf(child.access_token), bound);
	});

	test("also by a client whose own tokens are bound to nothing", async () => {
		const parent = await own("certified", { certificate: "portal" });
		await refused("tax", parent, {});
		await refused("tax", parent, { certificate: "neighbour" });
		await refused("tax", parent, { key: await newKey() });
		const child = await swap("tax", parent, { certificate: "portal" });
		assert.deepEqual(cnf(child.access_token), bound);
		const acted = await swap("tax", await own("tax"), { certificate: "portal" }, acting(parent));
		assert.deepEqual(cnf(acted.access_token), bound);
	});

	test("and to a key as well: both", async () => {
		const key = await newKey();
		const parent = await own("certified", { key, certificate: "portal" });
		assert.deepEqual(cnf(parent), { jkt: key.jkt, ...bound });
		await refused("tax", parent, { key });
		await refused("tax", parent, { certificate: "portal" });
		const child = await swap("tax", parent, { key, certificate: "portal" });
		assert.deepEqual(cnf(child.access_token), { jkt: key.jkt, ...bound });
	});
});
