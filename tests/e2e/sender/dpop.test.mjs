// DPoP (RFC 9449): openid-client and oauth4webapi, unmodified, and proofs by hand that are wrong in
// one thing each. NONCE says whether this issuer insists on nonces.
import assert from "node:assert/strict";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as jose from "jose";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { exchange } from "../../lib/person.mjs";
import { CALLBACK, ZHANG, newPerson } from "../../lib/portal.mjs";

const ISSUER = process.env.ISSUER;
const TOKEN = `${ISSUER}/token`;
const USERINFO = `${ISSUER}/userinfo`;
const required = process.env.NONCE === "required";
const read = (name) => JSON.parse(readFileSync(`${process.env.E2E}/clients/${name}.json`, "utf8"));
const now = () => Math.floor(Date.now() / 1000);

/* ---- proofs by hand ------------------------------------------------------------------------- */

async function newKey(alg = "ES256") {
	const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
	const jwk = await jose.exportJWK(publicKey);
	return { alg, privateKey, jwk, jkt: await jose.calculateJwkThumbprint(jwk) };
}

let nonce; // the last that the issuer gave out

function proof(key, { header = {}, ...claims } = {}) {
	const usual = { jti: randomUUID(), iat: now(), htm: "POST", htu: TOKEN };
	const payload = { ...usual, ...(nonce && { nonce }), ...claims };
	const typ = { alg: key.alg, typ: "dpop+jwt", jwk: key.jwk };
	return new jose.SignJWT(payload).setProtectedHeader({ ...typ, ...header }).sign(key.privateKey);
}

const ath = (token) => createHash("sha256").update(token).digest("base64url");

async function call(url, options) {
	const answer = await exchange(url, options);
	nonce = answer.headers["dpop-nonce"] ?? nonce;
	return { ...answer, json: answer.body ? JSON.parse(answer.body) : {} };
}

function ask(fields, name, headers) {
	const { client_id, client_secret } = read(name);
	const body = new URLSearchParams(client_secret ? fields : { client_id, ...fields }).toString();
	const pair = Buffer.from(`${client_id}:${client_secret}`).toString("base64");
	return call(TOKEN, {
		method: "POST",
		body,
		headers: {
			"content-type": "application/x-www-form-urlencoded",
			...(client_secret && { authorization: `Basic ${pair}` }),
			...headers,
		},
	});
}

const machine = (dpop) => ask({ grant_type: "client_credentials" }, "machine", dpop && { dpop });
const userinfo = (scheme, token, dpop) =>
	call(USERINFO, { headers: { authorization: `${scheme} ${token}`, ...(dpop && { dpop }) } });

/** Sign in by hand; the form that redeems the code. */
async function code(name, more = {}) {
	const verifier = oidc.randomPKCECodeVerifier();
	const url = new URL("/authorize", ISSUER);
	url.search = new URLSearchParams({
		client_id: read(name).client_id,
		redirect_uri: CALLBACK,
		response_type: "code",
		scope: "openid profile offline_access",
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
		...more,
	});
	const page = await newPerson().signIn(url, ZHANG);
	return {
		grant_type: "authorization_code",
		code: page.landed.searchParams.get("code"),
		redirect_uri: CALLBACK,
		code_verifier: verifier,
	};
}

/** Tokens of a person, bound to a key. */
async function tokens(name, key, more) {
	const form = await code(name, more);
	const answer = await ask(form, name, { dpop: await proof(key) });
	assert.equal(answer.status, 200, answer.body);
	return answer.json;
}

function refused(answer, error, status = 400) {
	assert.deepEqual({ error: answer.json.error, status: answer.status }, { error, status });
}

/* ---- clients that are not ours -------------------------------------------------------------- */

describe(`clients, nonces ${process.env.NONCE}`, () => {
	for (const name of ["portal", "public"])
		test(`openid-client as ${name}: code, userinfo, refresh`, async () => {
			const { client_id, client_secret } = read(name);
			const auth = client_secret ? oidc.ClientSecretBasic(client_secret) : oidc.None();
			const metadata = { id_token_signed_response_alg: "ES256" };
			const config = await oidc.discovery(new URL(ISSUER), client_id, metadata, auth);
			const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair("ES256"));
			const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
			const url = oidc.buildAuthorizationUrl(config, {
				redirect_uri: CALLBACK,
				scope: "openid profile offline_access",
				code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
				code_challenge_method: "S256",
				dpop_jkt: await DPoP.calculateThumbprint(),
			});
			const page = await newPerson().signIn(url, ZHANG);
			const first = await oidc.authorizationCodeGrant(
				config, page.landed, { pkceCodeVerifier, idTokenExpected: true }, undefined, { DPoP },
			);
			assert.equal(first.token_type, "dpop");
			const { cnf } = jose.decodeJwt(first.access_token);
			assert.deepEqual(cnf, { jkt: await DPoP.calculateThumbprint() });
			const claims = await oidc.fetchUserInfo(
				config, first.access_token, first.claims().sub, { DPoP },
			);
			assert.equal(claims.name, "张三");
			const next = await oidc.refreshTokenGrant(config, first.refresh_token, undefined, { DPoP });
			assert.equal(next.token_type, "dpop");
			await oidc.fetchUserInfo(config, next.access_token, first.claims().sub, { DPoP });
		});

	test("oauth4webapi: client credentials, asked for a nonce where one is needed", async () => {
		const { client_id, client_secret } = read("machine");
		const client = { client_id };
		const as = await oauth.processDiscoveryResponse(
			new URL(ISSUER), await oauth.discoveryRequest(new URL(ISSUER)),
		);
		assert.ok(as.dpop_signing_alg_values_supported.includes("ES256"));
		const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
		const request = async () => {
			const answer = await oauth.clientCredentialsGrantRequest(
				as, client, oauth.ClientSecretBasic(client_secret), {}, { DPoP },
			);
			return oauth.processClientCredentialsResponse(as, client, answer);
		};
		let asked = false;
		const result = await request().catch((error) => {
			assert.ok(oauth.isDPoPNonceError(error), error);
			asked = true;
			return request();
		});
		assert.equal(asked, required);
		assert.equal(result.token_type, "dpop");
	});
});

/* ---- attack 37: each wrong in one thing ----------------------------------------------------- */

describe(`proofs at the token endpoint, nonces ${process.env.NONCE}`, () => {
	test("a nonce is asked for where it is required, and is good then", async () => {
		const key = await newKey();
		nonce = undefined;
		const first = await machine(await proof(key));
		if (!required) return assert.equal(first.status, 200);
		refused(first, "use_dpop_nonce");
		assert.ok(first.headers["dpop-nonce"]);
		assert.equal((await machine(await proof(key))).status, 200);
	});

	test("a nonce that is not ours: use_dpop_nonce with another", async () => {
		const key = await newKey();
		const old = Buffer.alloc(24, 1).toString("base64url");
		for (const bad of ["x", "", old, "ÿ", "a".repeat(4000)]) {
			const answer = await machine(await proof(key, { nonce: bad }));
			refused(answer, "use_dpop_nonce");
			assert.ok(answer.headers["dpop-nonce"]);
			assert.equal((await machine(await proof(key))).status, 200, "the one given is good");
		}
	});

	for (const alg of ["ES256", "ES384", "PS256", "RS256", "EdDSA"])
		test(`a proof by ${alg}`, async () => {
			const key = await newKey(alg);
			const answer = await machine(await proof(key));
			assert.equal(answer.status, 200, answer.body);
			assert.equal(answer.json.token_type, "DPoP");
			assert.deepEqual(jose.decodeJwt(answer.json.access_token).cnf, { jkt: key.jkt });
		});

	test("iat ten seconds either way", async () => {
		const key = await newKey();
		for (const off of [-10, 10])
			assert.equal((await machine(await proof(key, { iat: now() + off }))).status, 200);
	});

	test("htu: query and fragment do not count", async () => {
		assert.equal((await machine(await proof(await newKey(), { htu: `${TOKEN}?a#b` }))).status, 200);
	});

	const wrong = {
		"htm of another method": { htm: "GET" },
		"htu of another endpoint": { htu: USERINFO },
		"htu of another host": { htu: "https://elsewhere.example/token" },
		"no htu": { htu: undefined },
		"no htm": { htm: undefined },
		"no jti": { jti: undefined },
		"no iat": { iat: undefined },
		"iat of ten minutes ago": { iat: now() - 600 },
		"iat in ten minutes": { iat: now() + 600 },
		"another typ": { header: { typ: "JWT" } },
		"no jwk": { header: { jwk: undefined } },
	};
	for (const [what, change] of Object.entries(wrong))
		test(`invalid_dpop_proof: ${what}`, async () => {
			refused(await machine(await proof(await newKey(), change)), "invalid_dpop_proof");
		});

	test("invalid_dpop_proof: used before", async () => {
		const one = await proof(await newKey());
		assert.equal((await machine(one)).status, 200);
		refused(await machine(one), "invalid_dpop_proof");
	});

	test("invalid_dpop_proof: another's key, a private one, a symmetric one, none", async () => {
		const [mine, other] = [await newKey(), await newKey()];
		const d = await jose.exportJWK(mine.privateKey);
		refused(await machine(await proof({ ...mine, jwk: other.jwk })), "invalid_dpop_proof");
		refused(await machine(await proof({ ...mine, jwk: d })), "invalid_dpop_proof");
		const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
		const payload = part({ jti: randomUUID(), iat: now(), htm: "POST", htu: TOKEN, nonce });
		const oct = { kty: "oct", k: Buffer.alloc(32, 7).toString("base64url") };
		const hs = `${part({ alg: "HS256", typ: "dpop+jwt", jwk: oct })}.${payload}`;
		const mac = createHmac("sha256", Buffer.alloc(32, 7)).update(hs).digest("base64url");
		refused(await machine(`${hs}.${mac}`), "invalid_dpop_proof");
		const none = part({ alg: "none", typ: "dpop+jwt", jwk: mine.jwk });
		refused(await machine(`${none}.${payload}.`), "invalid_dpop_proof");
		refused(await machine("rubbish"), "invalid_dpop_proof");
	});

	test("invalid_dpop_proof: two headers, each of them good", async () => {
		const key = await newKey();
		const both = [await proof(key), await proof(key)];
		refused(await machine(both), "invalid_dpop_proof");
		assert.equal((await machine(both[0])).status, 200);
	});

	test("a refused proof costs no code", async () => {
		const form = await code("portal");
		const key = await newKey();
		refused(await ask(form, "portal", { dpop: await proof(key, { htm: "GET" }) }), "invalid_dpop_proof");
		assert.equal((await ask(form, "portal", { dpop: await proof(key) })).status, 200);
	});
});

describe(`what is bound to a key, nonces ${process.env.NONCE}`, () => {
	test("a code with dpop_jkt is for that key alone", async () => {
		const [mine, other] = [await newKey(), await newKey()];
		const form = () => code("portal", { dpop_jkt: mine.jkt });
		refused(await ask(await form(), "portal", { dpop: await proof(other) }), "invalid_grant");
		refused(await ask(await form(), "portal"), "invalid_grant");
		assert.equal((await ask(await form(), "portal", { dpop: await proof(mine) })).status, 200);
	});

	test("dpop_jkt that is no thumbprint is refused at the portal", async () => {
		const url = new URL("/authorize", ISSUER);
		url.search = new URLSearchParams({
			client_id: read("portal").client_id,
			redirect_uri: CALLBACK,
			response_type: "code",
			scope: "openid",
			code_challenge: "a".repeat(43),
			code_challenge_method: "S256",
			dpop_jkt: "short",
		});
		const page = await newPerson().get(url);
		assert.equal(page.landed.searchParams.get("error"), "invalid_request");
	});

	test("a public client's refresh token is for its key; a confidential client's for the client", async () => {
		const [mine, other] = [await newKey(), await newKey()];
		const refresh = (name, refresh_token, dpop) =>
			ask({ grant_type: "refresh_token", refresh_token }, name, dpop && { dpop });

		const its = await tokens("public", mine);
		refused(await refresh("public", its.refresh_token, await proof(other)), "invalid_grant");
		refused(await refresh("public", its.refresh_token), "invalid_grant");
		const next = await refresh("public", its.refresh_token, await proof(mine));
		assert.equal(next.status, 200, next.body);
		assert.equal(jose.decodeJwt(next.json.access_token).cnf.jkt, mine.jkt);

		const portals = await tokens("portal", mine);
		const moved = await refresh("portal", portals.refresh_token, await proof(other));
		assert.equal(moved.status, 200, moved.body);
		assert.equal(jose.decodeJwt(moved.json.access_token).cnf.jkt, other.jkt);
	});

	test("dpop_bound_access_tokens: no proof, no token", async () => {
		const form = { grant_type: "client_credentials" };
		refused(await ask(form, "bound"), "invalid_request");
		assert.equal((await ask(form, "bound", { dpop: await proof(await newKey()) })).status, 200);
	});

	test("userinfo: by its proof alone", async () => {
		const [mine, other] = [await newKey(), await newKey()];
		const { access_token: token } = await tokens("portal", mine);
		const at = (key, more = {}) => proof(key, { htm: "GET", htu: USERINFO, ath: ath(token), ...more });
		const good = await at(mine);
		const answer = await userinfo("DPoP", token, good);
		assert.equal(answer.status, 200, answer.body);
		assert.equal(answer.json.name, "张三");

		refused(await userinfo("DPoP", token, good), "invalid_dpop_proof", 401);
		refused(await userinfo("Bearer", token), "invalid_token", 401);
		refused(await userinfo("Bearer", token, await at(mine)), "invalid_token", 401);
		refused(await userinfo("DPoP", token), "invalid_dpop_proof", 401);
		refused(await userinfo("DPoP", token, await at(other)), "invalid_token", 401);
		refused(await userinfo("DPoP", token, await at(mine, { ath: ath("x") })), "invalid_dpop_proof", 401);
		refused(await userinfo("DPoP", token, await at(mine, { ath: undefined })), "invalid_dpop_proof", 401);
		refused(await userinfo("DPoP", token, await at(mine, { htm: "POST" })), "invalid_dpop_proof", 401);

		const stale = await userinfo("DPoP", token, await at(mine, { nonce: "old" }));
		refused(stale, "use_dpop_nonce", 401);
		assert.match(stale.headers["www-authenticate"], /^DPoP .*error="use_dpop_nonce"/);
		assert.ok(stale.headers["dpop-nonce"]);
	});

	test("userinfo: a token that is bound to nothing is no DPoP token", async () => {
		const { json } = await ask(await code("portal"), "portal");
		assert.equal(json.token_type, "Bearer");
		const token = json.access_token;
		const dpop = await proof(await newKey(), { htm: "GET", htu: USERINFO, ath: ath(token) });
		refused(await userinfo("DPoP", token, dpop), "invalid_token", 401);
		assert.equal((await userinfo("Bearer", token)).status, 200);
	});

	test("introspection shows the key", async () => {
		const key = await newKey();
		const { access_token } = await tokens("portal", key);
		const { client_id, client_secret } = read("portal");
		const pair = Buffer.from(`${client_id}:${client_secret}`).toString("base64");
		const { json } = await call(`${ISSUER}/introspect`, {
			method: "POST",
			body: new URLSearchParams({ token: access_token }).toString(),
			headers: {
				authorization: `Basic ${pair}`,
				"content-type": "application/x-www-form-urlencoded",
			},
		});
		assert.equal(json.token_type, "DPoP");
		assert.deepEqual(json.cnf, { jkt: key.jkt });
	});
});
