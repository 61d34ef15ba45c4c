// Sign-ins under load while keys are announced, activated and retired. See rotation.sh.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createLocalJWKSet, jwtVerify } from "jose";
import { Portal, newPerson } from "../lib/portal.mjs";

const BROWSERS = 6;
const [authctl, ...options] = process.env.AUTHCTL.split(" ");
const rotate = (...more) => promisify(execFile)(authctl, [...options, "keys", "rotate", ...more]);

const portal = new Portal("portal");

// A verifier that fetches the key set at fixed times, however many tokens it sees.
class Verifier {
	async fetch() {
		this.keys = createLocalJWKSet(JSON.parse((await portal.get("/jwks")).body));
	}

	async verify(token) {
		const options = { issuer: portal.issuer, clockTolerance: 10 }; // on a slow machine, too
		return (await jwtVerify(token, this.keys, options)).protectedHeader.kid;
	}
}

// One sign-on after the other until `over`, each of its tokens checked at once and, at the end of its
// life, again. Returns the ids of the keys that signed.
async function signOn(over, verify) {
	const person = newPerson();
	const signedBy = [];
	const later = [];
	while (!over.now) {
		const { code, verifier } = await portal.code(person);
		const { status, json, body } = await portal.redeem(code, verifier);
		assert.equal(status, 200, body);
		for (const token of [json.access_token, json.id_token]) {
			signedBy.push(await verify(token));
			later.push(sleep(3000).then(() => verify(token)));
		}
		assert.equal((await portal.userinfo(json.access_token)).status, 200);
		assert.equal((await portal.introspect(json.access_token)).json.active, true);
		assert.equal((await portal.refresh(json.refresh_token)).status, 200);
	}
	await Promise.all(later);
	return signedBy;
}

// Run `work` beside the load; how many tokens were signed, and by which keys.
async function underLoad(verify, work) {
	const over = { now: false };
	const load = Array.from({ length: BROWSERS }, () => signOn(over, verify));
	await Promise.race([work(), ...load]);
	over.now = true;
	const signedBy = (await Promise.all(load)).flat();
	return { tokens: signedBy.length, keys: new Set(signedBy) };
}

const TIMEOUT = { timeout: 90_000 };

test("keys that were announced: a verifier who fetches them in time meets no unknown one", TIMEOUT, async (t) => {
	const verifier = new Verifier();
	await verifier.fetch();
	const every = setInterval(() => {
		process.kill(process.env.AUTHD_PID, "SIGHUP"); // it looks after its keys, else once a minute
		verifier.fetch();
	}, 1000);
	t.after(() => clearInterval(every));
	const { tokens, keys } = await underLoad(
		(token) => verifier.verify(token),
		async () => {
			for (let i = 0; i < 2; i++) {
				await rotate("--algorithm", "ES256");
				await sleep(6500);
			}
		},
	);
	assert.equal(keys.size, 3);
	t.diagnostic(`${tokens} tokens, signed by ${keys.size} keys`);
});

test("a key that signs at once: a verifier who asks again for an unknown key loses nothing", TIMEOUT, async (t) => {
	const verifier = new Verifier();
	await verifier.fetch();
	let asked = 0;
	const { tokens, keys } = await underLoad(
		(token) =>
			verifier.verify(token).catch(async (error) => {
				assert.equal(error.code, "ERR_JWKS_NO_MATCHING_KEY");
				asked++;
				await verifier.fetch();
				return verifier.verify(token);
			}),
		async () => {
			for (let i = 0; i < 3; i++) {
				await sleep(1000);
				await rotate("--algorithm", "ES256", "--now");
			}
			await sleep(1000);
		},
	);
	assert.equal(keys.size, 4);
	assert.ok(asked > 0);
	t.diagnostic(`${tokens} tokens, signed by ${keys.size} keys`);
});
