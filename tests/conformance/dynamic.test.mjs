// oidcc-dynamic-certification-test-plan: each module registers its client at the registration endpoint.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import https from "node:https";
import { test } from "node:test";
import { ISSUER, RelyingParty, ZHANG, assertRefused, exchange, get, jose, metadata, newPerson, parsed, post } from "./lib.mjs";

const CALLBACK = "https://portal.localhost/cb";
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function register(body) {
	const { registration_endpoint } = await metadata();
	return parsed(await exchange(registration_endpoint, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ redirect_uris: [CALLBACK], client_name: "便民停车", ...body }),
	}));
}

/** A relying party of its own, as OIDC Registration §3.2 answers it. */
async function registered(more = {}) {
	const answer = await register(more);
	assert.equal(answer.status, 201, answer.body);
	assert.match(answer.headers["cache-control"], /no-store/);
	assert.ok(answer.json.client_id);
	for (const [name, value] of Object.entries(more)) assert.deepEqual(answer.json[name], value, name);
	if (answer.json.client_secret) assert.equal(answer.json.client_secret_expires_at, 0);
	return new RelyingParty(answer.json);
}

/** What the client serves on the web: path -> body, which a test may replace. */
async function site(answers) {
	const file = (name) => readFileSync(`${process.env.E2E}/${name}`);
	const server = https.createServer({ cert: file("tls.pem"), key: file("tls.key") }, (req, res) => {
		const body = answers[req.url.split("?")[0]];
		const type = typeof body === "string" && body.startsWith("ey") ? "application/oauth-authz-req+jwt" : "application/json";
		res.writeHead(body === undefined ? 404 : 200, { "content-type": type });
		res.end(typeof body === "string" ? body : JSON.stringify(body));
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	server.unref();
	return `https://127.0.0.1:${server.address().port}`;
}

async function keyPair(kid, alg = "RS256") {
	const { publicKey, privateKey } = await jose.generateKeyPair(alg);
	return { privateKey, alg, jwk: { ...(await jose.exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** private_key_jwt, with the token endpoint as its audience. */
async function assertion(rp, key, aud) {
	aud ??= (await metadata()).token_endpoint;
	const jwt = await new jose.SignJWT({ jti: crypto.randomUUID() })
		.setProtectedHeader({ alg: key.alg, kid: key.jwk.kid })
		.setIssuer(rp.client_id).setSubject(rp.client_id).setAudience(aud)
		.setIssuedAt().setExpirationTime("1m").sign(key.privateKey);
	return { client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_assertion: jwt };
}
const byKey = async (rp, key, fields, aud) =>
	parsed(await post(new URL("/token", ISSUER), { ...fields, ...(await assertion(rp, key, aud)) }));
const redeem = (rp, key, code, aud) => byKey(rp, key, { grant_type: "authorization_code", code, redirect_uri: rp.redirect_uri }, aud);

function assertErrorPage({ page, response }) {
	assert.equal(response, undefined);
	assert.equal(page.status, 400);
	assert.match(page.headers["content-type"], /^text\/html/);
}

/** The first page that a person sees. */
const firstPage = async (rp, more = {}) => (await newPerson().get(rp.request(more).url)).body;

test("oidcc-idtoken-rs256", async () => {
	const rp = await registered({ id_token_signed_response_alg: "RS256" });
	const { header } = await rp.signIn();
	assert.equal(header.alg, "RS256");
});

test("oidcc-idtoken-unsigned", async () => {
	assert.ok(!(await metadata()).id_token_signing_alg_values_supported.includes("none"));
	assertRefused(await register({ id_token_signed_response_alg: "none" }), "invalid_client_metadata");
});

test("oidcc-userinfo-rs256", async () => {
	assert.ok((await metadata()).userinfo_signing_alg_values_supported.includes("RS256"));
	const rp = await registered({ userinfo_signed_response_alg: "RS256" });
	const { tokens, claims } = await rp.signIn({ scope: "openid profile" });
	const answer = await rp.userinfo(tokens.access_token);
	assert.equal(answer.status, 200, answer.body);
	assert.match(answer.headers["content-type"], /^application\/jwt/);
	const keys = jose.createLocalJWKSet((await get((await metadata()).jwks_uri)).json);
	const { payload } = await jose.jwtVerify(answer.body, keys, { issuer: ISSUER, audience: rp.client_id, algorithms: ["RS256"] });
	assert.equal(payload.sub, claims.sub);
	assert.equal(payload.name, "张三");
});

test("oidcc-ensure-redirect-uri-in-authorization-request", async () => {
	const rp = await registered();
	assertErrorPage(await rp.authorize({ redirect_uri: undefined }));
});

test("oidcc-redirect-uri-query-OK", async () => {
	const rp = await registered({ redirect_uris: [`${CALLBACK}?foo=bar`] });
	const { response } = await rp.signIn();
	assert.equal(response.foo, "bar");
});

test("oidcc-redirect-uri-query-mismatch", async () => {
	const rp = await registered({ redirect_uris: [`${CALLBACK}?foo=bar`] });
	assertErrorPage(await rp.authorize({ redirect_uri: `${CALLBACK}?bar=foo` }));
});

test("oidcc-redirect-uri-query-added", async () => {
	const rp = await registered();
	assertErrorPage(await rp.authorize({ redirect_uri: `${CALLBACK}?foo=bar` }));
});

test("oidcc-redirect-uri-regfrag", async () => {
	assertRefused(await register({ redirect_uris: [`${CALLBACK}#foobar`] }), "invalid_redirect_uri");
});

test("oidcc-discovery-endpoint-verification", async () => {
	const said = await metadata();
	assert.equal(said.issuer, ISSUER);
	for (const name of ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "registration_endpoint"])
		assert.equal(new URL(said[name]).protocol, "https:", name);
	for (const [name, values] of Object.entries({
		scopes_supported: ["openid"], response_types_supported: ["code"], claims_supported: ["sub"],
		id_token_signing_alg_values_supported: ["RS256"], grant_types_supported: ["authorization_code"],
		token_endpoint_auth_methods_supported: ["client_secret_basic", "private_key_jwt"],
	}))
		for (const value of values) assert.ok(said[name].includes(value), `${name}: ${value}`);
	assert.ok(said.subject_types_supported.length > 0);
});

test("oidcc-server", async () => {
	const rp = await registered();
	const { tokens, claims } = await rp.signIn();
	assert.equal((await rp.userinfo(tokens.access_token)).json.sub, claims.sub);
});

for (const [module, member] of [
	["oidcc-registration-logo-uri", "logo_uri"],
	["oidcc-registration-policy-uri", "policy_uri"],
	["oidcc-registration-tos-uri", "tos_uri"],
])
	test(module, async () => {
		const uri = `https://portal.localhost/${member}`;
		const rp = await registered({ [member]: uri });
		assert.ok((await firstPage(rp)).includes(`href="${uri}"`), "the page leads there");
		await rp.signIn();
	});

test("oidcc-registration-jwks-uri", async () => {
	const key = await keyPair("one");
	const url = await site({ "/jwks": { keys: [key.jwk] } });
	const rp = await registered({ jwks_uri: `${url}/jwks`, token_endpoint_auth_method: "private_key_jwt" });
	const { response, sent } = await rp.authorize();
	const answer = await redeem(rp, key, response.code);
	assert.equal(answer.status, 200, answer.body);
	await rp.idToken(answer.json.id_token, { nonce: sent.nonce, access_token: answer.json.access_token });
});

test("oidcc-registration-sector-uri", async () => {
	const redirect_uris = [CALLBACK, "https://other.localhost/cb"];
	const url = await site({ "/sector": redirect_uris });
	const of = async () => (await (await registered({ redirect_uris, subject_type: "pairwise", sector_identifier_uri: `${url}/sector` })).signIn()).claims.sub;
	assert.equal(await of(), await of(), "one sector, one subject");
	assert.notEqual(await of(), (await (await registered()).signIn()).claims.sub);
});

test("oidcc-registration-sector-bad", async () => {
	const url = await site({ "/sector": ["https://elsewhere.localhost/cb"] });
	assertRefused(await register({ sector_identifier_uri: `${url}/sector` }), "invalid_client_metadata");
});

test("oidcc-server-rotate-keys", async () => {
	const keysOf = async () => (await get((await metadata()).jwks_uri)).json.keys.map((key) => key.kid);
	const rp = await registered();
	const before = await rp.signIn();
	const published = await keysOf();
	execFileSync(`${process.env.BUILD}/authctl/authctl`,
		["--config", `${process.env.E2E}/authd.yaml`, "keys", "rotate", "--algorithm", "RS256", "--now"], { stdio: "pipe" });
	const after = await rp.signIn();
	assert.notEqual(after.header.kid, before.header.kid);
	const now = await keysOf();
	assert.ok(now.includes(after.header.kid) && now.includes(before.header.kid), "the old key is still published");
	assert.ok(published.includes(before.header.kid));
	await rp.idToken(before.tokens.id_token, { nonce: before.sent.nonce, access_token: before.tokens.access_token });
});

test("oidcc-refresh-token-rp-key-rotation", async () => {
	const old = await keyPair("old");
	const fresh = await keyPair("fresh");
	const answers = { "/jwks": { keys: [old.jwk] } };
	const url = await site(answers);
	const rp = await registered({
		jwks_uri: `${url}/jwks`, token_endpoint_auth_method: "private_key_jwt", grant_types: ["authorization_code", "refresh_token"],
	});
	const { response } = await rp.authorize({ scope: "openid offline_access", prompt: "consent" });
	const { json } = await redeem(rp, old, response.code);
	assert.ok(json.refresh_token, JSON.stringify(json));
	answers["/jwks"] = { keys: [fresh.jwk] };
	const answer = await byKey(rp, fresh, { grant_type: "refresh_token", refresh_token: json.refresh_token });
	assert.equal(answer.status, 200, answer.body);
});

/** A request object at an address of the client's own: the parameters are in it (OIDC Core §6.2). */
async function byReference(algorithm, registration = { request_object_signing_alg: algorithm }) {
	const key = await keyPair("request");
	const answers = { "/jwks": { keys: [key.jwk] } };
	const url = await site(answers);
	// The plan does not know yet what will stand there when it registers a fragment.
	const request_uri = `${url}/request.jwt#${"A".repeat(43)}`;
	const rp = await registered({
		jwks_uri: `${url}/jwks`, request_uris: [request_uri], ...registration,
	});
	const { sent } = rp.request();
	const claims = { ...sent, iss: rp.client_id, aud: ISSUER };
	answers["/request.jwt"] = algorithm === "none"
		? new jose.UnsecuredJWT(claims).encode()
		: await new jose.SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: "request" }).sign(key.privateKey);
	const outside = { state: sent.state, nonce: sent.nonce, request_uri };
	const { response, page } = await rp.authorize(outside);
	assert.ok(response?.code, page.body?.slice(0, 1000) ?? JSON.stringify(response));
	const answer = await rp.redeem(response.code);
	assert.equal(answer.status, 200, answer.body);
	await rp.idToken(answer.json.id_token, { nonce: sent.nonce, access_token: answer.json.access_token });
}

test("oidcc-request-uri-unsigned", async () => {
	const said = await metadata();
	assert.equal(said.request_uri_parameter_supported, true);
	if (!said.request_object_signing_alg_values_supported.includes("none")) return;
	await byReference("none");
	// Nothing is registered of algorithms: any that the issuer lists will do (OIDC Registration §2).
	await byReference("none", {});
});
test("oidcc-request-uri-signed-rs256", async () => {
	assert.ok((await metadata()).request_object_signing_alg_values_supported.includes("RS256"));
	await byReference("RS256");
});

test("oidcc-ensure-request-object-with-redirect-uri", async () => {
	const key = await keyPair("request");
	const rp = await registered({ jwks: { keys: [key.jwk] }, request_object_signing_alg: "RS256" });
	const { sent } = rp.request();
	const request = await new jose.SignJWT({ ...sent, iss: rp.client_id, aud: ISSUER })
		.setProtectedHeader({ alg: "RS256", kid: "request" }).sign(key.privateKey);
	// The object's counts, also beside one that is registered nowhere.
	for (const redirect_uri of [CALLBACK, "https://portal.localhost/other"]) {
		const { response, page } = await rp.authorize({ state: sent.state, nonce: sent.nonce, request, redirect_uri });
		assert.equal(page.landed.pathname, new URL(CALLBACK).pathname);
		assert.ok(response.code);
	}
});

test("oidcc-refresh-token", async () => {
	const rp = await registered({ grant_types: ["authorization_code", "refresh_token"] });
	const { tokens, claims } = await rp.signIn({ scope: "openid offline_access", prompt: "consent" });
	await pause(1000);
	const answer = await rp.refresh(tokens.refresh_token);
	assert.equal(answer.status, 200, answer.body);
	assert.notEqual(answer.json.access_token, tokens.access_token);
	assert.equal((await rp.userinfo(answer.json.access_token)).json.sub, claims.sub);
	const other = await registered({ grant_types: ["authorization_code", "refresh_token"] });
	assertRefused(await other.refresh(answer.json.refresh_token ?? tokens.refresh_token), "invalid_grant");
});

test("oidcc-ensure-client-assertion-with-iss-aud-succeeds", async () => {
	const key = await keyPair("one");
	const rp = await registered({ jwks: { keys: [key.jwk] }, token_endpoint_auth_method: "private_key_jwt" });
	const { response } = await rp.authorize({}, { credentials: ZHANG });
	assert.equal((await redeem(rp, key, response.code, ISSUER)).status, 200);
});
