// What authd answers while its Redis is gone, and when it is back. See redis.sh.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, test } from "node:test";
import * as jose from "jose";
import { Portal, ZHANG, newPerson } from "../lib/portal.mjs";

const portal = new Portal("portal");
let redis;
after(() => redis?.kill("SIGKILL"));

async function eventually(what, check) {
	for (const end = Date.now() + 10000; Date.now() < end; ) {
		if (await check()) return;
		await new Promise((done) => setTimeout(done, 50));
	}
	assert.fail(`not within 10 s: ${what}`);
}

function unavailable(answer) {
	assert.equal(answer.status, 503, answer.body);
	assert.match(answer.headers["retry-after"] ?? "", /^\d+$/);
	assert.match(answer.headers["cache-control"] ?? "", /no-store/);
	assert.equal(answer.headers.location, undefined);
	assert.ok(!answer.body.includes("127.0.0.1"), "tells of what is inside");
}

test("Redis killed in the middle", async (t) => {
	const { person, code, verifier } = await portal.code();
	const { json: tokens } = await portal.redeem(code, verifier);
	const unused = await portal.code(person);
	const waiting = newPerson();
	const open = await waiting.get(portal.request().url);
	const { body: jwks } = await portal.get("/jwks");
	assert.equal((await portal.get("/readyz")).status, 200);

	process.kill(Number(process.env.REDIS_PID), "SIGKILL");
	await eventually("not ready", async () => (await portal.get("/readyz")).status === 503);

	await t.test("who signs in is told to come back", async () => {
		const cookies = waiting.cookie(open.url);
		unavailable(await waiting.submit(open, ZHANG, "/signin"));
		assert.equal(waiting.cookie(open.url), cookies, "no session was begun");
	});
	await t.test("a live session opens nothing", async () => {
		const answer = await person.step(portal.request().url);
		unavailable(answer);
		const silent = await person.get(portal.request({ prompt: "none" }).url);
		assert.equal(silent.landed?.searchParams.get("code") ?? null, null);
	});
	await t.test("a code is not redeemed, and not called invalid either", async () => {
		unavailable(await portal.redeem(unused.code, unused.verifier));
	});
	await t.test("50 at once are answered before they could wait for each other", async () => {
		const begun = Date.now();
		const asked = Array.from({ length: 50 }, () => portal.redeem(unused.code, unused.verifier));
		for (const answer of await Promise.all(asked)) unavailable(answer);
		assert.ok(Date.now() - begun < 10000, `${Date.now() - begun} ms`);
	});
	await t.test("alive, keys and metadata", async () => {
		assert.equal((await portal.get("/healthz")).status, 200);
		assert.equal((await portal.get("/jwks")).body, jwks);
		assert.equal((await portal.get("/.well-known/openid-configuration")).status, 200);
	});
	await t.test("tokens verify offline, at introspection and at userinfo", async () => {
		const set = jose.createLocalJWKSet(JSON.parse(jwks));
		await jose.jwtVerify(tokens.access_token, set, { issuer: process.env.ISSUER, typ: "at+jwt" });
		assert.equal((await portal.introspect(tokens.access_token)).json.active, true);
		assert.equal((await portal.userinfo(tokens.access_token)).status, 200);
	});
	let fresh;
	await t.test("refresh goes on", async () => {
		fresh = await portal.refresh(tokens.refresh_token);
		assert.equal(fresh.status, 200, fresh.body);
	});
	await t.test("revocation counts at once", async () => {
		const told = await portal.post("/revoke", { token: tokens.refresh_token });
		assert.equal(told.status, 200);
		assert.deepEqual((await portal.introspect(fresh.json.access_token)).json, { active: false });
		assert.equal((await portal.refresh(tokens.refresh_token)).json.error, "invalid_grant");
	});

	const [program, ...args] = process.env.REDIS_COMMAND.split(" ");
	redis = spawn(program, args, { stdio: "ignore" });
	await eventually("ready again", async () => (await portal.get("/readyz")).status === 200);

	await t.test("what was lost stays lost: the session asks again, the code is dead", async () => {
		const page = await person.get(portal.request().url);
		assert.equal(page.landed, undefined);
		assert.match(page.body, /name="password"/);
		assert.equal((await portal.redeem(unused.code, unused.verifier)).json.error, "invalid_grant");
		assert.deepEqual((await portal.introspect(fresh.json.access_token)).json, { active: false });
	});
	await t.test("people sign in again", async () => {
		const again = await portal.code();
		assert.equal((await portal.redeem(again.code, again.verifier)).status, 200);
	});
});
