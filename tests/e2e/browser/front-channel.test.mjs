// Front-channel logout (OpenID Connect Front-Channel Logout 1.0) in Chromium: two portals on sites of their own.
// See run.sh.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { servePortal } from "../lib/portal-server.mjs";
import { DESK, PHONE, launch, signIn, visitor } from "./launch.mjs";

const { SCREENSHOTS, CITY, COUNTY, NATION, ISSUER } = process.env;

let browser, city, county, stranger;
before(async () => {
	browser = await launch();
	city = await servePortal("city", CITY);
	county = await servePortal("county", COUNTY);
	stranger = await servePortal("nation", NATION);
});
after(async () => {
	await browser?.close();
	for (const portal of [city, county, stranger]) await portal?.close();
});
beforeEach(() => [city, county, stranger].forEach(({ framed }) => framed.splice(0)));

const who = (page) => page.textContent("#who");

/** Signed in at both, by one sign-in. */
async function atBoth(options) {
	const visit = await visitor(browser, options);
	await visit.page.goto(`${CITY}/login`);
	await signIn(visit.page);
	await visit.page.waitForURL(`${CITY}/`);
	await visit.page.goto(`${COUNTY}/login`);
	await visit.page.waitForURL(`${COUNTY}/`);
	assert.match(await who(visit.page), /张三/);
	return visit;
}

/** Each was framed once, by authd's page, with an iss and a sid of its own. */
function framedOnce() {
	const sids = [city, county].map(({ framed }) => {
		assert.equal(framed.length, 1);
		const [{ url, headers }] = framed;
		assert.equal(url.searchParams.get("iss"), ISSUER);
		assert.equal(headers["sec-fetch-dest"], "iframe");
		assert.equal(headers["sec-fetch-site"], "cross-site", "a site of its own");
		return url.searchParams.get("sid");
	});
	assert.notEqual(sids[0], sids[1]);
	assert.equal(county.framed[0].url.searchParams.get("at"), "authd", "the registered query stays");
	assert.equal(stranger.framed.length, 0);
}

describe("front-channel logout", () => {
	test("a sign-out asked for by one portal reaches both, then leads back to it", async () => {
		const { context, page, complaints } = await atBoth();
		await page.goto(`${CITY}/logout`);
		const button = page.locator("button[value=logout]");
		if (await button.count()) await button.click();
		await page.waitForURL(`${CITY}/`);
		framedOnce();
		assert.equal(await who(page), "nobody");
		await page.goto(`${COUNTY}/`);
		assert.equal(await who(page), "nobody", "its own session ended, without a visit to authd");
		assert.deepEqual(complaints, []);
		await context.close();
	});

	test("another browser of the same person stays signed in", async () => {
		const other = await atBoth();
		const { context, page } = await atBoth();
		await page.goto(`${CITY}/logout`);
		await page.waitForURL(`${CITY}/`);
		framedOnce();
		await other.page.reload();
		assert.match(await who(other.page), /张三/);
		for (const each of [context, other.context]) await each.close();
	});

	for (const [device, options] of Object.entries({ phone: PHONE, desk: DESK }))
		test(`at authd itself the page stays: two frames, none of them seen, and no third, ${device}`, async () => {
			const { context, page, complaints } = await atBoth(options);
			await page.goto(`${ISSUER}/logout`);
			await page.click("button[value=logout]");
			await page.waitForLoadState("networkidle");
			framedOnce();
			assert.equal(new URL(page.url()).origin, ISSUER);
			const origins = page.frames().slice(1).map((frame) => new URL(frame.url()).origin);
			assert.deepEqual(origins.sort(), [CITY, COUNTY].sort());
			for (const frame of page.frames().slice(1)) assert.equal(await frame.title(), "signed out", "it was let in");
			for (const iframe of await page.locator("iframe").all()) {
				const box = await iframe.boundingBox();
				assert.ok(!box || box.width * box.height <= 1, "a frame takes room on the page");
			}
			await page.screenshot({ path: `${SCREENSHOTS}/signed-out-framed-${device}-zh.png`, fullPage: true });
			assert.deepEqual(complaints, []);

			// The page's policy lets in exactly these frames: not another site, nor another port of the same.
			const refused = await page.evaluate(
				(src) =>
					new Promise((done) => {
						document.addEventListener("securitypolicyviolation", (e) => done([e.effectiveDirective, e.blockedURI]));
						const iframe = document.createElement("iframe");
						iframe.src = src;
						document.body.append(iframe);
						setTimeout(() => done("let in"), 3000);
					}),
				`${NATION}/front`,
			);
			assert.equal(refused[0], "frame-src", String(refused));
			assert.ok(refused[1].startsWith(NATION));
			assert.equal(stranger.framed.length, 0);
			await context.close();
		});
});
