// CIBA, poll and ping: openid-client as the client, a person at a browser without scripts.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import { describe, test } from "node:test";
import * as jose from "jose";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { Person, forms, post } from "../../lib/person.mjs";

const { ISSUER, E2E } = process.env;
const GRANT = "urn:openid:params:grant-type:ciba";
const PASSWORD = "correct horse battery";
const ZHANG = { username: "11010519491231002X", password: PASSWORD };
const WANG = { username: "360426199101010071", password: PASSWORD };
const read = (name) => JSON.parse(readFileSync(`${E2E}/clients/${name}.json`, "utf8"));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function configure(name = "bank") {
	const { client_id, client_secret } = read(name);
	const config = await oidc.discovery(
		new URL(ISSUER), client_id, { id_token_signed_response_alg: "ES256" }, oidc.ClientSecretBasic(client_secret),
	);
	oidc.enableNonRepudiationChecks(config);
	return config;
}

const begin = (config, more = {}) =>
	oidc.initiateBackchannelAuthentication(config, { scope: "openid profile", login_hint: ZHANG.username, ...more });

function call(path, fields, name = "bank") {
	const { client_id, client_secret } = read(name);
	const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}`;
	return post(`${ISSUER}${path}`, fields, { authorization }).then((a) => ({ status: a.status, json: JSON.parse(a.body) }));
}
const poll = ({ auth_req_id }, name) => call("/token", { grant_type: GRANT, auth_req_id }, name);
const ask = (fields, name) => call("/bc-authorize", { scope: "openid", ...fields }, name);

/** The page that lists what waits, of somebody who is signed in. */
async function waiting(person = new Person(), who = ZHANG, path = "/requests") {
	let page = await person.get(new URL(path, ISSUER));
	if (page.body.includes('id="signin"')) page = await person.submit(page, who, "/signin");
	return page;
}
const links = (page) => [...page.body.matchAll(/href="(\/requests\/[0-9a-f]{32})"/g)].map(([, path]) => path);
const idOf = (page) => new URL(page.url).pathname.split("/").at(-1);

/** Decide on the newest request that waits with this message. */
async function decide(message, decision = "allow", person = new Person()) {
	const list = await waiting(person);
	for (const path of links(list)) {
		const page = await person.get(new URL(path, ISSUER));
		if (page.body.includes(message)) return person.submit(page, { decision }, idOf(page));
	}
	throw new Error(`nothing waits with ${message}\n${list.body}`);
}

async function refused(promise, error) {
	const thrown = await promise.then(() => assert.fail(`not refused with ${error}`), (e) => e);
	assert.equal(thrown.error, error, thrown.message);
}

describe("a back-channel client", () => {
	test("openid-client: from the request to tokens, a refresh, and an id_token_hint", async () => {
		const config = await configure();
		const request = await begin(config, { binding_message: "A4-1871 👍 品川", scope: "openid profile offline_access" });
		assert.deepEqual([request.expires_in, request.interval], [120, 5]);
		const polling = oidc.pollBackchannelAuthenticationGrant(config, request);
		const page = await decide("A4-1871 👍 品川");
		assert.ok(page.body.includes('id="allowed"'), page.body);
		const tokens = await polling;
		const { sub } = tokens.claims();
		assert.equal((await oidc.fetchUserInfo(config, tokens.access_token, sub)).name, "张三");
		await oidc.refreshTokenGrant(config, tokens.refresh_token);

		const again = await begin(config, { login_hint: "", id_token_hint: tokens.id_token, binding_message: "by hint" });
		await decide("by hint");
		const second = await oidc.pollBackchannelAuthenticationGrant(config, { ...again, interval: 0 });
		assert.equal(second.claims().sub, sub);
	});

	test("oauth4webapi: from the request to tokens", async () => {
		const { client_id, client_secret } = read("bank");
		const issuer = new URL(ISSUER);
		const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
		const client = { client_id, id_token_signed_response_alg: "ES256" };
		const auth = oauth.ClientSecretBasic(client_secret);
		const params = new URLSearchParams({ scope: "openid", login_hint: ZHANG.username, binding_message: "o4w" });
		const request = await oauth.processBackchannelAuthenticationResponse(
			server, client, await oauth.backchannelAuthenticationRequest(server, client, auth, params),
		);
		await decide("o4w");
		const tokens = await oauth.processBackchannelAuthenticationGrantResponse(
			server, client, await oauth.backchannelAuthenticationGrantRequest(server, client, auth, request.auth_req_id),
		);
		assert.equal(oauth.getValidatedIdTokenClaims(tokens).aud, client_id);
	});

	test("authorization_pending, slow_down, access_denied, single use", async () => {
		const { json } = await ask({ login_hint: ZHANG.username, binding_message: "no" });
		assert.deepEqual([(await poll(json)).json.error, (await poll(json)).json.error], ["authorization_pending", "slow_down"]);
		await decide("no", "deny");
		assert.equal((await poll(json)).json.error, "access_denied");
		assert.equal((await poll(json)).json.error, "invalid_grant");
	});

	test("of fifty polls at once, one is answered with tokens", async () => {
		const { json } = await ask({ login_hint: ZHANG.username, binding_message: "fifty" });
		await decide("fifty");
		const answers = await Promise.all(Array.from({ length: 50 }, () => poll(json)));
		assert.equal(answers.filter((a) => a.status === 200).length, 1);
		assert.ok(answers.every((a) => a.status === 200 || a.json.error === "invalid_grant"));
	});

	test("expired_token; and requested_expiry is bounded", async () => {
		const { json } = await ask({ login_hint: ZHANG.username, requested_expiry: "1" });
		assert.equal(json.expires_in, 1);
		assert.equal((await ask({ login_hint: WANG.username, requested_expiry: "999999" })).json.expires_in, 600);
		await wait(1500);
		assert.equal((await poll(json)).json.error, "expired_token");
		for (const requested_expiry of ["0", "-1", "x", "1e3"])
			assert.equal((await ask({ login_hint: ZHANG.username, requested_expiry })).json.error, "invalid_request");
	});

	test("what it may not ask", async () => {
		const config = await configure();
		const token = new jose.UnsecuredJWT({ sub: "x" }).encode();
		for (const [fields, error] of [
			[{}, "invalid_request"],
			[{ login_hint: ZHANG.username, id_token_hint: token }, "invalid_request"],
			[{ login_hint_token: token }, "invalid_request"],
			[{ login_hint: "110101199003070999" }, "unknown_user_id"],
			[{ id_token_hint: token }, "unknown_user_id"],
			[{ login_hint: ZHANG.username, scope: "profile" }, "invalid_scope"],
			[{ login_hint: ZHANG.username, scope: "openid email" }, "invalid_scope"],
			[{ login_hint: ZHANG.username, binding_message: "x".repeat(201) }, "invalid_binding_message"],
			[{ login_hint: ZHANG.username, binding_message: "a\nb" }, "invalid_binding_message"],
			[{ login_hint: ZHANG.username, request_uri: "https://x.test/" }, "invalid_request"],
			[{ login_hint: ZHANG.username, acr_values: "urn:else urn:authd:acr:rn9" }, "unmet_authentication_requirements"],
		])
			assert.equal((await ask(fields)).json.error, error, JSON.stringify(fields));
		assert.equal((await ask({ login_hint: ZHANG.username }, "portal")).json.error, "unauthorized_client");
		const request = await begin(config);
		assert.equal((await poll(request, "portal")).json.error, "unauthorized_client");
		assert.equal((await poll(request, "other")).json.error, "invalid_grant");
		assert.equal((await poll({ auth_req_id: "x" })).json.error, "invalid_grant");
		await refused(oidc.pollBackchannelAuthenticationGrant(config, { ...request, auth_req_id: "wrong" }), "invalid_grant");
	});
});

describe("a client that signs", async () => {
	const key = await jose.importJWK(read("signing.key"), "ES256");
	const { client_id } = read("signing");
	const now = () => Math.floor(Date.now() / 1000);
	const claims = (more = {}) => ({
		iss: client_id, aud: ISSUER, iat: now(), nbf: now(), exp: now() + 300, jti: randomUUID(),
		scope: "openid", login_hint: ZHANG.username, requested_expiry: 30, ...more,
	});
	const sign = (payload, with_ = key, alg = "ES256") =>
		new jose.SignJWT(payload).setProtectedHeader({ alg, kid: read("signing.key").kid }).sign(with_);
	const send = async (payload, ...rest) => ask({ request: await sign(payload, ...rest), scope: "" }, "signing");

	test("openid-client's signed request", async () => {
		const config = await configure("signing");
		const request = await sign(claims({ binding_message: "signed" }));
		const answer = await oidc.initiateBackchannelAuthentication(config, { request });
		assert.equal(answer.expires_in, 30);
		await decide("signed");
		await oidc.pollBackchannelAuthenticationGrant(config, { ...answer, interval: 0 });
	});

	test("the expiry as a text; parameters beside the object do not count", async () => {
		assert.equal((await send(claims({ requested_expiry: "31" }))).json.expires_in, 31);
		const request = await sign(claims({ login_hint: undefined }));
		assert.equal((await ask({ request, login_hint: ZHANG.username }, "signing")).json.error, "invalid_request");
	});

	test("what it may not sign", async () => {
		for (const name of ["iss", "aud", "exp", "iat", "nbf", "jti"])
			assert.equal((await send(claims({ [name]: undefined }))).json.error, "invalid_request", name);
		for (const wrong of [
			{ iss: "someone" }, { aud: "https://other.test" }, { exp: now() - 100 }, { exp: now() + 4200 },
			{ nbf: now() + 600 }, { nbf: now() - 4200 }, { client_id: "someone" }, { request: "x" }, { jti: "" },
		])
			assert.equal((await send(claims(wrong))).json.error, "invalid_request", JSON.stringify(wrong));
		const other = await jose.generateKeyPair("ES256");
		assert.equal((await send(claims(), other.privateKey)).json.error, "invalid_request");
		const rsa = await jose.generateKeyPair("RS256");
		assert.equal((await send(claims(), rsa.privateKey, "RS256")).json.error, "invalid_request");
		const none = new jose.UnsecuredJWT(claims()).encode();
		assert.equal((await ask({ request: none }, "signing")).json.error, "invalid_request");
		assert.equal((await ask({ login_hint: ZHANG.username }, "signing")).json.error, "invalid_request", "unsigned");
		const once = claims();
		assert.equal((await send(once)).status, 200);
		assert.equal((await send(once)).json.error, "invalid_request", "a second time");
	});
});

describe("a client that is pinged", () => {
	/** A request by a client whose endpoint answers so, decided on; what the endpoint was sent. */
	async function pinged(decision, ...statuses) {
		const heard = [];
		const tls = { key: readFileSync(`${E2E}/tls.key`), cert: readFileSync(`${E2E}/tls.pem`) };
		const server = https.createServer(tls, (request, answer) => {
			let body = "";
			request.on("data", (part) => (body += part));
			request.on("end", () => {
				const status = statuses[heard.length] ?? statuses.at(-1);
				heard.push({ method: request.method, path: request.url, ...request.headers, body });
				answer.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end("a body");
			});
		});
		await new Promise((done) => server.listen(new URL(process.env.PING).port, "127.0.0.1", done));
		const token = randomUUID(), binding_message = randomUUID();
		const { json } = await ask({ login_hint: ZHANG.username, client_notification_token: token, binding_message }, "ping");
		await decide(binding_message, decision);
		for (let i = 0; i < 40 && heard.length < statuses.length; i++) await wait(50);
		await wait(300);
		server.closeAllConnections();
		await new Promise((done) => server.close(done));
		return { heard, json, token };
	}

	test("with its own token, once, and fetches tokens", async () => {
		const { heard, json, token } = await pinged("allow", 204);
		assert.equal(heard.length, 1);
		const [{ method, path, authorization, body }] = heard;
		assert.deepEqual([method, path, authorization], ["POST", "/ping", `Bearer ${token}`]);
		assert.match(heard[0]["content-type"], /^application\/json/);
		assert.deepEqual(JSON.parse(body), { auth_req_id: json.auth_req_id });
		assert.equal((await poll(json, "ping")).status, 200);
	});

	test("of a refusal, too", async () => {
		const { heard, json } = await pinged("deny", 204);
		assert.equal(heard.length, 1);
		assert.equal((await poll(json, "ping")).json.error, "access_denied");
	});

	for (const status of [200, 302, 401, 403])
		test(`not again where it answers ${status}`, async () => {
			const { heard } = await pinged("allow", status);
			assert.deepEqual(heard.map((h) => h.path), ["/ping"]);
		});

	test("again, three times at most, where it has a fault", async () => {
		assert.equal((await pinged("allow", 500, 204)).heard.length, 2);
		assert.equal((await pinged("allow", 503, 503, 503)).heard.length, 3);
	});

	test("only if it says with what", async () => {
		for (const client_notification_token of ["", "a b", "x".repeat(1025)])
			assert.equal((await ask({ login_hint: ZHANG.username, client_notification_token }, "ping")).json.error, "invalid_request");
	});
});

describe("the person", () => {
	test("sees their own requests alone, and decides on each once", async () => {
		await ask({ login_hint: WANG.username, binding_message: "<b>for Wang</b>" });
		const zhang = new Person(), wang = new Person();
		assert.ok(!(await waiting(zhang)).body.includes("for Wang"));
		const list = await waiting(wang, WANG);
		assert.ok(list.body.includes("&lt;b&gt;for Wang"));
		const [path] = links(list).slice(-1);
		assert.equal((await zhang.get(new URL(path, ISSUER))).status, 410);
		assert.equal((await zhang.get(new URL("/requests/x", ISSUER))).status, 404);
		const page = await wang.get(new URL(path, ISSUER));
		const { request } = forms(page)[0].fields;
		for (const [cookie, origin] of [[zhang.cookie(page.url), ISSUER], [wang.cookie(page.url), "https://evil.test"], ["", ISSUER]])
			assert.equal((await post(page.url, { request, decision: "allow" }, { cookie, origin })).status, 403);
		await wang.submit(page, { decision: "deny" }, idOf(page));
		assert.equal((await wang.submit(page, { decision: "allow" }, idOf(page))).status, 410);
	});

	test("signs in afresh where the request names a level", async () => {
		const person = new Person();
		await waiting(person);
		await wait(1100);
		const { json } = await ask({ login_hint: ZHANG.username, acr_values: "urn:authd:acr:rn3", binding_message: "level" });
		const list = await waiting(person);
		let page;
		for (const path of links(list)) {
			const shown = await person.get(new URL(path, ISSUER));
			if (shown.body.includes('id="signin"')) page = shown;
		}
		assert.ok(page, "a sign-in page");
		page = await person.submit(page, ZHANG, "/signin");
		assert.ok(page.body.includes("level"));
		await person.submit(page, { decision: "allow" }, idOf(page));
		assert.equal((await poll(json)).status, 200);
	});

	/** Sign in for a request that names levels, and allow it. */
	async function allowed(acr_values) {
		const { json } = await ask({ login_hint: ZHANG.username, acr_values, binding_message: acr_values });
		const person = new Person();
		let page;
		for (const path of links(await waiting(person))) {
			page = await person.get(new URL(path, ISSUER));
			if (page.body.includes('id="signin"')) page = await person.submit(page, ZHANG, "/signin");
			if (page.body.includes(acr_values)) break;
		}
		return { page: await person.submit(page, { decision: "allow" }, idOf(page)), answer: await poll(json) };
	}

	test("a level that the person has is named in the ID token; one that they have not ends in access_denied", async () => {
		const [rn2, rn3, rn5] = [2, 3, 5].map((level) => `urn:authd:acr:rn${level}`);
		for (const [asked, named] of [[rn2, rn2], [`urn:else ${rn3}`, rn3], [`${rn5} ${rn2}`, rn2]]) {
			const { page, answer } = await allowed(asked);
			assert.ok(page.body.includes('id="allowed"'), page.body);
			assert.equal(jose.decodeJwt(answer.json.id_token).acr, named);
		}
		const { page, answer } = await allowed(rn5);
		assert.equal(page.status, 403);
		assert.match(page.body, /unmet_authentication_requirements/);
		assert.deepEqual([answer.status, answer.json.error], [400, "access_denied"]);
	});

	test("is not flooded", async () => {
		const answers = [];
		for (let i = 0; i < 20; i++) answers.push(await ask({ login_hint: "110101199003070011" }));
		assert.equal(answers.filter((a) => a.status === 200).length, 8);
		assert.equal(answers.at(-1).json.error, "access_denied");
		/* Nor by all at once, and others are heard. */
		const at_once = await Promise.all(answers.map(() => ask({ login_hint: "110101199003070011" })));
		assert.deepEqual([...new Set(at_once.map((a) => a.json.error))], ["access_denied"]);
		assert.equal((await ask({ login_hint: "110101199003070011" }, "other")).status, 200);
	});
});
