// Assertions as grants (RFC 7523 §2.1) by openid-client and oauth4webapi. See exchange.sh.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { SignJWT, UnsecuredJWT, decodeJwt, importJWK } from "jose";
import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { active, client, ctl, read, refused } from "../lib/registered.mjs";

const { E2E } = process.env;
const ISSUER = new URL(process.env.ISSUER);
const BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PROVINCE = "https://province.example";
const TAX = "https://tax.example";
const ARCHIVE = "https://archive.example";
const ZHANG = "11010519491231002X";

const now = () => Math.floor(Date.now() / 1000);

/** What the province says; a claim of `undefined` is left out. */
const claims = (more) => ({
	iss: PROVINCE,
	sub: ZHANG,
	aud: ISSUER.href.replace(/\/$/, ""),
	iat: now(),
	exp: now() + 60,
	jti: randomUUID(),
	...more,
});

async function says(more = {}, { key = "province", header = {} } = {}) {
	const jwk = read(`${key}.key`);
	const jwt = new SignJWT(claims(more)).setProtectedHeader({ alg: "ES256", kid: jwk.kid, ...header });
	return jwt.sign(await importJWK(jwk, "ES256"));
}

const present = async (name, assertion, more = {}) =>
	oidc.genericGrantRequest(await client(name), BEARER, { assertion, audience: TAX, ...more });

describe("JWT bearer", () => {
	test("a person, by what they sign in with: openid-client", async () => {
		const answer = await present("sync", await says());
		assert.equal(answer.token_type, "bearer");
		assert.equal(answer.scope, "read", "what both the client and the row allow");
		assert.equal(answer.refresh_token, undefined);
		assert.equal(answer.id_token, undefined);
		const token = decodeJwt(answer.access_token);
		assert.equal(token.aud, TAX);
		assert.equal(token.client_id, "sync");
		assert.notEqual(token.sub, ZHANG);
		for (const name of ["acr", "amr", "auth_time", "act"]) assert.equal(token[name], undefined, name);
		assert.ok(await active("tax", answer.access_token));

		const again = await present("sync", await says());
		assert.equal(decodeJwt(again.access_token).sub, token.sub);
		ctl("session", "revoke", "--all", "--number", ZHANG);
		assert.equal(await active("tax", answer.access_token), false);
		assert.ok(await active("tax", (await present("sync", await says())).access_token));
	});

	test("the same person by their id: oauth4webapi", async () => {
		const { client_id, client_secret } = read("sync");
		const as = await oauth
			.discoveryRequest(ISSUER)
			.then((answer) => oauth.processDiscoveryResponse(ISSUER, answer));
		assert.ok(as.grant_types_supported.includes(BEARER));
		const { id } = JSON.parse(ctl("person", "show", "--number", ZHANG, "--json"));
		const ask = async (sub) =>
			oauth.processGenericTokenEndpointResponse(
				as,
				{ client_id },
				await oauth.genericTokenEndpointRequest(
					as,
					{ client_id },
					oauth.ClientSecretBasic(client_secret),
					BEARER,
					{ assertion: await says({ sub }), resource: ARCHIVE },
				),
			);
		const { access_token } = await ask(id);
		const { access_token: other } = await present("sync", await says());
		assert.equal(decodeJwt(access_token).sub, decodeJwt(other).sub);
		await refused(ask(ZHANG), "invalid_grant");
		await refused(ask("0".repeat(32)), "invalid_grant");
	});

	test("a client by its own key", async () => {
		const mine = { iss: "sync", sub: "sync" };
		const { access_token } = await present("sync", await says(mine), { audience: "" });
		assert.equal(decodeJwt(access_token).sub, "sync");
		assert.equal(decodeJwt(access_token).aud, "https://sync.example");
		await refused(present("sync", await says({ ...mine, sub: "tax" }), { audience: "" }), "invalid_grant");
	});

	test("an assertion counts once, however many present it", async () => {
		const assertion = await says();
		const config = await client("sync");
		const answers = await Promise.allSettled(
			Array.from({ length: 20 }, () => oidc.genericGrantRequest(config, BEARER, { assertion, audience: TAX })),
		);
		assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 1);
		for (const { reason } of answers.filter(({ status }) => status === "rejected"))
			assert.equal(reason.error, "invalid_grant");
	});

	test("what is refused, and with which error", async () => {
		const issuer = claims().aud;
		const wrong = [
			{ jti: undefined },
			{ sub: undefined },
			{ exp: undefined },
			{ exp: now() - 120 },
			{ exp: now() + 3600 },
			{ nbf: now() + 300 },
			{ iat: now() + 300 },
			{ aud: undefined },
			{ aud: "https://elsewhere.example" },
			{ aud: `${issuer}/token` },
			{ aud: [issuer, "https://elsewhere.example"] },
			{ sub: "somebody" },
			{ sub: "11010519491231002" },
			{ sub: "440524188001010014" },
		];
		for (const more of wrong) await refused(present("sync", await says(more)), "invalid_grant", more);
		for (const options of [
			{ key: "stranger" },
			{ header: { typ: "at+jwt" } },
			{ header: { kid: "other" } },
		])
			await refused(present("sync", await says({}, options)), "invalid_grant", options);
		const hmac = await new SignJWT(claims())
			.setProtectedHeader({ alg: "HS256", kid: "client-1" })
			.sign(readFileSync(`${E2E}/clients/province.jwks.json`));
		for (const assertion of [hmac, new UnsecuredJWT(claims()).encode(), "garbage", "a.b.c", "..."])
			await refused(present("sync", assertion), "invalid_grant");
		await refused(present("sync", ""), "invalid_request");
		await refused(present("sync", await says({ iss: "https://elsewhere.example" })), "invalid_target");
		await refused(present("sync", await says(), { audience: "https://elsewhere.example" }), "invalid_target");
		await refused(present("sync", await says(), { resource: ARCHIVE }), "invalid_target");
		await refused(present("sync", await says(), { scope: "write" }), "invalid_scope");
		await refused(present("licences", await says()), "unauthorized_client");
	});

	test("without its row it is not allowed any more", async () => {
		const rows = JSON.parse(ctl("exchange-policy", "list", "--json")).policies;
		const { id } = rows.find((row) => row.issuer === PROVINCE && row.audience === TAX);
		ctl("exchange-policy", "remove", id);
		await refused(present("sync", await says()), "invalid_target");
	});
});
