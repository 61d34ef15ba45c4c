// What holds for each endpoint: nothing is stored on the way, nothing is told that was not asked, and
// JSON that is not quite JSON is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { E2E, ISSUER, Portal, assertJson, exchange, form, jwt, registered, secret, tokens } from "./raw.mjs";

const portal = new Portal("portal");
const metadata = JSON.parse((await exchange(`${ISSUER}/.well-known/openid-configuration`)).body);
const send = (path, body, { method = "POST", token, headers } = {}) =>
	exchange(new URL(path, ISSUER), {
		method, body: typeof body === "object" && !Buffer.isBuffer(body) ? JSON.stringify(body) : body,
		headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }), ...headers },
	});
const good = { redirect_uris: ["https://portal.localhost/cb"], client_name: "自助登记" };
async function registration(more = {}) {
	const answer = await send("/register", { ...good, ...more });
	assert.equal(answer.status, 201, answer.body);
	const json = JSON.parse(answer.body);
	secret(json.client_secret, json.registration_access_token);
	return json;
}

test("no answer is stored, but for what says for how long", async () => {
	const { access_token } = await tokens();
	const paths = Object.values(metadata).filter((v) => typeof v === "string" && v.startsWith(ISSUER) && v !== ISSUER);
	paths.push("/signin", "/consent", "/account", "/account/password", "/device", "/device/decision", "/requests", "/requests/x", "/healthz", "/readyz", "/nothing", "/%00");
	const shared = new Set(["/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/statuslists"]);
	for (const at of paths)
		for (const method of ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
			for (const headers of [{}, { authorization: portal.authorization }, { authorization: `Bearer ${access_token}` }]) {
				const { pathname } = new URL(at, ISSUER);
				const answer = await exchange(new URL(at, ISSUER), { method, headers });
				const cache = answer.headers["cache-control"];
				const may = shared.has(pathname) && method === "GET" && answer.status === 200;
				assert.match(cache, may ? /max-age=\d+/ : /no-store/, `${method} ${pathname}: ${cache}`);
				assert.equal(answer.headers["x-content-type-options"], "nosniff");
				assert.ok(may || !("access-control-allow-origin" in answer.headers), "no page of another site reads it");
				assert.ok(answer.status < 500, `${method} ${pathname}: ${answer.status}`);
				assert.ok(!answer.headers.server && !answer.headers["x-powered-by"]);
			}
	assert.equal((await exchange(`${ISSUER}/style.css`)).status, 200);
});

test("what was sent is not echoed into an answer", async () => {
	const mark = "zq<script>alert(1)</script>qz";
	const query = new URLSearchParams({ client_id: mark, error: mark, redirect_uri: mark, scope: mark, request_uri: mark, [mark]: mark }).toString();
	for (const path of ["/authorize", "/logout", "/account", "/device", "/requests", `/requests/${encodeURIComponent(mark)}`, `/${encodeURIComponent(mark)}`, "/userinfo", "/signin"])
		for (const answer of [await exchange(`${ISSUER}${path}?${query}`), await form(path, query)]) {
			assert.ok(!answer.body.includes("<script>alert"), path);
			for (const [name, value] of Object.entries(answer.headers)) assert.ok(name === "location" || !String(value).includes("zq<"), `${path} ${name}`);
		}
	for (const path of ["/token", "/introspect", "/revoke", "/par", "/bc-authorize", "/device_authorization", "/register"]) {
		const answer = await form(path, `${query}&grant_type=${mark}`, { authorization: portal.authorization });
		assert.ok(!answer.body.includes("zq<"), `${path} ${answer.body}`);
	}
});

test("PAR: other clients', spent, made up, nested, and its parameters at their limits", async () => {
	const challenge = { code_challenge: "A".repeat(43), code_challenge_method: "S256" };
	const request = { response_type: "code", redirect_uri: "https://portal.localhost/cb", scope: "openid", ...challenge };
	const push = (fields, who = portal) => form("/par", new URLSearchParams({ ...request, ...fields }).toString(), { authorization: who.authorization });
	const pushed = await push({});
	assert.equal(pushed.status, 201);
	assert.match(pushed.headers["cache-control"], /no-store/);
	const { request_uri } = JSON.parse(pushed.body);
	const open = (uri, client = "portal", more = "") =>
		exchange(`${ISSUER}/authorize?client_id=${registered(client).client_id}&request_uri=${encodeURIComponent(uri)}${more}`);
	assert.equal((await open(request_uri)).status, 200);
	for (const answer of [
		await open(request_uri, "other"), await open(`${request_uri}x`), await open(request_uri.toUpperCase()), await open(`${request_uri.slice(0, -1)}_`),
		await open(request_uri, "portal", `&request_uri=${encodeURIComponent(request_uri)}`), await open(request_uri, "portal", "&request=x"),
		await exchange(`${ISSUER}/authorize?request_uri=${encodeURIComponent(request_uri)}`), await open("urn:ietf:params:oauth:request_uri:"),
	]) {
		assert.equal(answer.status, 400);
		assert.equal(answer.headers.location, undefined);
	}
	// A redirect URI beside it counts for nothing, whatever becomes of the request.
	for (const uri of [request_uri, `${request_uri}x`]) {
		const answer = await open(uri, "portal", `&redirect_uri=${encodeURIComponent("https://evil.example/")}`);
		assert.ok(!String(answer.headers.location).includes("evil") && !answer.body.includes("evil.example"));
	}
	assertJson(await push({ request_uri }), 400, "invalid_request");
	assertJson(await push({ redirect_uri: "https://evil.example/" }), 400, "invalid_request");
	assertJson(await push({ client_id: registered("other").client_id }), 400, "invalid_request");
	assertJson(await push({ state: "a".repeat(4000), padding: "a".repeat(20000) }), 400, "invalid_request");
	assertJson(await push({ response_type: "token" }), 400, "unsupported_response_type");
	// An empty parameter is an absent one, also once the page comes back.
	const empty = JSON.parse((await push({ request_uri: "" })).body);
	const page = await open(empty.request_uri);
	const sealed = /name="request" value="([^"]+)"/.exec(page.body)[1];
	const cookie = page.headers["set-cookie"].map((line) => line.split(";")[0]).join("; ");
	const back = await form("/signin", new URLSearchParams({ request: sealed, username: "x", password: "y" }).toString(), { cookie, origin: ISSUER });
	assert.equal(back.status, 200, "the page is shown again");
	// As many parameters as there may be are as good as one; one more is refused at once, not later.
	for (let n = 80; n <= 100; n++) {
		const many = await push(Object.fromEntries(Array.from({ length: n }, (_, i) => [`m${i}`, "1"])));
		assert.ok([201, 400].includes(many.status), `${n}: ${many.status}`);
		if (many.status === 400) continue;
		const shown = await open(JSON.parse(many.body).request_uri);
		assert.equal(shown.status, 200, `${n} more`);
		const seal = /name="request" value="([^"]+)"/.exec(shown.body)[1];
		const own = shown.headers["set-cookie"].map((line) => line.split(";")[0]).join("; ");
		const again = await form("/signin", new URLSearchParams({ request: seal, username: "x", password: "y" }).toString(), { cookie: own, origin: ISSUER });
		assert.ok([200, 429].includes(again.status), `${n} more, and the form comes back: ${again.status}`);
	}
});

test("registration: JSON that is not quite JSON", async () => {
	const text = JSON.stringify(good);
	const more = (member) => text.replace("{", `{${member},`);
	for (const body of [
		"", "x", "[]", "null", "1", '"x"', `${text}{}`, `${text}x`, `\ufeff${text}`, text.slice(0, -1), more('"client_name":"x"'), more('"a":1,"a":2'),
		more('"\\u0063lient_name":"x"'), more(`"a":${"[".repeat(10000)}${"]".repeat(10000)}`), more(`"a":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`),
		more('"a":"\\ud800"'), more('"a":"\\u0000"'), more('"\\u0000":1'), more('"a":NaN'), more('"a":Infinity'), more('"a":01'), more('"a":.5'), more('"a":1e400'),
		more('"a":-1e400'), more(`"a":${"9".repeat(5000)}`), more("'a':1"), more('"a":1,'), more("/**/"), Buffer.from(text.replace("自", "\xff"), "latin1"),
		Buffer.from(text, "utf16le"),
	]) {
		const answer = await send("/register", body);
		assert.equal(answer.status, 400, `${String(body).slice(0, 60)}: ${answer.body}`);
		assert.match(JSON.parse(answer.body).error, /^invalid_(client_metadata|request|redirect_uri)$/);
	}
	assert.equal((await send("/register", `{"a":"${"x".repeat(1 << 20)}"}`)).status, 413);
	for (const [member, value] of [
		["default_max_age", 1e300], ["default_max_age", -1], ["default_max_age", 1.5], ["default_max_age", 2 ** 53], ["redirect_uris", [[]]], ["redirect_uris", { 0: "x" }],
		["redirect_uris", [null]], ["redirect_uris", Array(33).fill("https://a.localhost/")], ["redirect_uris", ["https://a.localhost/".padEnd(3000, "a")]],
		["client_name", "x".repeat(201)], ["client_name", ["x"]], ["grant_types", [1]], ["scope", 1], ["jwks", []], ["jwks", { keys: {} }], ["jwks", "x"], ["require_auth_time", 1],
	])
		assert.equal((await send("/register", { ...good, [member]: value })).status, 400, `${member} ${JSON.stringify(value).slice(0, 40)}`);
});

test("registration: keys that are not for others' eyes", async () => {
	const { generateKeyPairSync } = await import("node:crypto");
	const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }), weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
	const open = pair.publicKey.export({ format: "jwk" });
	const encrypted = { id_token_encrypted_response_alg: "ECDH-ES", id_token_encrypted_response_enc: "A256GCM" };
	const enc = { ...open, use: "enc", alg: "ECDH-ES", kid: "e" };
	const by = { token_endpoint_auth_method: "private_key_jwt" };
	await registration({ jwks: { keys: [open] }, ...by });
	await registration({ jwks: { keys: [enc] }, ...encrypted });
	await registration({ jwks: { keys: [enc, { ...open, use: "sig" }] }, ...encrypted, ...by });
	for (const [keys, how] of [
		[[pair.privateKey.export({ format: "jwk" })], by], [[rsa.privateKey.export({ format: "jwk" })], by], [[{ kty: "oct", k: "AAAA" }], by],
		[[{ ...pair.privateKey.export({ format: "jwk" }), use: "enc" }], encrypted], [[enc, pair.privateKey.export({ format: "jwk" })], encrypted],
		[[enc, { kty: "oct", k: "c2VjcmV0" }], encrypted], [[enc, rsa.privateKey.export({ format: "jwk" })], encrypted],
		[[weak.publicKey.export({ format: "jwk" })], by], [[{ ...open, x: "AAAA" }], by], [[], by], [[open, pair.privateKey.export({ format: "jwk" })], by],
	]) {
		const answer = await send("/register", { ...good, jwks: { keys }, ...how });
		assertJson(answer, 400, "invalid_client_metadata");
		assert.ok(!answer.body.includes(pair.privateKey.export({ format: "jwk" }).d));
	}
});

test("registration: another client's token opens nothing, nor does one of a client that is gone", async () => {
	const a = await registration(), b = await registration();
	const at = (client) => `/register/${client.client_id}`;
	const put = { ...good, client_id: b.client_id };
	for (const token of [a.registration_access_token, "x", a.client_secret, b.client_secret, `${b.registration_access_token}x`, undefined])
		for (const method of ["GET", "PUT", "DELETE"]) {
			const answer = await send(at(b), method === "PUT" ? put : undefined, { method, token });
			assertJson(answer, 401, "invalid_token");
			assert.match(answer.headers["www-authenticate"], /^Bearer/);
		}
	for (const path of ["/register/nobody", "/register/", "/register/..", "/register/%2e%2e", `/register/${b.client_id}/x`, `/register/${registered("portal").client_id}`])
		assert.ok([401, 404].includes((await send(path, undefined, { method: "GET", token: b.registration_access_token })).status), path);
	assertJson(await send(at(b), { ...put, client_id: a.client_id }, { method: "PUT", token: b.registration_access_token }), 400, "invalid_client_metadata");
	assertJson(await send(at(b), { ...put, client_secret: "chosen" }, { method: "PUT", token: b.registration_access_token }), 400, "invalid_client_metadata");
	assert.equal((await send(at(b), undefined, { method: "GET", token: b.registration_access_token })).status, 200);
	assert.equal((await send(at(b), undefined, { method: "DELETE", token: b.registration_access_token })).status, 204);
	assertJson(await send(at(b), undefined, { method: "GET", token: b.registration_access_token }), 401, "invalid_token");
	assertJson(await form("/token", "grant_type=authorization_code&code=x", { authorization: `Basic ${Buffer.from(`${b.client_id}:${b.client_secret}`).toString("base64")}` }), 401, "invalid_client");
});

test("registration: who names another's redirect URIs does not learn its names for people", async () => {
	const sub = async (name) => JSON.parse(Buffer.from((await tokens(name, { scope: "openid" })).id_token.split(".")[1], "base64url")).sub;
	const as = async (name, more) => {
		writeFileSync(`${E2E}/clients/${name}.json`, JSON.stringify(await registration({ scope: "openid", ...more })));
		return sub(name);
	};
	const device = { grant_types: ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"] };
	const portals = await sub("portal");
	assert.equal(await as("neighbour"), portals, "who can only be answered there is there");
	assert.equal(new Set([portals, await as("thief", device), await as("thief2", device)]).size, 3);
	// Neither by a change afterwards.
	const later = await registration({ scope: "openid" });
	const { body } = await send(`/register/${later.client_id}`, { ...good, ...device, scope: "openid", client_id: later.client_id }, { method: "PUT", token: later.registration_access_token });
	writeFileSync(`${E2E}/clients/later.json`, JSON.stringify({ ...later, ...JSON.parse(body), client_secret: later.client_secret }));
	assert.notEqual(await sub("later"), portals);
});

test("registration: no client of nobody's asks for people by name", async () => {
	const ciba = "urn:openid:params:grant-type:ciba";
	const asks = { grant_types: ["authorization_code", ciba], backchannel_token_delivery_mode: "poll" };
	assertJson(await send("/register", { ...good, ...asks }), 400, "invalid_client_metadata");
	const own = await registration();
	assertJson(await send(`/register/${own.client_id}`, { ...good, ...asks, client_id: own.client_id }, { method: "PUT", token: own.registration_access_token }), 400, "invalid_client_metadata");
	const { authorization } = portal;
	for (const login_hint of ["11010519491231002X", "110101199003070011"])
		assertJson(await form("/bc-authorize", new URLSearchParams({ scope: "openid", login_hint }).toString(), { authorization }), 400, "unauthorized_client");
});

test("registration: no address that this issuer would ask on its own machine or network", async () => {
	for (const uri of [
		"https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
		"https://[::ffff:7f00:1]/", "https://[fe80::1%25lo]/", "https://169.254.169.254/latest/meta-data", "https://10.0.0.1/", "https://0.0.0.0/",
		"https://localhost/", `${ISSUER}/jwks`, "https://[64:ff9b::7f00:1]/", "https://user:pw@127.0.0.1/", "https://127.0.0.1:22/", "file:///etc/passwd", "gopher://127.0.0.1/",
	]) {
		const began = Date.now();
		assertJson(await send("/register", { ...good, sector_identifier_uri: uri }), 400, "invalid_client_metadata", uri);
		assert.ok(Date.now() - began < 5500, uri);
	}
});

test("a client's URIs on this machine: nobody connects there for its sector, its keys, its request or its sign-out", async () => {
	let connections = 0;
	const server = createServer((socket) => { connections++; socket.destroy(); });
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	const { port } = server.address();
	for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"]) {
		const at = `https://${host}:${port}`;
		assertJson(await send("/register", { ...good, sector_identifier_uri: `${at}/sector` }), 400, "invalid_client_metadata");
		const keyed = await registration({ jwks_uri: `${at}/jwks`, token_endpoint_auth_method: "private_key_jwt", request_uris: [`${at}/request`] });
		const { client_id: sub } = keyed, now = Math.floor(Date.now() / 1000);
		const client_assertion = jwt("signer", { iss: sub, sub, aud: ISSUER, exp: now + 60, jti: crypto.randomUUID() });
		const by = { client_assertion, client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" };
		assertJson(await form("/token", new URLSearchParams({ grant_type: "authorization_code", code: "x", ...by }).toString()), 401, "invalid_client");
		assert.equal((await exchange(`${ISSUER}/authorize?client_id=${sub}&request_uri=${encodeURIComponent(`${at}/request`)}`)).status, 400);
		writeFileSync(`${E2E}/clients/told.json`, JSON.stringify(await registration({ scope: "openid", backchannel_logout_uri: `${at}/logout` })));
		const { person } = await tokens("told", { scope: "openid" });
		await person.submit(await person.get(`${ISSUER}/logout`), { decision: "logout" }, "/logout");
	}
	await new Promise((done) => setTimeout(done, 1500));
	server.close();
	assert.equal(connections, 0);
});

test("who shows no secret keeps so much from one address, and no more", async () => {
	const at = { "x-forwarded-for": "198.51.100.7" }, elsewhere = { "x-forwarded-for": "198.51.100.8" };
	const native = new URLSearchParams({ client_id: registered("native").client_id, redirect_uri: "http://127.0.0.1/cb", response_type: "code", scope: "openid",
		code_challenge: "A".repeat(43), code_challenge_method: "S256" }).toString();
	const tv = `client_id=${registered("tv").client_id}&scope=openid`;
	const statuses = [];
	for (let i = 0; i < 45; i++) statuses.push((await form(...(i % 2 ? ["/par", native] : ["/device_authorization", tv]), at)).status);
	assert.deepEqual([...new Set(statuses)].sort(), [200, 201, 429]);
	assert.equal(statuses.filter((s) => s === 429).length, 5, "both count together");
	const last = await form("/par", native, at);
	assertJson(last, 429, "temporarily_unavailable");
	assert.ok(Number(last.headers["retry-after"]) > 0);
	assert.equal((await form("/par", native, elsewhere)).status, 201);
	const { authorization } = portal;
	const own = native.replace(registered("native").client_id, portal.client_id).replace(encodeURIComponent("http://127.0.0.1/cb"), encodeURIComponent("https://portal.localhost/cb"));
	assert.equal((await form("/par", own, { ...at, authorization })).status, 201, "who has a secret can be asked about it");
});
