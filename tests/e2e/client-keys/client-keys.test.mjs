// Clients that publish their keys: an HTTPS server of their own, and openid-client.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import https from "node:https";
import { after, test } from "node:test";
import * as jose from "jose";
import * as oidc from "openid-client";
import { Person, exchange } from "../../lib/person.mjs";

const { E2E, ISSUER } = process.env;
const CB = "https://portal.localhost/cb";
const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };
const SCOPE = "openid offline_access";

/** What a server publishes, and how often it was asked. */
class Site {
	keys = [];
	asked = 0;
	down = false;
	headers = {};

	static async open() {
		const site = new Site();
		const tls = { key: readFileSync(`${E2E}/tls.key`), cert: readFileSync(`${E2E}/tls.pem`) };
		site.server = https.createServer(tls, (request, answer) => site.answer(request, answer));
		await new Promise((done) => site.server.listen(0, "127.0.0.1", done));
		site.jwksUri = `https://127.0.0.1:${site.server.address().port}/jwks`;
		after(() => site.server.close());
		return site;
	}

	answer(request, answer) {
		this.asked++;
		if (this.down) return answer.writeHead(503).end();
		answer.writeHead(200, { "content-type": "application/jwk-set+json", ...this.headers });
		answer.end(JSON.stringify({ keys: this.keys.map((key) => key.public) }));
	}
}

async function newKey(kid) {
	const pair = await jose.generateKeyPair("ES256", { extractable: true });
	const named = { use: "sig", alg: "ES256", ...(kid && { kid }) };
	return { kid, key: pair.privateKey, public: { ...(await jose.exportJWK(pair.publicKey)), ...named } };
}

async function register(site, more = {}) {
	const answer = await exchange(new URL("/register", ISSUER), {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({
			client_name: "公钥门户",
			redirect_uris: [CB],
			scope: SCOPE,
			grant_types: ["authorization_code", "refresh_token"],
			token_endpoint_auth_method: "private_key_jwt",
			jwks_uri: site.jwksUri,
			...more,
		}),
	});
	return { status: answer.status, ...JSON.parse(answer.body) };
}

async function registered(site, more) {
	const client = await register(site, more);
	assert.equal(client.status, 201, JSON.stringify(client));
	return client;
}

const configure = (client, { key, kid }) =>
	oidc.discovery(new URL(ISSUER), client.client_id, {}, oidc.PrivateKeyJwt({ key, kid }));

async function signIn(config) {
	const verifier = oidc.randomPKCECodeVerifier();
	const url = oidc.buildAuthorizationUrl(config, {
		redirect_uri: CB,
		scope: SCOPE,
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
	});
	const person = new Person((to) => to.hostname === "portal.localhost");
	const page = await person.signIn(url, ZHANG);
	assert.ok(page.landed, page.body);
	return oidc.authorizationCodeGrant(config, new URL(page.landed), { pkceCodeVerifier: verifier });
}

const refresh = async (client, key, token) => oidc.refreshTokenGrant(await configure(client, key), token);

/** Refused as a client; what the authorization server saw of the network is not told. */
async function refused(promise) {
	await assert.rejects(promise, (error) => {
		assert.equal(error.cause?.error ?? error.error, "invalid_client", error);
		assert.doesNotMatch(JSON.stringify(error), /127\.0\.0\.1|public|certificate|connect/i);
		return true;
	});
}

test("not allowed: keys on this machine are not fetched", async () => {
	const site = await Site.open();
	const key = await newKey("a");
	site.keys = [key];
	const client = await registered(site);
	await refused(refresh(client, key, "x"));
	assert.equal(site.asked, 0);
});

test("not trusted: nor from a server whose certificate nobody vouches for", async () => {
	const site = await Site.open();
	const key = await newKey("a");
	site.keys = [key];
	const client = await registered(site);
	await refused(refresh(client, key, "x"));
	assert.equal(site.asked, 0);
});

test("oidcc-registration-jwks-uri: keys are fetched when they are needed, and kept", async () => {
	const site = await Site.open();
	const key = await newKey("a");
	site.keys = [await newKey("b"), key];
	const client = await registered(site);
	assert.equal(client.jwks_uri, site.jwksUri);
	const tokens = await signIn(await configure(client, key));
	const again = await refresh(client, key, tokens.refresh_token);
	assert.ok(again.access_token);
	assert.equal(site.asked, 1);
});

for (const kid of ["named", undefined])
	test(`oidcc-refresh-token-rp-key-rotation: at once, keys ${kid ?? "without a kid"}`, async () => {
		const site = await Site.open();
		const old = await newKey(kid && "old");
		const fresh = await newKey(kid && "new");
		site.keys = [old];
		const client = await registered(site);
		const tokens = await signIn(await configure(client, old));
		site.keys = [fresh];
		const again = await refresh(client, fresh, tokens.refresh_token);
		assert.ok(again.access_token);
		assert.equal(site.asked, 2);
		await refused(refresh(client, old, again.refresh_token));
		assert.equal(site.asked, 2);
	});

test("keys: a storm of unknown ones asks for one fetch", async () => {
	const site = await Site.open();
	const key = await newKey("a");
	const forger = await newKey("b");
	site.keys = [key];
	const client = await registered(site);
	const configs = [await configure(client, forger), await configure(client, key)];
	await assert.rejects(oidc.refreshTokenGrant(configs[1], "x"), { error: "invalid_grant" });
	assert.equal(site.asked, 1);
	await Promise.all(
		Array.from({ length: 100 }, () => refused(oidc.refreshTokenGrant(configs[0], "x"))),
	);
	assert.equal(site.asked, 2);
	await assert.rejects(oidc.refreshTokenGrant(configs[1], "x"), { error: "invalid_grant" });
});

test("keys: many who come at once are served by one fetch", async () => {
	const site = await Site.open();
	const key = await newKey("a");
	site.keys = [key];
	const config = await configure(await registered(site), key);
	await Promise.all(
		Array.from({ length: 50 }, () =>
			assert.rejects(oidc.refreshTokenGrant(config, "x"), { error: "invalid_grant" }),
		),
	);
	assert.equal(site.asked, 1);
});

test("keys: out of reach when they are needed for the first time", async () => {
	const site = await Site.open();
	const key = await newKey("a");
	site.keys = [key];
	site.down = true;
	const client = await registered(site);
	await refused(refresh(client, key, "x"));
	await refused(refresh(client, key, "x"));
	assert.equal(site.asked, 1);
});

test("keys: ID token and userinfo are encrypted to one of them", async () => {
	const site = await Site.open();
	const pair = await jose.generateKeyPair("ECDH-ES", { extractable: true });
	const jwk = { ...(await jose.exportJWK(pair.publicKey)), kid: "e", use: "enc", alg: "ECDH-ES" };
	site.keys = [await newKey("a"), { public: jwk }];
	const client = await registered(site, {
		token_endpoint_auth_method: "client_secret_basic",
		id_token_encrypted_response_alg: "ECDH-ES",
		id_token_encrypted_response_enc: "A256GCM",
		userinfo_signed_response_alg: "ES256",
		userinfo_encrypted_response_alg: "ECDH-ES",
		userinfo_encrypted_response_enc: "A256GCM",
	});
	const auth = oidc.ClientSecretBasic(client.client_secret);
	const signed = { userinfo_signed_response_alg: "ES256" };
	const config = await oidc.discovery(new URL(ISSUER), client.client_id, signed, auth);
	oidc.enableDecryptingResponses(config, ["A256GCM"], { key: pair.privateKey, kid: "e" });
	const tokens = await signIn(config);
	assert.equal(site.asked, 1);
	assert.equal(jose.decodeProtectedHeader(tokens.id_token).enc, "A256GCM");
	const info = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
	assert.equal(info.sub, tokens.claims().sub);
	assert.equal(site.asked, 1);
});

test("keys: jwks and jwks_uri exclude each other, and a jwks_uri is https", async () => {
	const site = await Site.open();
	const key = await newKey("a");
	for (const more of [
		{ jwks: { keys: [key.public] } },
		{ jwks_uri: undefined },
		{ jwks_uri: "http://portal.example/jwks" },
		{ jwks_uri: "https://user:word@portal.example/jwks" },
	]) {
		const answer = await register(site, more);
		assert.equal(answer.status, 400, JSON.stringify(more));
		assert.equal(answer.error, "invalid_client_metadata");
	}
	assert.equal(site.asked, 0);
});
