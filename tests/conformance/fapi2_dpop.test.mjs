// fapi2-message-signing-final-test-plan: who holds the key of a code and of its tokens, and refresh.
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import tls from "node:tls";
import {
	MTLS, authorize, byCertificate, errorPage, keyModule, module, newKey, now, one, proof, push, pushed, redeem, send,
	two, url, whole,
} from "./fapi2.mjs";
import { ISSUER, assertRefused, exchange, jose, metadata, newPerson, parsed } from "./lib.mjs";

const USERINFO = `${ISSUER}/userinfo`;
const other = await newKey();
const jkt = ({ jwk }) => jose.calculateJwkThumbprint(jwk);
const ath = (token) => createHash("sha256").update(token).digest("base64url");

/** One of the errors that the module takes, at the token endpoint. */
function assertOneOf(said, ...errors) {
	assert.equal(said.status, 400, said.body);
	assert.ok(errors.includes(said.json.error), said.body);
	assert.match(said.headers["content-type"], /^application\/json/);
}
const assertUnbound = (said) => assertOneOf(said, "invalid_request", "invalid_grant", "invalid_dpop_proof");

async function userinfo(token, dpop, scheme = "DPoP") {
	return parsed(await exchange(USERINFO, { headers: { authorization: `${scheme} ${token}`, ...(dpop && { dpop }) } }));
}
const proofFor = (token, change = {}) => proof(one, USERINFO, { htm: "GET", ath: ath(token), ...change });

async function used(token, change) {
	const headers = { authorization: `Bearer ${token}` };
	if (MTLS) return assert.equal((await byCertificate(one, "/userinfo", { headers })).status, 200);
	const said = await userinfo(token, await proofFor(token, change));
	assert.equal(said.status, 200, said.body);
}

for (const [when, shift] of [["before", -10], ["after", 10]])
	keyModule(`ensure-dpopproof-with-iat-10seconds-${when}-succeeds`, async () => {
		const { code } = await authorize(one);
		const tokens = await redeem(one, code, {}, { dpop: { iat: now() + shift } });
		assert.equal(tokens.status, 200, tokens.body);
		await used(tokens.json.access_token, { iat: now() + shift });
	});

const withoutProof = { par: { dpop: null } };
keyModule("ensure-mismatched-dpop-jkt-fails", async () => {
	assertOneOf(await push(one, { dpop_jkt: await jkt(other) }), "invalid_request", "invalid_dpop_proof");
});
keyModule("ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt", async () => {
	const { code } = await authorize(one, {}, {}, { par: { dpop: { key: other } } });
	assertUnbound(await redeem(one, code));
});
keyModule("ensure-token-endpoint-fails-with-mismatched-dpop-jkt", async () => {
	const { code } = await authorize(one, { dpop_jkt: await jkt(other) }, {}, withoutProof);
	assertUnbound(await redeem(one, code));
});
keyModule("ensure-dpopproof-at-par-endpoint-binding-success", async () => {
	const { code } = await authorize(one);
	assert.equal((await redeem(one, code)).status, 200);
	const { code: bound } = await authorize(one);
	assertUnbound(await redeem(one, bound, {}, { dpop: { key: other } }));
});
keyModule("ensure-dpop-auth-code-binding-success", async () => {
	const bound = { dpop_jkt: await jkt(one.dpop) };
	const { code } = await authorize(one, bound, {}, withoutProof);
	const tokens = await redeem(one, code);
	assert.equal(tokens.status, 200, tokens.body);
	assert.equal(tokens.json.token_type, "DPoP");
	await used(tokens.json.access_token);
	// Both at once, of one key.
	assert.equal((await redeem(one, (await authorize(one, bound)).code)).status, 200);
});

/** A handshake with one version of TLS and some cipher suites: the suite that was agreed on, or null. */
function handshake(version, ciphers) {
	const { hostname: host, port } = new URL(ISSUER);
	const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS);
	const options = { host, port, ca, minVersion: version, maxVersion: version, ciphers: `${ciphers}:@SECLEVEL=0` };
	return new Promise((done) => {
		const socket = tls.connect(options, () => {
			done(socket.getCipher().standardName);
			socket.destroy();
		});
		socket.on("error", () => done(null));
	});
}

module("ensure-holder-of-key-required", async () => {
	// RFC 9325 §4.2: of TLS 1.2 these suites alone; nothing older.
	for (const version of ["TLSv1", "TLSv1.1"]) assert.equal(await handshake(version, "ALL"), null, version);
	for (const suite of ["AES128-GCM-SHA256", "AES256-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"])
		assert.equal(await handshake("TLSv1.2", suite), null, suite);
	assert.equal(await handshake("TLSv1.2", "ALL"), "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
	assert.match(await handshake("TLSv1.3", "ALL"), /^TLS_AES_/);

	const { code } = await authorize(one, {}, {}, MTLS ? {} : withoutProof);
	const without = await redeem(one, code, {}, { dpop: null });
	if (!MTLS) return assertUnbound(without);
	assertRefused(without, "invalid_client", 401);
	const headers = { authorization: `Bearer ${(await whole()).tokens.access_token}` };
	for (const [client, certificate, status] of [[one, true, 200], [two, true, 401], [one, false, 401]])
		assert.equal((await byCertificate(client, "/userinfo", { headers, certificate })).status, status);
});

/** A JWS whose header and claims are what they are. */
const compact = (header, claims, signature) =>
	[header, claims].map((part) => jose.base64url.encode(JSON.stringify(part))).concat(signature).join(".");
const decoded = (jwt) => [jose.decodeProtectedHeader(jwt), jose.decodeJwt(jwt), jwt.split(".")[2]];

/** Signed over a header that SignJWT would not write. */
async function signedWithout(member, token) {
	const [header, claims] = decoded(await proofFor(token));
	delete header[member];
	const text = compact(header, claims, []);
	const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, one.dpop.key, new TextEncoder().encode(text));
	return `${text}.${jose.base64url.encode(new Uint8Array(signature))}`;
}

keyModule("dpop-negative-tests", async () => {
	const token = (await whole()).tokens.access_token;
	await used(token);
	const fails = async (what, dpop, scheme) => {
		const said = await userinfo(token, dpop, scheme);
		assert.ok([400, 401].includes(said.status), `${what}: ${said.status}`);
		assert.match(said.headers["www-authenticate"], /^(DPoP|Bearer)\b/, what);
	};
	const wrong = async (what, change) => fails(what, await proofFor(token, change));

	await fails("two proofs", [await proofFor(token), await proofFor(token)]);
	await fails("no JWT", `${await proofFor(token)}.x`);
	for (const member of ["typ", "alg", "jwk"]) await fails(`without ${member}`, await signedWithout(member, token));
	for (const claim of ["jti", "htm", "htu", "iat", "ath"]) await wrong(`without ${claim}`, { [claim]: undefined });
	await wrong("typ", { header: { typ: "jwt" } });
	const [header, claims, signature] = decoded(await proofFor(token));
	await fails("alg none", compact({ ...header, alg: "none" }, claims, ""));
	await fails("signature", compact(header, { ...claims, jti: randomUUID() }, signature));
	await wrong("a private key", { header: { jwk: await jose.exportJWK(one.dpop.key) } });
	await wrong("htm", { htm: "PUT" });
	await wrong("htu", { htu: "https://else.example/userinfo" });
	await wrong("iat an hour ahead", { iat: now() + 3600 });
	await wrong("iat an hour ago", { iat: now() - 3600 });
	await wrong("ath", { ath: ath("another") });
	await wrong("another key", { key: other });
	const once = await proofFor(token);
	assert.equal((await userinfo(token, once)).status, 200);
	await fails("the same proof again", once);
	await fails("no proof");
	await fails("no proof, as Bearer", undefined, "Bearer");

	// What does not count: the query and fragment of htu, and members nobody knows.
	await used(token, { htu: `${USERINFO}?a=b#c` });
	await used(token, { htu: USERINFO.replace("https://", "HTTPS://") });
	await used(token, { extra: "claim", header: { extra: "header" } });
	await used(token);
});

keyModule("dpop-negative-tests", async () => {
	// FAPI 2.0 §5.4.1: with an RSA key PS256, and no RS256, wherever a proof is taken.
	const strong = await newKey("PS256");
	const client = { ...one, dpop: strong };
	const asRsa = async (alg, htu, change) => {
		const key = await jose.importJWK({ ...(await jose.exportJWK(strong.key)), alg }, alg);
		const jwk = { kty: "RSA", n: strong.jwk.n, e: strong.jwk.e };
		return proof(client, htu, { key: { alg, key, jwk }, header: { jwk }, ...change });
	};
	const redeemed = async (alg) => {
		const { code } = await authorize(one, {}, {}, withoutProof);
		return redeem(one, code, {}, { proof: await asRsa(alg, `${ISSUER}/token`) });
	};
	assert.equal((await redeemed("RS256")).json.error, "invalid_dpop_proof");
	const tokens = await redeemed("PS256");
	assert.equal(tokens.status, 200, tokens.body);
	const token = tokens.json.access_token;
	const at = async (alg) => userinfo(token, await asRsa(alg, USERINFO, { htm: "GET", ath: ath(token) }));
	assert.equal((await at("RS256")).status, 401);
	assert.equal((await at("PS256")).status, 200);
});

module("refresh-token", async () => {
	const scope = "openid offline_access";
	const of = async (client) => {
		const { code } = await authorize(client, { scope, prompt: "consent" });
		const tokens = await redeem(client, code);
		assert.equal(tokens.status, 200, tokens.body);
		return tokens.json;
	};
	const refresh = (client, refresh_token, change) => send(client, "/token", { grant_type: "refresh_token", refresh_token, scope }, change);

	assert.ok((await metadata()).grant_types_supported.includes("refresh_token"));
	const first = await of(one);
	assert.match(first.refresh_token, /^[\x20-\x7e]+$/);
	const again = await refresh(one, first.refresh_token);
	assert.equal(again.status, 200, again.body);
	// FAPI 2.0 §5.3.2.1, point 9: it is not rotated.
	assert.equal(again.json.refresh_token ?? first.refresh_token, first.refresh_token);
	assert.notEqual(again.json.access_token, first.access_token);
	if (again.json.id_token) {
		const [before, after] = [first, again.json].map((said) => jose.decodeJwt(said.id_token));
		for (const claim of ["iss", "sub", "aud", "auth_time"]) assert.deepEqual(after[claim], before[claim], claim);
	}
	await used(again.json.access_token);
	const without = await refresh(one, first.refresh_token, { dpop: null });
	if (MTLS) assertRefused(without, "invalid_client", 401);
	else assertOneOf(without, "invalid_request", "invalid_grant");
	assertRefused(await refresh(one, (await of(two)).refresh_token), "invalid_grant");
});

module("ensure-server-handles-non-matching-intent-id", async () => {
	// Where no intents are lodged apart, a pushed request is one: by another client it leads to an error page.
	const intent = await pushed(one);
	errorPage(await newPerson().get(url(two, intent)));
	// Named in a claim, it ends in an error, or what comes back does not vouch for it.
	const claims = { id_token: { openbanking_intent_id: { value: intent, essential: true } } };
	const said = await authorize(two, { claims });
	if (said.error) return assert.ok(["invalid_request", "access_denied"].includes(said.error), said.error);
	const { json } = await redeem(two, said.code);
	assert.ok(!("openbanking_intent_id" in jose.decodeJwt(json.id_token)));
});
