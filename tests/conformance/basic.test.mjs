// oidcc-basic-certification-test-plan; with RESPONSE_MODE=form_post, oidcc-formpost-basic.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	ISSUER, OTHER_CALLBACK, RelyingParty, ZHANG, assertRefused, get, jose, metadata, newPerson, s256,
} from "./lib.mjs";

const rp = RelyingParty.registered("client");
const second = RelyingParty.registered("client2");
const STANDARD = {
	profile: ["name", "birthdate", "gender", "preferred_username", "updated_at"],
	email: ["email", "email_verified"],
	address: ["address"],
	phone: ["phone_number", "phone_number_verified"],
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function userinfoOf({ tokens, claims }, options) {
	const { status, headers, json, body } = await rp.userinfo(tokens.access_token, options);
	assert.equal(status, 200, body);
	assert.match(headers["content-type"], /^application\/json\b/);
	assert.equal(json.sub, claims.sub);
	return json;
}

/** A page of the issuer's own, not an answer to the portal. */
function assertErrorPage({ page, response }) {
	assert.equal(response, undefined);
	assert.equal(page.status, 400);
	assert.match(page.headers["content-type"], /^text\/html/);
}

function assertForm({ page, response }, name) {
	assert.equal(response, undefined, "a page is shown");
	assert.equal(page.status, 200);
	assert.match(page.body, new RegExp(`<input[^>]*name="${name}"`));
}

/** Look at what comes first, without signing in. */
const firstPage = async (more, person = newPerson()) =>
	rp.answered(await person.get(rp.request(more).url), rp.request(more).sent, person);

test("oidcc-server", async () => {
	const { tokens, claims } = await rp.signIn({ scope: "openid" });
	assert.ok(claims.exp > claims.iat && Math.abs(claims.iat - Date.now() / 1000) < 10);
	assert.ok(tokens.expires_in > 0);
	await userinfoOf({ tokens, claims });
});

test("oidcc-response-type-missing", async () => {
	const person = newPerson();
	const { response, page } = await rp.authorize({ response_type: undefined }, { person });
	if (response) assert.equal(response.error, "invalid_request");
	else assertErrorPage({ page, response });
});

test("oidcc-idtoken-signature", async () => {
	const { header } = await rp.signIn();
	assert.equal(header.alg, "RS256");
	assert.ok(header.kid);
	const { keys } = (await get((await metadata()).jwks_uri)).json;
	assert.equal(keys.filter((key) => key.kid === header.kid).length, 1);
});

test("oidcc-idtoken-unsigned", async () => {
	// A client of the code flow may ask for unsigned ID tokens only where the issuer says so.
	const said = await metadata();
	assert.ok(!said.id_token_signing_alg_values_supported.includes("none"));
	const { tokens } = await rp.signIn();
	assert.notEqual(jose.decodeProtectedHeader(tokens.id_token).alg, "none");
});

test("oidcc-userinfo-get", async () => {
	await userinfoOf(await rp.signIn());
});

test("oidcc-userinfo-post-header", async () => {
	await userinfoOf(await rp.signIn(), { method: "POST" });
});

test("oidcc-userinfo-post-body", async () => {
	await userinfoOf(await rp.signIn(), { method: "POST", inBody: true });
});

test("oidcc-ensure-request-without-nonce-succeeds-for-code-flow", async () => {
	const { claims } = await rp.signIn({ nonce: undefined });
	assert.ok(!("nonce" in claims));
});

for (const scope in STANDARD)
	test(`oidcc-scope-${scope}`, async () => {
		const said = await userinfoOf(await rp.signIn({ scope: `openid ${scope}` }));
		for (const other in STANDARD)
			for (const name of STANDARD[other]) assert.equal(name in said, other === scope, name);
	});

test("oidcc-scope-all", async () => {
	const said = await userinfoOf(await rp.signIn({ scope: "openid profile email address phone" }));
	for (const name of Object.values(STANDARD).flat()) assert.ok(name in said, name);
	assert.equal(typeof said.address, "object");
	assert.equal(typeof said.email_verified, "boolean");
	assert.equal(typeof said.phone_number_verified, "boolean");
	assert.equal(typeof said.updated_at, "number");
});

test("oidcc-alternate-happy-flow", async () => {
	// The words of the scope, and the parameters, in another order than usual (RFC 6749 §3.3).
	const { url, sent } = rp.request({ scope: "email openid" });
	url.search = new URLSearchParams([...url.searchParams].reverse());
	const { response } = rp.answered(await newPerson().signIn(url, ZHANG), sent);
	const { status, json: tokens, body } = await rp.redeem(response.code);
	assert.equal(status, 200, body);
	const { claims } = await rp.idToken(tokens.id_token, { nonce: sent.nonce, access_token: tokens.access_token });
	assert.equal((await userinfoOf({ tokens, claims })).email, "zhang@example.com");
});

for (const display of ["page", "popup"])
	test(`oidcc-display-${display}`, async () => {
		assertForm(await firstPage({ display }), "password");
		await rp.signIn({ display });
	});

test("oidcc-prompt-login", async () => {
	const { person, claims } = await rp.signIn();
	assertForm(await firstPage({ prompt: "login" }, person), "password");
	await pause(1100);
	const again = await rp.signIn({ prompt: "login" }, { person });
	assert.equal(again.claims.sub, claims.sub);
	assert.ok(again.claims.auth_time > claims.auth_time);
});

test("oidcc-prompt-none-not-logged-in", async () => {
	const { response } = await rp.authorize({ prompt: "none" });
	assert.equal(response.error, "login_required");
});

test("oidcc-prompt-none-logged-in", async () => {
	const { person, claims } = await rp.signIn();
	const again = await rp.signIn({ prompt: "none" }, { person });
	assert.equal(again.claims.sub, claims.sub);
	assert.equal(again.claims.auth_time, claims.auth_time);
});

test("oidcc-max-age-1", async () => {
	const { person, claims } = await rp.signIn();
	await pause(2100);
	assertForm(await firstPage({ max_age: "1" }, person), "password");
	const again = await rp.signIn({ max_age: "1" }, { person });
	assert.ok(again.claims.auth_time > claims.auth_time);
	assert.ok(Date.now() / 1000 - again.claims.auth_time < 5);
});

test("oidcc-max-age-10000", async () => {
	const { person } = await rp.signIn({ max_age: "10000" });
	const first = await rp.signIn({ max_age: "10000", prompt: "none" }, { person });
	await pause(1100);
	const again = await rp.signIn({ max_age: "10000" }, { person });
	assert.equal(again.claims.auth_time, first.claims.auth_time);
});

test("oidcc-ensure-request-with-unknown-parameter-succeeds", async () => {
	await rp.signIn({ extra: "foobar" });
});

test("oidcc-id-token-hint", async () => {
	const { person, tokens, claims } = await rp.signIn();
	const again = await rp.signIn({ prompt: "none", id_token_hint: tokens.id_token }, { person });
	assert.equal(again.claims.sub, claims.sub);
});

test("oidcc-login-hint", async () => {
	const shown = await firstPage({ login_hint: ZHANG.username });
	assertForm(shown, "password");
	await rp.signIn({ login_hint: "foo" });
});

test("oidcc-ui-locales", async () => {
	assertForm(await firstPage({ ui_locales: "se" }), "password");
	await rp.signIn({ ui_locales: "se en" });
});

test("oidcc-claims-locales", async () => {
	await rp.signIn({ claims_locales: "se" });
});

test("oidcc-ensure-request-with-acr-values-succeeds", async () => {
	const [acr] = (await metadata()).acr_values_supported;
	const { claims } = await rp.signIn({ acr_values: `${acr} urn:example:other` });
	assert.equal(typeof claims.acr, "string");
	await rp.signIn({ acr_values: "urn:example:one urn:example:two" });
});

/** The tokens of the first exchange end, too. */
async function assertReplayRefused(wait) {
	const { tokens, response } = await rp.signIn();
	await pause(wait);
	assertRefused(await rp.redeem(response.code), "invalid_grant");
	assert.equal((await rp.userinfo(tokens.access_token)).status, 401);
}

test("oidcc-codereuse", () => assertReplayRefused(0));

test("oidcc-codereuse-30seconds", () => assertReplayRefused(30_000));

test("oidcc-ensure-registered-redirect-uri", async () => {
	const answer = await firstPage({ redirect_uri: `${OTHER_CALLBACK}?unregistered` });
	assertErrorPage(answer);
});

test("oidcc-ensure-post-request-succeeds", async () => {
	await rp.signIn({}, { method: "POST" });
});

test("oidcc-server-client-secret-post", async () => {
	const { tokens, claims } = await second.signIn();
	assert.equal((await second.userinfo(tokens.access_token)).json.sub, claims.sub);
});

test("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported", async () => {
	// Nobody has registered it, so nothing is fetched.
	const request_uri = "https://portal.localhost/request.jwt";
	const { response } = await rp.authorize({ request_uri }, { person: newPerson() });
	assert.ok(["request_uri_not_supported", "invalid_request_uri"].includes(response.error), response.error);
});

/** A request object without a signature: what it says, and whom it is for. */
const unsigned = (sent) =>
	new jose.UnsecuredJWT({ ...sent }).setIssuer(rp.client_id).setAudience(ISSUER).encode();

test("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", async () => {
	const { sent } = rp.request({ state: "inside", response_mode: undefined });
	const outside = { state: "inside", request: unsigned(sent) };
	const { response } = await rp.authorize(outside);
	assert.ok(response.code || response.error === "request_not_supported", response.error);
});

test("oidcc-claims-essential", async () => {
	const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
	const said = await userinfoOf(await rp.signIn({ claims }));
	assert.equal(said.name, "张三");
});

test("oidcc-ensure-request-object-with-redirect-uri", async () => {
	// The one in the object counts, whatever stands outside; where unsigned objects are not for this client, neither does.
	const { sent } = rp.request();
	const at = async (more) => newPerson().signIn(rp.request({ ...sent, request: unsigned({ ...sent, ...more.inside }), ...more.outside }).url, ZHANG);
	for (const more of [{ outside: { redirect_uri: OTHER_CALLBACK } }, { inside: { redirect_uri: OTHER_CALLBACK } }]) {
		const page = await at(more);
		const said = page.landed && (page.fields ?? Object.fromEntries(page.landed.searchParams));
		if (!said) assertErrorPage({ page });
		else assert.ok(said.error === "request_not_supported" || (said.code && more.outside), said.error);
		assert.notEqual(page.landed?.pathname, new URL(OTHER_CALLBACK).pathname);
	}
});

test("oidcc-refresh-token", async () => {
	const scope = "openid offline_access";
	const { tokens, claims, sent } = await rp.signIn({ scope, prompt: "consent" });
	assert.ok(tokens.refresh_token);
	const answer = await rp.refresh(tokens.refresh_token);
	assert.equal(answer.status, 200, answer.body);
	assert.notEqual(answer.json.access_token, tokens.access_token);
	if (answer.json.id_token) {
		const again = jose.decodeJwt(answer.json.id_token);
		assert.equal(again.sub, claims.sub);
		assert.equal(again.iss, claims.iss);
		assert.equal(again.auth_time, claims.auth_time);
		assert.deepEqual(again.aud, claims.aud);
		if (again.nonce) assert.equal(again.nonce, sent.nonce);
	}
	// Another client gets nothing for it.
	assertRefused(await second.refresh(answer.json.refresh_token ?? tokens.refresh_token), "invalid_grant");
});

test("oidcc-ensure-request-with-valid-pkce-succeeds", async () => {
	const verifier = "a".repeat(64);
	const pkce = { code_challenge: s256(verifier), code_challenge_method: "S256" };
	await rp.signIn(pkce, { verifier });
	const { response } = await rp.authorize(pkce);
	assertRefused(await rp.redeem(response.code), "invalid_grant");
});
