// openid-client and jose, unmodified, as relying parties and as verifiers of what authd issues.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as jose from "jose";
import * as oidc from "openid-client";
import { Person, exchange, post } from "../../lib/person.mjs";

const ISSUER = new URL(process.env.ISSUER);
const PORTAL = "https://portal.localhost/cb";
const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };
const METADATA = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

const read = (name) => JSON.parse(readFileSync(`${process.env.E2E}/clients/${name}.json`, "utf8"));
const isPortal = (url) => url.hostname === "portal.localhost";
const newPerson = () => new Person(isPortal);

/** How each registered client authenticates, and the algorithm of its ID tokens. */
const CLIENTS = {
	basic: { alg: "RS256", auth: (c) => oidc.ClientSecretBasic(c.client_secret) },
	post: { alg: "ES256", auth: (c) => oidc.ClientSecretPost(c.client_secret) },
	assertion: {
		alg: "EdDSA",
		auth: async () => {
			const jwk = read("assertion.key");
			return oidc.PrivateKeyJwt({ key: await jose.importJWK(jwk, "ES256"), kid: jwk.kid });
		},
	},
	public: { alg: "ES256", auth: () => oidc.None() },
	machine: { alg: "ES256", auth: (c) => oidc.ClientSecretBasic(c.client_secret) },
	api: { alg: "ES256", auth: (c) => oidc.ClientSecretBasic(c.client_secret) },
};

async function configure(name) {
	const registered = read(name);
	const { alg, auth } = CLIENTS[name];
	const config = await oidc.discovery(
		ISSUER,
		registered.client_id,
		{ id_token_signed_response_alg: alg },
		await auth(registered),
	);
	oidc.enableNonRepudiationChecks(config); // check ID tokens' signatures too
	return config;
}

async function request(config, more = {}) {
	const verifier = oidc.randomPKCECodeVerifier();
	const state = oidc.randomState();
	const nonce = oidc.randomNonce();
	const url = oidc.buildAuthorizationUrl(config, {
		redirect_uri: PORTAL,
		scope: "openid profile offline_access",
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
		state,
		nonce,
		...more,
	});
	const checks = {
		pkceCodeVerifier: verifier,
		expectedState: state,
		expectedNonce: nonce,
		idTokenExpected: true,
	};
	return { url, checks };
}

/** Sign a person in through a portal; the landing URL, its checks and the tokens. */
async function signIn(config, { person = newPerson(), ...more } = {}) {
	const { url, checks } = await request(config, more);
	const page = await person.signIn(url, ZHANG);
	assert.ok(page.landed, `no redirect to the portal, but ${page.status} at ${page.url}\n${page.body}`);
	const tokens = await oidc.authorizationCodeGrant(config, page.landed, checks);
	return { person, landed: page.landed, checks, tokens };
}

/** The error that an answer tells of, in its body even where openid-client stops at a challenge. */
async function refused(promise, error, status = 400) {
	const thrown = await promise.then(() => assert.fail(`not refused with ${error}`), (e) => e);
	if (!("status" in thrown)) throw thrown;
	const told = thrown.error ?? (await thrown.response.json()).error;
	assert.deepEqual({ error: told, status: thrown.status }, { error, status });
}

/** A parameter of the answer at the portal, whether in the query or in the fragment. */
function answered(page, name) {
	if (!page.landed) assert.fail(`no redirect to the portal, but ${page.status}\n${page.body}`);
	return page.landed.searchParams.get(name) ?? new URLSearchParams(page.landed.hash.slice(1)).get(name);
}

const keys = async (config) =>
	jose.createLocalJWKSet(JSON.parse((await exchange(config.serverMetadata().jwks_uri)).body));

describe("metadata", () => {
	for (const path of METADATA)
		test(path, async () => {
			const answer = await exchange(new URL(path, ISSUER));
			assert.equal(answer.status, 200);
			assert.match(answer.headers["content-type"], /^application\/json\b/);
			assert.match(answer.headers["cache-control"] ?? "", /max-age=\d+/);
			const said = JSON.parse(answer.body);
			assert.equal(said.issuer, process.env.ISSUER);
			assert.deepEqual(said.response_types_supported, ["code"]);
			assert.deepEqual(said.code_challenge_methods_supported, ["S256"]);
			assert.equal(said.authorization_response_iss_parameter_supported, true);
		});

	test("the key set holds public keys alone", async () => {
		const config = await configure("basic");
		const { keys } = JSON.parse((await exchange(config.serverMetadata().jwks_uri)).body);
		const algorithms = new Set(keys.map((key) => key.alg));
		for (const alg of ["ES256", "RS256", "EdDSA", "PS256"]) assert.ok(algorithms.has(alg), alg);
		for (const key of keys)
			for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"])
				assert.ok(!(secret in key), `${key.kid} shows ${secret}`);
	});
});

describe("sign-in", () => {
	for (const name of ["basic", "post", "assertion", "public"])
		test(`${name}: code, PKCE, ID token, userinfo`, async () => {
			const config = await configure(name);
			const { tokens, landed } = await signIn(config);
			const claims = tokens.claims();
			assert.equal(landed.searchParams.get("iss"), process.env.ISSUER);
			assert.equal(claims.aud, config.clientMetadata().client_id);
			assert.equal(tokens.token_type, "bearer");
			assert.ok(tokens.expires_in > 0 && tokens.expires_in <= 900);

			const header = jose.decodeProtectedHeader(tokens.id_token);
			assert.equal(header.alg, CLIENTS[name].alg);
			await jose.jwtVerify(tokens.id_token, await keys(config), {
				issuer: process.env.ISSUER,
				audience: config.clientMetadata().client_id,
				algorithms: [CLIENTS[name].alg],
			});

			const access = await jose.jwtVerify(tokens.access_token, await keys(config), {
				issuer: process.env.ISSUER,
				typ: "at+jwt",
			});
			assert.equal(access.payload.sub, claims.sub);
			assert.equal(access.payload.client_id, config.clientMetadata().client_id);
			assert.ok(access.payload.jti);

			const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
			assert.equal(info.sub, claims.sub);
			assert.equal(info.name, "张三");
		});

	test("form_post", async () => {
		const config = await configure("basic");
		const { url, checks } = await request(config, { response_mode: "form_post" });
		const page = await newPerson().signIn(url, ZHANG);
		assert.equal(page.landed?.href, PORTAL);
		assert.match(page.headers["cache-control"], /no-store/);
		const sent = new Request(PORTAL, {
			method: "POST",
			headers: { "content-type": "application/x-www-form-urlencoded" },
			body: new URLSearchParams(page.fields).toString(),
		});
		const tokens = await oidc.authorizationCodeGrant(config, sent, checks);
		assert.ok(tokens.claims().sub);
	});

	test("one authentication serves every portal; subjects of one sector are the same", async () => {
		const first = await signIn(await configure("basic"));
		const seen = first.person.history.length;
		const second = await signIn(await configure("post"), { person: first.person });
		const visited = first.person.history.slice(seen);
		assert.equal(visited.length, 1, `asked again: ${visited}`);
		assert.equal(second.tokens.claims().sub, first.tokens.claims().sub);
		assert.equal(second.tokens.claims().auth_time, first.tokens.claims().auth_time);
	});

	test("prompt=none: login_required without a session, a code with one", async () => {
		const config = await configure("basic");
		const { url } = await request(config, { prompt: "none" });
		const stranger = await newPerson().get(url);
		assert.equal(answered(stranger, "error"), "login_required");
		const { person } = await signIn(config);
		const known = await person.get((await request(config, { prompt: "none" })).url);
		assert.ok(answered(known, "code"));
	});

	test("prompt=login and max_age=0 ask again", async () => {
		const config = await configure("basic");
		const { person } = await signIn(config);
		for (const more of [{ prompt: "login" }, { max_age: "0" }]) {
			const page = await person.get((await request(config, more)).url);
			assert.equal(page.landed, undefined);
			assert.match(page.body, /name="password"/);
		}
	});

	test("a refused consent goes back to the portal as access_denied", async () => {
		const config = await configure("assertion");
		const person = newPerson();
		const { url } = await request(config, { prompt: "consent" });
		let page = await person.get(url);
		page = await person.submit(page, ZHANG, "/signin");
		page = await person.submit(page, { decision: "deny" }, "/consent");
		assert.equal(answered(page, "error"), "access_denied");
	});

	test("an unknown name and a wrong password get one answer", async () => {
		const config = await configure("basic");
		const answers = [];
		for (const username of [ZHANG.username, "110101199003070039"]) {
			const person = newPerson();
			let page = await person.get((await request(config)).url);
			page = await person.submit(page, { username, password: "wrong" }, "/signin");
			assert.equal(page.landed, undefined);
			const hidden = /name="request"[^>]*value="[^"]*"|value="[^"]*"[^>]*name="request"/g;
			answers.push([page.status, page.body.replace(hidden, "").replaceAll(username, "")]);
		}
		assert.deepEqual(answers[0], answers[1]);
	});
});

describe("tokens", () => {
	test("refresh: a new access token, the same subject; unknown scope refused", async () => {
		for (const name of ["basic", "public"]) {
			const config = await configure(name);
			const { tokens } = await signIn(config);
			const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
			assert.notEqual(fresh.access_token, tokens.access_token);
			if (fresh.id_token) assert.equal(fresh.claims().sub, tokens.claims().sub);
			const again = fresh.refresh_token ?? tokens.refresh_token;
			await refused(oidc.refreshTokenGrant(config, again, { scope: "openid admin" }), "invalid_scope");
		}
	});

	test("no refresh token without offline_access", async () => {
		const { tokens } = await signIn(await configure("basic"), { scope: "openid" });
		assert.equal(tokens.refresh_token, undefined);
	});

	test("revocation ends the refresh token and its access tokens", async () => {
		const config = await configure("basic");
		const { tokens } = await signIn(config);
		const api = await configure("basic");
		assert.equal((await oidc.tokenIntrospection(api, tokens.access_token)).active, true);
		await oidc.tokenRevocation(config, tokens.refresh_token);
		await refused(oidc.refreshTokenGrant(config, tokens.refresh_token), "invalid_grant");
		assert.deepEqual(await oidc.tokenIntrospection(api, tokens.access_token), { active: false });
		await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
	});

	test("introspection: active with its facts, nothing to a stranger", async () => {
		const config = await configure("basic");
		const { tokens } = await signIn(config);
		const told = await oidc.tokenIntrospection(config, tokens.access_token);
		assert.equal(told.active, true);
		assert.equal(told.client_id, config.clientMetadata().client_id);
		assert.equal(told.sub, tokens.claims().sub);
		const foreign = await oidc.tokenIntrospection(await configure("post"), tokens.refresh_token);
		assert.deepEqual(foreign, { active: false });
		const { introspection_endpoint } = config.serverMetadata();
		const nobody = await post(introspection_endpoint, { token: tokens.access_token });
		assert.equal(nobody.status, 401);
	});

	test("client credentials", async () => {
		const config = await configure("machine");
		const tokens = await oidc.clientCredentialsGrant(config, { scope: "exchange" });
		assert.equal(tokens.refresh_token, undefined);
		const { payload } = await jose.jwtVerify(tokens.access_token, await keys(config), {
			issuer: process.env.ISSUER,
			typ: "at+jwt",
		});
		assert.equal(payload.scope, "exchange");
		assert.equal(payload.sub, config.clientMetadata().client_id);
		await refused(oidc.clientCredentialsGrant(config, { scope: "openid" }), "invalid_scope");
		await refused(
			oidc.clientCredentialsGrant(await configure("basic"), {}),
			"unauthorized_client",
		);
	});

	test("an access token is no ID token and the other way round", async () => {
		const config = await configure("basic");
		const { tokens } = await signIn(config);
		await assert.rejects(
			jose.jwtVerify(tokens.id_token, await keys(config), { typ: "at+jwt" }),
			{ code: "ERR_JWT_CLAIM_VALIDATION_FAILED" },
		);
		await assert.rejects(oidc.fetchUserInfo(config, tokens.id_token, tokens.claims().sub));
	});
});

describe("refusals", () => {
	test("a code is used once, and its replay ends what it gave", async () => {
		const config = await configure("basic");
		const { tokens, landed, checks } = await signIn(config);
		await refused(oidc.authorizationCodeGrant(config, landed, checks), "invalid_grant");
		await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
		await refused(oidc.refreshTokenGrant(config, tokens.refresh_token), "invalid_grant");
	});

	test("a code with another's verifier, redirect URI or client", async () => {
		const config = await configure("basic");
		const person = newPerson();
		const attempts = [
			async (params) => ({ ...params, code_verifier: oidc.randomPKCECodeVerifier() }),
			async (params) => ({ ...params, redirect_uri: "https://portal.localhost/other" }),
			async ({ code_verifier, ...params }) => params,
		];
		for (const attempt of attempts) {
			const { url, checks } = await request(config);
			const { landed } = await person.signIn(url, ZHANG);
			const params = await attempt({
				code: landed.searchParams.get("code"),
				redirect_uri: PORTAL,
				code_verifier: checks.pkceCodeVerifier,
			});
			await refused(oidc.genericGrantRequest(config, "authorization_code", params), "invalid_grant");
		}
		const { url, checks } = await request(config);
		const { landed } = await person.signIn(url, ZHANG);
		const thief = await configure("post");
		await refused(
			oidc.genericGrantRequest(thief, "authorization_code", {
				code: landed.searchParams.get("code"),
				redirect_uri: PORTAL,
				code_verifier: checks.pkceCodeVerifier,
			}),
			"invalid_grant",
		);
	});

	test("client authentication: wrong secret, none, another's key, a replayed assertion", async () => {
		const { client_id } = read("basic");
		const metadata = { id_token_signed_response_alg: "RS256" };
		for (const auth of [oidc.ClientSecretBasic("wrong"), oidc.ClientSecretPost("wrong"), oidc.None()]) {
			const config = await oidc.discovery(ISSUER, client_id, metadata, auth);
			await refused(oidc.refreshTokenGrant(config, "x"), "invalid_client", 401);
		}
		const { privateKey } = await jose.generateKeyPair("ES256");
		const forger = await oidc.discovery(
			ISSUER,
			read("assertion").client_id,
			{ id_token_signed_response_alg: "EdDSA" },
			oidc.PrivateKeyJwt({ key: privateKey, kid: "client-1" }),
		);
		await refused(oidc.refreshTokenGrant(forger, "x"), "invalid_client", 401);

		const config = await configure("assertion");
		const jwk = read("assertion.key");
		const assertion = await new jose.SignJWT({ jti: oidc.randomState() })
			.setProtectedHeader({ alg: "ES256", kid: jwk.kid })
			.setIssuer(read("assertion").client_id)
			.setSubject(read("assertion").client_id)
			.setAudience(process.env.ISSUER)
			.setIssuedAt()
			.setExpirationTime("1m")
			.sign(await jose.importJWK(jwk, "ES256"));
		const use = () =>
			post(config.serverMetadata().token_endpoint, {
				grant_type: "refresh_token",
				refresh_token: "x",
				client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
				client_assertion: assertion,
			});
		assert.equal(JSON.parse((await use()).body).error, "invalid_grant");
		assert.equal(JSON.parse((await use()).body).error, "invalid_client");
	});

	test("a foreign redirect URI and an unknown client are told on a page", async () => {
		const config = await configure("basic");
		const wrong = [
			{ redirect_uri: "https://evil.example/cb" },
			{ redirect_uri: `${PORTAL}/` },
			{ redirect_uri: `${PORTAL}?x=1` },
			{ redirect_uri: PORTAL.toUpperCase() },
			{ client_id: "nobody" },
		];
		for (const more of wrong) {
			const page = await exchange((await request(config, more)).url);
			assert.equal(page.status, 400, JSON.stringify(more));
			assert.equal(page.headers.location, undefined);
			assert.match(page.headers["content-type"], /^text\/html/);
		}
	});

	test("requests that break a rule go back with the error's name", async () => {
		const config = await configure("basic");
		const wrong = [
			[{ response_type: "token" }, "unsupported_response_type"],
			[{ response_type: "" }, "invalid_request"],
			[{ code_challenge_method: "plain" }, "invalid_request"],
			[{ code_challenge: "" }, "invalid_request"],
			[{ scope: "openid nuclear" }, "invalid_scope"],
			[{ prompt: "none login" }, "invalid_request"],
			[{ request: "e30.e30." }, "invalid_request_object"],
			[{ request_uri: "https://portal.localhost/r" }, "invalid_request_uri"],
		];
		for (const [more, error] of wrong) {
			const page = await newPerson().get((await request(config, more)).url);
			assert.equal(answered(page, "error"), error, JSON.stringify(more));
			assert.equal(answered(page, "iss"), process.env.ISSUER);
			assert.ok(answered(page, "state"));
		}
	});

	test("every page forbids framing, storing and foreign content", async () => {
		const config = await configure("basic");
		const { url } = await request(config);
		for (const page of [await newPerson().get(url), await exchange(`${url}&client_id=x`)]) {
			assert.match(page.headers["content-security-policy"], /default-src 'none'/);
			assert.match(page.headers["content-security-policy"], /frame-ancestors 'none'/);
			assert.equal(page.headers["x-frame-options"]?.toUpperCase(), "DENY");
			assert.equal(page.headers["referrer-policy"], "no-referrer");
			assert.equal(page.headers["x-content-type-options"], "nosniff");
			assert.match(page.headers["cache-control"], /no-store/);
			assert.match(page.headers["strict-transport-security"], /max-age=\d+/);
		}
	});
});

describe("sign-out", () => {
	test("with the ID token as hint: back to the portal, and the session is over", async () => {
		const config = await configure("basic");
		const { person, tokens } = await signIn(config);
		const url = oidc.buildEndSessionUrl(config, {
			post_logout_redirect_uri: "https://portal.localhost/bye",
			id_token_hint: tokens.id_token,
			state: "s1",
		});
		let page = await person.get(url);
		if (!page.landed) page = await person.submit(page, { decision: "logout" }, "/logout");
		assert.equal(page.landed?.href, "https://portal.localhost/bye?state=s1");
		page = await person.get((await request(config, { prompt: "none" })).url);
		assert.equal(answered(page, "error"), "login_required");
	});

	test("without a hint, or to an unregistered address: asks, and goes nowhere", async () => {
		const config = await configure("basic");
		const { person, tokens } = await signIn(config);
		const end = config.serverMetadata().end_session_endpoint;
		let page = await person.get(end);
		assert.equal(page.status, 200);
		const evil = new URLSearchParams({
			id_token_hint: tokens.id_token,
			post_logout_redirect_uri: "https://evil.example/",
		});
		page = await person.get(`${end}?${evil}`);
		assert.equal(page.landed, undefined);
		assert.equal(page.headers.location, undefined);
		page = await person.get((await request(config, { prompt: "none" })).url);
		assert.ok(answered(page, "code"), "still signed in");
	});

	test("a forged POST ends nothing", async () => {
		const config = await configure("basic");
		const { person } = await signIn(config);
		const end = config.serverMetadata().end_session_endpoint;
		await person.step(end, {
			method: "POST",
			body: "decision=logout",
			headers: {
				"content-type": "application/x-www-form-urlencoded",
				origin: "https://evil.example",
				"sec-fetch-site": "cross-site",
			},
		});
		const page = await person.get((await request(config, { prompt: "none" })).url);
		assert.ok(answered(page, "code"), "still signed in");
	});
});
