// Races at the token endpoint. See races.sh.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Portal, ZHANG, newPerson } from "../lib/portal.mjs";

const portal = new Portal("portal");
const many = (n, ask) => Promise.all(Array.from({ length: n }, ask));

test("fifty redemptions of one code: one is answered, and its tokens are revoked", async () => {
	for (let round = 0; round < 5; round++) {
		const { code, verifier } = await portal.code();
		const answers = await many(50, () => portal.redeem(code, verifier));
		const given = answers.filter((answer) => answer.status === 200);
		assert.equal(given.length, 1);
		for (const answer of answers)
			if (answer !== given[0]) {
				assert.equal(answer.status, 400);
				assert.equal(answer.json.error, "invalid_grant");
			}
		const { access_token, refresh_token } = given[0].json;
		assert.deepEqual((await portal.introspect(access_token)).json, { active: false });
		assert.deepEqual((await portal.introspect(refresh_token)).json, { active: false });
		assert.equal((await portal.userinfo(access_token)).status, 401);
		assert.equal((await portal.refresh(refresh_token)).json.error, "invalid_grant");
	}
});

test("two hundred refreshes of one token: one step, one successor", async () => {
	const { code, verifier } = await portal.code();
	const { json: first } = await portal.redeem(code, verifier);
	const answers = await many(200, () => portal.refresh(first.refresh_token));
	for (const answer of answers) assert.equal(answer.status, 200, answer.body);
	const successors = new Set(answers.map((answer) => answer.json.refresh_token));
	assert.equal(successors.size, 1);
	const [second] = successors;
	assert.notEqual(second, first.refresh_token);

	const { json: next } = await portal.refresh(second);
	assert.notEqual(next.refresh_token, second);
	assert.equal((await portal.introspect(next.access_token)).json.active, true);

	// Two generations back is no retry: the family ends.
	assert.equal((await portal.refresh(first.refresh_token)).json.error, "invalid_grant");
	assert.equal((await portal.refresh(next.refresh_token)).json.error, "invalid_grant");
	assert.deepEqual((await portal.introspect(next.access_token)).json, { active: false });
});

test("ten people with five browsers each sign in at once: fifty codes", async () => {
	const people = readFileSync(`${process.env.E2E}/people`, "utf8").trim().split("\n");
	const codes = await many(50, async (_, i) => {
		const credentials = { ...ZHANG, username: people[i % people.length] };
		return (await portal.code(newPerson(), { credentials })).code;
	});
	assert.equal(new Set(codes).size, 50);
});
