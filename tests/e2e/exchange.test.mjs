// Token exchange (RFC 8693) by openid-client and oauth4webapi. See exchange.sh.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inflateSync } from "node:zlib";
import { decodeJwt } from "jose";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { exchange as http } from "../lib/person.mjs";
import { Portal, newPerson } from "../lib/portal.mjs";
import { active, client, ctl, introspected, read, refused } from "../lib/registered.mjs";

const ISSUER = new URL(process.env.ISSUER);
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const LICENCES = "https://licences.example";
const TAX = "https://tax.example";
const ARCHIVE = "https://archive.example";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const portal = new Portal("portal");

/** What a person's sign-in gives the portal: a token for the licences service. */
async function signIn(more = {}) {
	const { code, verifier, person } = await portal.code(newPerson(), { scope: "openid profile read write", ...more });
	const { status, json, body } = await portal.redeem(code, verifier);
	assert.equal(status, 200, body);
	return { ...json, person };
}

const swap = async (name, subject_token, more = {}) =>
	oidc.genericGrantRequest(await client(name), EXCHANGE, {
		subject_token,
		subject_token_type: ACCESS_TOKEN,
		...more,
	});

async function own(name, resource) {
	return (await oidc.clientCredentialsGrant(await client(name), resource ? { resource } : {})).access_token;
}

/** The bit of a token in the list that it names, which any verifier may fetch. */
async function bit(token) {
	const { uri, idx } = decodeJwt(token).status.status_list;
	const { lst } = decodeJwt((await http(uri)).body).status_list;
	return (inflateSync(Buffer.from(lst, "base64url"))[idx >> 3] >> (idx & 7)) & 1;
}

async function listed(token, others) {
	const since = Date.now();
	while (!(await bit(token))) {
		assert.ok(Date.now() - since < 3000, "the list does not say that it was revoked");
		await pause(50);
	}
	for (const other of others) assert.equal(await bit(other), 0, "the list revokes another token");
}

describe("token exchange", () => {
	test("a resource server goes on to the next one: openid-client", async () => {
		const { access_token } = await signIn();
		const parent = decodeJwt(access_token);
		assert.equal(parent.aud, LICENCES);
		const answer = await swap("licences", access_token, { audience: TAX, scope: "read" });
		assert.equal(answer.issued_token_type, ACCESS_TOKEN);
		assert.equal(answer.token_type, "bearer");
		assert.equal(answer.scope, "read");
		assert.equal(answer.refresh_token, undefined);
		const child = decodeJwt(answer.access_token);
		assert.equal(child.aud, TAX);
		assert.equal(child.client_id, "licences");
		assert.equal(child.scope, "read");
		for (const same of ["acr", "auth_time", "iss"]) assert.equal(child[same], parent[same], same);
		assert.deepEqual(child.amr, parent.amr);
		assert.ok(child.exp <= parent.exp);
		assert.notEqual(child.sub, parent.sub, "another sector knows the person by another name");
		assert.equal(child.act, undefined);
		assert.ok(await active("tax", answer.access_token));
	});

	test("the same by oauth4webapi, with resource", async () => {
		const { client_id, client_secret } = read("licences");
		const as = await oauth
			.discoveryRequest(ISSUER)
			.then((answer) => oauth.processDiscoveryResponse(ISSUER, answer));
		assert.ok(as.grant_types_supported.includes(EXCHANGE));
		const answer = await oauth.genericTokenEndpointRequest(
			as,
			{ client_id },
			oauth.ClientSecretBasic(client_secret),
			EXCHANGE,
			{ subject_token: (await signIn()).access_token, subject_token_type: ACCESS_TOKEN, resource: TAX },
		);
		const { access_token } = await oauth.processGenericTokenEndpointResponse(as, { client_id }, answer);
		assert.equal(decodeJwt(access_token).aud, TAX);
		assert.equal(decodeJwt(access_token).scope, "read write", "what both the token and the client may");
	});

	test("several targets: the scope is what every row allows", async () => {
		const { access_token } = await signIn();
		const form = new URLSearchParams({ subject_token: access_token, subject_token_type: ACCESS_TOKEN });
		form.append("audience", TAX);
		form.append("audience", ARCHIVE);
		const answer = await oidc.genericGrantRequest(await client("licences"), EXCHANGE, form);
		assert.deepEqual(decodeJwt(answer.access_token).aud, [TAX, ARCHIVE]);
		assert.equal(answer.scope, "read");
	});

	test("who acts stands in act, and who acted before within", async () => {
		const { access_token } = await signIn();
		const actor = (token) => ({ actor_token: token, actor_token_type: ACCESS_TOKEN });
		const first = await swap("licences", access_token, { audience: TAX, ...actor(await own("licences")) });
		assert.deepEqual(decodeJwt(first.access_token).act, { sub: "licences" });
		const second = await swap("tax", first.access_token, { audience: ARCHIVE, ...actor(await own("tax")) });
		assert.deepEqual(decodeJwt(second.access_token).act, { sub: "tax", act: { sub: "licences" } });
		assert.deepEqual((await introspected("tax", first.access_token)).act, { sub: "licences" });
		assert.deepEqual((await introspected("archive", second.access_token)).act, { sub: "tax", act: { sub: "licences" } });
		assert.equal((await introspected("licences", access_token)).act, undefined);
		const third = await swap("archive", second.access_token, { audience: LICENCES });
		assert.deepEqual(decodeJwt(third.access_token).act, { sub: "tax", act: { sub: "licences" } });
		assert.match(
			await refused(swap("archive", third.access_token, { audience: ARCHIVE, ...actor(await own("archive")) }), "invalid_request"),
			/too often/,
		);
	});

	test("userinfo tells of the person, and never who acts", async () => {
		const desk = new Portal("desk");
		const { code, verifier } = await desk.code(newPerson(), { scope: "openid profile" });
		const { access_token } = (await desk.redeem(code, verifier)).json;
		const actor = { actor_token: await own("desk", ISSUER.origin), actor_token_type: ACCESS_TOKEN };
		const child = (await swap("desk", access_token, { audience: ISSUER.origin, ...actor })).access_token;
		assert.deepEqual(decodeJwt(child).act, { sub: "desk" });
		assert.deepEqual((await introspected("desk", child)).act, { sub: "desk" });
		const { status, json } = await desk.userinfo(child);
		assert.equal(status, 200);
		assert.equal(json.name, "张三");
		assert.deepEqual(json, (await desk.userinfo(access_token)).json);
		assert.ok(!("act" in json));
	});

	test("it lives as long as what it was exchanged for, and as the actor's token", async () => {
		const actor_token = await own("licences");
		await pause(1100);
		const { access_token } = await signIn();
		await pause(1100);
		const child = decodeJwt((await swap("licences", access_token, { audience: TAX })).access_token);
		assert.ok(child.iat > decodeJwt(access_token).iat);
		assert.equal(child.exp, decodeJwt(access_token).exp);
		const more = { audience: TAX, actor_token, actor_token_type: ACCESS_TOKEN };
		const { access_token: acted, expires_in } = await swap("licences", access_token, more);
		assert.equal(decodeJwt(acted).exp, decodeJwt(actor_token).exp);
		assert.ok(decodeJwt(acted).exp < decodeJwt(access_token).exp);
		assert.equal(expires_in, decodeJwt(acted).exp - decodeJwt(acted).iat);
	});

	test("of a client that acts for itself, sub stays that client", async () => {
		const { access_token } = await swap("archive", await own("archive"), { audience: LICENCES });
		const child = decodeJwt(access_token);
		assert.equal(child.sub, "archive");
		assert.equal(child.acr, undefined);
	});

	test("the child ends with its parent, also in the status list", async () => {
		const [kept, revoked] = [await signIn(), await signIn()];
		const other = (await swap("licences", kept.access_token, { audience: TAX })).access_token;
		const child = (await swap("licences", revoked.access_token, { audience: TAX })).access_token;
		const grandchild = (await swap("tax", child, { audience: ARCHIVE })).access_token;
		assert.equal((await portal.post("/revoke", { token: revoked.access_token })).status, 200);
		for (const [name, token] of [["tax", child], ["archive", grandchild]]) {
			assert.equal(await active(name, token), false);
			await listed(token, [other, kept.access_token]);
		}
		assert.ok(await active("tax", other));
		assert.equal((await http(new URL("/userinfo", ISSUER), { headers: { authorization: `Bearer ${child}` } })).status, 401);
	});

	test("a grandchild ends with its own parent alone", async () => {
		const { access_token } = await signIn();
		const child = (await swap("licences", access_token, { audience: TAX })).access_token;
		const grandchild = (await swap("tax", child, { audience: ARCHIVE })).access_token;
		await oidc.tokenRevocation(await client("licences"), child);
		assert.equal(await active("archive", grandchild), false);
		await listed(grandchild, [access_token]);
	});

	test("it ends with the grant, by the refresh token", async () => {
		const { access_token, refresh_token } = await signIn({ scope: "openid read offline_access" });
		const child = (await swap("licences", access_token, { audience: TAX })).access_token;
		assert.equal((await portal.post("/revoke", { token: refresh_token })).status, 200);
		assert.equal(await active("tax", child), false);
		await listed(child, []);
	});

	test("it ends with the session", async () => {
		const { access_token, id_token, person } = await signIn();
		const child = (await swap("licences", access_token, { audience: TAX })).access_token;
		await person.get(new URL(`/logout?id_token_hint=${id_token}`, ISSUER));
		assert.equal(await active("tax", child), false);
		await listed(child, []);
	});

	test("it ends with the actor's token", async () => {
		const { access_token } = await signIn();
		const actor_token = await own("licences");
		const more = { audience: TAX, actor_token, actor_token_type: ACCESS_TOKEN };
		const child = (await swap("licences", access_token, more)).access_token;
		await oidc.tokenRevocation(await client("licences"), actor_token);
		assert.equal(await active("tax", child), false);
		await listed(child, [access_token]);
	});

	test("what is refused, and with which error", async () => {
		const { access_token, id_token } = await signIn();
		const tax = { audience: TAX };
		const wrong = [
			["invalid_request", { ...tax, subject_token: "" }],
			["invalid_request", { ...tax, subject_token: "garbage" }],
			["invalid_request", { ...tax, subject_token: id_token }],
			["invalid_request", { ...tax, subject_token: `${access_token.slice(0, -5)}AAAAA` }],
			["invalid_request", { ...tax, subject_token_type: "urn:ietf:params:oauth:token-type:id_token" }],
			["invalid_request", { ...tax, subject_token_type: "" }],
			["invalid_request", { ...tax, requested_token_type: "urn:ietf:params:oauth:token-type:refresh_token" }],
			["invalid_request", { ...tax, actor_token: access_token }],
			["invalid_request", { ...tax, actor_token_type: ACCESS_TOKEN }],
			["invalid_request", { ...tax, actor_token: "garbage", actor_token_type: ACCESS_TOKEN }],
			["invalid_target", { audience: "https://elsewhere.example" }],
			["invalid_target", { resource: `${TAX}/` }],
			["invalid_target", {}],
			["invalid_scope", { ...tax, scope: "read everything" }],
			["invalid_scope", { ...tax, scope: "openid" }],
			["invalid_scope", { audience: ARCHIVE, scope: "write" }],
		];
		for (const [error, more] of wrong) await refused(swap("licences", access_token, more), error);
		await refused(swap("unlisted", await own("unlisted"), tax), "invalid_target");
		await refused(swap("unregistered", await own("unregistered"), tax), "unauthorized_client");
		// Found or stolen: neither issued to this client nor meant for it.
		assert.match(await refused(swap("tax", access_token, { audience: ARCHIVE }), "invalid_request"), /neither/);
		await portal.post("/revoke", { token: access_token });
		assert.match(await refused(swap("licences", access_token, tax), "invalid_request"), /revoked/);
	});

	test("what a scope was narrowed to is not won back", async () => {
		const { access_token } = await signIn({ scope: "openid read" });
		await refused(swap("licences", access_token, { audience: TAX, scope: "write" }), "invalid_scope");
		assert.equal((await swap("licences", access_token, { audience: TAX })).scope, "read");
	});

	test("without its row it is not allowed any more", async () => {
		const { access_token } = await signIn();
		await swap("licences", access_token, { audience: TAX });
		const rows = JSON.parse(ctl("exchange-policy", "list", "--json")).policies;
		const { id } = rows.find((row) => row.client_id === "licences" && row.audience === TAX);
		ctl("exchange-policy", "remove", id);
		await refused(swap("licences", access_token, { audience: TAX }), "invalid_target");
		ctl("exchange-policy", "add", "--client", "licences", "--audience", TAX);
	});

	test("it ends with the client that got the parent", async () => {
		const child = (await swap("licences", (await signIn()).access_token, { audience: TAX })).access_token;
		ctl("client", "disable", read("portal").client_id);
		assert.equal(await active("tax", child), false);
		await listed(child, []);
		ctl("client", "disable", "--undo", read("portal").client_id);
	});
});
