// Authorization requests behind a request_uri of the client's own, at an HTTPS server on loopback (OIDC Core §6.2,
// RFC 9101 §5.2); and keys for request objects at its jwks_uri.
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import { after, test } from "node:test";
import * as jose from "jose";
import { registerClient } from "../../lib/admin.mjs";
import { exchange } from "../../lib/person.mjs";
import { CALLBACK, ZHANG, newPerson } from "../../lib/portal.mjs";

const { E2E, ISSUER } = process.env;
const { privateKey, publicKey } = await jose.generateKeyPair("ES256");
const jwk = { ...(await jose.exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" };

/** What stands at each path: text, or a function of the answer. */
const paths = { "/jwks": JSON.stringify({ keys: [jwk] }) };
const asked = [];
const tls = { key: readFileSync(`${E2E}/tls.key`), cert: readFileSync(`${E2E}/tls.pem`) };
const server = https.createServer(tls, (request, answer) => {
	asked.push(request.url);
	const what = paths[request.url];
	if (typeof what === "function") return what(answer);
	answer.writeHead(what === undefined ? 404 : 200, { "content-type": "application/oauth-authz-req+jwt" }).end(what);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
after(() => server.close() && server.closeAllConnections());
const SITE = `https://127.0.0.1:${server.address().port}`;

const sha256 = (text) => createHash("sha256").update(text).digest("base64url");
const VERIFIER = "v".repeat(43);
const members = (client, more = {}) => ({
	client_id: client.client_id, redirect_uri: CALLBACK, response_type: "code", scope: "openid", state: randomUUID(),
	code_challenge: sha256(VERIFIER), code_challenge_method: "S256", iss: client.client_id, aud: ISSUER, ...more,
});
const signed = (claims, key = privateKey, alg = "ES256") =>
	new jose.SignJWT(claims).setProtectedHeader({ alg, kid: "one", typ: "oauth-authz-req+jwt" }).setExpirationTime("5m").sign(key);

const register = (request_uris, more = {}) => registerClient({
	client_name: "便民停车", redirect_uris: [CALLBACK], scope: "openid", token_endpoint_auth_method: "client_secret_basic",
	state_owned: true, jwks_uri: `${SITE}/jwks`, request_uris, ...more,
});

/** The authorization request; what stands outside of the object is for errors alone. */
async function ask(client, more) {
	const url = new URL("/authorize", ISSUER);
	url.search = new URLSearchParams({ client_id: client.client_id, redirect_uri: CALLBACK, state: "outside", ...more });
	const page = await newPerson().signIn(url, ZHANG);
	assert.ok(page.landed, `${page.status} ${page.body}`);
	return Object.fromEntries(page.landed.searchParams);
}

async function refused(client, more, error) {
	const said = await ask(client, more);
	assert.deepEqual({ error: said.error, code: said.code, iss: said.iss, state: said.state }, { error, code: undefined, iss: ISSUER, state: "outside" });
	return said;
}

const PLAIN = `${SITE}/request.jwt`;

test("not allowed: an address that is not public is not fetched, and nobody is told of the network", async () => {
	const client = await register([PLAIN], { jwks_uri: undefined, jwks: { keys: [jwk] } });
	paths["/request.jwt"] = await signed(members(client));
	const said = await refused(client, { request_uri: PLAIN }, "invalid_request_uri");
	assert.ok(!/127|address|network|refused/i.test(said.error_description), said.error_description);
	assert.deepEqual(asked, []);
});

test("fetched: its members count, and nothing beside them", async () => {
	const client = await register([PLAIN]);
	const claims = members(client);
	paths["/request.jwt"] = await signed(claims);
	const said = await ask(client, { request_uri: PLAIN, scope: "openid nuclear", redirect_uri: "https://portal.localhost/other" });
	assert.ok(said.code, JSON.stringify(said));
	assert.equal(said.state, claims.state);
	paths["/request.jwt"] = await signed(members(client, { scope: "openid nuclear" }));
	assert.equal((await ask(client, { request_uri: PLAIN })).error, "invalid_scope");
});

test("fetched: only what is registered, to the letter", async () => {
	const client = await register([`${PLAIN}?a=1`]);
	paths["/request.jwt?a=1"] = paths["/request.jwt"] = await signed(members(client));
	assert.ok((await ask(client, { request_uri: `${PLAIN}?a=1` })).code);
	asked.length = 0;
	for (const other of [PLAIN, `${PLAIN}?a=2`, `${PLAIN}?a=1#`, `${PLAIN}?a=1#x`, `${PLAIN}?a=1&b`, "https://else.example/r", "file:///etc/passwd", "x"])
		await refused(client, { request_uri: other }, "invalid_request_uri");
	const neighbour = await register([`${SITE}/its`]);
	await refused(neighbour, { request_uri: `${PLAIN}?a=1` }, "invalid_request_uri");
	assert.deepEqual(asked, []);
});

test("fetched: anew each time; the fragment is not sent", async () => {
	const uris = ["a", sha256("b")].map((fragment) => `${PLAIN}#${fragment}`);
	const client = await register(uris);
	asked.length = 0;
	for (const request_uri of uris) {
		const claims = members(client);
		paths["/request.jwt"] = await signed(claims);
		assert.equal((await ask(client, { request_uri })).state, claims.state);
	}
	assert.deepEqual(asked.filter((path) => path !== "/jwks"), ["/request.jwt", "/request.jwt"]);
	await refused(client, { request_uri: PLAIN }, "invalid_request_uri");
});

for (const [what, answers] of [
	["an empty answer", (answer) => answer.writeHead(200).end()],
	["404", (answer) => answer.writeHead(404).end()],
	["a redirect", (answer) => answer.writeHead(302, { location: "/elsewhere" }).end()],
	["10 MB", (answer) => answer.writeHead(200).end("e".repeat(10 << 20))],
	["nothing, for ever", () => {}],
	["a body without end", (answer) => answer.writeHead(200).write("ey")],
	["a connection that breaks", (answer) => answer.destroy()],
])
	test(`fetched: ${what} is invalid_request_uri, in time`, async () => {
		const client = await register([PLAIN]);
		paths["/request.jwt"] = answers;
		paths["/elsewhere"] = await signed(members(client));
		const begun = Date.now();
		await refused(client, { request_uri: PLAIN }, "invalid_request_uri");
		assert.ok(Date.now() - begun < 8000);
		assert.ok(!asked.includes("/elsewhere"));
	});

test("fetched: what is there is checked as any request object", async () => {
	const client = await register([PLAIN]);
	const { privateKey: foreign } = await jose.generateKeyPair("ES256");
	for (const [what, text] of [
		["no JWT", "hello"],
		["another's key", await signed(members(client), foreign)],
		["another audience", await signed(members(client, { aud: "https://else.example" }))],
		["another issuer", await signed(members(client, { iss: "else" }))],
		["another client", await signed(members(client, { client_id: "else" }))],
		["nested", await signed(members(client, { request_uri: PLAIN }))],
		["over", await new jose.SignJWT(members(client)).setProtectedHeader({ alg: "ES256", kid: "one" }).setExpirationTime("-5m").sign(privateKey)],
	]) {
		paths["/request.jwt"] = text;
		const said = await ask(client, { request_uri: PLAIN });
		assert.equal(said.error, "invalid_request_object", what);
	}
});

test("fetched: without a signature, where none was registered and no profile asks for one", async () => {
	const unsigned = (client) => new jose.UnsecuredJWT(members(client)).encode();
	const some = await register([PLAIN]);
	paths["/request.jwt"] = unsigned(some);
	assert.ok((await ask(some, { request_uri: PLAIN })).code);
	await refused(some, { request: unsigned(some) }, "request_not_supported");
	const strict = await register([PLAIN], { request_object_signing_alg: "ES256" });
	paths["/request.jwt"] = unsigned(strict);
	await refused(strict, { request_uri: PLAIN }, "request_not_supported");
	const signs = await register([PLAIN], { require_signed_request_object: true });
	paths["/request.jwt"] = unsigned(signs);
	await refused(signs, { request_uri: PLAIN }, "invalid_request_object");
});

test("fetched: beside request, and when PAR is a must", async () => {
	const client = await register([PLAIN]);
	paths["/request.jwt"] = await signed(members(client));
	await refused(client, { request_uri: PLAIN, request: paths["/request.jwt"] }, "invalid_request");
	const pushes = await register([PLAIN], { require_pushed_authorization_requests: true });
	paths["/request.jwt"] = await signed(members(pushes));
	assert.equal((await ask(pushes, { request_uri: PLAIN })).error, "invalid_request");
});

test("fetched: by value, too, an object is verified by the keys of jwks_uri", async () => {
	const client = await register([], { jwks_uri: `${SITE}/jwks?of=${randomUUID()}` });
	paths[new URL(client.jwks_uri).pathname + new URL(client.jwks_uri).search] = paths["/jwks"];
	assert.ok((await ask(client, { request: await signed(members(client)) })).code);
	const { privateKey: foreign } = await jose.generateKeyPair("ES256");
	await refused(client, { request: await signed(members(client), foreign) }, "invalid_request_object");
});

test("fetched: discovery says what is served", async () => {
	const said = JSON.parse((await exchange(`${ISSUER}/.well-known/openid-configuration`)).body);
	assert.equal(said.request_uri_parameter_supported, true);
	assert.equal(said.require_request_uri_registration, true);
});
