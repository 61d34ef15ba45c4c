// In whose name: the choice, what tokens say, and what ends them. See run.sh.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { decodeJwt } from "jose";
import { exchange } from "../../lib/person.mjs";
import { Portal, ZHANG, newPerson } from "../../lib/portal.mjs";

const { BUILD, E2E, ISSUER } = process.env;
const FUZHOU = "福州某某有限公司", SHANGHAI = "上海某某有限公司";
const FUZHOU_CODE = "91350100M000100Y43", SHANGHAI_CODE = "91310115591693856A";
const LI = { ...ZHANG, username: "440524188001010014" };
const WANG = { ...ZHANG, username: "360426199101010071" };
const portals = Object.fromEntries(["desk", "bureau", "elsewhere", "natural"].map((n) => [n, new Portal(n)]));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function run(...args) {
	const { status, stdout, stderr } = spawnSync(`${BUILD}/authctl/authctl`, args, { encoding: "utf8" });
	return { status, stdout, stderr };
}
function ctl(...args) {
	const { status, stdout, stderr } = run("--config", `${E2E}/authd.yaml`, ...args);
	assert.equal(status, 0, stderr);
	return stdout;
}
const mandates = (...who) => JSON.parse(ctl("mandate", "list", ...who, "--json")).mandates;
const representative = (name) =>
	mandates("--number", ZHANG.username).find((m) => m.legal_name === name && m.role === "legal_rep").id;

// ---- the choice

/** The names on the page of the choice, each with the value of its button. */
function choices(page) {
	assert.equal(page.url.pathname.replace(/\/(authorize|signin|consent|acting)$/, ""), "", `at ${page.url}`);
	const found = [...page.body.matchAll(/name="mandate" value="(\w+)"><strong><bdi>([^<]*)</g)];
	return Object.fromEntries(found.map(([, value, name]) => [value === "self" ? "self" : name, value]));
}

/** From an authorization request to the page of the choice. */
async function ask(name, person = newPerson(), { credentials = ZHANG, ...more } = {}) {
	const { url, verifier } = portals[name].request(more);
	return { person, verifier, page: await person.signIn(url, credentials) };
}

async function choose({ person, verifier, page }, whom) {
	const value = whom === "self" ? "self" : choices(page)[whom];
	assert.ok(value, `${whom} is not on the page: ${page.body}`);
	const next = await person.through(await person.submit(page, { mandate: value }, "/acting"), ZHANG);
	const code = next.landed?.searchParams.get("code");
	assert.ok(code, `no code, but ${next.status} at ${next.landed ?? next.url}\n${next.body}`);
	return { person, code, verifier };
}

async function act(name, whom, person, more) {
	const { code, verifier, person: who } = await choose(await ask(name, person, more), whom);
	const { status, json, body } = await portals[name].redeem(code, verifier);
	assert.equal(status, 200, body);
	return { ...json, person: who };
}

// ---- what becomes of a token

async function offline(token, fresh = true) {
	const lists = [];
	if (fresh) {
		const { status_lists } = JSON.parse((await exchange(`${ISSUER}/statuslists`)).body);
		for (const [i, uri] of status_lists.entries()) {
			writeFileSync(`${E2E}/${i}.list`, (await exchange(uri)).body);
			lists.push("--list", `${E2E}/${i}.list`);
		}
	}
	return run("--config", "/nonexistent", "token", "verify", "--jwks", `${E2E}/jwks.json`, "--issuer", ISSUER, ...lists, token);
}
async function revokedOffline(token) {
	for (let i = 0; i < 60; i++) {
		const { status, stderr } = await offline(token);
		if (status) return assert.match(stderr, /revoked/);
		await pause(50);
	}
	assert.fail("a fresh list does not say that it was revoked");
}
async function isOver(name, { access_token, refresh_token }) {
	assert.equal((await portals[name].introspect(access_token)).json.active, false);
	assert.equal((await portals[name].userinfo(access_token)).status, 401);
	if (!refresh_token) return;
	assert.equal((await portals[name].introspect(refresh_token)).json.active, false);
	assert.equal((await portals[name].refresh(refresh_token)).json.error, "invalid_grant");
}
async function isGood(name, { access_token }) {
	assert.equal((await portals[name].introspect(access_token)).json.active, true);
}

describe("acting for a legal person", () => {
	test("sub is the legal person, act who acts; everywhere, and offline", async () => {
		const self = await act("desk", "self");
		const legal = await act("desk", FUZHOU);
		const id = decodeJwt(legal.id_token), access = decodeJwt(legal.access_token);
		const person = decodeJwt(self.id_token);
		assert.equal(person.act, undefined);
		assert.equal(person.sub_type, undefined);
		assert.notEqual(id.sub, person.sub);
		assert.equal(id.sub_type, "legal_person");
		assert.deepEqual(id.act, { sub: person.sub, role: "legal_rep", mandate_id: id.act.mandate_id, all_matters: true });
		assert.match(id.act.mandate_id, /^[\w-]{43}$/);
		assert.ok(id.auth_time && id.acr === person.acr && id.amr.includes("pwd"));
		assert.deepEqual([access.sub, access.sub_type, access.act], [id.sub, "legal_person", id.act]);
		const { json: userinfo } = await portals.desk.userinfo(legal.access_token);
		assert.deepEqual([userinfo.sub, userinfo.sub_type, userinfo.act], [id.sub, "legal_person", id.act]);
		assert.equal(userinfo.name, FUZHOU);
		const { json: told } = await portals.desk.introspect(legal.access_token);
		assert.deepEqual([told.sub, told.sub_type, told.act], [id.sub, "legal_person", id.act]);
		assert.equal((await offline(legal.access_token)).status, 0);
		const again = (await portals.desk.refresh(legal.refresh_token)).json;
		assert.deepEqual(decodeJwt(again.access_token).act, id.act);
	});

	test("two legal persons are two subjects; another sector knows neither, nor the person, nor the mandate", async () => {
		const one = decodeJwt((await act("desk", FUZHOU)).id_token);
		const two = decodeJwt((await act("desk", SHANGHAI)).id_token);
		const far = decodeJwt((await act("elsewhere", FUZHOU)).id_token);
		assert.equal(one.act.sub, two.act.sub);
		assert.equal(new Set([one.sub, two.sub, far.sub, one.act.sub, far.act.sub]).size, 5);
		assert.equal(new Set([one, two, far].map((t) => t.act.mandate_id)).size, 3);
	});

	test("a client that takes no legal persons asks nobody, and gets the person", async () => {
		const { page } = await ask("natural");
		assert.ok(page.landed?.searchParams.get("code"));
		const { page: other } = await ask("desk", newPerson(), { credentials: LI }); // has no mandate
		assert.ok(other.landed?.searchParams.get("code"));
	});

	test("the choice is remembered for the client and the session; select_account asks again", async () => {
		const { person, id_token } = await act("desk", FUZHOU);
		const silent = await ask("desk", person, { prompt: "none" });
		const { json } = await portals.desk.redeem(silent.page.landed.searchParams.get("code"), silent.verifier);
		assert.equal(decodeJwt(json.id_token).sub, decodeJwt(id_token).sub);
		const elsewhere = await ask("elsewhere", person, { prompt: "none" });
		assert.equal(elsewhere.page.landed.searchParams.get("error"), "account_selection_required");
		const again = await ask("desk", person, { prompt: "select_account" });
		assert.deepEqual(Object.keys(choices(again.page)).sort(), [FUZHOU, SHANGHAI, "self"].sort());
		await choose(again, SHANGHAI);
		const last = await ask("desk", person, { prompt: "none" });
		const after = await portals.desk.redeem(last.page.landed.searchParams.get("code"), last.verifier);
		assert.equal(decodeJwt(after.json.id_token).act.mandate_id !== decodeJwt(id_token).act.mandate_id, true);
		// A hint names the one of them.
		const hinted = await ask("desk", person, { prompt: "none", id_token_hint: id_token });
		const back = await portals.desk.redeem(hinted.page.landed.searchParams.get("code"), hinted.verifier);
		assert.equal(decodeJwt(back.json.id_token).sub, decodeJwt(id_token).sub);
	});

	test("consent for acting is of its own, and says for whom", async () => {
		const { person, page, verifier } = await ask("bureau");
		const asked = await person.submit(page, { mandate: choices(page)[FUZHOU] }, "/acting");
		assert.match(asked.body, new RegExp(`id="acting_for">[^<]*<bdi>${FUZHOU}<`));
		const given = await person.submit(asked, { decision: "allow" }, "/consent");
		const { json } = await portals.bureau.redeem(given.landed.searchParams.get("code"), verifier);
		assert.equal(decodeJwt(json.id_token).sub_type, "legal_person");
		const other = await ask("bureau", person, { prompt: "select_account" });
		const again = await person.submit(other.page, { mandate: choices(other.page)[SHANGHAI] }, "/acting");
		assert.match(again.body, /action="\/consent"/); // agreed to for Fuzhou alone
	});

	test("the choice cannot be forged, nor another's mandate named, nor another session's page be used", async () => {
		const { person, page } = await ask("desk");
		const { person: other } = await ask("bureau", newPerson(), { credentials: LI });
		const li = await other.get(portals.bureau.request({ prompt: "consent" }).url);
		assert.match(li.body, /action="\/consent"/);
		for (const mandate of ["0".repeat(31) + "1", "nonsense", ""]) {
			const answer = await person.submit(page, { mandate }, "/acting");
			assert.ok([400, 403].includes(answer.status) && !answer.landed, `${mandate}: ${answer.status}`);
		}
		// Zhang's page in Li's browser.
		const stolen = await other.submit(page, { mandate: choices(page)[FUZHOU] }, "/acting");
		assert.equal(stolen.status, 403);
		// A consent's seal is not one of a choice.
		const mixed = { ...page, body: li.body.replaceAll("/consent", "/acting") };
		assert.equal((await other.submit({ ...mixed, url: li.url }, { mandate: choices(page)[FUZHOU] }, "/acting")).status, 403);
	});

	test("who is not who was hinted at does not act for them", async () => {
		const { id_token } = await act("desk", FUZHOU);
		const { page } = await ask("desk", (await ask("desk", newPerson(), { credentials: LI })).person,
			{ prompt: "none", id_token_hint: id_token });
		assert.equal(page.landed.searchParams.get("error"), "login_required");
	});

	test("withdrawn: refused at once by authd, by verifiers with the next list; the others stay", async () => {
		const gone = await act("desk", SHANGHAI), stays = await act("desk", FUZHOU);
		const { page, verifier } = await ask("desk", gone.person);
		const code = page.landed.searchParams.get("code"); // given out before, redeemed after
		ctl("mandate", "end", representative(SHANGHAI));
		await isOver("desk", gone);
		assert.equal((await portals.desk.redeem(code, verifier)).json.error, "invalid_grant");
		await revokedOffline(gone.access_token);
		await isGood("desk", stays);
		assert.equal((await offline(stays.access_token)).status, 0);
		assert.ok(!(SHANGHAI in choices((await ask("desk")).page)));
	});

	test("an enterprise that is suspended ends them in effect, one deregistered for good", async () => {
		const before = await act("desk", FUZHOU);
		ctl("entity", "add", "--number", FUZHOU_CODE, "--name", FUZHOU, "--state", "suspended");
		await isOver("desk", before);
		await revokedOffline(before.access_token);
		assert.ok((await ask("desk")).page.landed, "asked although there is nobody to act for");
		await pause(1100); // a mark ends what was proved up to its own time
		ctl("entity", "add", "--number", FUZHOU_CODE, "--name", FUZHOU, "--state", "active");
		await isGood("desk", await act("desk", FUZHOU));
	});
});

// ---- /account/mandates, and what hangs on what

const until = (days) => new Date(Date.now() + days * 86400e3 + 8 * 3600e3).toISOString().slice(0, 10);

/** A person at /account/mandates, signed in. */
async function account(credentials) {
	const { person } = await ask("natural", newPerson(), { credentials });
	return { person, page: await person.get(`${ISSUER}/account/mandates`) };
}
const press = ({ person, page }, fields) => person.submit(page, fields, "/account/mandates");
const giver = ({ page }, whom) =>
	[...page.body.matchAll(/<option value="(\w{32})">([^<(]*) \(/g)].find(([, , name]) => name === whom)?.[1];
const offered = (page) => [...page.body.matchAll(/name="accept" value="(\w+)"/g)].map(([, id]) => id);
const ending = (page) => [...page.body.matchAll(/name="end" value="(\w+)"/g)].map(([, id]) => id);

/** Offered by one, accepted by the other; the id of the mandate. */
async function give(from, to, fields) {
	const there = await account(from);
	const parent = giver(there, FUZHOU);
	assert.ok(parent, there.page.body);
	const answer = await press(there, { offer: "yes", parent, role: "agent", matters: "seal", until: until(30), ...fields });
	assert.match(answer.body, /id="offered"/, answer.body);
	const desk = await account(to);
	const [id] = offered(desk.page);
	assert.ok(id, desk.page.body);
	assert.match((await press(desk, { accept: id })).body, new RegExp(`name="end" value="${id}"`));
	return id;
}

describe("mandates that people give", () => {
	test("offered, accepted, used, ended by the giver with all below: refused at once, and offline", async () => {
		await give(ZHANG, LI, { role: "manager", number: LI.username, name: "李四" });
		const id = await give(LI, WANG, { number: WANG.username, name: "王五", matters: "seal tax.filing" });
		const agent = await act("desk", FUZHOU, newPerson(), { credentials: WANG });
		const { act: acts, exp } = decodeJwt(agent.access_token);
		assert.deepEqual([acts.role, acts.matters, acts.all_matters], ["agent", ["seal", "tax.filing"], undefined]);
		assert.ok(acts.exp > exp);
		const own = await account(ZHANG);
		assert.ok(ending(own.page).includes(id), "the representative does not see the agent");
		const manager = mandates("--number", LI.username).find((m) => m.role === "manager").id;
		await press(own, { end: manager });
		await isOver("desk", agent);
		await revokedOffline(agent.access_token);
		assert.equal(mandates("--number", WANG.username).length, 0);
	});

	test("nobody accepts, declines or ends what is another's", async () => {
		const there = await account(ZHANG);
		await press(there, { offer: "yes", parent: giver(there, FUZHOU), role: "agent", matters: "seal", until: until(3), number: WANG.username, name: "王五" });
		const [id] = mandates("--number", WANG.username).map((m) => m.id);
		const li = await account(LI);
		assert.deepEqual(offered(li.page), []);
		for (const field of ["accept", "decline", "end"]) await press(li, { [field]: id });
		assert.equal(mandates("--number", WANG.username)[0].state, "offered");
		await press(li, { end: representative(FUZHOU) });
		await press(there, { end: representative(FUZHOU) }); // the register's
		assert.equal(mandates("--number", ZHANG.username).find((m) => m.legal_name === FUZHOU).state, "active");
		// Another session's page.
		assert.equal((await li.person.submit(there.page, { end: id }, "/account/mandates")).status, 403);
		const wang = await account(WANG);
		await press(wang, { decline: id });
		assert.equal(mandates("--number", WANG.username).length, 0);
		assert.equal(offered(await press(wang, { accept: id })).length, 0); // replayed
		assert.equal(mandates("--number", WANG.username).length, 0);
	});

	test("an answer does not tell whether a number is known, nor does a page repeat one", async () => {
		const there = await account(ZHANG);
		const fields = { offer: "yes", parent: giver(there, FUZHOU), role: "agent", matters: "seal", until: until(3), name: "王五" };
		const known = await press(there, { ...fields, number: WANG.username });
		const unknown = await press(there, { ...fields, number: "310230199104010311" });
		const strip = (page) => page.body.replaceAll(/(value|id|href)="[^"]*"/g, "");
		const rows = (page) => strip(page).split("\n").length;
		assert.ok(rows(unknown) > rows(known)); // one row more each time
		assert.equal(known.status, unknown.status);
		for (const page of [known, unknown]) assert.match(page.body, /id="offered"/);
		const bad = await press(there, { ...fields, number: "310230199104010312" });
		assert.match(bad.body, /id="problem"[^]*证件号码不正确/);
		assert.ok(!bad.body.includes("310230199104010312"));
		for (const [field, value, words] of [["matters", "", "事项"], ["until", until(-2), "最后有效日"], ["until", "2027-02-30", "最后有效日"], ["name", "", "姓名"]])
			assert.match((await press(there, { ...fields, number: WANG.username, [field]: value })).body, new RegExp(`id="problem"[^]*${words}`));
		// What one may not give is not given: an agent's mandate, or another enterprise's.
		const li = await account(LI);
		assert.equal(giver(li, FUZHOU), undefined);
		await press(li, { ...fields, number: WANG.username });
		for (const m of mandates("--number", FUZHOU_CODE, "--type", "credit").filter((m) => m.state === "offered"))
			ctl("mandate", "end", m.id);
	});

	test("a mandate's time ends it, and its tokens with it", async () => {
		const body = JSON.stringify({ legal_person: FUZHOU_CODE, role: "agent", number: WANG.username, name: "王五", matters: ["seal"],
			valid_until: Math.floor(Date.now() / 1000) + 8 });
		const made = spawnSync("curl", ["-sS", "--unix-socket", `${E2E}/admin.sock`, "http://authd/admin/v1/mandates",
			"-H", "Content-Type: application/json", "-d", body], { encoding: "utf8" });
		const { id } = JSON.parse(made.stdout);
		await press(await account(WANG), { accept: id });
		const agent = await act("desk", FUZHOU, newPerson(), { credentials: WANG });
		const claims = decodeJwt(agent.access_token);
		assert.equal(claims.exp, claims.act.exp);
		assert.equal(decodeJwt(agent.id_token).exp, claims.act.exp);
		await pause(Math.max(0, claims.exp * 1000 - Date.now()) + 100);
		await isOver("desk", agent);
		const { page } = await ask("desk", agent.person);
		assert.equal(decodeJwt((await redeemed(page, "desk", agent.person)).id_token).act, undefined);
		ctl("mandate", "end", id);
	});
});

async function redeemed(page, name, person) {
	const again = await ask(name, person);
	const { json } = await portals[name].redeem(again.page.landed.searchParams.get("code"), again.verifier);
	return json;
}

// ---- switching

const EXCHANGE = {
	grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
	subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
};
const swap = (name, subject_token, more) => portals[name].post("/token", { ...EXCHANGE, subject_token, audience: ISSUER, ...more });

describe("switching by token exchange", () => {
	test("a person's token becomes one in the name of the legal person, and ends with it and with the mandate", async () => {
		const legal = await act("desk", FUZHOU);
		const mandate_id = decodeJwt(legal.access_token).act.mandate_id;
		const self = await act("desk", "self", newPerson(), { scope: "openid profile" });
		const { json: child } = await swap("desk", self.access_token, { mandate_id, scope: "openid" });
		const claims = decodeJwt(child.access_token), parent = decodeJwt(self.access_token);
		assert.deepEqual([claims.sub, claims.act, claims.sub_type], [decodeJwt(legal.access_token).sub, decodeJwt(legal.access_token).act, "legal_person"]);
		assert.ok(claims.exp <= parent.exp && claims.acr === parent.acr && claims.auth_time === parent.auth_time);
		assert.equal(claims.scope, "openid");
		const refusedWith = async (error, ...args) => assert.equal((await swap(...args)).json.error, error);
		await refusedWith("invalid_scope", "desk", self.access_token, { mandate_id, scope: "openid profile offline_access" });
		await refusedWith("invalid_request", "desk", child.access_token, { mandate_id }); // from one name to another
		await refusedWith("invalid_request", "desk", legal.access_token, { mandate_id });
		await refusedWith("invalid_request", "desk", self.access_token, { mandate_id: "x".repeat(43) });
		const far = decodeJwt((await act("elsewhere", FUZHOU)).access_token).act.mandate_id;
		await refusedWith("invalid_request", "desk", self.access_token, { mandate_id: far }); // another sector's name of it
		const li = await ask("desk", newPerson(), { credentials: LI });
		const { json: lis } = await portals.desk.redeem(li.page.landed.searchParams.get("code"), li.verifier);
		await refusedWith("invalid_request", "desk", lis.access_token, { mandate_id }); // another's mandate
		await refusedWith("invalid_request", "bureau", self.access_token, { mandate_id }); // another client's token

		await portals.desk.post("/revoke", { token: self.access_token });
		await isOver("desk", child);
		const { json: second } = await swap("desk", (await act("desk", "self", newPerson(), { scope: "openid" })).access_token, { mandate_id });
		await isGood("desk", second);
		ctl("entity", "add", "--number", FUZHOU_CODE, "--name", FUZHOU, "--representative-number", LI.username, "--representative-name", "李四");
		await isOver("desk", second);
		await isOver("desk", legal);
		await revokedOffline(second.access_token);
	});

	test("consent for acting is asked for by its own, also before a switch", async () => {
		const mine = await ask("bureau", newPerson(), { credentials: LI });
		const self = await choose(mine, "self");
		const { json } = await portals.bureau.redeem(self.code, self.verifier);
		const id = decodeJwt((await act("desk", FUZHOU, newPerson(), { credentials: LI })).access_token).act.mandate_id;
		const { json: answer } = await swap("bureau", json.access_token, { mandate_id: id });
		assert.equal(answer.error, "consent_required"); // the same sector calls it so
	});
});
