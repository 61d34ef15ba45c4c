// oidcc-rp-initiated-logout-certification-test-plan.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ISSUER, metadata } from "./lib.mjs";
import {
	BYE, STATE, assertNotSentBack, assertSentBack, assertSignedIn, confirm, endSession, rp,
} from "./logout.mjs";

test("oidcc-rp-initiated-logout-discovery-endpoint-verification", async () => {
	const { end_session_endpoint, issuer } = await metadata();
	assert.equal(issuer, ISSUER);
	assert.equal(new URL(end_session_endpoint).protocol, "https:");
});

test("oidcc-rp-initiated-logout", async () => {
	const { person, tokens } = await rp.signIn();
	await assertSignedIn(person, true);
	const sent = { id_token_hint: tokens.id_token, post_logout_redirect_uri: BYE, state: STATE };
	assertSentBack(await endSession(person, sent), STATE);
	await assertSignedIn(person, false);
});

test("oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", async () => {
	const { person, tokens } = await rp.signIn();
	for (const post_logout_redirect_uri of ["https://portal.localhost/else", "https://evil.example/", "bye", `${BYE}/`]) {
		const sent = { id_token_hint: tokens.id_token, post_logout_redirect_uri, state: STATE };
		assertNotSentBack(await endSession(person, sent), 400);
	}
	await assertSignedIn(person, true);
});

test("oidcc-rp-initiated-logout-modified-id-token-hint", async () => {
	const { person, tokens } = await rp.signIn();
	const [header, payload, signature] = tokens.id_token.split(".");
	const claims = JSON.parse(Buffer.from(payload, "base64url"));
	const other = Buffer.from(JSON.stringify({ ...claims, sub: `${claims.sub}1` })).toString("base64url");
	const turned = (signature[9] === "A" ? "B" : "A") + signature.slice(1);
	for (const id_token_hint of [`${header}.${other}.${signature}`, `${header}.${payload}.${turned}`])
		assertNotSentBack(
			await endSession(person, { id_token_hint, post_logout_redirect_uri: BYE, state: STATE }),
			400,
		);
	await assertSignedIn(person, true);
});

test("oidcc-rp-initiated-logout-no-id-token-hint", async () => {
	const { person } = await rp.signIn();
	assertNotSentBack(await endSession(person, { post_logout_redirect_uri: BYE, state: STATE }), 400);
});

test("oidcc-rp-initiated-logout-no-params", async () => {
	const { person } = await rp.signIn();
	assertNotSentBack(await confirm(person, await endSession(person, {})), 200);
	await assertSignedIn(person, false);
});

test("oidcc-rp-initiated-logout-no-post-logout-redirect-uri", async () => {
	const { person, tokens } = await rp.signIn();
	assertNotSentBack(await endSession(person, { id_token_hint: tokens.id_token, state: STATE }), 200);
	await assertSignedIn(person, false);
});

test("oidcc-rp-initiated-logout-no-state", async () => {
	const { person, tokens } = await rp.signIn();
	const sent = { id_token_hint: tokens.id_token, post_logout_redirect_uri: BYE };
	assertSentBack(await endSession(person, sent));
	await assertSignedIn(person, false);
});

test("oidcc-rp-initiated-logout-only-state", async () => {
	const { person } = await rp.signIn();
	assertNotSentBack(await confirm(person, await endSession(person, { state: STATE })), 200);
	await assertSignedIn(person, false);
});

test("oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", async () => {
	const { person, tokens } = await rp.signIn();
	const sent = { id_token_hint: tokens.id_token, post_logout_redirect_uri: `${BYE}?foo=bar`, state: STATE };
	assertNotSentBack(await endSession(person, sent), 400);
	await assertSignedIn(person, true);
});

test("oidcc-rp-initiated-logout-bad-id-token-hint", async () => {
	const { person } = await rp.signIn();
	const unsigned = ["{\"alg\":\"none\"}", JSON.stringify({ iss: ISSUER, sub: "x", aud: rp.client_id })]
		.map((part) => Buffer.from(part).toString("base64url"))
		.join(".");
	for (const id_token_hint of ["foo", `${unsigned}.`, "a.b.c"])
		assertNotSentBack(
			await endSession(person, { id_token_hint, post_logout_redirect_uri: BYE, state: STATE }),
			400,
		);
	await assertSignedIn(person, true);
});
