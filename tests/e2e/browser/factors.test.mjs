// The second factor in Chromium: enrolled by its QR code, asked for by one portal alone. See run.sh.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { stepFirst, stepNow, totp } from "../factors/totp.mjs";
import { servePortal } from "../lib/portal-server.mjs";
import { DESK, PHONE, launch, signIn, visitor } from "./launch.mjs";

const { SCREENSHOTS, NATION, COUNTY, ISSUER } = process.env;
const WANG = { username: "360426199101010071", password: "correct horse battery" };

let browser, used = 0;
const portals = [];

before(async () => {
	browser = await launch();
	portals.push(await servePortal("nation", NATION));
	portals.push(await servePortal("estate", COUNTY));
});

after(async () => {
	await browser?.close();
	for (const portal of portals) await portal.close();
});

/** A code that was not used yet. */
async function next(secret) {
	used = Math.max(stepFirst(), used + 1);
	while (used > stepNow() + 1) await new Promise((done) => setTimeout(done, 500));
	return totp(secret, used);
}

/** What the pixels of the QR code say, by a decoder of their own: its finder patterns, and its quiet zone. */
const finders = (page) =>
	page.evaluate(() => {
		const svg = document.querySelector("#qr"), size = svg.viewBox.baseVal.width;
		const dark = new Set();
		for (const [, x, y, n] of svg.querySelector("path").getAttribute("d").matchAll(/M(\d+) (\d+)h(\d+)/g))
			for (let i = 0; i < Number(n); i++) dark.add(`${Number(x) + i},${y}`);
		const at = (x0, y0) =>
			Array.from({ length: 49 }, (_, i) => [i % 7, Math.floor(i / 7)]).every(([x, y]) => {
				const edge = x === 0 || y === 0 || x === 6 || y === 6, core = x > 1 && x < 5 && y > 1 && y < 5;
				return dark.has(`${x0 + x},${y0 + y}`) === (edge || core);
			});
		const far = size - 11;
		return at(4, 4) && at(far, 4) && at(4, far) && !at(far, far);
	});

async function enrol(page, shoot) {
	await page.goto(`${ISSUER}/account/factors`);
	if (await page.locator("#code").count() === 0) return;
	assert.ok(await finders(page));
	await shoot?.("factors");
	const secret = (await page.textContent("#secret")).trim();
	await page.fill("#code", "000000");
	await page.click("#confirm");
	assert.equal(await page.locator("#problem").count(), 1);
	assert.equal((await page.textContent("#secret")).trim(), secret, "the same key, once more");
	await page.fill("#code", await next(secret));
	await page.click("#confirm");
	await page.waitForSelector("#enrolled");
	assert.equal(await page.locator("#codes li").count(), 10);
	await shoot?.("factors-codes");
	return secret;
}

for (const [device, options] of Object.entries({ phone: PHONE, desk: DESK }))
	for (const locale of ["zh-CN", "en-GB"])
		test(`a password at one portal, a code at the next, and nothing after that: ${device}, ${locale}`, async () => {
			const { context, page, complaints } = await visitor(browser, { ...options, locale });
			const shoot = async (name) => {
				await page.screenshot({ path: `${SCREENSHOTS}/${name}-${device}-${locale.slice(0, 2)}.png`, fullPage: true });
				const overflow = await page.evaluate(
					() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
				assert.equal(overflow, 0, `${name}: wider than the screen`);
			};
			used = 0;
			await page.goto(`${NATION}/login`);
			await signIn(page, WANG);
			await page.waitForURL(`${NATION}/`);
			const secret = await enrol(page, shoot);

			await page.goto(`${COUNTY}/login`);
			assert.equal(new URL(page.url()).origin, ISSUER);
			assert.equal(await page.locator("[name=password]").count(), 0, "no password again");
			await shoot("factor");
			await page.fill("#code", "12345");
			await page.press("#code", "Enter");
			assert.equal(await page.locator("[role=alert]").count(), 1);
			await shoot("factor-wrong");
			await page.fill("#code", await next(secret));
			await page.press("#code", "Enter");
			await page.waitForURL(`${COUNTY}/`);
			assert.match(await page.textContent("#who"), /王芳/);

			await page.goto(`${COUNTY}/logout`.replace("/logout", "/login"));
			await page.waitForURL(`${COUNTY}/`);
			await page.goto(`${ISSUER}/account/factors`);
			assert.equal(await page.locator("#left").textContent(), "10", "just proved");
			await shoot("factors-enrolled");
			await page.click("#remove");
			await page.waitForURL(`${ISSUER}/account*`);
			assert.deepEqual(complaints, []);
			await context.close();
		});
