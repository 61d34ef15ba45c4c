// Resource servers that hold somebody else's token.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ISSUER, Portal, ZHANG, newPerson } from "./lib/hostile.mjs";

const licences = new Portal("licences");
const RESOURCE = "https://licences.example";

/** The tokens of a sign-in that asks for these resources. */
async function tokens(...resources) {
	const { url, verifier } = licences.request();
	for (const resource of resources) url.searchParams.append("resource", resource);
	const page = await newPerson().signIn(url, ZHANG);
	const code = page.landed?.searchParams.get("code");
	if (!code) return { error: page.landed?.searchParams.get("error") };
	return (await licences.redeem(code, verifier)).json;
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
