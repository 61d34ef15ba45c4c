// Each client gets its ID tokens, userinfo and introspection as it registered them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as jose from "jose";
import * as oidc from "openid-client";
import { Person, exchange, post } from "../../lib/person.mjs";

const ISSUER = new URL(process.env.ISSUER);
const PORTAL = "https://portal.localhost/cb";
const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };
const path = (name) => `${process.env.E2E}/clients/${name}.json`;
const read = (name) => JSON.parse(readFileSync(path(name), "utf8"));

async function configure(name) {
	const registered = read(name);
	const metadata = read(`${name}.metadata`);
	delete metadata.jwks;
	const auth = oidc.ClientSecretBasic(registered.client_secret);
	const config = await oidc.discovery(ISSUER, registered.client_id, metadata, auth);
	oidc.enableNonRepudiationChecks(config);
	if (existsSync(path(`${name}.key`))) {
		const jwk = read(`${name}.key`);
		const key = await jose.importJWK(jwk, jwk.alg);
		oidc.enableDecryptingResponses(config, ["A256GCM", "A128CBC-HS256"], { key, alg: jwk.alg, kid: jwk.kid });
	}
	return config;
}

async function signIn(config) {
	const verifier = oidc.randomPKCECodeVerifier();
	const nonce = oidc.randomNonce();
	const url = oidc.buildAuthorizationUrl(config, {
		redirect_uri: PORTAL,
		scope: "openid profile",
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
		nonce,
	});
	const page = await new Person((to) => to.hostname === "portal.localhost").signIn(url, ZHANG);
	assert.ok(page.landed, page.body);
	return oidc.authorizationCodeGrant(config, page.landed, {
		pkceCodeVerifier: verifier,
		expectedNonce: nonce,
		idTokenExpected: true,
	});
}

const rawUserinfo = (config, tokens) =>
	exchange(config.serverMetadata().userinfo_endpoint, {
		headers: { authorization: `Bearer ${tokens.access_token}` },
	});

function introspect(config, name, token, accept) {
	const { client_id, client_secret } = read(name);
	return post(config.serverMetadata().introspection_endpoint, { client_id, token }, {
		authorization: `Basic ${btoa(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`)}`,
		...(accept && { accept }),
	});
}

/** libauth's verdict, in JSON; throws where it refuses. */
function libauth(token, kind, audience) {
	const [command, ...args] = process.env.AUTHCTL.split(" ");
	return execFileSync(command, [...args, "token", "verify", "--kind", kind, "--audience", audience, "--json", "-"],
		{ encoding: "utf8", input: token, stdio: "pipe" });
}

const JWCRYPTO = `
import json, sys
from jwcrypto import jwe, jwk
token = jwe.JWE()
token.deserialize(sys.argv[2], key=jwk.JWK.from_json(open(sys.argv[1]).read()))
sys.stdout.write(token.payload.decode())
`;
const jwcrypto = (name, token) =>
	execFileSync("/usr/bin/python3", ["-c", JWCRYPTO, path(`${name}.key`), token], { encoding: "utf8" });

describe("encrypted answers", () => {
	for (const [name, enc] of Object.entries({
		rsa: "A256GCM", p256: "A256GCM", x25519: "A256GCM", silent: "A128CBC-HS256",
	}))
		test(`${name}: openid-client decrypts ID token and userinfo`, async () => {
			const config = await configure(name);
			const { client_id } = read(name);
			const key = read(`${name}.key`);
			const tokens = await signIn(config);
			const header = jose.decodeProtectedHeader(tokens.id_token);
			assert.equal(header.alg, key.alg);
			assert.equal(header.enc, enc);
			assert.equal(header.kid, key.kid);
			assert.equal(header.cty, "JWT");

			const { userinfo_signed_response_alg: alg } = read(`${name}.metadata`);
			const raw = await rawUserinfo(config, tokens);
			assert.match(raw.headers["content-type"], /^application\/jwt\b/);
			assert.ok(!raw.body.includes(tokens.claims().sub));

			const inner = jwcrypto(name, tokens.id_token);
			assert.match(libauth(inner, "id", client_id), new RegExp(tokens.claims().sub));
			const told = jwcrypto(name, raw.body);
			// Encrypted without a signature: openid-client takes nested userinfo alone.
			if (!alg) return assert.equal(JSON.parse(told).name, "张三");
			assert.equal(jose.decodeProtectedHeader(told).alg, alg);
			libauth(told, "userinfo", client_id);
			const info = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
			assert.equal(info.name, "张三");
		});
});

describe("signed answers", () => {
	test("userinfo: application/jwt with iss and aud", async () => {
		const config = await configure("signed-only");
		const { client_id } = read("signed-only");
		const tokens = await signIn(config);
		assert.equal(jose.decodeProtectedHeader(tokens.id_token).alg, "PS256");
		const info = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
		assert.equal(info.iss, process.env.ISSUER);
		assert.equal(info.aud, client_id);
		const { body } = await rawUserinfo(config, tokens);
		libauth(body, "userinfo", client_id);
		assert.throws(() => libauth(body, "userinfo", "somebody-else"));
		assert.throws(() => libauth(body, "id", client_id)); // never an ID token
	});

	test("userinfo stays JSON for who did not ask", async () => {
		const config = await configure("plain");
		const tokens = await signIn(config);
		const raw = await rawUserinfo(config, tokens);
		assert.match(raw.headers["content-type"], /^application\/json\b/);
		assert.equal(JSON.parse(raw.body).iss, undefined);
	});

	for (const [name, alg] of Object.entries({ plain: "RS256", "signed-only": "PS256", p256: "ES256", silent: "EdDSA" }))
		test(`introspection by Accept, ${name}: ${alg}`, async () => {
			const config = await configure(name);
			const { client_id } = read(name);
			const tokens = await signIn(config);
			const type = "application/token-introspection+jwt";
			const answer = await introspect(config, name, tokens.access_token, type);
			assert.equal(answer.status, 200);
			assert.equal(answer.headers["content-type"], type);
			assert.deepEqual({ ...jose.decodeProtectedHeader(answer.body), kid: undefined },
				{ alg, kid: undefined, typ: "token-introspection+jwt" });
			libauth(answer.body, "introspection", client_id);
			assert.throws(() => libauth(answer.body, "introspection", "somebody-else"));
			assert.throws(() => libauth(answer.body, "access", client_id));

			const claims = jose.decodeJwt(answer.body);
			assert.deepEqual(Object.keys(claims).sort(), ["aud", "iat", "iss", "token_introspection"]);
			const json = await introspect(config, name, tokens.access_token, "application/json");
			assert.match(json.headers["content-type"], /^application\/json\b/);
			assert.deepEqual(claims.token_introspection, JSON.parse(json.body));

			const nothing = await introspect(config, name, "nonsense", type);
			assert.deepEqual(jose.decodeJwt(nothing.body).token_introspection, { active: false });
		});

	test("openid-client takes a signed introspection", async () => {
		const config = await configure("p256");
		const tokens = await signIn(config);
		const told = await oidc.tokenIntrospection(config, tokens.access_token);
		assert.equal(told.active, true);
		assert.equal(told.client_id, read("p256").client_id);
	});
});

test("discovery lists what is served", async () => {
	const metadata = (await configure("plain")).serverMetadata();
	assert.deepEqual(metadata.subject_types_supported, ["pairwise", "public"]);
	for (const answer of ["id_token", "userinfo"]) {
		assert.deepEqual(metadata[`${answer}_encryption_alg_values_supported`], ["RSA-OAEP-256", "ECDH-ES"]);
		assert.deepEqual(metadata[`${answer}_encryption_enc_values_supported`], ["A256GCM", "A128CBC-HS256"]);
	}
	for (const answer of ["id_token", "userinfo", "introspection"])
		assert.deepEqual(metadata[`${answer}_signing_alg_values_supported`], ["ES256", "RS256", "EdDSA", "PS256"]);
});
