// A relying party as the official suite plays it: it sends what a module says, and looks at each
// answer itself.
//
//   const rp = RelyingParty.registered("client")          // $E2E/clients/client.json
//   const { response, page, person } = await rp.authorize({ prompt: "login" })
//   const { status, json } = await rp.redeem(response.code)
//   const { claims, header } = await rp.idToken(json.id_token)
//   const { tokens, claims, person } = await rp.signIn({ scope: "openid email" })

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import * as jose from "jose";
import { Person, exchange, forms, post } from "../lib/person.mjs";

export { Person, exchange, forms, post, jose };
export const ISSUER = process.env.ISSUER;
export const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };
export const OTHER_CALLBACK = "https://portal.localhost/elsewhere";

const random = () => randomBytes(32).toString("base64url");
export const s256 = (text) => createHash("sha256").update(text).digest("base64url");
export const newPerson = () => new Person((url) => url.hostname === "portal.localhost");
export const files = (name) => JSON.parse(readFileSync(`${process.env.E2E}/clients/${name}`, "utf8"));

export function parsed(answer) {
	try {
		return { ...answer, json: JSON.parse(answer.body) };
	} catch {
		return { ...answer, json: undefined };
	}
}

export const get = async (url, headers) => parsed(await exchange(new URL(url, ISSUER), { headers }));
export const metadata = async () => (await get("/.well-known/openid-configuration")).json;
const keySet = async () => jose.createLocalJWKSet((await get((await metadata()).jwks_uri)).json);

/** Half of the hash of a value: at_hash, c_hash, s_hash (OIDC Core §3.1.3.6). */
export function halfHash(text, alg) {
	const name = alg === "EdDSA" ? "sha512" : `sha${alg.slice(2)}`;
	const hash = createHash(name).update(text).digest();
	return hash.subarray(0, hash.length / 2).toString("base64url");
}

export function assertRefused(answer, error, status = 400) {
	assert.deepEqual({ status: answer.status, error: answer.json?.error }, { status, error }, answer.body);
	assert.match(answer.headers["cache-control"] ?? "", /no-store/);
}

export class RelyingParty {
	constructor(client) {
		this.redirect_uri = client.redirect_uris?.[0];
		Object.assign(this, client);
		this.method = client.token_endpoint_auth_method;
	}

	static registered(name) {
		return new RelyingParty(files(`${name}.json`));
	}

	/** The URL of an authorization request; a parameter set to undefined is left out. */
	request(more = {}) {
		const mode = process.env.RESPONSE_MODE;
		const all = {
			client_id: this.client_id,
			redirect_uri: this.redirect_uri,
			response_type: "code",
			scope: "openid",
			state: random(),
			nonce: random(),
			...(mode && mode !== "query" && { response_mode: mode }),
			...more,
		};
		for (const name in all) if (all[name] === undefined) delete all[name];
		const url = new URL("/authorize", ISSUER);
		url.search = new URLSearchParams(all);
		return { url, sent: all };
	}

	/** Send it as a browser does, and sign in if asked: what came back to the redirect URI. */
	async authorize(more = {}, { person = newPerson(), credentials = ZHANG, method = "GET" } = {}) {
		const { url, sent } = this.request(more);
		if (method === "POST") {
			const bare = new URL(url.pathname, url);
			const first = await person.step(bare, {
				method: "POST",
				body: url.searchParams.toString(),
				headers: { "content-type": "application/x-www-form-urlencoded" },
			});
			return this.answered(await person.through(await person.follow(first), credentials), sent, person);
		}
		return this.answered(await person.signIn(url, credentials), sent, person);
	}

	answered(page, sent, person) {
		const response = page.landed && (page.fields ?? Object.fromEntries(page.landed.searchParams));
		if (response) {
			assert.equal(response.state, sent.state, "state comes back as it was sent");
			assert.equal(response.iss, ISSUER, "iss names the issuer (RFC 9207)");
			const answered = new URL(page.landed);
			if (!page.fields) for (const name of Object.keys(response)) answered.searchParams.delete(name);
			assert.equal(page.fields !== undefined, sent.response_mode === "form_post");
		}
		return { page, response, sent, person };
	}

	async post(path, fields, headers = {}) {
		const body = { ...fields };
		const sent = { ...headers };
		if (this.method === "client_secret_basic") {
			const pair = [this.client_id, this.client_secret].map(encodeURIComponent).join(":");
			sent.authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
		} else {
			body.client_id = this.client_id;
			if (this.method === "client_secret_post") body.client_secret = this.client_secret;
		}
		return parsed(await post(new URL(path, ISSUER), body, sent));
	}

	redeem(code, more = {}) {
		const fields = { grant_type: "authorization_code", code, redirect_uri: this.redirect_uri, ...more };
		return this.post("/token", fields);
	}

	refresh(refresh_token, more = {}) {
		return this.post("/token", { grant_type: "refresh_token", refresh_token, ...more });
	}

	async userinfo(token, { method = "GET", inBody = false } = {}) {
		const headers = inBody ? {} : { authorization: `Bearer ${token}` };
		const url = new URL("/userinfo", ISSUER);
		if (method === "GET") return parsed(await exchange(url, { headers }));
		return parsed(await post(url, inBody ? { access_token: token } : {}, headers));
	}

	/** Verify an ID token as OIDC Core §3.1.3.7 says. */
	async idToken(token, { nonce, access_token } = {}) {
		const algorithms = [this.id_token_signed_response_alg ?? "RS256"];
		const { payload: claims, protectedHeader: header } = await jose.jwtVerify(token, await keySet(), {
			issuer: ISSUER,
			audience: this.client_id,
			algorithms,
			requiredClaims: ["iss", "sub", "aud", "exp", "iat"],
		});
		assert.equal(claims.nonce, nonce);
		assert.ok(claims.sub.length > 0 && claims.sub.length <= 255);
		if (claims.at_hash) assert.equal(claims.at_hash, halfHash(access_token, header.alg));
		return { claims, header };
	}

	/** From the request to verified tokens. */
	async signIn(more = {}, options = {}) {
		const verifier = random();
		const { response, sent, person, page } = await this.authorize(more, options);
		assert.ok(response?.code, `no code: ${JSON.stringify(response)} ${page.status} ${page.body?.slice(0, 2000)}`);
		const pkce = options.verifier ? { code_verifier: options.verifier } : {};
		const answer = await this.redeem(response.code, pkce);
		assert.equal(answer.status, 200, answer.body);
		assert.equal(answer.json.token_type.toLowerCase(), "bearer");
		assert.match(answer.headers["cache-control"], /no-store/);
		const { claims, header } = await this.idToken(answer.json.id_token, {
			nonce: sent.nonce,
			access_token: answer.json.access_token,
		});
		return { tokens: answer.json, claims, header, person, response, sent, verifier };
	}
}
