// What the tests here share: requests as a careful client would not send them.
import { createHash, randomBytes, sign } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { connect } from "node:tls";
import assert from "node:assert/strict";
import { exchange } from "../../lib/person.mjs";
import { CALLBACK, Portal, ZHANG, newPerson } from "../../lib/portal.mjs";

export { CALLBACK, Portal, ZHANG, newPerson, exchange };
export const { ISSUER, E2E } = process.env;
export const WANG = { ...ZHANG, username: "360426199101010071" };
export const registered = (name) => JSON.parse(readFileSync(`${E2E}/clients/${name}.json`, "utf8"));
export const random = () => randomBytes(32).toString("base64url");
export const s256 = (text) => createHash("sha256").update(text).digest("base64url");

/** What must never stand in a log. */
export function secret(...values) {
	for (const value of values) if (value) appendFileSync(process.env.SECRETS, `${value}\n`);
	return values[0];
}

/** The parameters of a good request of this client, with these changed; undefined leaves one out. */
export function parameters(client, changed = {}) {
	const good = {
		client_id: registered(client).client_id,
		redirect_uri: CALLBACK,
		response_type: "code",
		scope: "openid",
		state: "s-t-a-t-e",
		nonce: "n",
		code_challenge: s256("v".repeat(43)),
		code_challenge_method: "S256",
		...changed,
	};
	return new URLSearchParams(Object.entries(good).filter(([, value]) => value !== undefined)).toString();
}

export const authorize = (query, headers = {}) => exchange(`${ISSUER}/authorize?${query}`, { headers });

/** A page of the issuer's own, that leads nowhere and says nothing of what was sent. */
export function assertPage(answer, status, ...unsaid) {
	assert.equal(answer.status, status, `${answer.url}: ${/id="description".*/.exec(answer.body)?.[0]}`);
	assert.match(answer.headers["content-type"], /^text\/html/);
	assert.equal(answer.headers.location, undefined);
	assert.match(answer.headers["cache-control"], /no-store/);
	for (const text of unsaid) assert.ok(!answer.body.includes(text), `it says ${text}`);
}

/** An error that goes back to the portal, with who says so (RFC 9207). */
export function assertSentBack(answer, error) {
	assert.equal(answer.status, 303, `${answer.url}: ${/id="description".*/.exec(answer.body)?.[0]}`);
	const to = new URL(answer.headers.location);
	assert.equal(`${to.origin}${to.pathname}`, CALLBACK);
	assert.equal(to.searchParams.get("error"), error, to.href);
	assert.equal(to.searchParams.get("iss"), ISSUER);
	assert.equal(to.searchParams.get("code"), null);
	assert.match(answer.headers["cache-control"], /no-store/);
	return to.searchParams;
}

export function assertJson(answer, status, error, what = "") {
	assert.equal(answer.status, status, `${answer.url} ${answer.body.slice(0, 300)} ${what.slice(0, 300)}`);
	assert.match(answer.headers["content-type"], /^application\/json/);
	assert.match(answer.headers["cache-control"], /no-store/);
	const json = JSON.parse(answer.body);
	assert.equal(json.error, error, answer.body);
	return json;
}

export const form = (path, body, headers = {}) =>
	exchange(new URL(path, ISSUER), {
		method: "POST",
		body,
		headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
	});

/** Bytes as they are; what comes back until the connection is closed, as text. */
export function bytes(text) {
	const { port } = new URL(ISSUER);
	return new Promise((resolve, reject) => {
		let answer = "";
		const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => socket.write(text));
		socket.on("data", (part) => (answer += part.toString("latin1")));
		socket.on("close", () => resolve(answer));
		socket.on("error", reject);
		socket.setTimeout(5000, () => socket.destroy());
	});
}

/** A JWT with this header and these claims; claims as text are taken as they are. */
export function jwt(name, claims, header = {}) {
	const key = JSON.parse(readFileSync(`${E2E}/clients/${name}.key.json`, "utf8"));
	const part = (value) =>
		(Buffer.isBuffer(value) ? value : Buffer.from(typeof value === "string" ? value : JSON.stringify(value))).toString("base64url");
	const signed = `${part({ alg: "ES256", kid: key.kid, ...header })}.${part(claims)}`;
	const signature = sign("sha256", Buffer.from(signed), { key, format: "jwk", dsaEncoding: "ieee-p1363" });
	return `${signed}.${signature.toString("base64url")}`;
}

/** A person who is signed in, and the first tokens of this portal. */
export async function tokens(name = "portal", more = {}) {
	const portal = new Portal(name);
	const { person, code, verifier } = await portal.code(newPerson(), more);
	const answer = await portal.redeem(code, verifier);
	assert.equal(answer.status, 200, answer.body);
	secret(code, verifier, answer.json.access_token, answer.json.refresh_token, answer.json.id_token);
	for (const value of person.cookie(new URL(ISSUER)).split("; ")) secret(value.split("=").slice(1).join("="));
	secret(portal.client_secret);
	return { portal, person, code, verifier, ...answer.json };
}
