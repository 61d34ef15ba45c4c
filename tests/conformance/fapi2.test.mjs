// fapi2-message-signing-final-test-plan: requests, answers, codes and client assertions.
import assert from "node:assert/strict";
import {
	CALLBACK, VERIFIER, answer, assertion, authorize, errorPage, keyModule, module, now, object, one, parameters, pushed, redeem, refused, rsa, send, sleep, two, url, whole,
} from "./fapi2.mjs";
import { ISSUER, ZHANG, assertRefused, exchange, jose, metadata, newPerson } from "./lib.mjs";

module("discovery-end-point-verification", async () => {
	const said = await metadata();
	assert.ok(said.pushed_authorization_request_endpoint.startsWith(ISSUER));
	assert.ok(said.token_endpoint_auth_methods_supported.includes("private_key_jwt"));
	assert.deepEqual(said.code_challenge_methods_supported, ["S256"]);
	assert.equal(said.authorization_response_iss_parameter_supported, true);
	assert.ok(said.response_modes_supported.includes("jwt"));
	for (const member of ["request_object_signing_alg_values_supported", "authorization_signing_alg_values_supported"])
		assert.ok(said[member].includes("ES256"), member);
});

module("user-rejects-authentication", async () => {
	const person = newPerson();
	const page = await person.submit(await person.get(url(one, await pushed(one))), { action: "cancel" });
	assert.equal((await answer(one, page)).error, "access_denied");
});

module("ensure-request-object-with-multiple-aud-succeeds", async () => whole({ aud: ["https://else.example", ISSUER] }));
module("ensure-authorization-request-without-state-success", async () => {
	assert.ok(!("state" in (await whole({ state: undefined })).said));
});
module("ensure-authorization-request-without-nonce-success", async () => {
	assert.ok(!("nonce" in (await whole({ nonce: undefined })).id));
});
for (const [name, nonce] of [["with-64-char-nonce-success", "n".repeat(64)], ["with-long-nonce", "n".repeat(384)]])
	module(`ensure-authorization-request-${name}`, async () => assert.equal((await whole({ nonce })).id.nonce, nonce));
module("ensure-authorization-request-with-long-state", async () => {
	const state = "s".repeat(1000);
	assert.equal((await whole({ state })).said.state, state);
});
module("ensure-other-scope-order-succeeds", async () => whole({ scope: "profile openid" }));
module("ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted", async () => whole({ nbf: now() + 8 }));
module("ensure-different-nonce-inside-and-outside-request-object", async () => {
	const said = await authorize(one, { nonce: "inside" }, { nonce: "outside" });
	assert.equal(jose.decodeJwt((await redeem(one, said.code)).json.id_token).nonce, "inside");
});
module("ensure-different-state-inside-and-outside-request-object", async () => {
	assert.equal((await authorize(one, { state: "inside" }, { state: "outside" })).state, "inside");
});
module("state-only-outside-request-object-not-used", async () => {
	assert.ok(!("state" in (await authorize(one, { state: undefined }, { state: "outside" }))));
});

module("ensure-request-object-without-exp-fails", () => refused({ exp: undefined }));
module("ensure-request-object-without-nbf-fails", () => refused({ nbf: undefined }));
module("ensure-expired-request-object-fails", () => refused({ exp: now() - 300 }));
module("ensure-request-object-with-bad-aud-fails", () => refused({ aud: "https://else.example" }));
module("ensure-request-object-with-exp-over-60-fails", () => refused({ exp: now() + 4200 }));
module("ensure-request-object-with-nbf-over-60-fails", () => refused({ nbf: now() - 4200 }));
module("ensure-signed-request-object-with-RS256-fails", () => refused({}, { signer: rsa }));
module("ensure-matching-key-in-authorization-request", () => refused({}, { signer: two.key }));
module("ensure-request-object-without-redirect-uri-fails", () => refused({ redirect_uri: undefined }, {}, "invalid_request"));
module("ensure-redirect-uri-in-authorization-request", () => refused({ redirect_uri: undefined }, {}, "invalid_request"));
module("ensure-registered-redirect-uri", () => refused({ redirect_uri: `${CALLBACK}/else` }, {}, "invalid_request"));
module("plain-fapi-tolerate-unregistered-redirect-uri", () => refused({ redirect_uri: "https://portal.localhost/other" }, {}, "invalid_request"));
module("ensure-response-type-code-idtoken-fails", () => refused({ response_type: "code id_token" }, {}, "unsupported_response_type"));
module("ensure-response-type-token-fails", () => refused({ response_type: "token" }, {}, "unsupported_response_type"));
module("par-ensure-pkce-required", () => refused({ code_challenge: undefined, code_challenge_method: undefined }, {}, "invalid_request"));
module("par-plain-pkce-rejected", () => refused({ code_challenge_method: "plain", code_challenge: VERIFIER }, {}, "invalid_request"));
module("par-authorization-request-containing-request_uri", () => refused({ request_uri: "urn:ietf:params:oauth:request_uri:x" }));

module("ensure-request-object-signature-algorithm-is-not-none", async () => {
	const claims = { iss: one.client_id, aud: ISSUER, nbf: now(), exp: now() + 300, ...parameters(one) };
	const request = [{ alg: "none" }, claims].map((part) => jose.base64url.encode(JSON.stringify(part))).join(".") + ".";
	assertRefused(await send(one, "/par", { request }), "invalid_request_object");
});
module("ensure-request-object-with-invalid-signature-fails", async () => {
	const [header, payload, signature] = (await object(one)).split(".");
	const request = [header, payload, (signature[0] === "A" ? "B" : "A") + signature.slice(1)].join(".");
	assertRefused(await send(one, "/par", { request }), "invalid_request_object");
});
module("ensure-unsigned-request-at-par-endpoint-fails", async () =>
	assertRefused(await send(one, "/par", parameters(one)), "invalid_request"));
module("ensure-unsigned-authorization-request-without-using-par-fails", async () => {
	const page = await newPerson().get(`${ISSUER}/authorize?${new URLSearchParams(parameters(one))}`);
	assert.equal((await answer(one, page)).error, "invalid_request");
});

module("ensure-client-id-in-token-endpoint", async () => {
	const { code } = await authorize(one);
	assert.equal((await redeem(one, code, { client_id: two.client_id })).json.error, "invalid_client");
});
module("ensure-authorization-code-is-bound-to-client", async () => {
	assertRefused(await redeem(two, (await authorize(one)).code), "invalid_grant");
});
module("attempt-reuse-authorization-code-after-one-second", async () => {
	const { code } = await authorize(one);
	assert.equal((await redeem(one, code)).status, 200);
	await sleep(1000);
	assertRefused(await redeem(one, code), "invalid_grant");
});
module("ensure-token-endpoint-fails-with-expired-auth-code", async () => {
	const { code } = await authorize(one);
	await sleep(4500);
	assertRefused(await redeem(one, code), "invalid_grant");
});
module("ensure-pkce-code-verifier-required", async () =>
	assertRefused(await redeem(one, (await authorize(one)).code, { code_verifier: undefined }), "invalid_grant"));
module("incorrect-pkce-code-verifier-rejected", async () =>
	assertRefused(await redeem(one, (await authorize(one)).code, { code_verifier: "w".repeat(43) }), "invalid_grant"));

for (const [name, change] of [
	["ensure-signed-client-assertion-with-RS256-fails", () => ({ signer: rsa })],
	["ensure-client-assertion-with-exp-is-5-minutes-in-past-fails", () => ({ exp: now() - 300 })],
	["ensure-client-assertion-with-wrong-aud-fails", () => ({ aud: "https://else.example" })],
	["ensure-client-assertion-with-no-sub-fails", () => ({ sub: undefined })],
])
	keyModule(name, async () => assertRefused(await redeem(one, (await authorize(one)).code, {}, change()), "invalid_client", 401));
keyModule("ensure-client-assertion-in-token-endpoint", async () => {
	const none = { client_assertion: undefined, client_assertion_type: undefined };
	assertRefused(await redeem(one, (await authorize(one)).code, none), "invalid_client", 401);
});

for (const [name, change] of [
	["par-test-array-as-audience-fails", { aud: [ISSUER] }],
	["par-test-par-endpoint-url-as-audience-fails", { aud: `${ISSUER}/par` }],
	["par-test-token-endpoint-url-as-audience-fails", { aud: `${ISSUER}/token` }],
	["par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails", { nbf: now() + 120 }],
])
	keyModule(name, async () => assertRefused(await send(one, "/par", { request: await object(one) }, change), "invalid_client", 401));
keyModule("par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted", async () => {
	assert.equal((await send(one, "/par", { request: await object(one) }, { nbf: now() + 8 })).status, 201);
});

module("test-claims-parameter-identity-claims", async () => {
	// All that metadata lists of OIDC Core §5.1, in each form of §5.5.1; what nobody knows, and where, is ignored.
	const standard = ["sub", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email",
		"email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified", "address", "updated_at"];
	const names = (await metadata()).claims_supported.filter((name) => standard.includes(name));
	const forms = [null, {}, { essential: true }, { essential: false }, { essential: true, unknown: "x" }];
	const asked = Object.fromEntries([...names, "k3Zx9QpLm2"].map((name, i) => [name, forms[i % forms.length]]));
	const { id } = await whole({ scope: "openid", claims: { id_token: asked, userinfo: asked, wQ7rT5yU1o: asked } });
	assert.deepEqual([id.name, id.birthdate, id.gender, id.email, id.phone_number], ["张三", "1949-12-31", "female", "zhang@example.com", "+8613800138000"]);
	for (const name of ["preferred_username", "updated_at", "email_verified", "phone_number_verified", "address"]) assert.ok(name in id, name);
	assert.ok(!("k3Zx9QpLm2" in id));
});
module("test-essential-acr-sca-claim", async () => {
	const acr = "urn:authd:acr:rn2";
	assert.equal((await whole({ claims: { id_token: { acr: { essential: true, value: acr } } } })).id.acr, acr);
});

module("par-ensure-reused-request-uri-prior-to-auth-completion-succeeds", async () => {
	const person = newPerson();
	const at = url(one, await pushed(one));
	assert.equal((await person.get(at)).status, 200);
	assert.ok((await answer(one, await person.signIn(at, ZHANG))).code);
});
module("par-attempt-reuse-request_uri", async () => {
	const person = newPerson();
	const at = url(one, await pushed(one));
	assert.ok((await answer(one, await person.signIn(at, ZHANG))).code);
	errorPage(await person.get(at));
});
module("par-attempt-to-use-expired-request_uri", async () => {
	const at = url(one, await pushed(one));
	await sleep(4500);
	errorPage(await newPerson().get(at));
});
module("par-attempt-to-use-request_uri-for-different-client", async () => {
	errorPage(await newPerson().get(url(two, await pushed(one))));
});
module("par-authorization-request-containing-request_uri-form-param", async () => {
	const fields = { request: await object(one), request_uri: "urn:ietf:params:oauth:request_uri:x" };
	assertRefused(await send(one, "/par", fields), "invalid_request");
});
module("par-attempt-invalid-http-method", async () => {
	for (const method of ["GET", "PUT"])
		assert.ok([404, 405].includes((await exchange(`${ISSUER}/par`, { method })).status), method);
});
module("par-without-duplicate-parameters", async () => whole());
