// What the tests here share: people, portals, operators.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { post } from "../../../lib/person.mjs";
import { Portal, ZHANG, newPerson } from "../../../lib/portal.mjs";

export { Portal, ZHANG, newPerson };
export const { ISSUER } = process.env;
export const WANG = { ...ZHANG, username: "360426199101010071" };
export const ZHAO = { ...ZHANG, username: "110101199003070011" };
export const registered = (name) =>
	JSON.parse(readFileSync(`${process.env.E2E}/clients/${name}.json`, "utf8"));

const [AUTHCTL, ...OPTIONS] = process.env.AUTHCTL.split(" ");

/** Run authctl; input goes to its standard input. */
export function operator(args, input = "") {
	return execFileSync(AUTHCTL, [...OPTIONS, ...args], { input, stdio: ["pipe", "pipe", "pipe"] }).toString();
}
/** The same without waiting. */
export function operatorLater(args, input = "") {
	const child = spawn(AUTHCTL, [...OPTIONS, ...args], { stdio: ["pipe", "ignore", "inherit"] });
	child.stdin.end(input);
	return new Promise((resolve) => child.on("exit", resolve));
}

/** One sign-in form of a fresh browser, to be posted many times: send(fields, headers) -> answer. */
export async function signInForm(portal = new Portal("portal"), more = {}) {
	const person = newPerson();
	const page = await person.get(portal.request(more).url);
	const request = /name="request" value="([^"]+)"/.exec(page.body)?.[1];
	if (!request) throw new Error(`no sign-in form: ${page.status}\n${page.body}`);
	const cookie = person.cookie(page.url);
	return (fields, headers = {}) =>
		post(new URL("/signin", ISSUER), { request, ...fields }, { cookie, origin: ISSUER, ...headers });
}

/** Until the clock shows the next second: marks compare whole seconds. */
export const nextSecond = () => new Promise((done) => setTimeout(done, 1010 - (Date.now() % 1000)));
