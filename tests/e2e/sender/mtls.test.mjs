// Client certificates (RFC 8705): openid-client and oauth4webapi, which know of no certificates
// themselves, over a fetch that brings one; and what an outsider tries. MTLS is where clients come
// with certificates, BEHIND is authd's own address, which a proxy may hide.
import assert from "node:assert/strict";
import { X509Certificate, createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { describe, test } from "node:test";
import * as jose from "jose";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { CALLBACK, ZHANG, newPerson } from "../../lib/portal.mjs";

const { ISSUER, MTLS, BEHIND, HEADER, E2E } = process.env;
const read = (name) => JSON.parse(readFileSync(`${E2E}/clients/${name}.json`, "utf8"));
const file = (name) => readFileSync(`${E2E}/${name}`);
const raw = (name) => new X509Certificate(file(`${name}.pem`)).raw;
const thumbprint = (name) => createHash("sha256").update(raw(name)).digest("base64url");

/** An exchange, with a certificate if one is named. */
function call(url, { method = "GET", headers = {}, body, certificate, localAddress } = {}) {
	const own = certificate && { cert: file(`${certificate}.pem`), key: file(`${certificate}.key`) };
	const { request } = url.startsWith("https:") ? https : http;
	const options = { method, headers, agent: false, family: 4, localAddress, ca: file("ca.pem"), ...own };
	return new Promise((resolve, reject) => {
		const sent = request(url, options, (answer) => {
			const parts = [];
			answer.on("data", (part) => parts.push(part));
			answer.on("end", () => {
				const text = Buffer.concat(parts).toString("utf8");
				resolve({ status: answer.statusCode, headers: answer.headers, body: text, json: json(text) });
			});
		});
		sent.on("error", reject);
		sent.end(body);
	});
}
function json(text) {
	try {
		return JSON.parse(text);
	} catch {
		return {};
	}
}

/** A fetch for other people's clients. */
const fetchWith = (certificate) => async (url, { method, headers, body }) => {
	const given = body === undefined || body === null ? undefined : String(body);
	const answer = await call(String(url), { method, headers: { ...headers }, body: given, certificate });
	return new Response(answer.body || null, { status: answer.status, headers: answer.headers });
};

const form = { "content-type": "application/x-www-form-urlencoded" };
const post = (url, fields, more = {}) =>
	call(url, {
		method: "POST",
		body: new URLSearchParams(fields).toString(),
		...more,
		headers: { ...form, ...more.headers },
	});
const machine = (name, more) => {
	const { client_id } = read(name);
	return post(`${MTLS}/token`, { grant_type: "client_credentials", client_id }, more);
};
const userinfo = (token, more) =>
	call(`${MTLS}/userinfo`, { ...more, headers: { authorization: `Bearer ${token}`, ...more?.headers } });

function refused(answer, error, status) {
	assert.deepEqual({ error: answer.json.error, status: answer.status }, { error, status });
}

async function code() {
	const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
	const url = new URL("/authorize", ISSUER);
	url.search = new URLSearchParams({
		client_id: read("portal").client_id,
		redirect_uri: CALLBACK,
		response_type: "code",
		scope: "openid profile offline_access",
		code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
		code_challenge_method: "S256",
	});
	const page = await newPerson().signIn(url, ZHANG);
	return { landed: page.landed, pkceCodeVerifier };
}

async function tokens(certificate) {
	const { landed, pkceCodeVerifier } = await code();
	const answer = await post(
		`${MTLS}/token`,
		{
			grant_type: "authorization_code",
			code: landed.searchParams.get("code"),
			redirect_uri: CALLBACK,
			client_id: read("portal").client_id,
			code_verifier: pkceCodeVerifier,
		},
		{ certificate },
	);
	assert.equal(answer.status, 200, answer.body);
	return answer.json;
}

describe("discovery", () => {
	test("says what is served, and where", async () => {
		const said = (await call(`${ISSUER}/.well-known/openid-configuration`)).json;
		assert.equal(said.tls_client_certificate_bound_access_tokens, true);
		for (const method of ["tls_client_auth", "self_signed_tls_client_auth"])
			assert.ok(said.token_endpoint_auth_methods_supported.includes(method), method);
		if (MTLS === ISSUER) assert.equal(said.mtls_endpoint_aliases, undefined);
		else assert.equal(said.mtls_endpoint_aliases.token_endpoint, `${MTLS}/token`);
	});
});

describe("clients that are not ours", () => {
	for (const [name, certificate, auth] of [
		["by-dn", "portal", "tls_client_auth"],
		["by-key", "own", "self_signed_tls_client_auth"],
	]) {
		test(`openid-client: ${auth}`, async () => {
			const { client_id } = read(name);
			const config = await oidc.discovery(
				new URL(ISSUER),
				client_id,
				{ use_mtls_endpoint_aliases: true },
				oidc.TlsClientAuth(),
				{ [oidc.customFetch]: fetchWith(certificate) },
			);
			const { access_token } = await oidc.clientCredentialsGrant(config);
			assert.deepEqual(jose.decodeJwt(access_token).cnf, { "x5t#S256": thumbprint(certificate) });
			const said = await oidc.tokenIntrospection(config, access_token);
			assert.deepEqual(said.cnf, { "x5t#S256": thumbprint(certificate) });
		});

		test(`oauth4webapi: ${auth}`, async () => {
			const client = { client_id: read(name).client_id, use_mtls_endpoint_aliases: true };
			const fetch = { [oauth.customFetch]: fetchWith(certificate) };
			const as = await oauth.processDiscoveryResponse(new URL(ISSUER), await oauth.discoveryRequest(new URL(ISSUER), fetch));
			const answer = await oauth.clientCredentialsGrantRequest(as, client, oauth.TlsClientAuth(), {}, fetch);
			const { access_token } = await oauth.processClientCredentialsResponse(as, client, answer);
			assert.deepEqual(jose.decodeJwt(access_token).cnf, { "x5t#S256": thumbprint(certificate) });
			const told = await oauth.introspectionRequest(as, client, oauth.TlsClientAuth(), access_token, fetch);
			assert.equal((await oauth.processIntrospectionResponse(as, client, told)).active, true);
		});
	}

	test("oauth4webapi: a public client's tokens, userinfo and refresh by certificate", async () => {
		const client = { client_id: read("portal").client_id, use_mtls_endpoint_aliases: true };
		const fetch = { [oauth.customFetch]: fetchWith("own") };
		const url = new URL(ISSUER);
		const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, fetch));
		const { landed, pkceCodeVerifier } = await code();
		const params = oauth.validateAuthResponse(as, client, landed, oauth.skipStateCheck);
		const answer = await oauth.authorizationCodeGrantRequest(
			as, client, oauth.None(), params, CALLBACK, pkceCodeVerifier, fetch,
		);
		const first = await oauth.processAuthorizationCodeResponse(as, client, answer);
		const { sub } = oauth.getValidatedIdTokenClaims(first);
		const claims = await oauth.processUserInfoResponse(
			as, client, sub, await oauth.userInfoRequest(as, client, first.access_token, fetch),
		);
		assert.equal(claims.name, "张三");
		const next = await oauth.refreshTokenGrantRequest(
			as, client, oauth.None(), first.refresh_token, fetch,
		);
		const second = await oauth.processRefreshTokenResponse(as, client, next);
		assert.deepEqual(jose.decodeJwt(second.access_token).cnf, { "x5t#S256": thumbprint("own") });
	});
});

describe("tls_client_auth", () => {
	for (const name of ["by-dn", "by-dns", "by-uri", "by-ip", "by-email"])
		test(`${name}: its own certificate, and no other`, async () => {
			assert.equal((await machine(name, { certificate: "portal" })).status, 200);
			for (const certificate of ["neighbour", "forged", "server", "own", undefined])
				refused(await machine(name, { certificate }), "invalid_client", 401);
		});

	test("a name that ends like the certificate's is another", async () => {
		refused(await machine("by-other", { certificate: "portal" }), "invalid_client", 401);
	});
});

describe("self_signed_tls_client_auth", () => {
	test("its own key, and no other", async () => {
		assert.equal((await machine("by-key", { certificate: "own" })).status, 200);
		for (const certificate of ["portal", "forged", undefined])
			refused(await machine("by-key", { certificate }), "invalid_client", 401);
	});
});

describe("tokens bound to a certificate (attack 38)", () => {
	test("userinfo: by that certificate alone", async () => {
		const { access_token: token } = await tokens("own");
		assert.equal((await userinfo(token, { certificate: "own" })).status, 200);
		for (const certificate of ["portal", undefined]) {
			const answer = await userinfo(token, { certificate });
			refused(answer, "invalid_token", 401);
			assert.match(answer.headers["www-authenticate"], /^Bearer .*error="invalid_token"/);
		}
	});

	test("a client that is to be bound gets no token without a certificate", async () => {
		const { landed, pkceCodeVerifier } = await code();
		const answer = await post(`${MTLS}/token`, {
			grant_type: "authorization_code",
			code: landed.searchParams.get("code"),
			redirect_uri: CALLBACK,
			client_id: read("portal").client_id,
			code_verifier: pkceCodeVerifier,
		});
		refused(answer, "invalid_request", 400);
	});

	test("a public client's refresh token is for its certificate", async () => {
		const { refresh_token } = await tokens("own");
		const refresh = (certificate) => {
			const { client_id } = read("portal");
			const fields = { grant_type: "refresh_token", client_id, refresh_token };
			return post(`${MTLS}/token`, fields, { certificate });
		};
		refused(await refresh("portal"), "invalid_grant", 400);
		assert.equal((await refresh("own")).status, 200);
	});
});

describe("the header, from outside (attack 38)", () => {
	const escaped = encodeURIComponent(file("portal.pem").toString());
	const sequence = `:${raw("portal").toString("base64")}:`;

	test("is ignored", async () => {
		for (const forged of [escaped, sequence]) {
			const headers = { "X-Client-Cert": forged, "Client-Cert": forged };
			refused(await machine("by-dn", { headers }), "invalid_client", 401);
			const { client_id } = read("by-dn");
			const fields = { grant_type: "client_credentials", client_id };
			const direct = { headers, localAddress: "127.0.0.2" };
			refused(await post(`${BEHIND}/token`, fields, direct), "invalid_client", 401);
		}
	});

	test("a trusted proxy's is believed in both forms, and no other text is", async () => {
		const { client_id } = read("by-dn");
		const localAddress = BEHIND === ISSUER ? "127.0.0.9" : "127.0.0.1";
		const say = (headers) =>
			post(`${BEHIND}/token`, { grant_type: "client_credentials", client_id }, { headers, localAddress });
		for (const good of [escaped, sequence])
			assert.equal((await say({ [HEADER]: good })).status, 200);
		const bad = ["", "x", ":", "::", ":AAAA:", "%", escaped.slice(40), `${escaped}${escaped}`, [escaped, escaped]];
		for (const text of bad) refused(await say({ [HEADER]: text }), "invalid_client", 401);
	});
});
