// What a hostile page, a neighbour in the same browser, or an impatient person can do with our forms.
import assert from "node:assert/strict";
import { test } from "node:test";
import { forms } from "../../lib/person.mjs";
import {
	CALLBACK, ISSUER, Portal, WANG, ZHANG, assertPage, exchange, form, newPerson, parameters, registered, secret, tokens,
} from "./raw.mjs";

const shop = new Portal("shop");
const home = new URL(ISSUER);
const session = (person) => /__Host-[^=]*session=([^;]+)/.exec(person.cookie(home))?.[1];

/** Each page with a form, its path, and what a person would send. */
async function allForms() {
	const signed = newPerson(), stranger = newPerson(), asked = newPerson();
	await signed.signIn(new Portal("portal").request().url, ZHANG);
	let page = await asked.get(shop.request().url);
	page = await asked.submit(page, WANG);
	const device = JSON.parse((await form("/device_authorization", `client_id=${registered("tv").client_id}&scope=openid`)).body);
	secret(device.device_code);
	const typed = await signed.get(`${ISSUER}/device`);
	const decision = await signed.submit(typed, { user_code: device.user_code }, "/device");
	return [
		["/signin", stranger, await stranger.get(new Portal("portal").request().url), ZHANG],
		["/consent", asked, page, { decision: "allow" }],
		["/device", signed, typed, { user_code: device.user_code }],
		["/device/decision", signed, decision, { decision: "allow" }],
		["/account", signed, await signed.get(`${ISSUER}/account`), { withdraw: shop.client_id }],
		["/account/password", signed, await signed.get(`${ISSUER}/account/password`),
			{ current_password: ZHANG.password, new_password: "another long one", new_password_again: "another long one" }],
		["/logout", signed, await signed.get(`${ISSUER}/logout`), { decision: "logout" }],
	];
}

function sealOf(page) {
	const request = /name="request" value="([^"]+)"/.exec(page.body)?.[1];
	assert.ok(request, `no form: ${page.status} ${page.body.slice(0, 400)}`);
	return request;
}

test("each form counts only from our own page, in the browser that it was made for", async () => {
	const all = await allForms();
	const neighbour = newPerson();
	await neighbour.signIn(new Portal("portal").request().url, WANG);
	const seals = all.map(([, , page]) => sealOf(page));
	for (const [i, [path, person, , fields]] of all.entries()) {
		const cookie = person.cookie(home), request = seals[i], own = { cookie, origin: ISSUER };
		const send = (more, headers) => form(path, new URLSearchParams({ ...fields, ...more }).toString(), headers);
		const elsewhere = seals.filter((_, k) => all[k][0] !== path);
		for (const [more, headers] of [
			[{ request }, { cookie, origin: "https://evil.example" }],
			[{ request }, { cookie, origin: ISSUER.replace("https", "http") }],
			[{ request }, { cookie, origin: `${ISSUER}.evil.example` }],
			[{ request }, { cookie, origin: "null" }],
			[{ request }, { ...own, "sec-fetch-site": "cross-site" }],
			[{ request }, { ...own, "sec-fetch-site": "same-site" }],
			[{ request }, { cookie: neighbour.cookie(home), origin: ISSUER }],
			[{ request }, { origin: ISSUER }],
			[{ request: `${request.slice(0, -2)}AA` }, own],
			[{ request: "x" }, own],
			...elsewhere.map((seal) => [{ request: seal }, own]),
		])
			assertPage(await send(more, headers), headers.cookie || !path.startsWith("/account") ? 403 : 401);
		// Without a seal, /logout is a portal's request, which asks first.
		const bare = await send({}, own);
		assert.equal(bare.status, path === "/logout" ? 303 : 403, path);
		assertPage(await form(path, `${new URLSearchParams({ ...fields, request })}&request=${request}`, own), 400);
		assert.equal((await exchange(new URL(path, ISSUER), { method: "PUT", headers: own })).status, 405);
	}
	// Nothing has changed: everybody is still signed in, by the old password, and nobody agreed.
	assert.ok(session(all[6][1]));
	assert.ok((await new Portal("portal").code(newPerson(), { credentials: ZHANG })).code);
	const again = await all[1][1].get(shop.request().url);
	assert.ok(forms(again).some(({ action }) => action.pathname === "/consent"), "consent is still asked for");
});

test("each page forbids framing, storing, foreign content and naming itself to others", async () => {
	const pages = (await allForms()).map(([, , page]) => page);
	pages.push(await exchange(`${ISSUER}/authorize`), await exchange(`${ISSUER}/requests/x`), await exchange(`${ISSUER}/account`));
	pages.push(await newPerson().get(`${ISSUER}/requests`), await form("/signin", "request=x"));
	for (const { url, status, headers, body } of pages) {
		const where = `${url.pathname} ${status}`;
		assert.match(headers["content-type"], /^text\/html; charset=utf-8$/, where);
		const csp = headers["content-security-policy"];
		assert.match(csp, /default-src 'none'/, where);
		assert.match(csp, /frame-ancestors 'none'/, where);
		assert.match(csp, /base-uri 'none'/, where);
		assert.ok(!/unsafe-|\*|http:/.test(csp), csp);
		assert.equal(headers["x-frame-options"], "DENY", where);
		assert.equal(headers["referrer-policy"], "no-referrer", where);
		assert.equal(headers["x-content-type-options"], "nosniff", where);
		assert.equal(headers["cache-control"], "no-store", where);
		assert.match(headers["strict-transport-security"], /max-age=\d{7,}/, where);
		assert.ok(!/<script|\son\w+=|<iframe|<object|<img|src="(?!\/)/i.test(body), where);
	}
});

test("a client's name and texts are text on each page", async () => {
	const person = newPerson();
	const consent = await person.submit(await person.get(shop.request().url), WANG);
	assert.ok(consent.body.includes("&lt;script&gt;") || consent.body.includes("&#60;script"), consent.body);
	assert.ok(!consent.body.includes("<script>"));
	await person.submit(consent, { decision: "allow" });
	const account = await person.get(`${ISSUER}/account`);
	assert.ok(account.body.includes("&lt;script&gt;") && !account.body.includes("<script>"));
});

test("after the password, the way on is a 303 and the code is in no page", async () => {
	const person = newPerson();
	const page = await person.get(new Portal("portal").request().url);
	const answer = await person.step(`${ISSUER}/signin`, {
		method: "POST", body: new URLSearchParams({ ...ZHANG, request: sealOf(page) }).toString(),
		headers: { "content-type": "application/x-www-form-urlencoded", origin: ISSUER },
	});
	assert.equal(answer.status, 303);
	secret(new URL(answer.headers.location).searchParams.get("code"), ZHANG.password);
	assert.equal(answer.headers["referrer-policy"], "no-referrer");
	assert.match(answer.headers["cache-control"], /no-store/);
});

test("cookies are the host's alone, secret from scripts, new at each sign-in, and dead after sign-out", async () => {
	const portal = new Portal("portal"), person = newPerson();
	const page = await person.get(portal.request().url);
	const before = person.cookie(home);
	const answer = await person.step(`${ISSUER}/signin`, {
		method: "POST", body: new URLSearchParams({ ...ZHANG, request: sealOf(page) }).toString(),
		headers: { "content-type": "application/x-www-form-urlencoded", origin: ISSUER },
	});
	for (const line of [...page.headers["set-cookie"], ...answer.headers["set-cookie"]]) {
		const [pair, ...rest] = line.split("; ");
		assert.match(pair, /^__Host-/);
		assert.ok(["Secure", "HttpOnly", "SameSite=Lax", "Path=/"].every((word) => rest.includes(word)), line);
		assert.ok(!/domain/i.test(line), line);
		assert.ok(pair.split("=")[1].length >= 22, "128 bits");
	}
	const first = session(person);
	assert.ok(first && !before.includes(first));
	// Who planted a session before the sign-in has nothing by it; who kept the old one, nothing either.
	const old = person.cookie(home);
	const again = await person.signIn(portal.request({ prompt: "login" }).url, ZHANG);
	assert.ok(again.landed.searchParams.has("code"));
	assert.notEqual(session(person), first);
	const silent = (cookie) => exchange(`${ISSUER}/authorize?${parameters("portal", { prompt: "none" })}`, { headers: { cookie } });
	assert.match((await silent(old)).headers.location, /error=login_required/);
	const last = person.cookie(home);
	assert.match((await silent(last)).headers.location, /[?&]code=/);
	await person.submit(await person.get(`${ISSUER}/logout`), { decision: "logout" }, "/logout");
	assert.match((await silent(last)).headers.location, /error=login_required/);
	secret(first, session(person), ...last.split("; ").map((pair) => pair.split("=").slice(1).join("=")));
	// Two cookies of one name: which of them counts would be chance.
	assert.match((await silent(`${last}; ${last}`)).headers.location, /error=login_required/);
	for (const bad of ["__Host-session=", `__Host-session=${"A".repeat(400)}`, "__Host-session=;;;==", "=;=;"])
		assert.match((await silent(bad)).headers.location, /error=login_required/);
});

test("sign-out leads nowhere but to a registered address, and asks where it is not sure", async () => {
	const { portal, person, id_token } = await tokens();
	const bye = "https://portal.localhost/bye";
	const out = (fields, headers) => exchange(`${ISSUER}/logout?${new URLSearchParams(fields)}`, { headers });
	const cookie = person.cookie(home);
	const [header, payload] = id_token.split(".");
	for (const fields of [
		{ post_logout_redirect_uri: bye }, { id_token_hint: id_token, post_logout_redirect_uri: "https://evil.example/" },
		{ id_token_hint: id_token, post_logout_redirect_uri: `${bye}?x=1` }, { id_token_hint: id_token, post_logout_redirect_uri: `${bye}/` },
		{ id_token_hint: id_token, post_logout_redirect_uri: "javascript:alert(1)" }, { id_token_hint: `${header}.${payload}.`, post_logout_redirect_uri: bye },
		{ id_token_hint: `${id_token.slice(0, -4)}AAAA`, post_logout_redirect_uri: bye }, { id_token_hint: "x" },
		{ id_token_hint: id_token, client_id: registered("other").client_id, post_logout_redirect_uri: bye },
		{ client_id: "nobody", post_logout_redirect_uri: bye }, { client_id: registered("loose").client_id, post_logout_redirect_uri: bye },
	]) {
		assertPage(await out(fields, { cookie }), 400, "evil.example", "alert(1)");
		assertPage(await out(fields), 400, "evil.example", "alert(1)");
	}
	assertPage(await exchange(`${ISSUER}/logout?${new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: bye })}&post_logout_redirect_uri=${bye}`), 400);
	// Whose hint is of another session asks the person of this one.
	const neighbour = await tokens("portal", { credentials: WANG });
	for (const fields of [{}, { client_id: portal.client_id, post_logout_redirect_uri: bye }, { id_token_hint: neighbour.id_token, post_logout_redirect_uri: bye }]) {
		const page = await out(fields, { cookie });
		assertPage(page, 200);
		assert.ok(forms(page).some(({ action }) => action.pathname === "/logout"));
	}
	assert.match((await exchange(`${ISSUER}/authorize?${parameters("portal", { prompt: "none" })}`, { headers: { cookie } })).headers.location, /code=/);
});

test("/account: a withdrawal is of one's own consent alone", async () => {
	const other = await tokens("shop", { credentials: WANG, scope: "openid profile offline_access" });
	const mine = newPerson();
	await mine.signIn(new Portal("portal").request().url, ZHANG);
	const page = await mine.get(`${ISSUER}/account`);
	for (const withdraw of [shop.client_id, "nobody", "", "../../x", "%00"])
		assert.equal((await mine.submit(page, { withdraw }, "/account")).status, 200);
	assert.equal((await other.portal.refresh(other.refresh_token)).status, 200, "another's grant goes on");
});

test("sign-in: a field of a megabyte, fields that are twice, and bytes that are no text", async () => {
	const person = newPerson();
	const page = await person.get(new Portal("portal").request().url);
	const own = { cookie: person.cookie(home), origin: ISSUER };
	const request = sealOf(page);
	const send = (text) => form("/signin", `request=${encodeURIComponent(request)}&${text}`, own);
	assert.equal((await send(`username=a&password=${"x".repeat(1 << 20)}`)).status, 413);
	assertPage(await send(`username=a&password=${"x".repeat(60000)}`), 400);
	assertPage(await send("username=a&username=b&password=x"), 400);
	for (const bad of ["%00", "%ff", "%ed%a0%80", "%c0%af", "%u0041"])
		assert.equal((await send(`username=${bad}&password=x`)).status, 400, bad);
	for (const username of ['"><script>alert(1)</script>', "%{User-Agent}", "${jndi:ldap://x}"]) {
		const again = await send(new URLSearchParams({ username, password: "x" }));
		assert.equal(again.status, 200);
		assert.ok(!again.body.includes("<script>alert"), again.body);
	}
});
