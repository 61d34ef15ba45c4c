// What people see, in Chromium. See run.sh.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { servePortal } from "../lib/portal-server.mjs";
import { post } from "../../lib/person.mjs";
import { Portal, ZHANG } from "../../lib/portal.mjs";
import { DESK, PHONE, launch, signIn, visitor as newVisitor } from "./launch.mjs";

const { SCREENSHOTS, NATION, PROVINCE, ISSUER } = process.env;

let browser;
const portals = [];

before(async () => {
	browser = await launch();
	portals.push(await servePortal("nation", NATION));
	portals.push(await servePortal("province", PROVINCE, { response_mode: "form_post" }));
});

after(async () => {
	await browser?.close();
	for (const portal of portals) await portal.close();
});

const visitor = (options) => newVisitor(browser, options);

/** What a device, or a client on the back channel, asks for. */
const ask = (path, more = {}) => {
	const { authorization } = new Portal("elsewhere");
	return post(new URL(path, ISSUER), { scope: "openid profile", ...more }, { authorization });
};

const who = (page) => page.textContent("#who");

describe("in a browser", () => {
	test("one sign-in, every portal, and out again", async () => {
		const { context, page, complaints } = await visitor();
		await page.goto(`${NATION}/login`);
		assert.equal(new URL(page.url()).origin, ISSUER);
		await signIn(page);
		await page.waitForURL(`${NATION}/`);
		const first = JSON.parse(await who(page));
		assert.equal(first.name, "张三");

		await page.goto(`${PROVINCE}/login`);
		await page.waitForURL(`${PROVINCE}/`);
		const second = JSON.parse(await who(page));
		assert.equal(second.name, "张三");
		assert.notEqual(second.sub, first.sub, "pairwise: two sectors, two subjects");

		for (const cookie of await context.cookies(ISSUER)) {
			assert.match(cookie.name, /^__Host-/);
			assert.ok(cookie.httpOnly && cookie.secure, cookie.name);
			assert.equal(cookie.sameSite, "Lax", cookie.name);
		}

		await page.goto(`${NATION}/logout`);
		const button = page.locator("button[value=logout]");
		if (await button.count()) await button.click();
		await page.waitForURL(`${NATION}/`);
		assert.equal(await who(page), "nobody");
		await page.goto(`${PROVINCE}/login`);
		assert.equal(await page.locator("[name=password]").count(), 1, "signed out everywhere");
		assert.deepEqual(complaints, []);
		await context.close();
	});

	test("with the keyboard alone, and without scripts", async () => {
		const { context, page } = await visitor({ javaScriptEnabled: false });
		await page.goto(`${NATION}/login`);
		const focused = () => page.locator(":focus").getAttribute("name");
		for (let i = 0; i < 10 && (await focused().catch(() => null)) !== "username"; i++)
			await page.keyboard.press("Tab");
		await page.keyboard.type(ZHANG.username);
		await page.keyboard.press("Tab");
		await page.keyboard.type(ZHANG.password);
		await page.keyboard.press("Enter");
		await page.waitForURL(`${NATION}/`);
		assert.match(await who(page), /张三/);
		await context.close();
	});

	test("the sign-in page's fields are named for people and for password managers", async () => {
		const { context, page } = await visitor();
		await page.goto(`${NATION}/login`);
		assert.equal(await page.getAttribute("[name=username]", "autocomplete"), "username");
		assert.equal(await page.getAttribute("[name=password]", "autocomplete"), "current-password");
		for (const name of ["username", "password"]) {
			const id = await page.getAttribute(`[name=${name}]`, "id");
			assert.ok((await page.textContent(`label[for=${id}]`)).trim(), `${name} has a label`);
		}
		assert.match(await page.getAttribute("html", "lang"), /^zh/);
		await context.close();
	});
});

describe("the pages, phone and desk", () => {
	// name -> how to get there
	const pages = {
		"sign-in": (page) => page.goto(`${NATION}/login`),
		async "sign-in-wrong"(page) {
			await page.goto(`${NATION}/login`);
			await signIn(page, { username: "110101199003070039", password: "wrong" });
			assert.equal(await page.locator("[role=alert]").count(), 1);
		},
		async consent(page) {
			const asked = { redirect_uri: `${PROVINCE}/cb3`, scope: "openid profile", prompt: "consent" };
			await page.goto(new Portal("third").request(asked).url.href);
			await signIn(page);
			assert.equal(await page.locator("button[value=allow]").count(), 1);
		},
		async account(page) {
			await pages.consent(page);
			await page.click("button[value=allow]");
			await page.goto(`${ISSUER}/account`);
			const client = new Portal("third").client_id;
			assert.equal(await page.locator(`button[name=withdraw][value="${client}"]`).count(), 1);
		},
		async password(page) {
			await page.goto(`${NATION}/login`);
			await signIn(page);
			await page.waitForURL(`${NATION}/`);
			await page.goto(`${ISSUER}/account/password`);
			assert.equal(await page.locator("[type=password]").count(), 3);
		},
		// Its cookie is gone, as after a day.
		async "form-over"(page) {
			await page.goto(`${NATION}/login`);
			await page.context().clearCookies();
			await signIn(page);
			assert.equal(await page.locator("input:not([type=hidden])").count(), 0);
		},
		"not-signed-in": (page) => page.goto(`${ISSUER}/account/password`),
		async device(page) {
			await page.goto(JSON.parse((await ask("/device_authorization")).body).verification_uri_complete);
			await signIn(page);
			assert.equal(await page.locator("#continue").count(), 1);
		},
		async "device-decision"(page) {
			await pages.device(page);
			await page.click("#continue");
			await page.waitForSelector("#allow");
		},
		async "device-allowed"(page) {
			await pages["device-decision"](page);
			await page.click("#allow");
			await page.waitForSelector("#allowed");
		},
		async requests(page) {
			const login_hint = ZHANG.username;
			assert.equal((await ask("/bc-authorize", { login_hint, binding_message: "A4-1871" })).status, 200);
			await page.goto(`${ISSUER}/requests`);
			await signIn(page);
			assert.ok(await page.locator(".review").count());
		},
		async request(page) {
			await pages.requests(page);
			await page.locator(".review").first().click();
			await page.waitForSelector("#binding_message");
		},
		error: (page) => page.goto(`${ISSUER}/authorize?client_id=nobody`),
		"sign-out": async (page) => {
			await page.goto(`${NATION}/login`);
			await signIn(page);
			await page.waitForURL(`${NATION}/`);
			await page.goto(`${ISSUER}/logout`);
			assert.equal(await page.locator("button[value=logout]").count(), 1);
		},
		"signed-out": async (page) => {
			await pages["sign-out"](page);
			await page.click("button[value=logout]");
			await page.waitForLoadState();
		},
	};

	for (const [device, options] of Object.entries({ phone: PHONE, desk: DESK }))
		for (const locale of ["zh-CN", "en-GB"])
			for (const [name, open] of Object.entries(pages))
				test(`${name}, ${device}, ${locale}`, async () => {
					const { context, page } = await visitor({ ...options, locale });
					await open(page);
					await page.screenshot({
						path: `${SCREENSHOTS}/${name}-${device}-${locale.slice(0, 2)}.png`,
						fullPage: true,
					});
					assert.equal(new URL(page.url()).origin, ISSUER);
					assert.equal(await page.getAttribute("html", "lang"), locale.slice(0, 2) === "zh" ? "zh-CN" : "en");
					const overflow = await page.evaluate(
						() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
					);
					assert.equal(overflow, 0, "wider than the screen");
					const title = (await page.title()).trim();
					assert.ok(title.length > 0);
					await context.close();
				});
});
