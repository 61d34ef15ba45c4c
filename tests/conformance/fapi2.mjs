// A client of fapi2-message-signing-final-test-plan: signed requests and signed answers; private_key_jwt and DPoP, or
// with RESPONSE_MODE=mtls its certificate for both.
import assert from "node:assert/strict";
import { X509Certificate, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import { test } from "node:test";
import { registerClient } from "../lib/admin.mjs";
import { ISSUER, ZHANG, assertRefused, exchange, jose, metadata, newPerson, parsed, post, s256 } from "./lib.mjs";

export const CALLBACK = "https://portal.localhost/cb";
const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
export const now = () => Math.floor(Date.now() / 1000);
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
export const module = (name, run) => test(`fapi2-security-profile-final-${name}`, run);

export const MTLS = process.env.RESPONSE_MODE === "mtls";
/** A module of clients that have no certificate. */
export const keyModule = MTLS ? () => {} : module;
const file = (name) => readFileSync(`${process.env.E2E}/${name}`);

export async function newKey(alg = "ES256") {
	const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
	const jwk = { ...(await jose.exportJWK(publicKey)), alg, kid: randomUUID(), use: "sig" };
	return { alg, kid: jwk.kid, key: privateKey, jwk };
}

export const rsa = await newKey("RS256");
const BY_KEY = { token_endpoint_auth_method: "private_key_jwt", dpop_bound_access_tokens: true };
const BY_CERTIFICATE = { token_endpoint_auth_method: "self_signed_tls_client_auth", tls_client_certificate_bound_access_tokens: true };

async function newClient(certificate) {
	const key = await newKey();
	const its = MTLS ? [new X509Certificate(file(`${certificate}.pem`)).publicKey.export({ format: "jwk" })] : [];
	const dpop = await newKey();
	const client = await registerClient({
		client_name: "测试门户",
		redirect_uris: [CALLBACK],
		grant_types: ["authorization_code", "refresh_token"],
		scope: "openid profile email phone address offline_access",
		...(MTLS ? BY_CERTIFICATE : BY_KEY),
		jwks: { keys: [key.jwk, rsa.jwk, ...its] },
		id_token_signed_response_alg: "ES256",
		authorization_signed_response_alg: "ES256",
		profile: "fapi2-message-signing",
		rotate_refresh: false,
	});
	return { client_id: client.client_id, certificate, key, dpop };
}
export const one = await newClient("one");
export const two = await newClient("two");

export const sign = (claims, { alg, kid, key }, header = {}) =>
	new jose.SignJWT(JSON.parse(JSON.stringify(claims))).setProtectedHeader({ alg, kid, ...header }).sign(key);

export const assertion = (client, { signer = client.key, ...change } = {}) =>
	sign({ iss: client.client_id, sub: client.client_id, aud: ISSUER, jti: randomUUID(), iat: now(), exp: now() + 60, ...change }, signer);

/** A DPoP proof of its key, or `key`; a claim set to undefined is left out. */
export async function proof(client, htu, { key: { alg, key, jwk } = client.dpop, header = {}, ...change } = {}) {
	const { kty, crv, x, y } = jwk;
	const claims = { htm: "POST", htu, jti: randomUUID(), iat: now(), ...change };
	return new jose.SignJWT(JSON.parse(JSON.stringify(claims)))
		.setProtectedHeader({ typ: "dpop+jwt", alg, jwk: { kty, crv, x, y }, ...header })
		.sign(key);
}

/** POST fields, or GET, where clients come with certificates; this one's, unless it is to have none. */
export function byCertificate(client, path, { fields, headers, certificate = true }) {
	const body = fields && new URLSearchParams(fields).toString();
	const own = certificate && { cert: file(`${client.certificate}.pem`), key: file(`${client.certificate}.key`) };
	const form = fields && { "content-type": "application/x-www-form-urlencoded" };
	const { hostname, port } = new URL(endpoints.mtls_endpoint_aliases.token_endpoint);
	const options = { hostname, port, path, method: fields ? "POST" : "GET", headers: { ...headers, ...form }, family: 4, agent: false, ...own };
	return new Promise((done, failed) => {
		const sent = https.request(options, (said) => {
			let text = "";
			said.setEncoding("utf8").on("data", (part) => (text += part));
			said.on("end", () => done(parsed({ status: said.statusCode, headers: said.headers, body: text })));
		});
		sent.on("error", failed).end(body);
	});
}
const endpoints = await metadata();

/** A request of a client that authenticates; a field set to undefined is left out. `dpop` changes the proof, or with
 * null there is none, nor a certificate; `proof` is another. The rest of `change` is of the client assertion. */
export async function send(client, path, fields, { dpop = {}, proof: another, ...change } = {}) {
	const signed = MTLS || { client_assertion_type: ASSERTION, client_assertion: await assertion(client, change) };
	const all = { client_id: client.client_id, ...signed, ...fields };
	for (const name in all) if (all[name] === undefined) delete all[name];
	if (MTLS) return byCertificate(client, path, { fields: all, certificate: dpop !== null });
	const headers = dpop ? { dpop: another ?? (await proof(client, ISSUER + path, dpop)) } : {};
	return parsed(await post(ISSUER + path, all, headers));
}

export const VERIFIER = "v".repeat(43);
export const parameters = (client, more = {}) => ({
	client_id: client.client_id,
	redirect_uri: CALLBACK,
	response_type: "code",
	response_mode: "jwt",
	scope: "openid profile",
	state: randomUUID(),
	nonce: randomUUID(),
	code_challenge: s256(VERIFIER),
	code_challenge_method: "S256",
	...more,
});

export const object = (client, more = {}, { signer = client.key, header } = {}) =>
	sign({ iss: client.client_id, aud: ISSUER, nbf: now(), exp: now() + 300, ...parameters(client), ...more }, signer, { typ: "oauth-authz-req+jwt", ...header });

/** `how` changes the object's signature, and with `par` what send() sends beside it. */
export const push = async (client, more, how) => send(client, "/par", { request: await object(client, more, how) }, how?.par);

export async function pushed(client, more, how) {
	const answer = await push(client, more, how);
	assert.equal(answer.status, 201, answer.body);
	return answer.json.request_uri;
}

export const refused = async (more, how, error = "invalid_request_object") => assertRefused(await push(one, more, how), error);

export const url = (client, request_uri, more = {}) =>
	`${ISSUER}/authorize?${new URLSearchParams({ client_id: client.client_id, request_uri, ...more })}`;

/** The signed answer at the portal, verified. */
export async function answer(client, page) {
	assert.ok(page.landed, `${page.status}\n${page.body}`);
	assert.deepEqual([...page.landed.searchParams.keys()], ["response"]);
	const { jwks_uri } = await metadata();
	const keys = jose.createLocalJWKSet(parsed(await exchange(jwks_uri)).json);
	const { payload, protectedHeader } = await jose.jwtVerify(page.landed.searchParams.get("response"), keys, { issuer: ISSUER, audience: client.client_id });
	assert.equal(protectedHeader.alg, "ES256");
	return payload;
}

export const authorize = async (client, more, outside, how) =>
	answer(client, await newPerson().signIn(url(client, await pushed(client, more, how), outside), ZHANG));

export const redeem = (client, code, fields, change) =>
	send(client, "/token", { grant_type: "authorization_code", code, redirect_uri: CALLBACK, code_verifier: VERIFIER, ...fields }, change);

export async function whole(more) {
	const said = await authorize(one, more);
	const tokens = await redeem(one, said.code);
	assert.equal(tokens.status, 200, tokens.body);
	return { said, tokens: tokens.json, id: jose.decodeJwt(tokens.json.id_token) };
}

export function errorPage(page) {
	assert.equal(page.status, 400);
	assert.ok(!page.landed);
}
