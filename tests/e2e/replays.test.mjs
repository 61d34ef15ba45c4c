// What counts once, presented by many at once at two authd on one store. See replays.sh.
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as jose from "jose";
import { exchange, post } from "../lib/person.mjs";
import { Portal, ZHANG } from "../lib/portal.mjs";

const { ISSUER, E2E, SECOND } = process.env;
const NODES = [ISSUER, SECOND];
const ROUNDS = 5;
const CALLERS = 60;
const TAX = "https://tax.example";
const PROVINCE = "https://province.example";
const now = () => Math.floor(Date.now() / 1000);
const read = (name) => JSON.parse(readFileSync(`${E2E}/clients/${name}.json`, "utf8"));
const machine = NODES.map((url) => new Portal("machine", url));
const sync = NODES.map((url) => new Portal("sync", url));

async function signed(key, claims) {
	const jwk = read(`${key}.key`);
	const header = { alg: "ES256", kid: jwk.kid };
	return new jose.SignJWT({ jti: randomUUID(), aud: ISSUER, iat: now(), exp: now() + 60, ...claims })
		.setProtectedHeader(header)
		.sign(await jose.importJWK(jwk, "ES256"));
}

const assertionOf = (name, more) => signed(name, { iss: read(name).client_id, sub: read(name).client_id, ...more });
const as = (client_assertion) => ({
	client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
	client_assertion,
});

const pair = await jose.generateKeyPair("ES256");
const jwk = await jose.exportJWK(pair.publicKey);
const proof = (claims) =>
	new jose.SignJWT({ jti: randomUUID(), iat: now(), ...claims })
		.setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
		.sign(pair.privateKey);

/** All at once, at one node and the other in turn: one is answered, the others are refused as `error`, now and later. */
async function once(n, ask, error, status) {
	const answers = await Promise.all(Array.from({ length: CALLERS }, (_, i) => ask((i + n) % 2, i)));
	const late = await Promise.all(NODES.map((_, node) => ask(node, 0)));
	const given = answers.filter((answer) => answer.status === 200);
	assert.equal(given.length, 1, `${given.length} of ${CALLERS} were answered`);
	for (const answer of [...answers, ...late])
		if (answer !== given[0]) assert.deepEqual([answer.status, error(answer)], [status, true], answer.body);
	return { winner: (answers.indexOf(given[0]) + n) % 2, given: given[0] };
}

/** Rounds of it, begun at either node, until both have won: else they did not race. */
async function both(t, round) {
	const won = [0, 0];
	for (let n = 0; n < ROUNDS || (n < 40 && won.includes(0)); n++) won[(await round(n)).winner]++;
	t.diagnostic(`won at the first ${won[0]}, at the second ${won[1]}`);
	assert.ok(!won.includes(0), "one node won every round");
}

const says = (error) => (answer) => JSON.parse(answer.body).error === error;
const challenges = (answer) => answer.headers["www-authenticate"].includes('error="invalid_dpop_proof"');

describe("at two nodes at once", () => {
	test("a DPoP proof, at the token endpoint", (t) =>
		both(t, async (n) => {
			const dpop = await proof({ htm: "POST", htu: `${ISSUER}/token` });
			const fields = { grant_type: "client_credentials" };
			const ask = (node) =>
				post(`${NODES[node]}/token`, fields, { authorization: machine[node].authorization, dpop });
			return once(n, ask, says("invalid_dpop_proof"), 400);
		}));

	test("a DPoP proof, at userinfo", async (t) => {
		const portals = NODES.map((url) => new Portal("portal", url));
		const { code, verifier } = await portals[0].code(undefined, { credentials: ZHANG, scope: "openid" });
		const fields = { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: "https://portal.localhost/cb" };
		const dpop = await proof({ htm: "POST", htu: `${ISSUER}/token` });
		const answer = await post(`${ISSUER}/token`, fields, { authorization: portals[0].authorization, dpop });
		const { access_token, token_type } = JSON.parse(answer.body);
		assert.equal(token_type, "DPoP");
		const ath = createHash("sha256").update(access_token).digest("base64url");
		await both(t, async (n) => {
			const headers = {
				authorization: `DPoP ${access_token}`,
				dpop: await proof({ htm: "GET", htu: `${ISSUER}/userinfo`, ath }),
			};
			return once(n, (node) => exchange(`${NODES[node]}/userinfo`, { headers }), challenges, 401);
		});
	});

	test("a client assertion, at every endpoint that takes one", (t) =>
		both(t, async (n) => {
			const proven = as(await assertionOf("signer"));
			const uses = [
				["/token", { grant_type: "client_credentials" }],
				["/introspect", { token: "of nobody" }],
				["/revoke", { token: "of nobody" }],
			];
			return once(n, (node, i) => {
				const [path, fields] = uses[Math.floor(i / 2) % uses.length];
				return post(`${NODES[node]}${path}`, { ...fields, ...proven });
			}, says("invalid_client"), 401);
		}));

	test("a jti is of one kind, and of one client", async () => {
		const jti = randomUUID();
		const dpop = await proof({ jti, htm: "POST", htu: `${ISSUER}/token` });
		for (const [name, headers] of [["signer", { dpop }], ["other", {}]]) {
			const fields = { grant_type: "client_credentials", ...as(await assertionOf(name, { jti })) };
			assert.equal((await post(`${SECOND}/token`, fields, headers)).status, 200, name);
			assert.equal((await post(`${ISSUER}/token`, fields)).status, 401, name);
		}
	});

	test("an assertion as a grant", (t) =>
		both(t, async (n) => {
			const assertion = await signed("province", { iss: PROVINCE, sub: ZHANG.username });
			const fields = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion, audience: TAX };
			return once(n, (node) => sync[node].post("/token", fields), says("invalid_grant"), 400);
		}));

	test("a code, whose tokens end with its second use", (t) =>
		both(t, async (n) => {
			const portals = NODES.map((url) => new Portal("portal", url));
			const { code, verifier } = await portals[0].code(undefined, { scope: "openid" });
			const { winner, given } = await once(n, (node) => portals[node].redeem(code, verifier), says("invalid_grant"), 400);
			for (const portal of portals)
				assert.deepEqual((await portal.introspect(given.json.access_token)).json, { active: false });
			return { winner };
		}));
});
