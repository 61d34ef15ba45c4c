// Grants under a kill -9: kill.mjs load FILE STOP-FILE | check FILE. See kill.sh.
//
// "load" signs in again and again, and after each acknowledged step appends a line to FILE: a token
// family with its latest refresh token, that it is about to be revoked, or that it was. "check" asks authd whether it still
// knows each: the last token that was given works, a revoked one does not.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { Portal, newPerson } from "../lib/portal.mjs";

const [, , command, file, stop] = process.argv;
const portals = Array.from({ length: Number(process.env.PORTALS) }, (_, i) => new Portal(`portal${i}`));
const acknowledge = (family, step, token) => appendFileSync(file, `${family} ${step} ${token}\n`);

/** Answers that say nothing about the store: authd was not there, or not ready. */
const gone = (e) => /ECONNREFUSED|ECONNRESET|EPIPE|socket|no code|TLS|no form/.test(`${e.code} ${e}`);

async function family(person, portal, id) {
	const { code, verifier } = await portal.code(person);
	const first = await portal.redeem(code, verifier);
	if (first.status !== 200) return;
	let token = first.json.refresh_token;
	acknowledge(id, "given", token);
	for (let i = 0; i < 3; i++) {
		const next = await portal.refresh(token);
		if (next.status >= 500) return;
		assert.equal(next.status, 200, `an acknowledged token was refused: ${next.body}`);
		token = next.json.refresh_token;
		acknowledge(id, "given", token);
	}
	if (Math.random() < 0.5) return;
	acknowledge(id, "revoking", token);
	const revoked = await portal.post("/revoke", { token });
	if (revoked.status === 200) acknowledge(id, "revoked", token);
}

let next = 0;

async function worker(name) {
	let person = newPerson();
	for (let i = 0; !existsSync(stop); i++) {
		try {
			const n = next++ % portals.length;
			await family(person, portals[n], `${name}.${i}.${n}`);
		} catch (e) {
			if (!gone(e)) throw e;
			if (/no code|no form/.test(`${e}`)) person = newPerson();
			await new Promise((done) => setTimeout(done, 20));
		}
	}
}

async function check() {
	const last = new Map();
	for (const line of readFileSync(file, "utf8").trim().split("\n")) {
		const [id, step, token] = line.split(" ");
		last.set(id, { step, token });
	}
	for (const [id, { step, token }] of last) {
		const portal = portals[Number(id.split(".")[2])];
		const { active } = (await portal.introspect(token)).json;
		const answer = await portal.refresh(token);
		if (step === "revoked") {
			assert.equal(active, false, `${id} was revoked`);
			assert.equal(answer.json.error, "invalid_grant", `${id} was revoked`);
		} else if (step === "given" || active) {
			assert.equal(answer.status, 200, `${id}: ${answer.body}`);
		} else {
			// Killed while it revoked: done or not, but not half.
			assert.equal(answer.json.error, "invalid_grant", `${id}: ${answer.body}`);
		}
	}
	console.log(`${last.size} token families are as they were acknowledged`);
}

await (command === "load" ? Promise.all(["a", "b", "c", "d"].map(worker)) : check());
