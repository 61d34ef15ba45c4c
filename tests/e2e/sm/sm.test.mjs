// A sign-in at a portal of SM2 and, by the same session, at one of ES256. What was signed by SM2 is left
// in $E2E/tokens for others to verify.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import * as jose from "jose";
import * as oidc from "openid-client";
import { Portal, ZHANG, newPerson } from "../../lib/portal.mjs";
import { exchange, post } from "../../lib/person.mjs";

const portal = new Portal("portal");
const keep = (name, token) => writeFileSync(`${process.env.E2E}/tokens/${name}`, token);
const json = async (path) => JSON.parse((await portal.get(path)).body);
const alg = (token) => jose.decodeProtectedHeader(token).alg;
const listOf = (token) => jose.decodeJwt(token).status.status_list;
const person = newPerson();
let tokens;

test("discovery and JWKS list the algorithms of this issuer, and no other", async () => {
	const metadata = await json("/.well-known/openid-configuration");
	for (const what of ["id_token", "userinfo", "introspection", "authorization"])
		assert.deepEqual(metadata[`${what}_signing_alg_values_supported`], ["ES256", "RS256", "SGD_SM3_SM2"]);
	const { keys } = await json(new URL(metadata.jwks_uri).pathname);
	assert.deepEqual(keys.map((key) => key.alg).sort(), ["ES256", "RS256", "SGD_SM3_SM2"]);
});

test("a sign-in: ID token and access token in SM2, at_hash in SM3", async () => {
	const { code, verifier } = await portal.code(person);
	({ json: tokens } = await portal.redeem(code, verifier));
	assert.equal(alg(tokens.id_token), "SGD_SM3_SM2");
	assert.equal(alg(tokens.access_token), "SGD_SM3_SM2");
	const half = createHash("sm3").update(tokens.access_token).digest().subarray(0, 16);
	assert.equal(jose.decodeJwt(tokens.id_token).at_hash, half.toString("base64url"));
	keep("id", tokens.id_token);
	keep("access", tokens.access_token);
});

test("userinfo, introspection and the answer of /authorize", async () => {
	const { headers, body } = await portal.userinfo(tokens.access_token);
	assert.match(headers["content-type"], /^application\/jwt/);
	keep("userinfo", body);
	const { authorization } = portal;
	const accept = "application/token-introspection+jwt";
	const told = await post(new URL("/introspect", portal.issuer), { token: tokens.access_token }, { authorization, accept });
	assert.equal(told.headers["content-type"], accept);
	assert.equal(jose.decodeJwt(told.body).token_introspection.active, true);
	keep("introspection", told.body);

	const { url } = portal.request({ response_mode: "query.jwt" });
	const page = await person.signIn(url, ZHANG);
	const response = page.landed.searchParams.get("response");
	assert.equal(alg(response), "SGD_SM3_SM2");
	keep("response", response);
});

test("a refresh, and the end of a token in the status list", async () => {
	const { json: next } = await portal.refresh(tokens.refresh_token);
	assert.equal(alg(next.access_token), "SGD_SM3_SM2");
	const { json: other } = await portal.refresh(next.refresh_token ?? tokens.refresh_token);
	assert.equal(listOf(other.access_token).uri, listOf(tokens.access_token).uri);
	const { status } = await portal.post("/revoke", { token: other.access_token });
	assert.equal(status, 200);
	keep("revoked", other.access_token);
	const { uri, idx } = listOf(other.access_token);
	for (let i = 0; i < 50; i++) {
		const { body } = await exchange(new URL(uri));
		const { bits, lst } = jose.decodeJwt(body).status_list;
		assert.equal(bits, 1);
		const { inflateSync } = await import("node:zlib");
		if ((inflateSync(Buffer.from(lst, "base64url"))[idx >> 3] >> (idx & 7)) & 1) {
			assert.equal(alg(body), "SGD_SM3_SM2");
			return keep("list", body);
		}
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	assert.fail("it is not in the list");
});

test("openid-client, which knows no SM2, signs in at the same issuer by ES256", async () => {
	const { client_id, client_secret } = JSON.parse(readFileSync(`${process.env.E2E}/clients/modern.json`, "utf8"));
	const metadata = { id_token_signed_response_alg: "ES256" };
	const config = await oidc.discovery(new URL(portal.issuer), client_id, metadata, oidc.ClientSecretBasic(client_secret));
	oidc.enableNonRepudiationChecks(config);
	const verifier = oidc.randomPKCECodeVerifier();
	const url = oidc.buildAuthorizationUrl(config, {
		redirect_uri: "https://portal.localhost/cb",
		scope: "openid profile",
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
	});
	const page = await person.signIn(url, ZHANG);
	const got = await oidc.authorizationCodeGrant(config, page.landed, { pkceCodeVerifier: verifier, idTokenExpected: true });
	assert.equal(alg(got.id_token), "ES256");
	assert.equal(alg(got.access_token), "SGD_SM3_SM2");
});
