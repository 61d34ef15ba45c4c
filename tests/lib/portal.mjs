// A relying portal by hand, for tests that must see each answer as it is: client_secret_basic, PKCE.
//
//   const portal = new Portal("portal")               // registered as $E2E/clients/portal.json
//   const { url, verifier } = portal.request()        // an authorization request
//   const { code, verifier } = await portal.code(person)
//   const { status, json } = await portal.redeem(code, verifier)

import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Person, exchange, post } from "./person.mjs";

export const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };
export const CALLBACK = "https://portal.localhost/cb";
export const newPerson = () => new Person((url) => url.hostname === "portal.localhost");

const random = () => randomBytes(32).toString("base64url");

function parsed(answer) {
	let json;
	try {
		json = JSON.parse(answer.body);
	} catch {
		json = {};
	}
	return { ...answer, json };
}

export class Portal {
	constructor(name, issuer = process.env.ISSUER) {
		const path = `${process.env.E2E}/clients/${name}.json`;
		const { client_id, client_secret } = JSON.parse(readFileSync(path, "utf8"));
		Object.assign(this, { issuer, client_id, client_secret });
		const pair = [client_id, client_secret].map(encodeURIComponent).join(":");
		this.authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
	}

	request(more = {}) {
		const verifier = random();
		const url = new URL("/authorize", this.issuer);
		url.search = new URLSearchParams({
			client_id: this.client_id,
			redirect_uri: CALLBACK,
			response_type: "code",
			scope: "openid profile offline_access",
			state: random(),
			nonce: random(),
			code_challenge: createHash("sha256").update(verifier).digest("base64url"),
			code_challenge_method: "S256",
			...more,
		});
		return { url, verifier };
	}

	async code(person = newPerson(), { credentials = ZHANG, ...more } = {}) {
		const { url, verifier } = this.request(more);
		const page = await person.signIn(url, credentials);
		const code = page.landed?.searchParams.get("code");
		if (!code) throw new Error(`no code, but ${page.status} at ${page.landed ?? page.url}\n${page.body}`);
		return { person, code, verifier };
	}

	async post(path, fields) {
		const { authorization } = this;
		return parsed(await post(new URL(path, this.issuer), fields, { authorization }));
	}

	redeem(code, verifier) {
		const fields = { code, code_verifier: verifier, redirect_uri: CALLBACK };
		return this.post("/token", { grant_type: "authorization_code", ...fields });
	}

	refresh(refresh_token) {
		return this.post("/token", { grant_type: "refresh_token", refresh_token });
	}

	introspect(token) {
		return this.post("/introspect", { token });
	}

	async userinfo(token) {
		const headers = { authorization: `Bearer ${token}` };
		return parsed(await exchange(new URL("/userinfo", this.issuer), { headers }));
	}

	get(path) {
		return exchange(new URL(path, this.issuer));
	}
}
