// A person at Apache's portal: signs in, sees the page, has the portal refresh, signs out.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Person, exchange } from "../../lib/person.mjs";

const { AUTHCTL, PORTAL, ISSUER } = process.env;
const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };

test("Apache as a portal", async (t) => {
	const person = new Person();

	await t.test("sends a stranger to sign in", async () => {
		const answer = await exchange(`${PORTAL}/inside/`, { headers: { accept: "text/html" } });
		assert.equal(answer.status, 302);
		const asked = new URL(answer.headers.location);
		assert.equal(asked.origin, ISSUER);
		assert.equal(asked.searchParams.get("code_challenge_method"), "S256");
	});

	let sub;
	await t.test("lets a signed-in person in", async () => {
		const page = await person.signIn(`${PORTAL}/inside/`, ZHANG);
		assert.equal(page.status, 200, page.body);
		assert.equal(page.url.href, `${PORTAL}/inside/`);
		assert.equal(page.body, "only for who signed in\n");
		assert.match(page.headers["x-person"], /^\S+@/);
		sub = page.headers["x-person"].split("@")[0];
	});

	const info = async (more = "") =>
		JSON.parse((await person.get(`${PORTAL}/oidc?info=json${more}`)).body);

	let before;
	await t.test("has read userinfo", async () => {
		before = await info();
		assert.equal(before.userinfo.sub, sub);
		assert.equal(before.userinfo.name, "张三");
		assert.equal(before.id_token.sub, sub);
		assert.equal(before.id_token.iss, ISSUER);
	});

	await t.test("refreshes its access token", async () => {
		const after = await info("&access_token_refresh_interval=0");
		assert.notEqual(after.access_token, before.access_token);
		assert.equal(after.userinfo.sub, sub);
		const answer = await exchange(`${ISSUER}/userinfo`, {
			headers: { authorization: `Bearer ${after.access_token}` },
		});
		assert.equal(answer.status, 200);
	});

	await t.test("signs the person out of the portal and of authd", async () => {
		const back = encodeURIComponent(`${PORTAL}/bye.txt`);
		const page = await person.get(`${PORTAL}/oidc?logout=${back}`);
		assert.equal(page.url.href, `${PORTAL}/bye.txt`, page.body);
		const again = await person.get(`${PORTAL}/inside/`);
		assert.equal(again.url.origin, ISSUER);
		assert.match(again.body, /name="password"/);
	});

	await t.test("signs the person out when authd says so, by back channel", async () => {
		const stays = new Person();
		const page = await person.signIn(`${PORTAL}/inside/`, ZHANG);
		assert.equal(page.status, 200, page.body);
		assert.equal((await stays.signIn(`${PORTAL}/inside/`, ZHANG)).status, 200);
		const inside = async (who) => (await who.step(`${PORTAL}/inside/`)).status === 200;
		const ctl = (...words) => execFileSync(AUTHCTL.split(" ")[0], [...AUTHCTL.split(" ").slice(1), ...words]);
		const { sessions } = JSON.parse(ctl("session", "list", "--json", "--number", ZHANG.username));
		for (let left = sessions.length; left > 0; left--) {
			assert.ok((await inside(person)) || (await inside(stays)));
			ctl("session", "revoke", "--number", ZHANG.username, "--session", sessions[left - 1].id);
		}
		for (const since = Date.now(); (await inside(person)) || (await inside(stays)); )
			assert.ok(Date.now() - since < 5000, "the portal still lets a person in who is signed out");
	});

	await t.test("a wrong password lets nobody in", async () => {
		const stranger = new Person();
		let page = await stranger.get(`${PORTAL}/inside/`);
		page = await stranger.submit(page, { ...ZHANG, password: "wrong" }, "/signin");
		assert.equal(page.url.origin, ISSUER);
		assert.match(page.body, /name="password"/);
	});
});
