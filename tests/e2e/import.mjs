// One person of an imported nation signs in at a sample portal, in Chromium. See import.sh.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const { CHROMIUM, ISSUER, PORTAL, NUMBER, NAME, SCREENSHOT } = process.env;

const browser = await chromium.launch({
	executablePath: CHROMIUM,
	args: ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"],
});
try {
	const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1280, height: 800 } });
	const page = await context.newPage();
	await page.goto(`${PORTAL}/`);
	await page.click("#sign-in");
	assert.equal(new URL(page.url()).origin, ISSUER);
	await page.fill("[name=username]", NUMBER);
	await page.fill("[name=password]", "correct horse battery");
	await page.press("[name=password]", "Enter");
	await page.waitForURL(`${PORTAL}/`);
	assert.ok((await page.textContent("#who")).includes(NAME), "the portal knows the imported name");
	await page.screenshot({ path: SCREENSHOT, fullPage: true });
	console.log(`${NAME} signed in at ${PORTAL}: ${SCREENSHOT}`);
} finally {
	await browser.close();
}
