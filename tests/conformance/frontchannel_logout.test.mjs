// oidcc-frontchannel-rp-initiated-logout-certification-test-plan.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ISSUER, metadata } from "./lib.mjs";
import { BYE, STATE, assertSignedIn, endSession, rp } from "./logout.mjs";

const unescape = (text) => text.replaceAll("&amp;", "&").replaceAll("&#38;", "&");
const attribute = (body, tag, name) =>
	[...body.matchAll(new RegExp(`<${tag}\\b[^>]*\\b${name}="([^"]*)"`, "g"))].map(([, value]) => unescape(value));

test("oidcc-frontchannel-logout-discovery-endpoint-verification", async () => {
	const found = await metadata();
	assert.equal(new URL(found.end_session_endpoint).protocol, "https:");
	assert.equal(found.frontchannel_logout_supported, true);
	assert.equal(found.frontchannel_logout_session_supported, true);
});

test("oidcc-frontchannel-rp-initiated-logout", async () => {
	const { person, tokens, claims } = await rp.signIn();
	assert.ok(claims.sid);
	const sent = { id_token_hint: tokens.id_token, post_logout_redirect_uri: BYE, state: STATE };
	const page = await endSession(person, sent);
	assert.equal(page.status, 200);

	const frames = attribute(page.body, "iframe", "src").map((url) => new URL(url));
	assert.equal(frames.length, 1);
	assert.equal(frames[0].origin + frames[0].pathname, "https://portal.localhost/frontchannel_logout");
	assert.deepEqual([...frames[0].searchParams], [["iss", ISSUER], ["sid", claims.sid]]);
	assert.match(page.headers["content-security-policy"], /\bframe-src https:\/\/portal\.localhost(;|$)/);

	// Without a script: the browser goes on by itself, or by the link.
	const back = new URL(BYE);
	back.searchParams.set("state", STATE);
	const [, seconds, to] = /^(\d+); url=(.*)$/.exec(page.headers.refresh);
	assert.ok(Number(seconds) <= 5);
	for (const url of [to, ...attribute(page.body, 'a[^>]*id="continue"', "href")]) {
		assert.equal(new URL(url).searchParams.get("state"), STATE);
		assert.equal(new URL(url).origin + new URL(url).pathname, BYE);
	}
	await assertSignedIn(person, false);
});
