// The second factor by raw HTTP: what is asked for, what tokens say, and whoever tries to get around it. See run.sh.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import { forms } from "../../lib/person.mjs";
import { Portal, newPerson } from "../../lib/portal.mjs";
import { stepFirst, stepNow, totp } from "./totp.mjs";

const { ISSUER, E2E, AUTHCTL } = process.env;
const portal = new Portal("portal"), demanding = new Portal("demanding"), caller = new Portal("caller");
const rn = (level) => `urn:authd:acr:rn${level}`;
const sleep = (s) => new Promise((done) => setTimeout(done, s * 1000));
const authctl = (...args) =>
	JSON.parse(execFileSync(AUTHCTL, ["--config", `${E2E}/authd.yaml`, ...args, "--json"], { encoding: "utf8" }));

/** As a platform asks it of libauth. */
const verifies = (token, level) =>
	spawnSync(AUTHCTL, ["--config", `${E2E}/authd.yaml`, "token", "verify", "--min-acr", rn(level), token]).status === 0;

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
const fields = (page) => forms(page)[0]?.fields ?? {};
const asksPassword = (page) => "password" in fields(page);
const asksCode = (page) => "code" in fields(page) && page.status === 200 && forms(page)[0].action.pathname === "/factor";
const error = (page) => page.landed?.searchParams.get("error");
const isWrong = (page) => page.body.includes("验证码不正确");

/** One of the seven, in a browser of their own. */
function somebody(number) {
	const credentials = { username: number, password: "correct horse battery" };
	return Object.assign(newPerson(), { credentials, number });
}

/** The next code that was not used yet. */
async function code(person) {
	const step = Math.max(stepFirst(), (person.used ?? 0) + 1);
	while (step > stepNow() + 1) await sleep(1);
	person.used = step;
	return totp(person.secret, step);
}

/** Tokens of a request, by whatever page comes: {claims, tokens}; or the page that refuses. */
async function arrive(rp, person, more = {}, page) {
	const { url, verifier } = rp.request(more);
	page = await person.get(url);
	if (asksPassword(page)) page = await person.submit(page, person.credentials);
	if (asksCode(page)) page = await person.submit(page, { code: await code(person) });
	if (!page.landed?.searchParams.get("code")) return { page };
	const { json } = await rp.redeem(page.landed.searchParams.get("code"), verifier);
	return { page, tokens: json, claims: claims(json.id_token) };
}

async function enrol(person) {
	if (!person.cookies.size) await arrive(portal, person);
	const page = await person.get(new URL("/account/factors", ISSUER));
	person.secret = /id="secret">([A-Z2-7]{32})</.exec(page.body)[1];
	assert.ok(/<svg id="qr"[^>]*><path d="M4 4h7v1h-7z/.test(page.body), "a QR code");
	const done = await person.submit(page, { code: await code(person), action: "confirm" }, "/account/factors");
	person.recovery = [...done.body.matchAll(/<code>([A-Z2-7-]{19})<\/code>/g)].map((m) => m[1]);
	assert.equal(person.recovery.length, 10);
	return page;
}

test("a portal that asks for more gets the code alone, and then everybody has it", async () => {
	const person = somebody("11010519491231002X");
	const first = await arrive(portal, person);
	assert.deepEqual([first.claims.acr, first.claims.amr], [rn(3), ["pwd"]], "a record of 4, and one factor");
	await enrol(person);
	const before = person.cookie(new URL(ISSUER));

	const { url, verifier } = demanding.request();
	const page = await person.get(url);
	assert.ok(asksCode(page) && !asksPassword(page), "only what is missing");
	const landed = await person.submit(page, { code: await code(person) });
	const { json } = await demanding.redeem(landed.landed.searchParams.get("code"), verifier);
	const said = claims(json.id_token);
	assert.deepEqual([said.acr, said.amr], [rn(4), ["pwd", "otp", "mfa"]]);
	assert.equal(said.auth_time, first.claims.auth_time, "since when all of it was shown");
	assert.equal(claims(json.access_token).acr, rn(4));
	assert.ok(verifies(first.tokens.access_token, 3) && !verifies(first.tokens.access_token, 4));
	assert.ok(verifies(json.access_token, 4) && !verifies(json.access_token, 5));

	assert.notEqual(person.cookie(new URL(ISSUER)), before, "a new key");
	const stale = somebody(person.number);
	stale.cookies.set(new URL(ISSUER).hostname, new Map(before.split("; ").map((pair) => pair.split(/=(.*)/))));
	assert.equal(error(await stale.get(portal.request({ prompt: "none" }).url)), "login_required", "the old one is dead");

	const silent = await arrive(portal, person, { prompt: "none" });
	assert.equal(silent.claims.acr, rn(4));
	assert.equal(silent.claims.sid, first.claims.sid, "the same session");
	assert.equal((await arrive(demanding, person, { prompt: "none" })).claims.acr, rn(4));

	const { json: refreshed } = await demanding.refresh(json.refresh_token);
	const again = claims(refreshed.access_token);
	for (const name of ["acr", "auth_time"]) assert.equal(again[name], said[name], name);
	assert.deepEqual(again.amr, said.amr);
	const inspected = await demanding.introspect(refreshed.access_token);
	assert.deepEqual([inspected.json.acr, inspected.json.auth_time], [said.acr, said.auth_time]);

	const older = await arrive(portal, person, { acr_values: rn(2) });
	assert.equal(older.claims.acr, rn(2), "the level that was asked for");
	const local = { id_token: { acr: { essential: true, values: ["urn:example:high"] } } };
	assert.equal((await arrive(portal, person, { claims: JSON.stringify(local) })).claims.acr, "urn:example:high");
	const rn5 = { id_token: { acr: { essential: true, value: rn(5) } } };
	assert.equal(error((await arrive(portal, person, { claims: JSON.stringify(rn5) })).page), "unmet_authentication_requirements");
});

test("max_age and prompt=login count for each factor", async () => {
	const person = somebody("11010519491231002X");
	person.secret = (await known()).secret;
	person.used = (await known()).used;
	await arrive(demanding, person);
	await sleep(3);
	const url = demanding.request({ max_age: "2", acr_values: rn(4) }).url;
	let page = await person.get(url);
	assert.ok(asksPassword(page), "too long ago");
	page = await person.submit(page, person.credentials);
	assert.ok(asksCode(page), "and so is the code");
	assert.ok((await person.submit(page, { code: await code(person) })).landed);
	const { page: again } = { page: await person.get(demanding.request({ prompt: "login" }).url) };
	assert.ok(asksPassword(again));
	assert.ok(asksCode(await person.submit(again, person.credentials)), "both, at prompt=login");
});

/** The first person's app, once more. */
let kept;
async function known() {
	if (kept) return kept;
	authctl("person", "factors", "remove", "--number", "11010519491231002X");
	kept = somebody("11010519491231002X");
	await enrol(kept);
	return kept;
}

test("a code counts once, also in another browser, and one step of skew is forgiven", async () => {
	const person = somebody("360426199101010071"), other = somebody(person.number);
	await enrol(person);
	other.secret = person.secret;
	const used = await code(person);
	const page = await person.get(demanding.request().url);
	assert.ok((await person.submit(page, { code: used })).landed);
	let theirs = await other.submit(await other.get(demanding.request().url), other.credentials);
	assert.ok(asksCode(theirs));
	theirs = await other.submit(theirs, { code: used });
	assert.ok(isWrong(theirs) && asksCode(theirs), "used");
	theirs = await other.submit(theirs, { code: totp(person.secret, stepNow() - 2) });
	assert.ok(isWrong(theirs), "two steps behind");
	while (person.used >= stepNow() + 1) await sleep(1);
	assert.ok((await other.submit(theirs, { code: totp(person.secret, stepNow() + 1) })).landed, "one step ahead");
});

test("of a hundred guesses at once five are judged, and the right one waits for the window", async () => {
	const person = somebody("110101199003070038");
	await enrol(person);
	const page = await person.get(demanding.request().url);
	const guesses = await Promise.all(Array.from({ length: 100 }, () => person.submit(page, { code: "000000" })));
	assert.equal(guesses.filter((g) => g.status === 200 && isWrong(g)).length, 5);
	assert.equal(guesses.filter((g) => g.status === 429).length, 95);
	assert.ok(guesses.every((g) => !g.landed));
	assert.equal((await person.submit(page, { code: await code(person) })).status, 429, "whatever the code");
	assert.equal(authctl("person", "factors", "list", "--number", person.number).factors[0].failures, 5);
	await sleep(8.2);
	assert.ok((await person.submit(page, { code: await code(person) })).landed);
	assert.equal(authctl("person", "factors", "list", "--number", person.number).factors[0].failures, 0);
});

test("a recovery code counts once", async () => {
	const person = somebody("110101199003070070"), other = somebody(person.number);
	await enrol(person);
	let page = await person.get(demanding.request().url);
	assert.ok((await person.submit(page, { code: person.recovery[0].toLowerCase().replaceAll("-", " ") })).landed);
	page = await other.submit(await other.get(demanding.request().url), other.credentials);
	page = await other.submit(page, { code: person.recovery[0] });
	assert.ok(isWrong(page));
	assert.equal(authctl("person", "factors", "list", "--number", person.number).factors[0].recovery_codes, 9);
	assert.ok((await other.submit(page, { code: person.recovery[1] })).landed);
});

test("no page takes the place of the code's", async () => {
	const person = somebody("110101199003070097"), other = somebody(person.number);
	await enrol(person);
	const essential = { claims: JSON.stringify({ id_token: { acr: { essential: true, value: rn(4) } } }) };
	const page = await person.get(portal.request(essential).url);
	assert.ok(asksCode(page));
	const { request } = fields(page);
	const send = (who, path, more) => {
		const bent = { ...page, body: page.body.replaceAll('action="/factor"', `action="${path}"`) };
		return who.submit(bent, { request, ...more }, path);
	};
	for (const [path, more] of [["/consent", { decision: "allow" }], ["/signin", person.credentials], ["/account/password", {}]]) {
		const answer = await send(person, path, more);
		assert.equal(answer.status, 403, path);
		assert.ok(!answer.landed);
	}
	await arrive(portal, other);
	assert.equal((await send(other, "/factor", { code: await code(person) })).status, 403, "another browser's");
	const signIn = await newPerson().get(portal.request(essential).url);
	const foreign = await person.submit({ ...page, body: page.body.replaceAll(request, fields(signIn).request) }, { code: await code(person) });
	assert.equal(foreign.status, 403, "the page of another step");
	assert.ok(asksCode(await person.get(portal.request(essential).url)), "and nothing of it has helped");
	assert.equal(error(await person.get(portal.request({ ...essential, prompt: "none" }).url)), "login_required");
	assert.equal(error(await person.submit(page, { action: "cancel" })), "access_denied");
});

test("who takes acr_values away gets a token that says so", async () => {
	const person = somebody("110101199003070097");
	for (const acr_values of [rn(2), `${rn(2)} ${rn(4)}`, "urn:example:none"]) {
		const { claims: said } = await arrive(portal, person, { acr_values });
		assert.ok([rn(2), rn(3)].includes(said.acr), said.acr);
		assert.deepEqual(said.amr, ["pwd"]);
	}
	assert.ok(asksCode(await person.get(demanding.request().url)), "what a client has registered is asked for all the same");
});

test("a stolen session enrols nothing, and removes nothing", async () => {
	const person = somebody("110101199003070118"), thief = somebody(person.number);
	await arrive(portal, person);
	const path = new URL("/account/factors", ISSUER);
	const page = await person.get(path);
	const secret = /id="secret">([A-Z2-7]{32})</.exec(page.body)[1];
	await sleep(10.5);
	thief.cookies = person.cookies;
	assert.ok(asksPassword(await thief.get(path)));
	const late = await thief.submit(page, { code: totp(secret), action: "confirm" }, "/account/factors");
	assert.ok(asksPassword(late), "nor with a page that was opened before");
	assert.deepEqual(authctl("person", "factors", "list", "--number", person.number).factors, []);

	const back = await person.submit(late, person.credentials);
	assert.match(back.url.pathname, /factors$/);
	await enrol(person);
	let own = await person.get(path);
	assert.ok(asksCode(own), "from now on it is the code that is asked for");
	own = await person.submit(own, { code: await code(person) });
	assert.match(own.body, /id="remove"/);
	await sleep(10.5);
	assert.ok(asksCode(await thief.submit(own, { action: "remove" }, "/account/factors")));
	assert.equal(authctl("person", "factors", "list", "--number", person.number).factors.length, 1);

	own = await person.submit(await person.get(path), { code: await code(person) });
	const renewed = await person.submit(own, { action: "renew" }, "/account/factors");
	assert.ok(!renewed.body.includes(person.recovery[0]), "new recovery codes");
	const gone = await person.submit(await person.get(path), { action: "remove" }, "/account/factors");
	assert.equal(gone.url.pathname, "/account");
	assert.deepEqual(authctl("person", "factors", "list", "--number", person.number).factors, []);
	assert.equal((await arrive(demanding, somebody(person.number))).claims.acr, rn(3), "a wish that nothing can fulfil refuses nobody");
});

test("a factor raises no record, and an operator removes it", async () => {
	const person = somebody("110101199003070134");
	await enrol(person);
	const essential = { claims: JSON.stringify({ id_token: { acr: { essential: true, value: rn(4) } } }) };
	assert.equal(error((await arrive(portal, person, essential)).page), "unmet_authentication_requirements");
	authctl("person", "factors", "remove", "--number", person.number);
	assert.equal(error(await person.get(portal.request({ prompt: "none" }).url)), "login_required", "signed out");
	assert.deepEqual((await arrive(portal, person)).claims.amr, ["pwd"]);
});

test("on the back channel and at a device", async () => {
	const person = somebody("360426199101010071");
	authctl("person", "factors", "remove", "--number", person.number);
	await enrol(person);
	await sleep(1);
	const asked = await caller.post("/bc-authorize", { scope: "openid", login_hint: person.number, acr_values: rn(4) });
	assert.equal(asked.status, 200, asked.body);
	await sleep(1);
	let page = await person.get(new URL("/requests", ISSUER));
	const link = /href="(\/requests\/[0-9a-f]{32})"/.exec(page.body)[1];
	page = await person.get(new URL(link, ISSUER));
	assert.ok(asksPassword(page), "proved since then");
	page = await person.submit(page, person.credentials);
	assert.ok(asksCode(page));
	page = await person.submit(page, { code: await code(person) });
	await person.submit(page, { decision: "allow" }, link);
	const polled = await caller.post("/token", { grant_type: "urn:openid:params:grant-type:ciba", auth_req_id: asked.json.auth_req_id });
	assert.equal(polled.status, 200, polled.body);
	const said = claims(polled.json.id_token);
	assert.deepEqual([said.acr, said.amr], [rn(4), ["pwd", "otp", "mfa"]]);

	const device = await caller.post("/device_authorization", { scope: "openid" });
	page = await person.get(device.json.verification_uri_complete);
	page = await person.submit(page, {}, "/device");
	await person.submit(page, { decision: "allow" });
	const given = await caller.post("/token", { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: device.json.device_code });
	assert.equal(given.status, 200, given.body);
	assert.deepEqual(claims(given.json.access_token).amr, said.amr);
	assert.equal(claims(given.json.id_token).auth_time, said.auth_time);
});
