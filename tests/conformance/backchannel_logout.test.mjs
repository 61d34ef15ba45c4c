// oidcc-backchannel-rp-initiated-logout-certification-test-plan.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Receiver } from "../lib/receiver.mjs";
import { ISSUER, get, jose, metadata } from "./lib.mjs";
import { BYE, STATE, assertSentBack, assertSignedIn, endSession, rp } from "./logout.mjs";

test("oidcc-backchannel-logout-discovery-endpoint-verification", async () => {
	const found = await metadata();
	assert.equal(new URL(found.end_session_endpoint).protocol, "https:");
	assert.equal(found.backchannel_logout_supported, true);
	assert.equal(found.backchannel_logout_session_supported, true);
});

test("oidcc-backchannel-rp-initiated-logout", async (t) => {
	const receiver = await Receiver.listen(process.env.PORT_receiver);
	t.after(() => receiver.close());
	const { person, tokens, claims } = await rp.signIn();
	assert.ok(claims.sid);
	const sent = { id_token_hint: tokens.id_token, post_logout_redirect_uri: BYE, state: STATE };
	assertSentBack(await endSession(person, sent), STATE);

	const [{ method, url, headers, form, token }] = await receiver.wait(1);
	assert.deepEqual([method, url], ["POST", "/backchannel_logout"]);
	assert.match(headers["content-type"], /^application\/x-www-form-urlencoded\b/);
	assert.deepEqual([...form.keys()], ["logout_token"]);
	const keys = jose.createLocalJWKSet((await get((await metadata()).jwks_uri)).json);
	const { payload, protectedHeader } = await jose.jwtVerify(token, keys, {
		issuer: ISSUER,
		audience: rp.client_id,
		typ: "logout+jwt",
		algorithms: ["RS256"],
		requiredClaims: ["iss", "aud", "iat", "exp", "jti", "events"],
	});
	assert.ok(protectedHeader.kid);
	assert.equal(payload.sub, claims.sub);
	assert.equal(payload.sid, claims.sid);
	assert.equal(payload.nonce, undefined);
	assert.ok(payload.exp > payload.iat && payload.exp - payload.iat <= 120);
	assert.deepEqual(payload.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
	await assertSignedIn(person, false);
	assert.equal(receiver.heard.length, 1);
});
