// Pages that are pressed in an unusual order, and answers that do not fit.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exchange, forms } from "../../lib/person.mjs";
import { ISSUER, Portal, ZHANG, newPerson } from "./lib/hostile.mjs";

const shop = new Portal("shop");
const asksToAgree = (page) => forms(page).some(({ action }) => action.pathname === "/consent");

function inEnglish(person, page) {
	const request = /name="request" value="([^"]+)"/.exec(page.body)[1];
	return person.step(new URL("/consent", ISSUER), {
		method: "POST",
		body: new URLSearchParams({ request, action: "language", ui_locales: "en" }).toString(),
		headers: { "content-type": "application/x-www-form-urlencoded", origin: ISSUER },
	});
}

for (const more of [{ prompt: "login consent" }, { prompt: "consent", max_age: "0" }])
	test(`the consent page changes its language without another sign-in: ${JSON.stringify(more)}`, async () => {
		const person = newPerson();
		const form = await person.get(shop.request(more).url);
		const page = await person.submit(form, ZHANG);
		assert.ok(asksToAgree(page), page.body);
		const english = await inEnglish(person, page);
		assert.equal(english.status, 200);
		assert.ok(asksToAgree(english), english.body);
		assert.match(english.body, /<html lang="en"/);
		const { landed } = await person.submit(english, { decision: "allow" });
		assert.ok(landed.searchParams.has("code"));

		// Whoever comes with a new request signs in again all the same.
		assert.ok(!asksToAgree(await person.get(shop.request(more).url)));
	});

const { client_id } = shop;
const asked = (path, fields, state) =>
	exchange(`${new URL(path, ISSUER)}?${new URLSearchParams({ client_id, ...fields })}&state=${state}`);
const SENT_BACK = [
	["/authorize", { redirect_uri: "https://portal.localhost/cb", response_type: "token" }],
	["/logout", { post_logout_redirect_uri: "https://portal.localhost/bye" }],
];

for (const [path, fields] of SENT_BACK)
	test(`${path}: an answer that does not fit is an error page`, async () => {
		for (const [text, n] of [["a", 7000], ["a", 8000], ["a", 15000], ["+", 3500], ["+", 4000], ["+", 6000], ["%00", 9]]) {
			const { status, headers } = await asked(path, fields, text.repeat(n));
			assert.equal(status, 400, `${text} ${n} times`);
			assert.equal(headers.location, undefined);
			if (text !== "%00") assert.match(headers["content-type"], /^text\/html/);
		}
		const { status, headers } = await asked(path, fields, "a".repeat(3000));
		assert.equal(status, 303);
		assert.equal(new URL(headers.location).searchParams.get("state"), "a".repeat(3000));
	});
