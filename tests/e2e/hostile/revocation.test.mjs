// Whoever holds what was given before somebody said stop.
import assert from "node:assert/strict";
import tls from "node:tls";
import { test } from "node:test";
import {
	ISSUER, Portal, WANG, ZHANG, ZHAO, newPerson, nextSecond, operator, operatorLater, registered,
} from "./lib/hostile.mjs";

const portal = new Portal("portal");
const AGAIN = "another horse battery";

async function tokens(credentials, { at = portal, person } = {}) {
	const given = await at.code(person, { credentials });
	const { status, json, body } = await at.redeem(given.code, given.verifier);
	assert.equal(status, 200, body);
	return { ...json, person: given.person };
}
const alive = async (given, at = portal) => ({
	access: (await at.introspect(given.access_token)).json.active,
	userinfo: (await at.userinfo(given.access_token)).status,
	refresh: (await at.introspect(given.refresh_token)).json.active,
});
const DEAD = { access: false, userinfo: 401, refresh: false };

async function signedIn(person, at = portal) {
	const page = await person.get(at.request({ prompt: "none" }).url);
	return page.landed.searchParams.has("code");
}

const setPassword = (who, password) =>
	operatorLater(["person", "set-password", "--number", who.username], password);

async function changePassword(person, from, to) {
	const page = await person.get(new URL("/account/password", ISSUER));
	return person.submit(page, { current_password: from, new_password: to, new_password_again: to });
}

test("a disabled client's tokens end at once, and do not come back", async () => {
	const doomed = new Portal("doomed");
	const given = await tokens(ZHANG, { at: doomed });
	const pending = await doomed.code(given.person);
	const { client_id } = registered("doomed");
	operator(["client", "disable", client_id]);
	assert.equal((await portal.userinfo(given.access_token)).status, 401);
	assert.equal((await doomed.redeem(pending.code, pending.verifier)).json.error, "invalid_client");
	assert.equal((await doomed.refresh(given.refresh_token)).json.error, "invalid_client");
	const page = await given.person.get(doomed.request().url);
	assert.equal(page.status, 400);
	assert.equal(page.landed, undefined);

	// Nobody is sent to it any more, signing out neither.
	const bye = new URL("/logout", ISSUER);
	bye.search = new URLSearchParams({ client_id, post_logout_redirect_uri: "https://portal.localhost/bye" });
	assert.equal((await newPerson().get(bye)).status, 400);

	operator(["client", "disable", client_id, "--undo"]);
	assert.deepEqual(await alive(given, doomed), DEAD);
	assert.equal((await doomed.redeem(pending.code, pending.verifier)).json.error, "invalid_grant");
	await nextSecond();
	assert.equal((await alive(await tokens(ZHANG, { at: doomed }), doomed)).userinfo, 200);
});

test("a person who is suspended is out everywhere, and in again with a new sign-in alone", async () => {
	const given = await tokens(ZHAO);
	const pending = await portal.code(given.person);
	const row = (state) => operator(["person", "add", "--number", ZHAO.username, "--name", "赵六", "--state", state]);
	row("suspended");
	assert.deepEqual(await alive(given), DEAD);
	assert.equal(await signedIn(given.person), false);
	assert.equal((await portal.redeem(pending.code, pending.verifier)).json.error, "invalid_grant");
	assert.equal((await newPerson().signIn(portal.request().url, ZHAO)).landed, undefined);
	row("active");
	assert.deepEqual(await alive(given), DEAD);
	assert.equal(await signedIn(given.person), false);
	assert.equal((await alive(await tokens(ZHAO))).userinfo, 200);
});

test("a changed password ends what was got with the old one; the browser that changed it goes on", async () => {
	const mine = newPerson();
	const kept = await tokens(WANG, { person: mine });
	const stolen = await tokens(WANG);
	const pending = await portal.code(stolen.person);
	const own = await portal.code(mine);
	await nextSecond();
	const page = await changePassword(mine, WANG.password, AGAIN);
	assert.equal(page.status, 200);
	assert.deepEqual(await alive(stolen), DEAD);
	assert.equal((await alive(kept)).refresh, false);
	assert.equal(await signedIn(stolen.person), false);
	assert.equal(await signedIn(mine), true);
	for (const { code, verifier } of [pending, own])
		assert.equal((await portal.redeem(code, verifier)).json.error, "invalid_grant");

	// What it gets from now on is good, in the same second, too.
	const { code, verifier } = await portal.code(mine);
	const fresh = (await portal.redeem(code, verifier)).json;
	assert.deepEqual(await alive(fresh), { access: true, userinfo: 200, refresh: true });
	assert.equal((await changePassword(mine, AGAIN, WANG.password)).status, 200);
});

test("a password that is reset leaves nothing to whoever uses the old one meanwhile", async () => {
	for (let round = 0; round < 6; round++) {
		const [old, fresh] = round % 2 ? [AGAIN, WANG.password] : [WANG.password, AGAIN];
		const thief = newPerson();
		await setPassword(WANG, old);
		await nextSecond();
		await portal.code(thief, { credentials: { ...WANG, password: old } });
		const got = [];
		let over = false;
		const attack = async () => {
			while (!over) {
				try {
					const { code, verifier } = await portal.code(thief, { credentials: { username: "", password: "" } });
					got.push((await portal.redeem(code, verifier)).json);
				} catch {
					return;
				}
			}
		};
		const guess = async () => {
			while (!over) {
				const person = newPerson();
				const form = await person.get(portal.request().url);
				const page = await person.submit(form, { ...WANG, password: old });
				if (!page.landed?.searchParams.has("code")) return;
				got.push({ session: person });
			}
		};
		// Across the turn of a second, where a clock of whole seconds is weakest.
		await new Promise((done) => setTimeout(done, 930 - (Date.now() % 1000)));
		const attacks = [attack(), attack(), guess(), guess()];
		assert.equal(await setPassword(WANG, fresh), 0);
		over = true;
		await Promise.all(attacks);
		for (const one of got) {
			if (one.session) assert.equal(await signedIn(one.session), false, "a session lives on");
			else if (one.access_token) assert.deepEqual(await alive(one), DEAD);
		}
		assert.equal(await signedIn(thief), false);
	}
});

test("a code does not live longer because its request is slow", async () => {
	// run.sh gives a code 4 seconds; a request that began in time and ends late is late.
	const { code, verifier } = await portal.code(newPerson(), { credentials: ZHANG });
	const body = new URLSearchParams({
		grant_type: "authorization_code", code, code_verifier: verifier,
		redirect_uri: "https://portal.localhost/cb",
	}).toString();
	const { hostname, port } = new URL(ISSUER);
	const socket = tls.connect({ host: "127.0.0.1", port, servername: hostname, ca: undefined });
	await new Promise((done) => socket.once("secureConnect", done));
	socket.write(
		`POST /token HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: ${portal.authorization}\r\n` +
			`Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n` +
			`Connection: close\r\n\r\n${body.slice(0, 10)}`,
	);
	await new Promise((done) => setTimeout(done, 4200));
	let answer = "";
	socket.on("data", (part) => (answer += part));
	socket.write(body.slice(10));
	await new Promise((done) => socket.once("close", done));
	assert.match(answer, /^HTTP\/1.1 400 /);
	assert.match(answer, /"invalid_grant"/);
});
