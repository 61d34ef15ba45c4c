// What the three logout plans have in common.
import assert from "node:assert/strict";
import { ISSUER, RelyingParty, forms, metadata } from "./lib.mjs";

export const rp = RelyingParty.registered("client");
export const BYE = "https://portal.localhost/bye";
export const STATE = "state of the logout";

/** The browser is sent to the end_session_endpoint; what is undefined is left out. */
export async function endSession(person, params) {
	const url = new URL((await metadata()).end_session_endpoint);
	for (const [name, value] of Object.entries(params)) if (value !== undefined) url.searchParams.set(name, value);
	return person.get(url);
}

/** The issuer's page asks, and the person says yes. */
export async function confirm(person, page) {
	assert.equal(page.status, 200);
	assert.equal(page.landed, undefined, "the person is asked first");
	assert.ok(forms(page).some((form) => form.action.pathname.endsWith("/logout")), page.body);
	return person.submit(page, { decision: "logout" }, "/logout");
}

/** An error page, or one that says it is done: never a redirect. */
export function assertNotSentBack(page, status) {
	assert.equal(page.landed, undefined);
	assert.equal(page.headers.location, undefined);
	assert.equal(page.headers.refresh, undefined);
	assert.equal(page.url.origin, ISSUER);
	assert.equal(page.status, status, page.body);
	assert.match(page.headers["content-type"], /^text\/html/);
	assert.ok(!page.body.includes(BYE));
}

export function assertSentBack(page, state) {
	const back = new URL(BYE);
	if (state !== undefined) back.searchParams.set("state", state);
	assert.ok(page.landed, `${page.status} ${page.body}`);
	assert.equal(page.landed.origin + page.landed.pathname, BYE);
	assert.deepEqual([...page.landed.searchParams], [...back.searchParams]);
}

export async function assertSignedIn(person, signedIn) {
	const { response } = await rp.authorize({ prompt: "none" }, { person });
	if (signedIn) assert.ok(response.code, JSON.stringify(response));
	else assert.equal(response.error, "login_required");
}
