// The device grant (RFC 8628): two npm clients as devices, and a person at a browser without scripts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { Person, exchange, forms, post } from "../../lib/person.mjs";

const { ISSUER, E2E } = process.env;
const PASSWORD = "correct horse battery";
const ZHANG = { username: "11010519491231002X", password: PASSWORD };
const WANG = { username: "360426199101010071", password: PASSWORD };
const ZHAO = { username: "110101199003070011", password: PASSWORD };
const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPE = "openid profile";
const registered = (name) => JSON.parse(readFileSync(`${E2E}/clients/${name}.json`, "utf8"));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function configure(name) {
	const { client_id, client_secret } = registered(name);
	const auth = client_secret ? oidc.ClientSecretBasic(client_secret) : oidc.None();
	const config = await oidc.discovery(new URL(ISSUER), client_id, { id_token_signed_response_alg: "ES256" }, auth);
	oidc.enableNonRepudiationChecks(config);
	return config;
}

const begin = (config, scope = SCOPE) => oidc.initiateDeviceAuthorization(config, { scope });

async function poll(device, name = "tv") {
	const { client_id, client_secret } = registered(name);
	const headers = client_secret
		? { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}` }
		: {};
	const answer = await post(`${ISSUER}/token`, { grant_type: GRANT, device_code: device.device_code, client_id }, headers);
	return { status: answer.status, json: JSON.parse(answer.body) };
}

async function signedIn(person, path, who = ZHANG) {
	let page = await person.get(new URL(path, ISSUER));
	if (page.body.includes('id="signin"')) page = await person.submit(page, who, "/signin");
	return page;
}

/** Type the code and decide: the last page. */
async function decide(device, { decision = "allow", person = new Person(), who = ZHANG } = {}) {
	const page = await signedIn(person, "/device", who);
	const asked = await person.submit(page, { user_code: device.user_code }, "/device");
	return person.submit(asked, { decision }, "/device/decision");
}

async function refused(promise, error) {
	const thrown = await promise.then(() => assert.fail(`not refused with ${error}`), (e) => e);
	assert.equal(thrown.error, error, thrown.message);
}

describe("a device", () => {
	test("openid-client: from its code to tokens and a refresh", async () => {
		const config = await configure("tv");
		const device = await begin(config, "openid profile offline_access");
		assert.match(device.user_code, /^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}$/);
		assert.equal(device.verification_uri, `${ISSUER}/device`);
		assert.equal(device.interval, 5);
		const polling = oidc.pollDeviceAuthorizationGrant(config, device);

		// The link that the device shows as a picture; the person compares the code, then decides.
		const person = new Person();
		let page = await signedIn(person, device.verification_uri_complete);
		assert.equal(forms(page)[0].fields.user_code, device.user_code);
		page = await person.submit(page, {}, "/device");
		assert.match(page.body, /客厅电视/);
		assert.ok(page.body.includes(device.user_code) && page.body.includes('id="warning"'));
		page = await person.submit(page, { decision: "allow" }, "/device/decision");
		assert.ok(page.body.includes('id="allowed"'), page.body);

		const tokens = await polling;
		const claims = tokens.claims();
		assert.equal(claims.sid, undefined, "not the session of the person's browser");
		const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
		assert.equal(info.name, "张三");
		const next = await oidc.refreshTokenGrant(config, tokens.refresh_token);
		await oidc.fetchUserInfo(config, next.access_token, claims.sub);
	});

	test("oauth4webapi: from its code to tokens", async () => {
		const { client_id, client_secret } = registered("box");
		const issuer = new URL(ISSUER);
		const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
		const client = { client_id, id_token_signed_response_alg: "ES256" };
		const auth = oauth.ClientSecretBasic(client_secret);
		const device = await oauth.processDeviceAuthorizationResponse(
			server, client,
			await oauth.deviceAuthorizationRequest(server, client, auth, new URLSearchParams({ scope: SCOPE })),
		);
		await decide(device);
		const tokens = await oauth.processDeviceCodeResponse(
			server, client, await oauth.deviceCodeGrantRequest(server, client, auth, device.device_code),
		);
		assert.ok(tokens.access_token);
		assert.equal(oauth.getValidatedIdTokenClaims(tokens).aud, client_id);
	});

	test("English, and small letters without the hyphen", async () => {
		const device = await begin(await configure("tv"));
		const person = new Person();
		let page = await signedIn(person, "/device?ui_locales=en");
		page = await person.submit(page, { user_code: device.user_code.toLowerCase().replace("-", " ") }, "/device");
		assert.match(page.body, /Living Room TV/);
	});
});

describe("the answer", () => {
	test("authorization_pending, slow_down, and the interval is longer from then on", async () => {
		const device = await begin(await configure("tv"));
		assert.deepEqual([(await poll(device)).json.error, (await poll(device)).json.error], ["authorization_pending", "slow_down"]);
		await wait(5500);
		assert.equal((await poll(device)).json.error, "slow_down", "five seconds are not enough any more");
		await decide(device);
		assert.equal((await poll(device)).status, 200, "a decision is told at once");
	});

	test("access_denied where the person says no", async () => {
		const config = await configure("tv");
		const device = await begin(config);
		const page = await decide(device, { decision: "deny" });
		assert.ok(page.body.includes('id="denied"'));
		await refused(oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 0 }), "access_denied");
	});

	test("of fifty polls at once, one is answered with tokens", async () => {
		const device = await begin(await configure("tv"));
		await decide(device);
		const answers = await Promise.all(Array.from({ length: 50 }, () => poll(device)));
		assert.equal(answers.filter((a) => a.status === 200).length, 1);
		for (const { status, json } of answers)
			assert.ok(status === 200 || json.error === "invalid_grant", JSON.stringify(json));
		assert.equal((await poll(device)).json.error, "invalid_grant");
	});

	test("a code is bound to its client", async () => {
		const device = await begin(await configure("tv"));
		await decide(device);
		assert.equal((await poll(device, "box")).json.error, "invalid_grant");
		assert.equal((await poll(device)).status, 200);
	});

	test("a code that nobody has given", async () => {
		const device_code = Buffer.alloc(32, 7).toString("base64url");
		assert.equal((await poll({ device_code })).json.error, "invalid_grant");
		assert.equal((await poll({ device_code: "x" })).json.error, "invalid_grant");
		assert.equal((await poll({ device_code: "" })).json.error, "invalid_request");
	});

	test("a client that is not registered for it", async () => {
		const { client_id, client_secret } = registered("portal");
		const headers = { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}` };
		const at = (path, more) => post(`${ISSUER}${path}`, { scope: "openid", ...more }, headers);
		for (const answer of [
			await at("/device_authorization"),
			await at("/token", { grant_type: GRANT, device_code: "x" }),
		])
			assert.equal(JSON.parse(answer.body).error, "unauthorized_client");
	});

	test("a scope that is not registered, none, and no client at all", async () => {
		const config = await configure("tv");
		await refused(begin(config, "openid email"), "invalid_scope");
		await refused(begin(config, ""), "invalid_scope");
		const answer = await post(`${ISSUER}/device_authorization`, { scope: "openid" });
		assert.equal(answer.status, 401);
		assert.equal((await exchange(`${ISSUER}/device_authorization`)).status, 405);
	});
});

describe("the person", () => {
	test("five guesses, however they are spread, then no more", async () => {
		const config = await configure("tv");
		const person = new Person();
		const page = await signedIn(person, "/device", WANG);
		const type = (user_code) => person.submit(page, { user_code }, "/device");
		for (let i = 0; i < 4; i++) assert.equal((await type(`ZZZZ-ZZZ${i + 2}`)).status, 200);
		// A device of one's own does not wipe the slate.
		const own = await begin(config);
		assert.match((await type(own.user_code)).body, /客厅电视/);
		assert.equal((await type("ZZZZ-ZZZ8")).status, 200);
		const last = await type(own.user_code);
		assert.equal(last.status, 429);
		assert.ok(last.headers["retry-after"]);
		// Neither does a fresh browser.
		const fresh = await decide(own, { who: WANG }).catch((e) => e);
		assert.match(String(fresh), /429|no form/);
		assert.equal((await poll(own)).json.error, "authorization_pending");
	});

	test("forms count only from the page and the browser that they were made for", async () => {
		const device = await begin(await configure("tv"));
		const person = new Person();
		const page = await signedIn(person, "/device", ZHAO);
		const asked = await person.submit(page, { user_code: device.user_code }, "/device");
		const { request } = forms(asked)[0].fields;
		const send = (path, fields, headers) => post(`${ISSUER}${path}`, fields, headers);
		const cookie = person.cookie(asked.url);
		const other = new Person();
		await signedIn(other, "/device", WANG);
		const form = { request, decision: "allow" };
		const typed = { request, user_code: device.user_code };
		for (const [path, fields, headers] of [
			["/device/decision", form, { cookie, origin: "https://evil.test" }],
			["/device/decision", form, { cookie, origin: ISSUER, "sec-fetch-site": "cross-site" }],
			["/device/decision", form, { cookie: other.cookie(asked.url), origin: ISSUER }],
			["/device/decision", form, { origin: ISSUER }],
			["/device/decision", { decision: "allow" }, { cookie, origin: ISSUER }],
			["/device", typed, { cookie, origin: ISSUER }], // the seal of another step
			["/device", { user_code: device.user_code }, { cookie, origin: ISSUER }],
		])
			assert.equal((await send(path, fields, headers)).status, 403, `${path} ${JSON.stringify(headers)}`);
		assert.equal((await poll(device)).json.error, "authorization_pending", "nothing has changed");
		await person.submit(asked, { decision: "deny" }, "/device/decision");
		const late = await person.submit(asked, { decision: "allow" }, "/device/decision");
		assert.equal(late.status, 410, "the first decision counts");
		assert.equal((await poll(device)).json.error, "access_denied");
	});

	test("a link leads nowhere but to our own page", async () => {
		const person = new Person();
		const page = await signedIn(person, "/device?user_code=%0d%0aLocation:%20https://evil.test&next=//evil.test", ZHAO);
		assert.equal(page.url.origin, new URL(ISSUER).origin);
		assert.equal(page.url.pathname, "/device");
		assert.ok(!page.url.search.includes("next"));
	});
});
