// A portal that asks a person, who looks at each page.
//
//   const rp = await Portal.register({ scope: "openid profile" })
//   const { person, page } = await rp.page({ claims: {...} })     // what comes once a person has signed in
//   const { tokens, claims, userinfo } = await rp.told({ claims: {...} })
import { RelyingParty, ZHANG, jose, newPerson, s256 } from "../../conformance/lib.mjs";
import { registerClient } from "../../lib/admin.mjs";

export const LI = { username: "360426199101010071", password: ZHANG.password };
export const VERIFIER = "v".repeat(43);
export const key = await jose.generateKeyPair("ES256", { extractable: true });
const jwk = { ...(await jose.exportJWK(key.publicKey)), alg: "ES256", kid: "1", use: "sig" };

const base = {
	client_name: "便民停车",
	redirect_uris: ["https://portal.localhost/cb"],
	grant_types: ["authorization_code", "refresh_token"],
	token_endpoint_auth_method: "client_secret_basic",
	id_token_signed_response_alg: "ES256",
	jwks: { keys: [jwk] },
	scope: "openid profile email phone address offline_access library.read",
};

export class Portal extends RelyingParty {
	static async register(more) {
		return new Portal({ ...(await registerClient({ ...base, ...more })), client_name: base.client_name });
	}

	request(more = {}) {
		const all = { code_challenge: s256(VERIFIER), code_challenge_method: "S256", ...more };
		for (const name in all) if (typeof all[name] === "object") all[name] = JSON.stringify(all[name]);
		return super.request(all);
	}

	signIn(more, options) {
		return super.signIn(more, { verifier: VERIFIER, ...options });
	}

	/** The page that comes once a person has signed in. */
	async page(more, { person = newPerson(), credentials = ZHANG } = {}) {
		const first = await person.get(this.request(more).url);
		const page = first.body.includes('name="password"') ? await person.submit(first, credentials) : first;
		return { person, page };
	}

	async told(more, options) {
		const { tokens, claims } = await this.signIn(more, options);
		return { tokens, claims, userinfo: (await this.userinfo(tokens.access_token)).json };
	}
}

export const isConsent = (page) => page.status === 200 && page.body.includes('action="/consent"');
export const error = (page) => page.landed.searchParams.get("error");
