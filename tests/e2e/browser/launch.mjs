// Chromium, and a person's profile in it.
//
//   const browser = await launch()
//   const { context, page, complaints } = await visitor(browser, { locale: "en-GB", ...PHONE })
import { chromium } from "playwright-core";
import { ZHANG } from "../../lib/portal.mjs";

const { CHROMIUM, CA_HASH } = process.env;
export const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const DESK = { viewport: { width: 1280, height: 800 } };

export const launch = () =>
	chromium.launch({
		executablePath: CHROMIUM,
		args: [
			"--disable-gpu",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
			`--ignore-certificate-errors-spki-list=${CA_HASH}`,
		],
	});

/** A fresh browser profile; what its pages complain about is kept and must be nothing. */
export async function visitor(browser, options = {}) {
	const context = await browser.newContext({ locale: "zh-CN", ...DESK, ...options });
	const complaints = [];
	context.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
	context.on("weberror", (e) => complaints.push(String(e.error())));
	const page = await context.newPage();
	return { context, page, complaints };
}

export async function signIn(page, { username, password } = ZHANG) {
	await page.fill("[name=username]", username);
	await page.fill("[name=password]", password);
	await page.press("[name=password]", "Enter");
	await page.waitForLoadState();
}
