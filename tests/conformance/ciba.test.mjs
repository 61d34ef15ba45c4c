// fapi-ciba-id1-test-plan: FAPI-CIBA as poll and as ping, clients that authenticate by private_key_jwt.
import assert from "node:assert/strict";
import { X509Certificate, createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import { after, test } from "node:test";
import { ISSUER, ZHANG, assertRefused, files, get, jose, metadata, newPerson, parsed, post } from "./lib.mjs";

const { E2E, NOTIFIED, RESPONSE_MODE: MODE } = process.env;
const GRANT = "urn:openid:params:grant-type:ciba";
const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MINUTE = 60;
const { token_endpoint: TOKEN, mtls_endpoint_aliases: { token_endpoint: MTLS } } = await metadata();
const now = () => Math.floor(Date.now() / 1000);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const module = (name, run) => test(`fapi-ciba-id1${name && `-${name}`}`, run);

/** The notification endpoint: what it heard, and what it answers with. */
const notified = { heard: [], status: 204, headers: {}, body: "" };
if (MODE === "ping") {
	const pem = (name) => readFileSync(`${E2E}/tls.${name}`);
	// It asks for a client certificate, as one does that wants mutual TLS.
	const tls = { key: pem("key"), cert: pem("pem"), requestCert: true, rejectUnauthorized: false };
	const server = https.createServer(tls, (request, answer) => {
		let body = "";
		request.on("data", (part) => (body += part));
		request.on("end", () => {
			notified.heard.push({ method: request.method, url: request.url, headers: request.headers, body });
			answer.writeHead(notified.status, notified.headers).end(notified.body);
		});
	});
	await new Promise((done) => server.listen(new URL(NOTIFIED).port, "127.0.0.1", done));
	after(() => server.close() && server.closeAllConnections());
}

class Client {
	constructor(name) {
		Object.assign(this, files(`${name}.json`), { jwk: files(`${name}.key.json`) });
	}

	async sign(payload, { alg = "PS256", jwk = this.jwk } = {}) {
		if (alg === "none") return new jose.UnsecuredJWT(payload).encode();
		const key = await jose.importJWK({ ...jwk, alg }, alg);
		return new jose.SignJWT(payload).setProtectedHeader({ alg, kid: jwk.kid }).sign(key);
	}

	async assertion(more = {}, options = {}) {
		const claims = { iss: this.client_id, sub: this.client_id, aud: ISSUER, jti: randomUUID() };
		return this.sign({ ...claims, iat: now(), exp: now() + MINUTE, ...more }, options);
	}

	/** POST with a client assertion; `with_` overrides or leaves out what authenticates. */
	async call(path, fields, with_ = {}) {
		const aud = path === "/token" ? TOKEN : ISSUER;
		const all = { client_assertion_type: ASSERTION, client_assertion: await this.assertion({ aud }), ...fields, ...with_ };
		for (const name in all) if (all[name] === undefined) delete all[name];
		return parsed(await post(new URL(path, ISSUER), all));
	}

	claims(more = {}) {
		return {
			iss: this.client_id,
			aud: ISSUER,
			iat: now(),
			nbf: now(),
			exp: now() + 5 * MINUTE,
			jti: randomUUID(),
			scope: "openid",
			login_hint: ZHANG.username,
			binding_message: "1234",
			...(MODE === "ping" && { client_notification_token: (this.notification = randomUUID()) }),
			...more,
		};
	}

	async ask(more = {}, options = {}, with_ = {}) {
		return this.call("/bc-authorize", { request: await this.sign(this.claims(more), options) }, with_);
	}

	/** A request that is taken. */
	async begin(more = {}) {
		notified.heard.length = 0;
		const answer = await this.ask(more);
		assert.equal(answer.status, 200, answer.body);
		assert.match(answer.json.auth_req_id, /^[\w.-]{22,}$/, "at least 128 bits (CIBA 7.3)");
		assert.ok(answer.json.expires_in > 0 && answer.json.interval > 0);
		assert.match(answer.headers["content-type"], /^application\/json/);
		assert.match(answer.headers["cache-control"], /no-store/);
		return answer.json;
	}

	poll({ auth_req_id }, with_ = {}) {
		return this.call("/token", { grant_type: GRANT, auth_req_id }, with_);
	}

	/** The decision was made: await the ping, and fetch tokens. */
	async finish(request) {
		await this.pinged(request);
		const answer = await this.poll(request);
		assert.equal(answer.status, 200, answer.body);
		assert.equal(answer.json.token_type.toLowerCase(), "bearer");
		const keys = jose.createLocalJWKSet((await get((await metadata()).jwks_uri)).json);
		const { payload } = await jose.jwtVerify(answer.json.id_token, keys, {
			issuer: ISSUER, audience: this.client_id, algorithms: ["PS256"], requiredClaims: ["sub", "exp", "iat", "auth_time"],
		});
		return { tokens: answer.json, claims: payload };
	}

	/** What was heard of the newest request: those before may be decided, and told of, with it. */
	heard() {
		return notified.heard.filter(({ headers }) => headers.authorization === `Bearer ${this.notification}`);
	}

	async pinged(request) {
		if (MODE !== "ping") return;
		for (let i = 0; i < 100 && !this.heard().length; i++) await wait(50);
		assert.equal(this.heard().length, 1, "one notification");
		const [{ method, body }] = this.heard();
		assert.equal(method, "POST");
		assert.deepEqual(JSON.parse(body), { auth_req_id: request.auth_req_id });
	}
}

const [client, client2, client3] = ["client", "client2", "client3"].map((name) => new Client(name));
const person = newPerson();

/** The person decides on all that waits; the pages that were shown. */
async function decide(decision = "allow") {
	let shown = "";
	let list = await person.get(new URL("/requests", ISSUER));
	if (list.body.includes('name="password"')) list = await person.submit(list, ZHANG);
	for (const [, path] of list.body.matchAll(/href="(\/requests\/\w+)"/g)) {
		const page = await person.get(new URL(path, ISSUER));
		shown += page.body;
		await person.submit(page, { decision }, path);
	}
	return shown;
}

async function flow(more = {}) {
	const request = await client.begin(more);
	await decide();
	return client.finish(request);
}

const refusesObject = async (more, options) => assertRefused(await client.ask(more, options), "invalid_request");

module("discovery-end-point-verification", async () => {
	const said = await metadata();
	assert.equal(said.issuer, ISSUER);
	assert.equal(new URL(said.backchannel_authentication_endpoint).origin, new URL(ISSUER).origin);
	assert.ok(said.backchannel_token_delivery_modes_supported.includes(MODE));
	assert.ok(said.grant_types_supported.includes(GRANT));
	assert.ok(said.token_endpoint_auth_methods_supported.includes("private_key_jwt"));
	const algorithms = said.backchannel_authentication_request_signing_alg_values_supported;
	assert.ok(algorithms.includes("PS256") && algorithms.includes("ES256"));
	assert.ok(!algorithms.includes("none") && !algorithms.includes("RS256"));
});

module("", async () => {
	const request = await client.begin();
	assertRefused(await client.poll(request), "authorization_pending");
	await decide();
	const { claims } = await client.finish(request);
	assert.ok(claims.sub);
	assertRefused(await client.poll(request), "invalid_grant");
	const other = await client2.begin();
	await decide();
	assert.equal((await client2.finish(other)).claims.aud, client2.client_id);
});

module("user-rejects-authentication", async () => {
	const request = await client.begin();
	await decide("deny");
	await client.pinged(request);
	assertRefused(await client.poll(request), "access_denied");
});

module("multiple-call-to-token-endpoint", async () => {
	const request = await client.begin();
	assertRefused(await client.poll(request), "authorization_pending");
	for (let i = 0; i < 3; i++) assertRefused(await client.poll(request), "slow_down");
	await decide();
	await client.finish(request);
});

module("auth-req-id-expired", async () => {
	const request = await client.begin({ requested_expiry: 1 });
	assert.equal(request.expires_in, 1);
	await wait(1500);
	assertRefused(await client.poll(request), "expired_token");
});

module("ensure-authorization-request-with-binding-message-succeeds", () => flow({ binding_message: "1234" }));
module("ensure-other-scope-order-succeeds", () => flow({ scope: "email openid" }));
module("ensure-requested-expiry-as-string-succeeds", async () => {
	const request = await client.begin({ requested_expiry: "30" });
	assert.equal(request.expires_in, 30);
	await decide();
	await client.finish(request);
});
module("ensure-authorization-request-with-potentially-bad-binding-message", async () => {
	for (const more of [100, 50]) {
		notified.heard.length = 0;
		const binding_message = "1234 \u{1f44d}\u{1f3ff} 品川 Lor3m 1psum " + "æ".repeat(more);
		const answer = await client.ask({ binding_message });
		if (answer.status !== 200) {
			assertRefused(answer, "invalid_binding_message");
			continue;
		}
		// Whoever takes it shows it as it is.
		assert.ok((await decide()).includes(binding_message));
		await client.finish(answer.json);
	}
});

for (const name of ["aud", "iss", "exp", "iat", "nbf", "jti"])
	module(`ensure-request-object-missing-${name}-fails`, () => refusesObject({ [name]: undefined }));
module("ensure-request-object-bad-aud-fails", () => refusesObject({ aud: "https://www.other1.example.com/" }));
module("ensure-request-object-bad-iss-fails", () => refusesObject({ iss: "https://www.other1.example.com/" }));
module("ensure-request-object-expired-exp-fails", () => refusesObject({ exp: now() - 5 * MINUTE }));
module("ensure-request-object-exp-is-70-minutes-in-future-fails", () => refusesObject({ exp: now() + 70 * MINUTE }));
module("ensure-request-object-nbf-is-10-minutes-in-future-fails", () => refusesObject({ nbf: now() + 10 * MINUTE }));
module("ensure-request-object-nbf-is-70-minutes-in-past-fails", () => refusesObject({ nbf: now() - 70 * MINUTE }));
module("ensure-request-object-signature-algorithm-is-none-fails", () => refusesObject({}, { alg: "none" }));
module("ensure-request-object-signature-algorithm-is-bad-fails", async () => {
	const [header, payload, signature] = (await client.sign(client.claims())).split(".");
	const bad = (signature[9] === "A" ? "B" : "A") + signature.slice(10);
	const request = [header, payload, signature.slice(0, 9) + bad].join(".");
	assertRefused(await client.call("/bc-authorize", { request }), "invalid_request");
});
module("ensure-request-object-signature-algorithm-is-RS256-fails", () => refusesObject({}, { alg: "RS256" }));
module("ensure-request-object-signed-by-other-client-fails", () => refusesObject({}, { jwk: client2.jwk }));

module("ensure-authorization-request-with-multiple-hints-fails", async () => {
	const { tokens } = await flow();
	await refusesObject({ id_token_hint: tokens.id_token });
	await refusesObject({ login_hint_token: tokens.id_token });
});

module("ensure-wrong-auth-req-id-in-token-endpoint-request", async () => {
	const request = await client.begin();
	await decide();
	assertRefused(await client.poll({ auth_req_id: `${request.auth_req_id.slice(0, -4)}AAAA` }), "invalid_grant");
	await client.finish(request);
});

module("ensure-different-client-id-and-issuer-in-backchannel-authorization-request", () =>
	refusesObject({ iss: client2.client_id, client_id: client.client_id }));

module("ensure-wrong-client-id-in-token-endpoint-request", async () => {
	const request = await client.begin();
	await decide();
	const answer = await client.poll(request, { client_id: client2.client_id });
	assertRefused(answer, answer.json.error === "invalid_request" ? "invalid_request" : "invalid_client", answer.status);
	assertRefused(await client2.poll(request), "invalid_grant");
});

module("ensure-wrong-client-id-in-backchannel-authorization-request", async () => {
	const answer = await client.ask({}, {}, { client_id: client2.client_id });
	assertRefused(answer, answer.json.error === "invalid_request" ? "invalid_request" : "invalid_client", answer.status);
	assert.ok([400, 401].includes(answer.status));
});

const WITHOUT = { client_assertion: undefined, client_assertion_type: undefined };
module("ensure-without-client-assertion-in-token-endpoint-request", async () => {
	const request = await client.begin();
	await decide();
	assertRefused(await client.poll(request, { ...WITHOUT, client_id: client.client_id }), "invalid_client", 401);
});
module("ensure-without-client-assertion-in-backchannel-authorization-request", async () => {
	assertRefused(await client.ask({}, {}, { ...WITHOUT, client_id: client.client_id }), "invalid_client", 401);
});
module("ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails", async () => {
	const client_assertion = await client.assertion({}, { alg: "RS256" });
	assertRefused(await client.ask({}, {}, { client_assertion }), "invalid_client", 401);
});
module("ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails", async () => {
	const request = await client.begin();
	await decide();
	const client_assertion = await client.assertion({}, { alg: "RS256" });
	assertRefused(await client.poll(request, { client_assertion }), "invalid_client", 401);
});
module("ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds", async () => {
	const request = await client.begin();
	await decide();
	await client.pinged(request);
	const answer = await client.poll(request, { client_assertion: await client.assertion({ aud: ISSUER }) });
	assert.equal(answer.status, 200, answer.body);
});

/** The client answers its notification so; it is not told again. */
async function answers(status, { headers = {}, body = "" } = {}) {
	Object.assign(notified, { status, headers, body });
	try {
		const request = await client.begin();
		await decide();
		await client.pinged(request);
		await wait(1500);
		assert.equal(client.heard().length, 1, "it does not retry, and follows no redirect");
		await client.finish(request);
	} finally {
		Object.assign(notified, { status: 204, headers: {}, body: "" });
	}
}
if (MODE === "ping") {
	module("ping-backchannel-notification-endpoint-response-has-body", () => answers(200, { body: '{"a":1}' }));
	module("ping-backchannel-notification-endpoint-response-401", () => answers(401));
	module("ping-backchannel-notification-endpoint-response-403", () => answers(403));
	module("ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry", () => answers(401));
	module("ping-backchannel-notification-endpoint-return-redirect-request", () =>
		answers(301, { headers: { location: "/elsewhere" } }));
}

module("ensure-unsigned-backchannel-authorization-request-fails", async () => {
	assertRefused(await client.call("/bc-authorize", client.claims()), "invalid_request");
});

/** The same with client3's certificate, or without one, at the host that asks for it. */
function byCertificate(path, { fields, headers = {}, certificate = true }) {
	const { hostname, port } = new URL(MTLS);
	const file = (name) => readFileSync(`${E2E}/${name}`);
	const own = certificate && { key: file("client3.key"), cert: file("client3.pem") };
	const body = fields && new URLSearchParams(fields).toString();
	const type = fields && { "content-type": "application/x-www-form-urlencoded" };
	const options = { hostname, port, path, family: 4, agent: false, method: fields ? "POST" : "GET", headers: { ...type, ...headers }, ...own };
	return new Promise((done, failed) => {
		const sent = https.request(options, (answer) => {
			let text = "";
			answer.on("data", (part) => (text += part));
			answer.on("end", () => done(parsed({ status: answer.statusCode, headers: answer.headers, body: text })));
		});
		sent.on("error", failed).end(body);
	});
}

module("ensure-mtls-holder-of-key-required", async () => {
	const request = await client3.begin();
	await decide();
	await client3.pinged(request);
	const poll = async (certificate) => byCertificate("/token", {
		certificate,
		fields: { grant_type: GRANT, auth_req_id: request.auth_req_id, client_assertion_type: ASSERTION, client_assertion: await client3.assertion({ aud: MTLS }) },
	});
	const without = await poll(false);
	assert.ok([400, 401].includes(without.status), without.body);
	assert.ok(["invalid_request", "invalid_grant", "invalid_client"].includes(without.json.error), without.body);
	assertRefused(await client3.poll(request), without.json.error, without.status);

	const { json: tokens, ...answer } = await poll(true);
	assert.equal(answer.status, 200, answer.body);
	const thumbprint = createHash("sha256").update(new X509Certificate(readFileSync(`${E2E}/client3.pem`)).raw).digest("base64url");
	assert.equal(jose.decodeJwt(tokens.access_token).cnf["x5t#S256"], thumbprint);
	const headers = { authorization: `Bearer ${tokens.access_token}` };
	assert.equal((await byCertificate("/userinfo", { headers })).status, 200);
	assert.equal((await byCertificate("/userinfo", { headers, certificate: false })).status, 401);
	assert.equal((await get("/userinfo", headers)).status, 401);
});

module("refresh-token", async () => {
	const { tokens, claims } = await flow({ scope: "openid offline_access" });
	const refresh = (who) => who.call("/token", { grant_type: "refresh_token", refresh_token: tokens.refresh_token });
	const answer = await refresh(client);
	assert.equal(answer.status, 200, answer.body);
	assert.equal(jose.decodeJwt(answer.json.access_token).sub, claims.sub);
	assertRefused(await refresh(client2), "invalid_grant");
});
