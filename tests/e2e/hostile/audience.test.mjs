// Resource servers that hold somebody else's token.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ISSUER, Portal, ZHANG, newPerson } from "./lib/hostile.mjs";
import { CALLBACK } from "../../lib/portal.mjs";

const licences = new Portal("licences");
const RESOURCE = "https://licences.example";

/** The code of a sign-in that asks for these resources. */
async function authorized(...resources) {
	const { url, verifier } = licences.request();
	for (const resource of resources) url.searchParams.append("resource", resource);
	const page = await newPerson().signIn(url, ZHANG);
	const { code, error } = Object.fromEntries(page.landed?.searchParams ?? []);
	return { code, error, verifier };
}

/** Its tokens. */
async function tokens(...resources) {
	const { code, error, verifier } = await authorized(...resources);
	return code ? (await licences.redeem(code, verifier)).json : { error };
}
const audience = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url")).aud;

test("userinfo takes no token that is meant for a resource", async () => {
	for (const given of [await tokens(), await tokens(RESOURCE)]) {
		assert.equal(audience(given.access_token), RESOURCE);
		const { status, headers, body } = await licences.userinfo(given.access_token);
		assert.equal(status, 401, body);
		assert.match(headers["www-authenticate"], /error="invalid_token".*audience/);
		assert.equal((await licences.introspect(given.access_token)).json.aud, RESOURCE);
		const again = (await licences.refresh(given.refresh_token)).json;
		assert.equal((await licences.userinfo(again.access_token)).status, 401);
	}
});

test("it takes one that the portal asked for at the issuer", async () => {
	const given = await tokens(ISSUER);
	assert.equal(audience(given.access_token), ISSUER);
	assert.equal((await licences.userinfo(given.access_token)).json.name, "张三");
});

test("and one for both, where the portal asked for both", async () => {
	const given = await tokens(RESOURCE, ISSUER, RESOURCE);
	for (const { access_token } of [given, (await licences.refresh(given.refresh_token)).json]) {
		assert.deepEqual(audience(access_token), [RESOURCE, ISSUER]);
		assert.equal((await licences.userinfo(access_token)).status, 200);
		assert.deepEqual((await licences.introspect(access_token)).json.aud, [RESOURCE, ISSUER]);
	}
});

test("a resource that is not registered is refused, however it is hidden", async () => {
	const near = ["https://other.example", `${RESOURCE}/`, `${RESOURCE} ${ISSUER}`, `${ISSUER}/`, "*"];
	for (const resource of near) {
		assert.deepEqual(await tokens(resource), { error: "invalid_target" }, resource);
		assert.deepEqual(await tokens(ISSUER, resource), { error: "invalid_target" }, resource);
	}
	assert.deepEqual(await tokens(...Array(5).fill(ISSUER)), { error: "invalid_target" });
});

test("a token request names what was granted, or a part of it", async () => {
	const redeem = async (granted, resource) => {
		const { code, verifier } = await authorized(...granted);
		const fields = { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: CALLBACK, resource };
		return licences.post("/token", fields);
	};
	const refresh = async (refresh_token, resource) =>
		(await licences.post("/token", { grant_type: "refresh_token", refresh_token, resource })).json;
	const both = [RESOURCE, ISSUER];
	let given;
	for (const one of both) {
		given = (await redeem(both, one)).json;
		assert.equal(audience(given.access_token), one);
		assert.equal((await licences.introspect(given.access_token)).json.aud, one);
	}
	// What the refresh token is for stays whole.
	for (const [resource, aud] of [[RESOURCE, RESOURCE], [ISSUER, ISSUER], ["", both]]) {
		given = await refresh(given.refresh_token, resource);
		assert.deepEqual(audience(given.access_token), aud);
	}
	for (const resource of ["https://other.example", `${RESOURCE}/`, both.join(" "), "*"]) {
		const answer = await redeem(both, resource);
		assert.deepEqual([answer.status, answer.json.error], [400, "invalid_target"], resource);
		assert.deepEqual((await refresh(given.refresh_token, resource)).error, "invalid_target", resource);
	}
	assert.equal((await redeem([RESOURCE], ISSUER)).json.error, "invalid_target", "registered, and not granted");
	assert.deepEqual(audience((await refresh(given.refresh_token, "")).access_token), both, "what was refused cost nothing");
});
