// People sign in, one after the other, until $E2E_OVER is there: with a password, then by their session,
// with the tokens of before. No step fails. See secrets.sh.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { Portal, newPerson } from "../lib/portal.mjs";

const BROWSERS = 4;
const FRESH_MS = 8000; // of a life of 10 s or more, whatever else the machine does
const portal = new Portal("portal");
let signIns = 0;
let carried = 0;

async function browse() {
	while (!existsSync(process.env.E2E_OVER)) {
		const person = newPerson();
		const began = Date.now();
		let { code, verifier } = await portal.code(person);
		let tokens = (await portal.redeem(code, verifier)).json;
		assert.ok(tokens.access_token, "a sign-in");
		signIns++;
		while (Date.now() - began < FRESH_MS && !existsSync(process.env.E2E_OVER)) {
			const { status } = await portal.userinfo(tokens.access_token);
			assert.equal(status, 200, "an access token of before");
			const refreshed = await portal.refresh(tokens.refresh_token);
			assert.equal(refreshed.status, 200, "a refresh token of before");
			// The session still holds: the portal gets a code at once.
			const { url, verifier: again } = portal.request();
			const page = await person.get(url);
			const next = page.landed?.searchParams.get("code");
			assert.ok(next, `a session of before: ${page.status} ${page.body.slice(0, 300)}`);
			tokens = { ...refreshed.json, ...(await portal.redeem(next, again)).json };
			assert.ok(tokens.access_token, "a code");
			carried++;
		}
	}
}

await Promise.all(Array.from({ length: BROWSERS }, browse));
assert.ok(signIns >= BROWSERS && carried >= BROWSERS);
console.log(`${signIns} sign-ins, ${carried} more by a session, no failure`);
