// The token endpoint and the services about tokens: who may ask, for what, how often.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	CALLBACK, ISSUER, Portal, WANG, assertJson, exchange, form, jwt, newPerson, random, registered, s256, secret, tokens,
} from "./raw.mjs";

const portal = new Portal("portal"), other = new Portal("other"), machine = new Portal("machine");
const basic = (client) => ({ authorization: client.authorization });
const body = (fields) => new URLSearchParams(fields).toString();
const pairs = (fields) => Object.entries(fields).map(([k, v]) => `${k}=${encodeURIComponent(v)}`);

test("a code is of one client, one address, and used once: its replay ends what it gave", async () => {
	const { code, verifier } = await portal.code();
	const redeem = (who, more = {}) =>
		who.post("/token", { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: CALLBACK, ...more });
	for (let i = 0; i < 3; i++) assert.equal((await redeem(other)).json.error, "invalid_grant", "another client");
	const first = await redeem(portal);
	assert.equal(first.status, 200, "which costs its owner nothing");
	assert.equal((await portal.userinfo(first.json.access_token)).status, 200);
	assert.equal((await redeem(portal)).json.error, "invalid_grant");
	assert.equal((await portal.userinfo(first.json.access_token)).status, 401);
	assert.equal((await portal.refresh(first.json.refresh_token)).json.error, "invalid_grant");
	const next = await portal.code();
	for (const redirect_uri of ["", `${CALLBACK}/`, "https://evil.example/"]) {
		const answer = await portal.post("/token", { grant_type: "authorization_code", code: next.code, code_verifier: next.verifier, redirect_uri });
		assert.equal(answer.json.error, "invalid_grant");
	}
	for (const bad of ["x", "A".repeat(43), "%00", `${next.code}A`, `${next.code}=`, "a".repeat(20000)])
		assert.equal((await portal.redeem(bad, next.verifier)).json.error, "invalid_grant");
});

test("another client's tokens: no refresh, nothing said of them, no end to them", async () => {
	const mine = await tokens();
	assert.equal((await other.refresh(mine.refresh_token)).json.error, "invalid_grant");
	for (const token of [mine.access_token, mine.refresh_token, mine.id_token, "x", "..", "a.b.c", "A".repeat(8192)]) {
		assert.deepEqual((await other.introspect(token)).json, { active: false });
		const answer = await other.post("/revoke", { token });
		assert.deepEqual([answer.status, answer.body], [200, ""]);
	}
	assert.equal((await portal.introspect(mine.access_token)).json.active, true);
	assert.equal((await portal.refresh(mine.refresh_token)).status, 200);
	assert.deepEqual((await portal.introspect(mine.id_token)).json, { active: false }, "an ID token is no access token");
});

test("introspection and revocation: nobody without authentication, and no public client looks", async () => {
	const { access_token } = await tokens();
	for (const path of ["/introspect", "/revoke", "/par", "/device_authorization", "/bc-authorize", "/token"]) {
		assertJson(await form(path, body({ token: access_token, grant_type: "client_credentials" })), 401, "invalid_client");
		const wrong = { authorization: `Basic ${Buffer.from(`${portal.client_id}:wrong`).toString("base64")}` };
		const answer = await form(path, body({ token: access_token, scope: "openid" }), wrong);
		assertJson(answer, 401, "invalid_client");
		assert.match(answer.headers["www-authenticate"], /^Basic realm=/);
	}
	assertJson(await form("/introspect", body({ token: access_token, client_id: registered("tv").client_id })), 401, "invalid_client");
	assert.equal((await portal.introspect(access_token)).json.active, true);
});

test("client authentication: each way in which it may be bent", async () => {
	const grant = { grant_type: "client_credentials" }, { client_id, client_secret } = machine;
	const header = (text) => ({ authorization: text });
	const encoded = (text) => header(`Basic ${Buffer.from(text).toString("base64")}`);
	assert.equal((await form("/token", body(grant), basic(machine))).status, 200);
	for (const authorization of [
		"Basic", "Basic ", "Basic x", "Basic ====", "Basic OjpX", "Bearer x", "DPoP x", "Negotiate YII=", `Basic ${"A".repeat(5000)}`,
	])
		assertJson(await form("/token", body(grant), header(authorization)), 401, "invalid_client");
	for (const pair of [
		`${client_id}`, `:${client_secret}`, `${client_id}:`, `${client_id}:${client_secret}x`, `${client_id}:${client_secret.slice(1)}`,
		`${client_id}%00:${client_secret}`, `${client_id.toUpperCase()}X:${client_secret}`, `${registered("other").client_id}:${client_secret}`,
		`${client_id}:${client_secret}%zz`, `nobody:${client_secret}`, "a\0b:c",
	])
		assertJson(await form("/token", body(grant), encoded(pair)), 401, "invalid_client");
	// By another method than the registered one, and by two at once.
	assertJson(await form("/token", body({ ...grant, client_id, client_secret })), 401, "invalid_client");
	assertJson(await form("/token", body({ ...grant, client_id })), 401, "invalid_client");
	assertJson(await form("/token", body({ ...grant, client_secret }), basic(machine)), 400, "invalid_request");
	assertJson(await form("/token", body({ ...grant, client_id: "x" }), basic(machine)), 400, "invalid_request");
	assertJson(await form("/token", body({ ...grant, client_assertion: "x" }), basic(machine)), 400, "invalid_request");
	// Nothing of it counts in the query.
	assertJson(await form(`/token?${body({ ...grant, client_id, client_secret })}`, ""), 401, "invalid_client");
	assertJson(await form(`/token?${body(grant)}`, "", basic(machine)), 400, "invalid_request");
});

test("private_key_jwt: claims of every wrong type and size", async () => {
	const { client_id } = registered("signer");
	const now = Math.floor(Date.now() / 1000);
	const good = () => ({ iss: client_id, sub: client_id, aud: ISSUER, exp: now + 60, jti: random() });
	const send = (assertion) =>
		form("/par", body({
			client_assertion: assertion, client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
			response_type: "code", redirect_uri: CALLBACK, scope: "openid", code_challenge: s256("v".repeat(43)), code_challenge_method: "S256",
		}));
	const once = jwt("signer", good());
	assert.equal((await send(once)).status, 201);
	assertJson(await send(once), 401, "invalid_client");
	const text = (from, to) => jwt("signer", JSON.stringify(good()).replace(from, to));
	for (const assertion of [
		jwt("signer", { ...good(), sub: undefined }), jwt("signer", { ...good(), sub: "x" }), jwt("signer", { ...good(), sub: portal.client_id }),
		jwt("signer", { ...good(), iss: portal.client_id }), jwt("signer", { ...good(), iss: [client_id] }), jwt("signer", { ...good(), jti: undefined }),
		jwt("signer", { ...good(), jti: 7 }), jwt("signer", { ...good(), jti: "" }), jwt("signer", { ...good(), exp: undefined }),
		jwt("signer", { ...good(), exp: now - 120 }), jwt("signer", { ...good(), exp: now + 86400 * 365 }), jwt("signer", { ...good(), exp: String(now + 60) }),
		jwt("signer", { ...good(), aud: undefined }), jwt("signer", { ...good(), aud: [] }), jwt("signer", { ...good(), aud: `${ISSUER}/` }),
		jwt("signer", { ...good(), aud: { [ISSUER]: 1 } }), jwt("signer", { ...good(), nbf: now + 600 }), jwt("signer", { ...good(), iat: now + 600 }),
		text(/"exp":\d+/, '"exp":1e300'), text(/"exp":\d+/, '"exp":-1e300'), text(/"exp":\d+/, '"exp":9223372036854775808'),
		text(/"exp":(\d+)/, '"exp":$1,"exp":$1'), text(/"exp":\d+/, '"exp":NaN'), text(/"jti":"/, '"jti":"\\u0000'), text(/"jti":"/, '"jti":"\\ud800'),
		text(/\}$/, `,"x":${"[".repeat(2000)}${"]".repeat(2000)}}`), text(/\}$/, "}{}"), jwt("signer", good(), { alg: "none" }),
		jwt("signer", good(), { alg: "HS256" }), jwt("signer", good(), { alg: "ES384" }), jwt("signer", good(), { typ: "at+jwt" }),
		jwt("signer", good(), { typ: "oauth-authz-req+jwt" }), jwt("signer", good(), { crit: ["exp"] }), `${jwt("signer", good())}x`, "x", "..", "a.b.c",
	])
		assertJson(await send(assertion), 401, "invalid_client", assertion);
});

test("a grant that is not registered, a scope that is wider, a parameter that is twice", async () => {
	for (const [who, fields, error] of [
		[machine, { grant_type: "authorization_code", code: "x" }, "unauthorized_client"],
		[portal, { grant_type: "client_credentials" }, "unauthorized_client"],
		[portal, { grant_type: "password", username: WANG.username, password: WANG.password }, "unsupported_grant_type"],
		[portal, { grant_type: "urn:ietf:params:oauth:grant-type:token-exchange" }, "unauthorized_client"],
		[portal, { grant_type: "Authorization_Code", code: "x" }, "unsupported_grant_type"],
		[portal, {}, "invalid_request"], [portal, { grant_type: "" }, "invalid_request"],
		[portal, { grant_type: "authorization_code" }, "invalid_request"], [machine, { grant_type: "client_credentials", scope: "openid" }, "invalid_scope"],
	])
		assertJson(await form("/token", body(fields), basic(who)), 400, error);
	const mine = await tokens("portal", { scope: "openid offline_access" });
	const wider = await portal.post("/token", { grant_type: "refresh_token", refresh_token: mine.refresh_token, scope: "openid profile" });
	assert.deepEqual([wider.status, wider.json.error], [400, "invalid_scope"]);
	const fields = pairs({ grant_type: "client_credentials", scope: "exchange" }).join("&");
	for (const twice of ["grant_type=client_credentials", "scope=exchange", "scope=", "unknown=1&unknown=2"])
		assertJson(await form("/token", `${fields}&${twice}`, basic(machine)), 400, "invalid_request");
});

test("a refresh token: an old one ends its family, also for who has the new one", async () => {
	const shop = await tokens("shop");
	for (const bad of ["", "x", `${shop.refresh_token}x`, shop.refresh_token.slice(0, -1), shop.access_token, "A".repeat(9000)])
		assert.equal((await shop.portal.refresh(bad)).json.error, bad ? "invalid_grant" : "invalid_request");
	const second = (await shop.portal.refresh(shop.refresh_token)).json;
	assert.ok(second.refresh_token, "guessing costs its owner nothing");
	const third = (await shop.portal.refresh(second.refresh_token)).json;
	assert.equal(new Set([shop.refresh_token, second.refresh_token, third.refresh_token]).size, 3);
	assert.equal((await shop.portal.introspect(third.access_token)).json.active, true);
	for (const { refresh_token } of [shop, third])
		assert.equal((await shop.portal.refresh(refresh_token)).json.error, "invalid_grant");
	assert.deepEqual((await shop.portal.introspect(third.access_token)).json, { active: false });
	secret(second.refresh_token, third.refresh_token);
});

test("methods, types and sizes that no token request has", async () => {
	const json = (answer, status) => { assert.equal(answer.status, status, answer.body); assert.ok(JSON.parse(answer.body).error); };
	for (const path of ["/token", "/introspect", "/revoke", "/par", "/device_authorization", "/bc-authorize"]) {
		const answer = await exchange(`${ISSUER}${path}?grant_type=client_credentials`, { headers: basic(machine) });
		json(answer, 405);
		assert.match(answer.headers.allow, /POST/);
		for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencodedx", undefined]) {
			const headers = { ...basic(machine), "content-type": type };
			if (!type) delete headers["content-type"];
			const refused = await exchange(`${ISSUER}${path}`, { method: "POST", body: "grant_type=client_credentials", headers });
			assert.ok([400, 415].includes(refused.status), `${path} ${type}: ${refused.status}`);
		}
		json(await form(path, "a".repeat(1 << 20), basic(machine)), 413);
		json(await form(path, Array.from({ length: 10000 }, (_, i) => `p${i}=`).join("&").slice(0, 60000), basic(machine)), 400);
		for (const bad of ["a=%00", "a=%ff", "%00=a", "a=%z", "\0=a", "a=\xff"])
			json(await form(path, Buffer.from(`grant_type=client_credentials&${bad}`, "latin1"), basic(machine)), 400);
	}
	// Names that would all fall into one bucket of a careless hash table cost no more than others.
	const timed = async (name) => {
		const text = Array.from({ length: 90 }, (_, i) => `${name(i)}=1`).join("&"), began = performance.now();
		for (let i = 0; i < 20; i++) await form("/token", `grant_type=client_credentials&${text}`, basic(machine));
		return performance.now() - began;
	};
	const collide = (i) => i.toString(2).padStart(7, "0").replaceAll("0", "Aa").replaceAll("1", "BB");
	await timed(collide);
	const [plain, hostile] = [await timed((i) => `name-${1000000000 + i}`), await timed(collide)];
	assert.ok(hostile < 5 * plain + 50, `${hostile} ms against ${plain}`);
});

test("userinfo: tokens of other kinds, twice, altered, and by no known scheme", async () => {
	const { access_token, refresh_token, id_token } = await tokens();
	const get = (authorization) => exchange(`${ISSUER}/userinfo`, { headers: authorization ? { authorization } : {} });
	const none = await get();
	assert.equal(none.status, 401);
	assert.ok(!/error/.test(none.headers["www-authenticate"]), "it says no more than how");
	const [header, payload, signature] = access_token.split(".");
	const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url");
	for (const bad of [
		`Bearer ${id_token}`, `Bearer ${refresh_token}`, "Bearer x", "Bearer ..", `Bearer ${access_token}x`, `Bearer  ${access_token}`, `Bearer ${access_token} `.trim() + ",x",
		`Bearer ${header}.${payload}.`, `Bearer ${unsigned}.${payload}.`, `Bearer ${unsigned}.${payload}.${signature}`, `Basic ${access_token}`, `DPoP ${access_token}`, access_token,
		`Bearer ${jwt("signer", JSON.parse(Buffer.from(payload, "base64url")), { typ: "at+jwt" })}`, `Bearer ${"A".repeat(8000)}`,
	]) {
		const answer = await get(bad);
		assert.equal(answer.status, 401, bad.slice(0, 40));
		assert.match(answer.headers["www-authenticate"], /error="invalid_(token|dpop_proof)"/);
		assert.match(answer.headers["cache-control"], /no-store/);
		assert.ok(!answer.body.includes("sub"));
	}
	const headers = { authorization: `Bearer ${access_token}` };
	assert.equal((await exchange(`${ISSUER}/userinfo?access_token=${access_token}`)).status, 401, "never in the query");
	assert.equal((await form("/userinfo", `access_token=${access_token}`, headers)).status, 400);
	assert.equal((await form("/userinfo", `access_token=${access_token}&access_token=x`)).status, 400);
	assert.equal((await form("/userinfo", `access_token=${access_token}`)).status, 200);
	const only = await machine.post("/token", { grant_type: "client_credentials" });
	secret(only.json.access_token);
	assert.equal((await portal.userinfo(only.json.access_token)).status, 401, "nobody stands behind it");
});

test("a person's code and tokens do not outlive the sign-out", async () => {
	const person = newPerson();
	const { code, verifier } = await portal.code(person, { credentials: WANG, scope: "openid" });
	const later = await tokens();
	const page = await person.get(`${ISSUER}/logout`);
	await person.submit(page, { decision: "logout" }, "/logout");
	assert.equal((await portal.redeem(code, verifier)).json.error, "invalid_grant");
	assert.equal((await portal.userinfo(later.access_token)).status, 200, "another's go on");
});
