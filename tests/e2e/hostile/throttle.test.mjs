// Whoever guesses passwords, or wants others locked out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WANG, ZHANG, ZHAO, newPerson, signInForm, Portal } from "./lib/hostile.mjs";

const LIMIT = 5; // account_failures of run.sh
const BY_ADDRESS = 40;
let network = 0;
const address = () => `198.51.${100 + Math.floor(network / 250)}.${1 + (network++ % 250)}`;
const from = (forwarded) => ({ "x-forwarded-for": forwarded });

test("an account is throttled after its failures, wherever they come from, and says for how long", async () => {
	const send = await signInForm();
	const wrong = { username: ZHAO.username, password: "wrong" };
	for (let i = 0; i < LIMIT; i++) assert.equal((await send(wrong, from(address()))).status, 200);
	const refused = await send({ ...wrong, password: ZHAO.password }, from(address()));
	assert.equal(refused.status, 429);
	assert.ok(Number(refused.headers["retry-after"]) > 0);
	// Others are not concerned.
	assert.equal((await send(WANG, from(address()))).status, 303);
});

test("spelling a name in another way does not tell whether it is known", async () => {
	const send = await signInForm();
	const spellings = (name) => [name, name.toLowerCase(), ` ${name}`, `${name}\u3000`, `\t${name} `];
	const counts = [];
	for (const name of ["11010519491231002X", "11010519491231003X", "11010519491231004x", "Zhang.San"]) {
		const statuses = [];
		for (let i = 0; i < 3 * LIMIT; i++)
			statuses.push((await send({ username: spellings(name)[i % 5], password: "wrong" }, from(address()))).status);
		counts.push(statuses.indexOf(429));
	}
	assert.deepEqual(counts, Array(4).fill(LIMIT));
});

test("an address is throttled over all accounts, whatever stands in front of it", async () => {
	const send = await signInForm();
	const here = address();
	const statuses = [];
	for (let i = 0; i <= BY_ADDRESS; i++) {
		const username = `nobody-${i}`;
		statuses.push((await send({ username, password: "wrong" }, from(`${address()}, ${here}`))).status);
	}
	assert.equal(statuses.indexOf(429), BY_ADDRESS);
});

test("a network of IPv6 counts as one address, however it is spelled", async () => {
	const send = await signInForm();
	const statuses = [];
	for (let i = 0; i <= BY_ADDRESS; i++) {
		const end = (i + 1).toString(16);
		const peer = [`2001:db8:5:6:${end}::1`, `2001:DB8:5:6::${end}`, `2001:0db8:0005:0006:0:0:0:${end}`][i % 3];
		statuses.push((await send({ username: `nobody6-${i}`, password: "wrong" }, from(peer))).status);
	}
	assert.equal(statuses.indexOf(429), BY_ADDRESS);
	const mapped = await signInForm();
	const four = address();
	const both = [];
	for (let i = 0; i <= BY_ADDRESS; i++)
		both.push((await mapped({ username: `nobody4-${i}`, password: "wrong" }, from(i % 2 ? four : `::ffff:${four}`))).status);
	assert.equal(both.indexOf(429), BY_ADDRESS);
});

test("an address typed as a name throttles nobody at that address", async () => {
	const send = await signInForm();
	const victim = address();
	for (let i = 0; i <= BY_ADDRESS + 1; i++) await send({ username: victim, password: "wrong" }, from(address()));
	assert.equal((await send(WANG, from(victim))).status, 303);
});

test("an address that is throttled cannot lock accounts out", async () => {
	const send = await signInForm();
	const here = address();
	for (let i = 0; i <= BY_ADDRESS; i++) await send({ username: `nobodyz-${i}`, password: "wrong" }, from(here));
	for (let i = 0; i <= LIMIT; i++)
		assert.equal((await send({ ...WANG, password: "wrong" }, from(here))).status, 429);
	assert.equal((await send(WANG, from(address()))).status, 303);
});

test("a right password takes its own try back, and no more", async () => {
	const send = await signInForm();
	const here = address();
	const statuses = [];
	for (let i = 0; i < 3 * BY_ADDRESS; i++) {
		if (i % 2) assert.ok([303, 429].includes((await send(WANG, from(here))).status));
		else statuses.push((await send({ username: `nobodyq-${i}`, password: "wrong" }, from(here))).status);
	}
	assert.equal(statuses.indexOf(429), BY_ADDRESS);
});
