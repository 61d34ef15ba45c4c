// The person of docs/howto.md: howto.mjs portal URL | device CODE | elsewhere MESSAGE
import { Person } from "../lib/person.mjs";

const { ISSUER } = process.env;
const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };
const [, , where, what] = process.argv;
const person = new Person((url) => url.hostname === "portal.example.gov.cn");

async function signedIn(url) {
	const page = await person.get(url);
	return page.body?.includes('id="signin"') ? person.submit(page, ZHANG, "/signin") : page;
}

async function agree(page, action) {
	const last = await person.submit(page, { decision: "allow" }, action);
	if (!last.body.includes('id="allowed"')) throw new Error(`not allowed: ${last.body}`);
}

const roads = {
	async portal() {
		const { landed, body } = await signedIn(new URL(what));
		if (!landed?.searchParams.has("code")) throw new Error(`no code: ${landed ?? body}`);
		console.log(landed.searchParams.get("code"));
	},
	async device() {
		const page = await signedIn(new URL("/device", ISSUER));
		await agree(await person.submit(page, { user_code: what }, "/device"), "/device/decision");
	},
	async elsewhere() {
		const { body } = await signedIn(new URL("/requests", ISSUER));
		const [, path] = /href="(\/requests\/[0-9a-f]{32})"/.exec(body);
		const page = await person.get(new URL(path, ISSUER));
		if (!page.body.includes(what)) throw new Error(`another request: ${page.body}`);
		await agree(page, path.split("/").at(-1));
	},
};
await roads[where]();
