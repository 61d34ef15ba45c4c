// Dynamic registration (RFC 7591, RFC 7592, OIDC Registration 1.0), by openid-client where that speaks it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import https from "node:https";
import { test } from "node:test";
import * as jose from "jose";
import * as oidc from "openid-client";
import { Person, exchange, post } from "../../lib/person.mjs";

const ISSUER = process.env.ISSUER;
const CB = "https://portal.localhost/cb";
const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };
const read = (name) => JSON.parse(readFileSync(`${process.env.E2E}/${name}.json`, "utf8"));
const json = (answer) => JSON.parse(answer.body);

function send(path, { method = "POST", token, body, type = "application/json" } = {}) {
	const headers = { ...(body !== undefined && { "content-type": type }), ...(token && { authorization: `Bearer ${token}` }) };
	const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
	return exchange(new URL(path, ISSUER), { method, headers, body: text });
}
const register = (body, token) => send("/register", { body, token });

async function registered(body, token) {
	const answer = await register(body, token);
	assert.equal(answer.status, 201, answer.body);
	assert.match(answer.headers["content-type"], /^application\/json/);
	assert.match(answer.headers["cache-control"], /no-store/);
	return json(answer);
}

async function refused(body, error, { token, status = 400 } = {}) {
	const answer = await register(body, token);
	assert.equal(answer.status, status, `${JSON.stringify(body)?.slice(0, 200)}: ${answer.body}`);
	assert.equal(json(answer).error, error, answer.body);
	return json(answer);
}

const any = () => read("any").token;

// ---- off --------------------------------------------------------------------------------------------

test("off: there is no such endpoint, and discovery names none", async () => {
	assert.equal((await register({ redirect_uris: [CB] })).status, 404);
	assert.equal((await send("/register/x", { method: "GET", token: "x" })).status, 404);
	const metadata = json(await exchange(`${ISSUER}/.well-known/openid-configuration`));
	assert.equal(metadata.registration_endpoint, undefined);
});

// ---- by token ---------------------------------------------------------------------------------------

test("token: nobody registers without a good one", async () => {
	const without = await register({ redirect_uris: [CB] });
	assert.equal(without.status, 401);
	assert.equal(without.headers["www-authenticate"], 'Bearer realm="authd"');
	await new Promise((done) => setTimeout(done, 1100));
	for (const token of ["x", read("revoked").token, read("short").token, `${any()}A`, any().slice(0, -2)]) {
		const answer = await register({ redirect_uris: [CB] }, token);
		assert.equal(answer.status, 401);
		assert.match(answer.headers["www-authenticate"], /error="invalid_token"/);
	}
});

test("token: openid-client registers, and a person signs in there", async () => {
	const config = await oidc.dynamicClientRegistration(
		new URL(ISSUER),
		{ redirect_uris: [CB], client_name: "自助登记的门户", scope: "openid profile" },
		oidc.ClientSecretBasic(),
		{ initialAccessToken: any() },
	);
	const metadata = config.clientMetadata();
	assert.equal(metadata.token_endpoint_auth_method, "client_secret_basic");
	const person = new Person((url) => url.hostname === "portal.localhost");
	const verifier = oidc.randomPKCECodeVerifier();
	const url = oidc.buildAuthorizationUrl(config, {
		redirect_uri: CB,
		scope: "openid profile",
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
	});
	const page = await person.signIn(url, ZHANG);
	assert.ok(page.landed, page.body);
	const tokens = await oidc.authorizationCodeGrant(config, page.landed, { pkceCodeVerifier: verifier });
	assert.ok(tokens.claims().sub);

	// The client goes, and what it got ends.
	const info = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
	assert.equal(info.sub, tokens.claims().sub);
	const gone = await send(metadata.registration_client_uri, { method: "DELETE", token: metadata.registration_access_token });
	assert.equal(gone.status, 204);
	const after = await exchange(`${ISSUER}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
	assert.equal(after.status, 401);
	const again = await send(metadata.registration_client_uri, { method: "GET", token: metadata.registration_access_token });
	assert.equal(again.status, 401);
});

test("token: the defaults of the standard are answered", async () => {
	const c = await registered({ redirect_uris: [CB], some_future_member: { a: 1 } }, any());
	assert.match(c.client_id, /^[0-9a-f]{32}$/);
	assert.ok(c.client_secret.length >= 43);
	assert.equal(c.client_secret_expires_at, 0);
	assert.equal(c.registration_client_uri, `${ISSUER}/register/${c.client_id}`);
	assert.ok(Math.abs(c.client_id_issued_at - Date.now() / 1000) < 60);
	assert.deepEqual(c.redirect_uris, [CB]);
	assert.deepEqual(c.response_types, ["code"]);
	assert.deepEqual(c.grant_types, ["authorization_code"]);
	assert.equal(c.application_type, "web");
	assert.equal(c.token_endpoint_auth_method, "client_secret_basic");
	assert.equal(c.id_token_signed_response_alg, "RS256");
	assert.equal(c.subject_type, "pairwise");
	assert.equal(c.some_future_member, undefined);
	assert.equal(c.scope, "openid profile phone email address");
});

test("token: what only an operator may say is not heard", async () => {
	const c = await registered(
		{ redirect_uris: [CB], state_owned: true, client_id: "chosen", sector: "bank.example", introspect_any: true,
		  require_pkce: false, legal_persons: true, registration_scope: "x", disabled: false },
		any(),
	);
	assert.notEqual(c.client_id, "chosen");
	for (const member of ["state_owned", "sector", "introspect_any", "legal_persons", "registration_scope"])
		assert.equal(c[member], undefined, member);
	const url = `${ISSUER}/authorize?client_id=${c.client_id}&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(CB)}`;
	const answer = await exchange(url);
	assert.match(new URL(answer.headers.location).searchParams.get("error_description"), /code_challenge/);
});

test("token: a limited token limits its clients, afterwards too", async () => {
	const token = read("narrow").token;
	await refused({ redirect_uris: [CB], scope: "openid email" }, "invalid_client_metadata", { token });
	await refused({ grant_types: ["client_credentials"], scope: "openid" }, "invalid_client_metadata", { token });
	const c = await registered({ redirect_uris: [CB] }, token);
	assert.equal(c.scope, "openid profile");
	const put = (body) =>
		send(c.registration_client_uri, { method: "PUT", token: c.registration_access_token, body: { client_id: c.client_id, redirect_uris: [CB], ...body } });
	assert.equal((await put({ scope: "openid profile email" })).status, 400);
	assert.equal((await put({ scope: "openid" })).status, 200);

	// One without a list makes no client that acts without a person.
	await refused({ grant_types: ["client_credentials"], scope: "openid" }, "invalid_client_metadata", { token: any() });
	const machine = await registered({ grant_types: ["client_credentials"] }, read("machine").token);
	assert.deepEqual([machine.grant_types, machine.scope], [["client_credentials"], "exchange"]);
});

test("token: one for two clients makes two, however many ask at once", async () => {
	const token = read("twice").token;
	const answers = await Promise.all(Array.from({ length: 8 }, () => register({ redirect_uris: [CB] }, token)));
	assert.equal(answers.filter((a) => a.status === 201).length, 2, answers.map((a) => a.status).join());
	assert.equal(answers.filter((a) => a.status === 401).length, 6, answers.map((a) => a.status).join());
});

test("token: refresh_token and offline_access go together", async () => {
	const both = await registered({ redirect_uris: [CB], grant_types: ["authorization_code", "refresh_token"] }, any());
	assert.match(both.scope, /offline_access/);
	const scope = await registered({ redirect_uris: [CB], scope: "openid offline_access" }, any());
	assert.deepEqual(scope.grant_types, ["authorization_code", "refresh_token"]);
	const narrowed = await registered(
		{ redirect_uris: [CB], scope: "openid", grant_types: ["authorization_code", "refresh_token"] }, any());
	assert.deepEqual(narrowed.grant_types, ["authorization_code"]);
});

test("token: redirect URIs that nobody may have", async () => {
	const token = any();
	for (const uri of ["http://portal.example/cb", "https://portal.example/cb#x", "javascript:alert(1)", "/cb",
		"https://*.example/cb", "https://u@portal.example/", "https://portal.example/a/../b", "com.example.app:/cb",
		"data:text/html,x"])
		await refused({ redirect_uris: [uri] }, "invalid_redirect_uri", { token });
	await refused({ redirect_uris: [] }, "invalid_redirect_uri", { token });
	await refused({}, "invalid_redirect_uri", { token });
	await refused({ redirect_uris: CB }, "invalid_redirect_uri", { token });
	for (const uri of ["com.example.app:/cb", "http://127.0.0.1/cb", "http://[::1]:4000/cb", "https://app.example/cb"])
		await registered({ redirect_uris: [uri], application_type: "native", token_endpoint_auth_method: "none" }, token);
	for (const uri of ["app:/cb", "com.example.app://host/cb", "javascript.x:alert(1)", "com.example.app:/cb#x"])
		await refused({ redirect_uris: [uri], application_type: "native" }, "invalid_redirect_uri", { token });
});

test("token: metadata that nobody may have", async () => {
	const jwks = { keys: [await jose.exportJWK((await jose.generateKeyPair("ES256")).publicKey)] };
	const secret = { keys: [{ kty: "oct", k: "c2VjcmV0" }] };
	for (const bad of [
		{ logo_uri: "javascript:alert(1)" }, { logo_uri: "http://portal.example/logo.png" }, { policy_uri: "javascript:1" },
		{ tos_uri: "data:text/html,x" }, { client_uri: "//portal.example" }, { initiate_login_uri: "http://portal.example/in" },
		{ sector_identifier_uri: "http://portal.example/s" }, { jwks_uri: "ftp://portal.example/jwks" },
		{ jwks, jwks_uri: "https://portal.example/jwks" }, { jwks: secret }, { jwks: "x" }, { jwks: [] },
		{ token_endpoint_auth_method: "private_key_jwt" }, { token_endpoint_auth_method: "client_secret_md5" },
		{ token_endpoint_auth_method: 3 }, { id_token_signed_response_alg: "none" }, { id_token_signed_response_alg: "HS256" },
		{ subject_type: "private" }, { application_type: "desktop" }, { response_types: ["token"] },
		{ response_types: ["code id_token"] }, { grant_types: ["implicit"] }, { grant_types: ["password"] },
		{ grant_types: "authorization_code" }, { contacts: [3] }, { contacts: ["a b"] }, { client_name: { zh: "门户" } },
		{ client_name: "a\nb" }, { client_name: "x".repeat(201) }, { scope: "openid admin" }, { scope: 'openid "' },
		{ default_max_age: "60" }, { default_max_age: -1 }, { require_auth_time: "yes" },
		{ post_logout_redirect_uris: ["http://portal.example/"] }, { request_uris: ["file:///etc/passwd"] },
		{ frontchannel_logout_uri: "https://elsewhere.example/out" }, { redirect_uris: Array(33).fill(CB) },
	]) {
		const error = bad.redirect_uris ? "invalid_redirect_uri" : "invalid_client_metadata";
		const told = await refused({ redirect_uris: [CB], ...bad }, error, { token: any() });
		assert.ok(told.error_description.startsWith(`${Object.keys(bad)[0]}:`), told.error_description);
	}
	await refused({ redirect_uris: [CB, "https://other.localhost/cb"] }, "invalid_client_metadata", { token: any() });
});

test("token: bodies that are no metadata", async () => {
	const deep = `{"a":${"[".repeat(10000)}${"]".repeat(10000)}}`;
	for (const body of ["", "x", "[]", "null", "{}x", '{"a":1,"a":2}', deep, '{"redirect_uris":["\\ud800"]}', '{"a":"\u0000"}'])
		assert.equal((await register(body, any())).status, 400, body.slice(0, 40));
	assert.equal((await register({ redirect_uris: [CB], client_name: "x".repeat(1 << 20) }, any())).status, 413);
	assert.equal((await send("/register", { body: "a=b", type: "application/x-www-form-urlencoded", token: any() })).status, 415);
	assert.equal((await send("/register", { method: "GET", token: any() })).status, 405);
});

test("token: a client reads, replaces and removes itself", async () => {
	const c = await registered({ redirect_uris: [CB], client_name: "Portal", policy_uri: "https://portal.localhost/p" }, any());
	const own = (method, body, token = c.registration_access_token) => send(c.registration_client_uri, { method, token, body });
	const shown = json(await own("GET"));
	assert.equal(shown.client_name, "Portal");
	assert.equal(shown.registration_access_token, c.registration_access_token);
	assert.equal(shown.client_secret, undefined, "a secret is kept as a hash");

	const replaced = await own("PUT", { client_id: c.client_id, client_secret: c.client_secret, redirect_uris: [`${CB}/2`], client_name: "Other" });
	assert.equal(replaced.status, 200, replaced.body);
	const now = json(await own("GET"));
	assert.deepEqual([now.redirect_uris, now.client_name, now.policy_uri], [[`${CB}/2`], "Other", undefined]);
	const secret = await post(`${ISSUER}/token`, { grant_type: "authorization_code", code: "x", redirect_uri: CB },
		{ authorization: `Basic ${Buffer.from(`${c.client_id}:${c.client_secret}`).toString("base64")}` });
	assert.equal(json(secret).error, "invalid_grant", "the secret stays");

	for (const body of [{ redirect_uris: [CB] }, { client_id: "other", redirect_uris: [CB] },
		{ client_id: c.client_id, client_secret: "other", redirect_uris: [CB] }, { client_id: c.client_id }, "x"])
		assert.equal((await own("PUT", body)).status, 400);
	assert.deepEqual(json(await own("GET")), now, "what is refused changes nothing");
	assert.equal((await own("DELETE")).status, 204);
	assert.equal((await own("GET")).status, 401);
});

test("token: a wrong token opens nothing, and does not say what is there", async () => {
	const a = await registered({ redirect_uris: [CB] }, any());
	const b = await registered({ redirect_uris: [CB] }, any());
	const told = new Set();
	for (const [path, token] of [
		[`/register/${a.client_id}`, b.registration_access_token], [`/register/${a.client_id}`, "x"],
		[`/register/${a.client_id}`, undefined], ["/register/nobody", a.registration_access_token],
		[`/register/${"0".repeat(32)}`, a.registration_access_token], [`/register/${a.client_id}`, any()],
		[`/register/${"0".repeat(120)}`, a.registration_access_token],
	])
		for (const method of ["GET", "DELETE", "PUT"]) {
			const answer = await send(path, { method, token, ...(method === "PUT" && { body: { client_id: a.client_id } }) });
			assert.equal(answer.status, 401, `${method} ${path}`);
			if (token) told.add(answer.body);
		}
	assert.equal(told.size, 1, [...told].join());
	assert.equal((await send(`/register/${a.client_id}`, { method: "GET", token: a.registration_access_token })).status, 200);
});

test("token: a software statement overrides what the client says", async () => {
	const sign = async (by, claims, header = {}) => {
		const jwk = read(`${by}.key`);
		return new jose.SignJWT(claims)
			.setProtectedHeader({ alg: "ES256", kid: jwk.kid, ...header })
			.setExpirationTime("1h").setIssuedAt()
			.sign(await jose.importJWK(jwk, "ES256"));
	};
	const FEDERATION = "https://federation.example";
	const claims = { iss: FEDERATION, software_id: "4NRB1", client_name: "Vouched for", redirect_uris: [CB] };
	const software_statement = await sign("trusted", claims);
	const c = await registered({ software_statement, client_name: "Mine", redirect_uris: ["https://evil.example/"] }, any());
	assert.deepEqual([c.client_name, c.redirect_uris, c.software_id], ["Vouched for", [CB], "4NRB1"]);
	assert.equal(c.software_statement, software_statement);
	assert.equal(c.iss, undefined);

	const tampered = software_statement.replace(/\.[^.]*$/, `.${"A".repeat(86)}`);
	await refused({ software_statement: tampered }, "invalid_software_statement", { token: any() });
	await refused({ software_statement: await sign("stranger", claims) }, "invalid_software_statement", { token: any() });
	await refused({ software_statement: "x" }, "invalid_software_statement", { token: any() });
	await refused({ software_statement: 3 }, "invalid_software_statement", { token: any() });
	await refused({ software_statement: await sign("stranger", claims, { kid: "stranger" }) }, "unapproved_software_statement", { token: any() });
	await refused({ software_statement: await sign("trusted", { ...claims, iss: "https://other.example" }) },
		"unapproved_software_statement", { token: any() });
	await refused({ software_statement: await sign("trusted", { ...claims, aud: "https://other.example" }) },
		"invalid_software_statement", { token: any() });
	await refused({ software_statement: await sign("trusted", { ...claims, redirect_uris: ["http://evil.example/"] }) },
		"invalid_redirect_uri", { token: any() });
});

// ---- open -------------------------------------------------------------------------------------------

test("open: whoever asks, without PKCE where a secret is kept, up to a limit by address and a quota", async () => {
	const metadata = json(await exchange(`${ISSUER}/.well-known/openid-configuration`));
	assert.equal(metadata.registration_endpoint, `${ISSUER}/register`);
	const c = await registered({ redirect_uris: [CB] });
	const ask = (id) =>
		exchange(`${ISSUER}/authorize?client_id=${id}&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(CB)}`);
	assert.equal((await ask(c.client_id)).status, 200, "the sign-in page");
	const open = await registered({ redirect_uris: [CB], token_endpoint_auth_method: "none" });
	assert.equal(open.client_secret, undefined);
	assert.match((await ask(open.client_id)).headers.location ?? "", /code_challenge/);
	assert.equal((await register({ redirect_uris: [CB] }, "x")).status, 401, "a wrong token is not as good as none");

	const answers = [];
	for (let k = 0; k < 35; k++) answers.push((await register({ redirect_uris: [CB] })).status);
	assert.ok(answers.includes(201));
	assert.ok(answers.includes(429) || answers.includes(503), answers.join());
	assert.equal(answers.at(-1), 429);
	let last;
	for (let k = 0; k < 45 && (last = await register({ redirect_uris: [CB] }, any())).status === 201; k++);
	assert.equal(last.status, 503, last.body);
});

// ---- what others say of a client ----------------------------------------------------------------------

/** A site of the client's own, over TLS on loopback. */
async function site(answers) {
	const pem = (name) => readFileSync(`${process.env.E2E}/${name}.pem`);
	const server = https.createServer({ cert: pem("tls"), key: readFileSync(`${process.env.E2E}/tls.key`) }, (req, res) => {
		const [status, body] = answers[req.url] ?? [404, ""];
		res.writeHead(status, { "content-type": "application/json", ...(status === 302 && { location: body }) }).end(body);
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	server.unref();
	return `https://127.0.0.1:${server.address().port}`;
}

test("token: a sector is what the document at its URI says", async () => {
	const both = [CB, "https://other.localhost/cb"];
	const url = await site({
		"/both": [200, JSON.stringify(both)], "/one": [200, JSON.stringify([CB])], "/object": [200, '{"redirect_uris":[]}'],
		"/keys": [200, JSON.stringify([...both, "https://portal.localhost/jwks"])],
		"/broken": [200, "["], "/large": [200, JSON.stringify([...both, "x".repeat(70000)])], "/moved": [302, "/both"],
	});
	const c = await registered({ redirect_uris: both, sector_identifier_uri: `${url}/both` }, any());
	assert.equal(c.sector_identifier_uri, `${url}/both`);
	for (const path of ["one", "object", "broken", "large", "moved", "missing"]) {
		const told = await refused({ redirect_uris: both, sector_identifier_uri: `${url}/${path}` }, "invalid_client_metadata", { token: any() });
		assert.match(told.error_description, /^sector_identifier_uri:/);
	}
	// Who needs no redirect URI to get tokens says by its keys that it belongs there (CIBA 4).
	const device = { redirect_uris: both, grant_types: ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
		jwks_uri: "https://portal.localhost/jwks", sector_identifier_uri: `${url}/keys`, token_endpoint_auth_method: "private_key_jwt" };
	await registered(device, any());
	for (const bad of [{ sector_identifier_uri: `${url}/both` }, { token_endpoint_auth_method: "client_secret_basic" }, { jwks_uri: "https://other.localhost/jwks" }])
		await refused({ ...device, ...bad }, "invalid_client_metadata", { token: any() });
	const put = (path) => send(c.registration_client_uri, { method: "PUT", token: c.registration_access_token,
		body: { client_id: c.client_id, redirect_uris: both, sector_identifier_uri: `${url}/${path}` } });
	assert.equal((await put("one")).status, 400);
	assert.equal((await put("both")).status, 200);
});

test("token: no address is asked that a stranger may not name", async () => {
	for (const host of ["10.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "192.168.1.1"])
		await refused({ redirect_uris: [CB], sector_identifier_uri: `https://${host}/x` }, "invalid_client_metadata", { token: any() });
});

// ---- the person ---------------------------------------------------------------------------------------

const LINKS = {
	client_uri: "https://portal.localhost/", logo_uri: "https://portal.localhost/logo.png?a=1&b=2",
	policy_uri: "https://portal.localhost/policy", tos_uri: "https://portal.localhost/tos",
};
const isPortal = (url) => url.hostname === "portal.localhost";

async function authorize(person, c, scope) {
	const verifier = oidc.randomPKCECodeVerifier();
	const url = new URL("/authorize", ISSUER);
	url.search = new URLSearchParams({ client_id: c.client_id, response_type: "code", redirect_uri: CB, scope, prompt: scope.includes("offline") ? "consent" : "",
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" });
	return { url, verifier };
}

const token = (c, fields) => post(`${ISSUER}/token`, fields,
	{ authorization: `Basic ${Buffer.from(`${c.client_id}:${c.client_secret}`).toString("base64")}` });

test("token: a person reads who asks, and withdraws it", async () => {
	const c = await registered({ redirect_uris: [CB], client_name: "<b>停车</b>", ...LINKS, scope: "openid profile email offline_access" }, any());
	const other = await registered({ redirect_uris: [CB], client_name: "另一个" }, any());
	const person = new Person(isPortal);
	const { url, verifier } = await authorize(person, c, "openid profile offline_access");
	let page = await person.get(url);
	const shows = (what) => {
		for (const [id, uri] of Object.entries(LINKS))
			assert.ok(page.body.includes(`id="${id}" href="${uri.replace("&", "&amp;")}"`), `${what}: ${id}`);
		assert.ok(!page.body.includes("<b>停车") && page.body.includes("&lt;b&gt;停车"), what);
		assert.match(page.headers["content-security-policy"], /default-src 'none'/);
	};
	shows("sign-in");
	page = await person.submit(page, ZHANG);
	shows("consent");
	assert.match(page.body, /id="basis"/);
	page = await person.submit(page, { decision: "allow" });
	const tokens = json(await token(c, { grant_type: "authorization_code", redirect_uri: CB, code_verifier: verifier, code: page.landed.searchParams.get("code") }));
	assert.ok(tokens.refresh_token);

	// Agreed once: not asked again, but for more.
	const again = await authorize(person, c, "openid profile");
	assert.ok((await person.get(again.url)).landed);
	const more = await authorize(person, c, "openid profile email");
	assert.match((await person.get(more.url)).body, /id="allow"/);
	assert.ok((await person.signIn((await authorize(person, other, "openid")).url, ZHANG)).landed);

	let account = await person.get(`${ISSUER}/account`);
	assert.equal(account.status, 200);
	assert.ok(account.body.includes(c.client_id) && account.body.includes(other.client_id) && account.body.includes("另一个"));
	const english = await person.get(`${ISSUER}/account?ui_locales=en`);
	assert.match(english.body, /Withdraw/);

	// Nobody else's form counts, and nothing changes.
	const forged = new URLSearchParams({ withdraw: c.client_id });
	const headers = { "content-type": "application/x-www-form-urlencoded" };
	assert.equal((await person.step(`${ISSUER}/account`, { method: "POST", body: forged.toString(), headers })).status, 403);
	const foreign = new URLSearchParams({ withdraw: c.client_id, request: /name="request" value="([^"]+)"/.exec(account.body)[1] });
	assert.equal((await person.step(`${ISSUER}/account`, { method: "POST", body: foreign.toString(), headers: { ...headers, origin: "https://evil.example" } })).status, 403);
	assert.equal((await new Person().get(`${ISSUER}/account`)).status, 401);
	const refreshed = json(await token(c, { grant_type: "refresh_token", refresh_token: tokens.refresh_token }));
	assert.ok(refreshed.access_token);

	account = await person.submit(account, { withdraw: c.client_id }, "/account");
	assert.equal(account.status, 200);
	assert.ok(!account.body.includes(c.client_id) && account.body.includes(other.client_id));
	assert.equal(json(await token(c, { grant_type: "refresh_token", refresh_token: refreshed.refresh_token ?? tokens.refresh_token })).error, "invalid_grant");
	const info = await exchange(`${ISSUER}/userinfo`, { headers: { authorization: `Bearer ${refreshed.access_token}` } });
	assert.equal(info.status, 401);
	const asked = await person.get((await authorize(person, c, "openid profile")).url);
	assert.match(asked.body, /id="allow"/, "asked again");
	account = await person.submit(account, { withdraw: "nobody" }, "/account");
	assert.ok(account.body.includes(other.client_id));
});
