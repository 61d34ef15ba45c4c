// PAR (RFC 9126), JAR (RFC 9101) and JARM by unmodified clients, and what must be refused of each.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as jose from "jose";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { registerClient } from "../../lib/admin.mjs";
import { Person, exchange, forms, post } from "../../lib/person.mjs";

const ISSUER = process.env.ISSUER;
const PORTAL = "https://portal.localhost/cb";
const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };
const SCOPE = "openid profile";
const PREFIX = "urn:ietf:params:oauth:request_uri:";

const newPerson = () => new Person((url) => url.hostname === "portal.localhost");
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A key pair of a client: {key, jwk} with the public half as a JWK. */
async function newKey(alg = "ES256") {
	const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
	const kid = crypto.randomUUID();
	return { alg, kid, key: privateKey, jwk: { ...(await jose.exportJWK(publicKey)), alg, kid, use: "sig" } };
}

const key = await newKey();
const stranger = await newKey();

const base = {
	client_name: "测试门户",
	redirect_uris: [PORTAL],
	grant_types: ["authorization_code"],
	scope: SCOPE,
	state_owned: true,
	id_token_signed_response_alg: "ES256",
};
const keyed = { ...base, token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.jwk] } };

const FAPI = { profile: "fapi2-security", dpop_bound_access_tokens: true, rotate_refresh: false };

const clients = {};
before(async () => {
	const rows = {
		keyed,
		other: keyed,
		pushing: { ...keyed, require_pushed_authorization_requests: true },
		signing: { ...keyed, require_signed_request_object: true, request_object_signing_alg: "ES256" },
		unsigned: { ...keyed, request_object_signing_alg: "none" },
		jarm: { ...keyed, authorization_signed_response_alg: "EdDSA" },
		demanding: { ...keyed, default_acr_values: ["urn:authd:acr:rn2"], default_max_age: 1 },
		fapi: { ...keyed, ...FAPI },
		fapi_signed: { ...keyed, ...FAPI, profile: "fapi2-message-signing", authorization_signed_response_alg: "ES256" },
		secret: { ...base, token_endpoint_auth_method: "client_secret_basic" },
	};
	for (const [name, row] of Object.entries(rows)) clients[name] = await registerClient(row);
});

async function configure(name, metadata = {}) {
	const { client_id, client_secret } = clients[name];
	const auth = client_secret
		? oidc.ClientSecretBasic(client_secret)
		: oidc.PrivateKeyJwt({ key: key.key, kid: key.kid });
	const config = await oidc.discovery(
		new URL(ISSUER),
		client_id,
		{ id_token_signed_response_alg: "ES256", ...metadata },
		auth,
	);
	oidc.enableNonRepudiationChecks(config);
	return config;
}

async function parameters(more = {}) {
	const verifier = oidc.randomPKCECodeVerifier();
	const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), idTokenExpected: true };
	const params = {
		redirect_uri: PORTAL,
		scope: SCOPE,
		state: checks.expectedState,
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
		...more,
	};
	return { params, checks };
}

/** A request object, with what a test changes; undefined takes a member away. */
async function requestObject(client_id, params, { header = {}, signer = key, ...claims } = {}) {
	const now = Math.floor(Date.now() / 1000);
	const all = {
		iss: client_id,
		aud: ISSUER,
		client_id,
		response_type: "code",
		nbf: now,
		exp: now + 300,
		...params,
		...claims,
	};
	for (const [name, value] of Object.entries(all)) if (value === undefined) delete all[name];
	return new jose.SignJWT(all)
		.setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ: "oauth-authz-req+jwt", ...header })
		.sign(signer.key);
}

const unsecured = (claims) =>
	[{ alg: "none" }, claims].map((part) => jose.base64url.encode(JSON.stringify(part))).join(".") + ".";

const authorizeUrl = (params) => `${ISSUER}/authorize?${new URLSearchParams(params)}`;

async function clientAssertion(client_id, { aud = ISSUER } = {}) {
	return new jose.SignJWT({ jti: crypto.randomUUID() })
		.setProtectedHeader({ alg: key.alg, kid: key.kid })
		.setIssuer(client_id)
		.setSubject(client_id)
		.setAudience(aud)
		.setIssuedAt()
		.setExpirationTime("1m")
		.sign(key.key);
}

/** POST /par by hand: {status, said}. */
async function push(name, params) {
	const { client_id } = clients[name];
	const answer = await post(`${ISSUER}/par`, {
		client_id,
		client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
		client_assertion: await clientAssertion(client_id),
		...params,
	});
	return { status: answer.status, headers: answer.headers, said: JSON.parse(answer.body) };
}

/** The request is good, or refused at PAR with this error. */
async function pushed(name, params, error) {
	const { status, said } = await push(name, params);
	assert.deepEqual({ status, error: said.error }, error ? { status: 400, error } : { status: 201, error: undefined });
	return said.request_uri;
}

const plain = async (more = {}) => ({ ...(await parameters()).params, response_type: "code", ...more });

function errorPage(page, error) {
	assert.equal(page.status, 400);
	assert.ok(!page.landed, "no redirect");
	assert.ok(page.body.includes(error), `${error} on the page`);
}

describe("PAR", () => {
	test("openid-client signs a person in", async () => {
		const config = await configure("keyed");
		const { params, checks } = await parameters();
		const url = await oidc.buildAuthorizationUrlWithPAR(config, params);
		assert.deepEqual([...url.searchParams.keys()].sort(), ["client_id", "request_uri"]);
		const page = await newPerson().signIn(url, ZHANG);
		assert.ok(page.landed, page.body);
		const tokens = await oidc.authorizationCodeGrant(config, page.landed, checks);
		assert.ok(tokens.claims().sub);
	});

	test("with a client secret", async () => {
		const config = await configure("secret");
		const { params, checks } = await parameters();
		const page = await newPerson().signIn(await oidc.buildAuthorizationUrlWithPAR(config, params), ZHANG);
		assert.ok((await oidc.authorizationCodeGrant(config, page.landed, checks)).id_token);
	});

	test("the answer: 201, no-store, a random request_uri, its life", async () => {
		const one = await push("keyed", await plain());
		const two = await push("keyed", await plain());
		assert.equal(one.status, 201);
		assert.equal(one.headers["cache-control"], "no-store");
		assert.equal(one.said.expires_in, 2);
		assert.match(one.said.request_uri, /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/);
		assert.notEqual(one.said.request_uri, two.said.request_uri);
	});

	test("parameters beside the request_uri do not count", async () => {
		const { params, checks } = await parameters();
		const { client_id } = clients.keyed;
		const request_uri = await pushed("keyed", { ...params, response_type: "code" });
		const page = await newPerson().signIn(authorizeUrl({ client_id, request_uri, state: "outside" }), ZHANG);
		assert.equal(page.landed.searchParams.get("state"), checks.expectedState);
	});

	test("the sign-in page can be loaded again, until the authorization completes", async () => {
		const { client_id } = clients.keyed;
		const url = authorizeUrl({ client_id, request_uri: await pushed("keyed", await plain()) });
		const person = newPerson();
		for (let i = 0; i < 3; i++) assert.ok("password" in forms(await person.get(url))[0].fields);
		assert.ok((await person.signIn(url, ZHANG)).landed.searchParams.get("code"));
		errorPage(await person.get(url), "invalid_request_uri");
	});

	test("a second page of the same request gets no second code", async () => {
		const { client_id } = clients.keyed;
		const url = authorizeUrl({ client_id, request_uri: await pushed("keyed", await plain()) });
		const [one, two] = [newPerson(), newPerson()];
		const [first, second] = [await one.get(url), await two.get(url)];
		assert.ok((await one.submit(first, ZHANG)).landed.searchParams.get("code"));
		errorPage(await two.submit(second, ZHANG), "invalid_request_uri");
	});

	test("a refusal by the person spends it, too", async () => {
		const { client_id } = clients.keyed;
		const url = authorizeUrl({ client_id, request_uri: await pushed("keyed", await plain()) });
		const person = newPerson();
		const page = await person.submit(await person.get(url), { action: "cancel" });
		assert.equal(page.landed.searchParams.get("error"), "access_denied");
		errorPage(await person.get(url), "invalid_request_uri");
	});

	test("expired, another client's, guessed: an error page", async () => {
		const { client_id } = clients.keyed;
		const request_uri = await pushed("keyed", await plain());
		errorPage(await newPerson().get(authorizeUrl({ client_id: clients.other.client_id, request_uri })), "invalid_request_uri");
		errorPage(await newPerson().get(authorizeUrl({ client_id, request_uri: PREFIX + "A".repeat(43) })), "invalid_request_uri");
		errorPage(await newPerson().get(authorizeUrl({ client_id, request_uri: PREFIX + "x" })), "invalid_request_uri");
		assert.equal((await newPerson().get(authorizeUrl({ client_id, request_uri }))).status, 200);
		await sleep(2100);
		errorPage(await newPerson().get(authorizeUrl({ client_id, request_uri })), "invalid_request_uri");
	});

	test("a page that was opened in time can be sent after the request_uri has expired", async () => {
		const { client_id } = clients.keyed;
		const person = newPerson();
		const page = await person.get(authorizeUrl({ client_id, request_uri: await pushed("keyed", await plain()) }));
		await sleep(2100);
		assert.ok((await person.submit(page, ZHANG)).landed.searchParams.get("code"));
	});

	test("a client that must push may not do otherwise", async () => {
		const { client_id } = clients.pushing;
		const page = await newPerson().get(authorizeUrl({ client_id, ...(await plain()) }));
		assert.equal(page.landed.searchParams.get("error"), "invalid_request");
		await pushed("pushing", await plain());
	});

	for (const [what, change, error] of [
		["request_uri inside", { request_uri: `${PREFIX}x` }, "invalid_request"],
		["a redirect URI that is not registered", { redirect_uri: `${PORTAL}/x` }, "invalid_request"],
		["no redirect URI", { redirect_uri: "" }, "invalid_request"],
		["response_type token", { response_type: "token" }, "unsupported_response_type"],
		["a scope that is not the client's", { scope: "openid else" }, "invalid_scope"],
		["PKCE plain", { code_challenge_method: "plain" }, "invalid_request"],
		["no PKCE", { code_challenge: "", code_challenge_method: "" }, "invalid_request"],
	])
		test(`refused at once: ${what}`, async () => pushed("keyed", await plain(change), error));

	test("without client authentication", async () => {
		const { client_id } = clients.keyed;
		assert.equal((await post(`${ISSUER}/par`, { client_id, ...(await plain()) })).status, 401);
		assert.equal((await exchange(`${ISSUER}/par`)).status, 405);
	});
});

describe("JAR", () => {
	const by = { value: (client_id, request) => authorizeUrl({ client_id, request }) };

	test("openid-client signs the request", async () => {
		const config = await configure("signing");
		const { params, checks } = await parameters();
		const url = await oidc.buildAuthorizationUrlWithJAR(config, params, { key: key.key, kid: key.kid });
		const page = await newPerson().signIn(url, ZHANG);
		assert.ok(page.landed, page.body);
		assert.ok((await oidc.authorizationCodeGrant(config, page.landed, checks)).id_token);
	});

	test("oauth4webapi signs it, and pushes it", async () => {
		const as = await oauth.processDiscoveryResponse(new URL(ISSUER), await oauth.discoveryRequest(new URL(ISSUER)));
		const client = { client_id: clients.signing.client_id };
		const { params, checks } = await parameters();
		const request = await oauth.issueRequestObject(as, client, { ...params, response_type: "code" }, { key: key.key, kid: key.kid });
		const auth = oauth.PrivateKeyJwt({ key: key.key, kid: key.kid });
		const answer = await oauth.processPushedAuthorizationResponse(as, client, await oauth.pushedAuthorizationRequest(as, client, auth, { request }));
		const page = await newPerson().signIn(authorizeUrl({ ...client, request_uri: answer.request_uri }), ZHANG);
		const landed = oauth.validateAuthResponse(as, client, page.landed, checks.expectedState);
		const tokens = await oauth.processAuthorizationCodeResponse(as, client,
			await oauth.authorizationCodeGrantRequest(as, client, auth, landed, PORTAL, checks.pkceCodeVerifier), { requireIdToken: true });
		assert.ok(oauth.getValidatedIdTokenClaims(tokens).sub);
	});

	test("what stands outside does not count", async () => {
		const { client_id } = clients.keyed;
		const request = await requestObject(client_id, await plain({ state: "inside" }));
		const page = await newPerson().signIn(authorizeUrl({ client_id, request, state: "outside", scope: "else" }), ZHANG);
		assert.equal(page.landed.searchParams.get("state"), "inside");
		const bare = await requestObject(client_id, await plain({ state: undefined }));
		const without = await newPerson().signIn(authorizeUrl({ client_id, request: bare, state: "outside" }), ZHANG);
		assert.equal(without.landed.searchParams.get("state"), null);
	});

	const now = () => Math.floor(Date.now() / 1000);
	for (const [what, change] of [
		["aud among several", { aud: ["https://else.example", ISSUER] }],
		["nbf 8 s ahead", { nbf: now() + 8 }],
		["typ JWT", { header: { typ: "JWT" } }],
		["no typ", { header: { typ: undefined } }],
		["no exp", { exp: undefined }],
		["claims as an object", { claims: { id_token: { acr: null } } }],
		["no client_id inside", { client_id: undefined }],
	])
		test(`taken: ${what}`, async () => {
			const request = await requestObject(clients.keyed.client_id, await plain(), change);
			await pushed("keyed", { request });
		});

	for (const [what, change] of [
		["a wrong aud", { aud: "https://else.example" }],
		["no aud", { aud: undefined }],
		["another issuer", { iss: "else" }],
		["client_id of another", { client_id: "else" }],
		["expired", { exp: now() - 300 }],
		["exp over 60 min ahead", { exp: now() + 4000 }],
		["nbf 5 min ahead", { nbf: now() + 300, exp: now() + 600 }],
		["request inside", { request: "x" }],
		["request_uri inside", { request_uri: "https://portal.localhost/r" }],
		["sub, as an assertion has", { sub: "CLIENT" }],
		["typ of something else", { header: { typ: "at+jwt" } }],
		["a stranger's key", { signer: stranger }],
	])
		test(`refused: ${what}`, async () => {
			const { client_id } = clients.keyed;
			if (change.sub) change.sub = client_id;
			const request = await requestObject(client_id, await plain(), change);
			await pushed("keyed", { request }, "invalid_request_object");
			const page = await newPerson().get(by.value(client_id, request));
			errorPage(page, "invalid_request_object");
		});

	test("refused: a signature that was altered, and no JWT at all", async () => {
		const request = await requestObject(clients.keyed.client_id, await plain());
		const [header, payload, signature] = request.split(".");
		const altered = [header, payload, (signature[0] === "A" ? "B" : "A") + signature.slice(1)].join(".");
		await pushed("keyed", { request: altered }, "invalid_request_object");
		await pushed("keyed", { request: "x" }, "invalid_request_object");
		await pushed("keyed", { request: "x.y.z" }, "invalid_request_object");
	});

	test("the algorithm is the registered one", async () => {
		const rsa = await newKey("PS256");
		const row = { ...keyed, jwks: { keys: [key.jwk, rsa.jwk] }, request_object_signing_alg: "PS256" };
		clients.ps = await registerClient(row);
		const { client_id } = clients.ps;
		await pushed("ps", { request: await requestObject(client_id, await plain(), { signer: rsa }) });
		await pushed("ps", { request: await requestObject(client_id, await plain()) }, "invalid_request_object");
	});

	test("unsigned: only as registered, and never where signing is due", async () => {
		for (const [name, error] of [["unsigned", undefined], ["keyed", "request_not_supported"], ["signing", "invalid_request_object"]]) {
			const { client_id } = clients[name];
			const request = unsecured({ client_id, ...(await plain({ state: "inside" })) });
			const page = await newPerson().signIn(
				authorizeUrl({ client_id, request, redirect_uri: PORTAL, state: "outside" }), ZHANG);
			assert.equal(page.landed.searchParams.get("error") ?? undefined, error);
			assert.equal(page.landed.searchParams.get("state"), error ? "outside" : "inside");
		}
		const { client_id } = clients.unsigned;
		const expired = unsecured({ client_id, ...(await plain()), exp: now() - 1 });
		await pushed("unsigned", { request: expired }, "invalid_request_object");
	});

	test("a client that must sign may not do otherwise", async () => {
		await pushed("signing", await plain(), "invalid_request");
	});

	test("request and request_uri at once; a request_uri that is no PAR's", async () => {
		const { client_id } = clients.keyed;
		const page = await newPerson().get(authorizeUrl({ client_id, request: "x", request_uri: "y" }));
		errorPage(page, "invalid_request");
	});

	test("integers and objects in a request object", async () => {
		const { client_id } = clients.keyed;
		const person = newPerson();
		assert.ok((await person.signIn(authorizeUrl({ client_id, ...(await plain()) }), ZHANG)).landed);
		const request = await requestObject(client_id, await plain(), { max_age: 10000 });
		assert.ok((await person.get(by.value(client_id, request))).landed, "the session is young enough");
		const again = await requestObject(client_id, await plain(), { max_age: 0 });
		assert.equal((await person.get(by.value(client_id, again))).status, 200);
	});
});

describe("JARM", () => {
	test("openid-client reads a signed response", async () => {
		const config = await configure("jarm", { authorization_signed_response_alg: "EdDSA" });
		oidc.useJwtResponseMode(config);
		const { params, checks } = await parameters();
		const page = await newPerson().signIn(oidc.buildAuthorizationUrl(config, params), ZHANG);
		assert.deepEqual([...page.landed.searchParams.keys()], ["response"]);
		assert.ok((await oidc.authorizationCodeGrant(config, page.landed, checks)).id_token);
	});

	test("oauth4webapi reads it from query.jwt, an error too", async () => {
		const as = await oauth.processDiscoveryResponse(new URL(ISSUER), await oauth.discoveryRequest(new URL(ISSUER)));
		const client = { client_id: clients.jarm.client_id, authorization_signed_response_alg: "EdDSA" };
		const params = await plain({ ...client, response_mode: "query.jwt" });
		const person = newPerson();
		const page = await person.signIn(authorizeUrl(params), ZHANG);
		assert.ok((await oauth.validateJwtAuthResponse(as, client, page.landed, params.state)).get("code"));
		const silent = await newPerson().get(authorizeUrl({ ...params, prompt: "none" }));
		await assert.rejects(
			oauth.validateJwtAuthResponse(as, client, silent.landed, params.state),
			(e) => e.error === "login_required",
		);
	});

	test("form_post.jwt posts one field", async () => {
		const { client_id } = clients.jarm;
		const page = await newPerson().signIn(authorizeUrl({ client_id, ...(await plain({ response_mode: "form_post.jwt" })) }), ZHANG);
		assert.deepEqual(Object.keys(page.fields), ["response"]);
		const said = jose.decodeJwt(page.fields.response);
		assert.deepEqual([said.iss, said.aud], [ISSUER, client_id]);
		assert.ok(said.code && said.exp - Date.now() / 1000 < 600);
	});

	test("RS256 where nothing is registered", async () => {
		const { client_id } = clients.keyed;
		const page = await newPerson().signIn(authorizeUrl({ client_id, ...(await plain({ response_mode: "jwt" })) }), ZHANG);
		const token = page.landed.searchParams.get("response");
		assert.equal(jose.decodeProtectedHeader(token).alg, "RS256");
		const keys = jose.createLocalJWKSet(JSON.parse((await exchange(`${ISSUER}/jwks`)).body));
		await jose.jwtVerify(token, keys, { issuer: ISSUER, audience: client_id });
	});

	test("fragment.jwt is not served", async () => {
		await pushed("keyed", await plain({ response_mode: "fragment.jwt" }), "invalid_request");
	});
});

describe("what is asked of the sign-in", () => {
	const RN = (level) => `urn:authd:acr:rn${level}`;
	const acrOf = async (more) => {
		const config = await configure("keyed");
		const { params, checks } = await parameters(more);
		const page = await newPerson().signIn(oidc.buildAuthorizationUrl(config, params), ZHANG);
		if (page.landed?.searchParams.get("error")) return page.landed.searchParams.get("error");
		return (await oidc.authorizationCodeGrant(config, page.landed, checks)).claims().acr;
	};
	const essential = (acr) => JSON.stringify({ id_token: { acr: { essential: true, ...acr } } });

	test("an acr that was asked for is the one that is named", async () => {
		const own = Number((await acrOf()).at(-1));
		assert.ok(own >= 2 && own < 5, `${own}`);
		assert.equal(await acrOf({ acr_values: RN(2) }), RN(2));
		assert.equal(await acrOf({ claims: essential({ values: [RN(5), RN(2)] }) }), RN(2));
		assert.equal(await acrOf({ claims: essential({ value: RN(own) }) }), RN(own));
		assert.equal(await acrOf({ claims: JSON.stringify({ id_token: { acr: null, email: { essential: true } } }) }), RN(own));
	});

	test("voluntary and out of reach: the person's own", async () => {
		const own = await acrOf();
		assert.equal(await acrOf({ acr_values: `${RN(5)} else` }), own);
		assert.equal(await acrOf({ acr_values: "else" }), own);
	});

	test("essential and out of reach: unmet_authentication_requirements", async () => {
		assert.equal(await acrOf({ claims: essential({ value: RN(5) }) }), "unmet_authentication_requirements");
		assert.equal(await acrOf({ claims: essential({ values: ["else"] }) }), "unmet_authentication_requirements");
	});

	/* Where a code would do, see tests/e2e/factors. */
	test("a session below a level that nothing here would reach is asked for nothing", async () => {
		const { client_id } = clients.keyed;
		const person = newPerson();
		const url = async (more) => authorizeUrl({ client_id, ...(await plain(more)) });
		assert.ok((await person.signIn(await url(), ZHANG)).landed);
		assert.ok((await person.get(await url())).landed, "a session is enough");
		assert.ok((await person.get(await url({ acr_values: RN(5) }))).landed.searchParams.get("code"));
		assert.ok((await person.get(await url({ acr_values: RN(5), prompt: "none" }))).landed.searchParams.get("code"));
		const silent = await person.get(await url({ claims: essential({ value: RN(5) }), prompt: "none" }));
		assert.equal(silent.landed.searchParams.get("error"), "unmet_authentication_requirements");
	});

	test("default_max_age", async () => {
		const { client_id } = clients.demanding;
		const person = newPerson();
		const url = async (more) => authorizeUrl({ client_id, ...(await plain(more)) });
		assert.ok((await person.signIn(await url(), ZHANG)).landed);
		await sleep(2100);
		assert.equal((await person.get(await url())).status, 200);
		assert.ok((await person.get(await url({ max_age: 1000 }))).landed);
	});

	for (const claims of ["x", "[]", '{"id_token":[]}', '{"id_token":{"acr":1}}', '{"userinfo":{"email":{"essential":1}}}', '{"a":1,"a":2}'])
		test(`claims that are none: ${claims}`, async () => pushed("keyed", await plain({ claims }), "invalid_request"));
});

describe("FAPI 2.0 profiles", () => {
	test("requests come by PAR alone", async () => {
		const { client_id } = clients.fapi;
		const page = await newPerson().get(authorizeUrl({ client_id, ...(await plain()) }));
		assert.equal(page.landed.searchParams.get("error"), "invalid_request");
		await pushed("fapi", await plain());
	});

	for (const [what, aud, status] of [
		["the issuer", ISSUER, 201],
		["an array", [ISSUER], 401],
		["the PAR endpoint", `${ISSUER}/par`, 401],
		["the token endpoint", `${ISSUER}/token`, 401],
	])
		test(`an assertion for ${what}: ${status}`, async () => {
			const { client_id } = clients.fapi;
			const client_assertion = await clientAssertion(client_id, { aud });
			assert.equal((await push("fapi", await plain({ client_assertion }))).status, status);
		});

	test("message signing: the request is signed, with exp and nbf an hour apart at most, and so is the answer", async () => {
		const { client_id } = clients.fapi_signed;
		const now = Math.floor(Date.now() / 1000);
		const params = await plain({ response_mode: "jwt" });
		const object = (change) => requestObject(client_id, params, change);
		await pushed("fapi_signed", params, "invalid_request");
		await pushed("fapi_signed", { request: unsecured({ client_id, ...params }) }, "invalid_request_object");
		for (const change of [
			{ exp: undefined },
			{ nbf: undefined },
			{ nbf: now - 4200, exp: now + 60 },
			{ nbf: now - 1800, exp: now + 3000 },
			{ exp: now + 4200 },
		])
			await pushed("fapi_signed", { request: await object(change) }, "invalid_request_object");
		await pushed("fapi_signed", { request: await object({ response_mode: "query" }) }, "invalid_request");
		const request_uri = await pushed("fapi_signed", { request: await object() });
		const page = await newPerson().signIn(authorizeUrl({ client_id, request_uri }), ZHANG);
		assert.ok(jose.decodeJwt(page.landed.searchParams.get("response")).code);
	});

	test("what is signed where nothing is registered of it: ES256, since RS256 is barred", async () => {
		const { client_id } = clients.fapi;
		const request_uri = await pushed("fapi", await plain({ response_mode: "jwt", prompt: "none" }));
		const { landed } = await newPerson().get(authorizeUrl({ client_id, request_uri }));
		const told = await post(`${ISSUER}/introspect`, {
			token: "x",
			client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
			client_assertion: await clientAssertion(client_id),
		}, { accept: "application/token-introspection+jwt" });
		for (const token of [landed.searchParams.get("response"), told.body])
			assert.equal(jose.decodeProtectedHeader(token).alg, "ES256");
	});

	for (const [what, change] of [
		["a name that is none", { profile: "fapi9" }],
		["a secret", { token_endpoint_auth_method: "client_secret_basic", jwks: undefined }],
		["tokens of no key", { dpop_bound_access_tokens: false }],
		["RS256", { id_token_signed_response_alg: "RS256" }],
		["requests in RS256", { request_object_signing_alg: "RS256" }],
		["no PKCE", { require_pkce: false }],
	])
		test(`not registered: ${what}`, async () =>
			assert.rejects(registerClient({ ...keyed, ...FAPI, ...change }), (e) => e.error === "invalid_client_metadata"));
});
