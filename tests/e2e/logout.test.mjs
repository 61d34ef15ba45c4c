// Logout by back channel and front channel. See logout.sh.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, beforeEach, describe, test } from "node:test";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { exchange } from "../lib/person.mjs";
import { Portal, ZHANG, newPerson } from "../lib/portal.mjs";
import { Receiver } from "../lib/receiver.mjs";

const { AUTHCTL, ISSUER, OTHER, PERSON } = process.env;
const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const NAMES = ["one", "two", "slow", "failing", "refusing"];
const portals = Object.fromEntries([...NAMES, "silent"].map((name) => [name, new Portal(name)]));
const receivers = {};
const jwks = createRemoteJWKSet(new URL("/jwks", ISSUER.replace("id.localhost", "localhost")));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function ctl(words, input = "") {
	const [program, ...rest] = AUTHCTL.split(" ");
	const { status, stdout, stderr } = spawnSync(program, [...rest, ...words], { encoding: "utf8", input });
	assert.equal(status, 0, stderr);
	return stdout;
}

/** Signed in at these portals, in one browser: their ID tokens' claims and all that they were given. */
async function signedIn(names, person = newPerson(), credentials = ZHANG) {
	const given = {};
	for (const name of names) {
		const { code, verifier } = await portals[name].code(person, { credentials, scope: "openid" });
		const { json, body } = await portals[name].redeem(code, verifier);
		assert.ok(json.id_token, body);
		given[name] = { ...json, claims: decodeJwt(json.id_token) };
	}
	return { person, given };
}

function logoutUrl(name, given, more = {}) {
	const url = new URL("/logout", ISSUER);
	const post_logout_redirect_uri = "https://portal.localhost/bye";
	url.search = new URLSearchParams({ id_token_hint: given[name].id_token, post_logout_redirect_uri, ...more });
	return url;
}

/** The portal hears of this session; its token is verified by jose, and by libauth. */
async function hears(name, alg, { claims }) {
	const of = await receivers[name].find(({ token }) => decodeJwt(token).sid === claims.sid);
	const { method, headers, form, token } = of;
	assert.equal(method, "POST");
	assert.equal(headers["content-type"], "application/x-www-form-urlencoded");
	assert.deepEqual([...form.keys()], ["logout_token"]);
	const { payload } = await jwtVerify(token, jwks, {
		typ: "logout+jwt",
		issuer: ISSUER,
		audience: name,
		algorithms: [alg],
		requiredClaims: ["iat", "exp", "jti", "events"],
	});
	assert.deepEqual(payload.events, { [EVENT]: {} });
	assert.equal(payload.sub, claims.sub);
	assert.equal(payload.sid, claims.sid);
	assert.ok(payload.exp - payload.iat <= 120);
	assert.ok(!("nonce" in payload));
	ctl(["token", "verify", "--kind", "logout", "--audience", name, "-"], token);
	return of;
}

before(async () => {
	for (const name of NAMES) receivers[name] = await Receiver.listen(process.env[`PORT_${name}`]);
});
beforeEach(() => NAMES.forEach((name) => receivers[name].forget()));
after(() => Promise.all(NAMES.map((name) => receivers[name].close())));

describe("back channel", () => {
	test("each portal of the session hears, within a second, and nobody else", async () => {
		const { person, given } = await signedIn(["two", "silent", "slow", "two"]);
		const elsewhere = await signedIn(["two", "refusing"]);
		const since = Date.now();
		const page = await person.get(logoutUrl("silent", given, { state: "s1" }));
		assert.equal(page.landed?.href, "https://portal.localhost/bye?state=s1");
		const two = await hears("two", "RS256", given.two);
		const slow = await hears("slow", "EdDSA", given.slow);
		assert.ok(Math.max(two.at, slow.at) - since < 1000);
		assert.notEqual(given.two.claims.sid, given.slow.claims.sid);
		await pause(500);
		assert.equal(receivers.two.heard.length, 1);
		assert.equal(receivers.refusing.heard.length, 0);
		assert.equal((await portals.two.userinfo(elsewhere.given.two.access_token)).status, 200);
	});

	const roads = {
		"authctl session revoke, of all": ["session", "revoke", "--number", PERSON, "--all"],
		"person suspended": ["person", "add", "--number", PERSON, "--name", "张三", "--state", "suspended"],
	};
	for (const [road, words] of Object.entries(roads))
		test(road, async () => {
			const { given } = await signedIn(["one", "two"]);
			ctl(words);
			await hears("one", "ES256", given.one);
			await hears("two", "RS256", given.two);
			if (words.includes("suspended")) {
				ctl(["person", "add", "--number", PERSON, "--name", "张三", "--state", "active"]);
				ctl(["person", "set-password", "--number", PERSON], ZHANG.password);
			}
		});

	test("authctl session revoke, of one", async () => {
		const { given } = await signedIn(["one"]);
		const other = await signedIn(["two"]);
		const { sessions } = JSON.parse(ctl(["session", "list", "--json", "--number", PERSON]));
		for (const { id } of sessions) {
			receivers.one.forget();
			ctl(["session", "revoke", "--number", PERSON, "--session", id]);
			await pause(600);
			if (receivers.one.heard.length) break;
			assert.equal(receivers.two.heard.length, 1, "one of the two");
		}
		await hears("one", "ES256", given.one);
		assert.ok(other.given.two);
	});

	test("password set by an operator", async () => {
		const { given } = await signedIn(["one"]);
		ctl(["person", "set-password", "--number", PERSON], ZHANG.password);
		await hears("one", "ES256", given.one);
	});

	test("password changed by the person: the other browsers' portals hear", async () => {
		const { given } = await signedIn(["one"]);
		const { person, given: here } = await signedIn(["two"]);
		const page = await person.get(new URL("/account/password", ISSUER));
		const next = "another horse battery";
		const fields = { current_password: ZHANG.password, new_password: next, new_password_again: next };
		const done = await person.submit(page, fields, "/account/password");
		assert.equal(done.status, 200);
		await hears("one", "ES256", given.one);
		assert.ok(receivers.two.heard.every(({ token }) => decodeJwt(token).sid !== here.two.claims.sid));
		ctl(["person", "set-password", "--number", PERSON], ZHANG.password);
		await hears("two", "RS256", here.two);
	});

	test("somebody else signs in, in the same browser", async () => {
		const { person, given } = await signedIn(["one"]);
		let page = await person.get(portals.two.request({ prompt: "login", scope: "openid" }).url);
		page = await person.submit(page, { username: OTHER, password: ZHANG.password }, "/signin");
		assert.ok(page.landed?.searchParams.get("code"));
		await hears("one", "ES256", given.one);
	});

	test("one that never answers and one that fails hold nobody up; what failed comes again", async () => {
		receivers.slow.answer = null;
		receivers.failing.answer = 500;
		receivers.refusing.answer = 400;
		for (let round = 0; round < 3; round++) {
			const { person, given } = await signedIn(NAMES);
			const since = Date.now();
			await person.get(logoutUrl("two", given));
			for (const name of ["one", "two"])
				assert.ok((await receivers[name].wait(round + 1)).at(-1).at - since < 1000, name);
		}
		await receivers.failing.wait(5, 15000);
		receivers.failing.answer = 204;
		receivers.failing.forget();
		await receivers.failing.wait(3, 30000);
		const tokens = receivers.failing.heard.map(({ token }) => decodeJwt(token));
		assert.equal(new Set(tokens.map(({ jti }) => jti)).size, tokens.length);
		assert.equal(receivers.refusing.heard.length, 3, "400 is not tried again");
		assert.equal(receivers.one.heard.length, 3);
		receivers.slow.answer = 200;
		receivers.slow.forget();
		await receivers.slow.wait(3, 40000);
	});
});

describe("front channel", () => {
	test("a frame for each portal that wants one, and then on", async () => {
		const { person, given } = await signedIn(["one", "two"]);
		const page = await person.get(logoutUrl("two", given, { state: "s&2" }));
		assert.equal(page.status, 200);
		const { claims } = given.one;
		const src = `https://portal.localhost/front?of=one&iss=${encodeURIComponent(ISSUER)}&sid=${claims.sid}`;
		const frames = [...page.body.matchAll(/<iframe\b[^>]*\bsrc="([^"]*)"/g)].map(([, url]) =>
			url.replaceAll("&amp;", "&").replaceAll("&#38;", "&"),
		);
		assert.deepEqual(frames, [src]);
		const policy = page.headers["content-security-policy"];
		assert.match(policy, /default-src 'none'/);
		assert.match(policy, /; frame-src https:\/\/portal\.localhost$/);
		assert.equal(page.headers.refresh, "3; url=https://portal.localhost/bye?state=s%262");
		assert.match(page.body, /id="continue" href="https:\/\/portal\.localhost\/bye\?state=s%262"/);
		await receivers.one.wait(1);
		await receivers.two.wait(1);
	});

	test("without a return address the page stays", async () => {
		const { person, given } = await signedIn(["one"]);
		const page = await person.get(logoutUrl("one", given, { post_logout_redirect_uri: "" }));
		assert.match(page.body, /<iframe/);
		assert.equal(page.headers.refresh, undefined);
	});

	test("a portal that wants none leaves the way back as it was", async () => {
		const { person, given } = await signedIn(["two"]);
		const page = await person.get(logoutUrl("two", given));
		assert.equal(page.landed?.href, "https://portal.localhost/bye");
	});
});

test("discovery says so", async () => {
	const { body } = await exchange(new URL("/.well-known/openid-configuration", ISSUER));
	const metadata = JSON.parse(body);
	for (const channel of ["backchannel", "frontchannel"]) {
		assert.equal(metadata[`${channel}_logout_supported`], true);
		assert.equal(metadata[`${channel}_logout_session_supported`], true);
	}
	assert.equal(metadata.end_session_endpoint, `${ISSUER}/logout`);
});
