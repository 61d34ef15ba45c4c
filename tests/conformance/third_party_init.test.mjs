// oidcc-3rdparty-init-login-certification-test-plan: the issuer begins a sign-in at a portal (OIDC Core §4).
import assert from "node:assert/strict";
import { test } from "node:test";
import { ISSUER, RelyingParty, assertRefused, exchange, metadata, newPerson, parsed } from "./lib.mjs";

const INITIATE = "https://portal.localhost/initiate?a=b";

async function register(initiate_login_uri) {
	const { registration_endpoint } = await metadata();
	return parsed(await exchange(registration_endpoint, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ redirect_uris: ["https://portal.localhost/cb"], client_name: "便民停车", initiate_login_uri }),
	}));
}

test("oidcc-3rd_party-init-login", async () => {
	const answer = await register(INITIATE);
	assert.equal(answer.status, 201, answer.body);
	assert.equal(answer.json.initiate_login_uri, INITIATE);
	const { registration_client_uri, registration_access_token } = answer.json;
	const read = parsed(await exchange(registration_client_uri, { headers: { authorization: `Bearer ${registration_access_token}` } }));
	assert.equal(read.status, 200);
	assert.match(read.headers["content-type"], /^application\/json\b/);
	assert.equal(read.json.initiate_login_uri, INITIATE);
	const rp = new RelyingParty(answer.json);
	const { person } = await rp.signIn();

	// The issuer's page leads to the portal, which learns from whom, and asks that issuer.
	const account = await person.get(`${ISSUER}/account`);
	const [, href] = new RegExp(`id="open-${rp.client_id}" href="([^"]+)"`).exec(account.body) ?? [];
	assert.ok(href, account.body);
	const initiated = new URL(href.replaceAll("&amp;", "&"));
	assert.equal(initiated.origin + initiated.pathname, "https://portal.localhost/initiate");
	assert.equal(initiated.searchParams.get("a"), "b");
	assert.equal(initiated.searchParams.get("iss"), ISSUER);
	const { response } = await rp.authorize({}, { person });
	assert.ok(response.code);
	assert.ok(newPerson());
});

test("oidcc-3rd_party-init-login-nohttps", async () => {
	assertRefused(await register("http://portal.localhost/initiate"), "invalid_client_metadata");
});
