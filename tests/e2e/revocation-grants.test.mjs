// Tokens of every grant, and what ends them, as an offline verifier sees it. See revocation-grants.sh.
//
// All tokens that were ever issued here stay in `issued`. After each road of revocation all of them are
// verified: those that it ended are revoked, every other is as good as before.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { SignJWT, decodeJwt, exportJWK, generateKeyPair, importJWK } from "jose";
import { exchange } from "../lib/person.mjs";
import { CALLBACK, Portal, ZHANG, newPerson } from "../lib/portal.mjs";

const { BUILD, E2E, ISSUER, MTLS } = process.env;
const TYPE = "urn:ietf:params:oauth:grant-type:";
const WANG = { ...ZHANG, username: "360426199101010071" };
const OFFLINE = spawnSync("unshare", ["-rn", "true"]).status === 0 ? ["unshare", "-rn"] : [];
const VERDICTS = { 0: "good", 30: "revoked" }; // of libauth/auth.h

const clients = Object.fromEntries(
	["portal", "phone", "bank", "certified", "service"].map((name) => [name, new Portal(name)]),
);
const pem = { cert: readFileSync(`${E2E}/client.pem`), key: readFileSync(`${E2E}/client.key`) };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function ctl(...args) {
	const words = ["--config", `${E2E}/authd.yaml`, ...args];
	const { status, stderr } = spawnSync(`${BUILD}/authctl/authctl`, words, { encoding: "utf8" });
	assert.equal(status, 0, stderr);
}

// ---- tokens of every grant

const pair = await generateKeyPair("ES256");
const jwk = await exportJWK(pair.publicKey);
const dpop = () =>
	new SignJWT({ jti: randomUUID(), htm: "POST", htu: `${ISSUER}/token` })
		.setIssuedAt()
		.setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
		.sign(pair.privateKey);

async function ask(name, path, fields, { headers, ...certificate } = {}) {
	const answer = await exchange(new URL(path, certificate.cert ? MTLS : ISSUER), {
		method: "POST",
		body: new URLSearchParams(fields).toString(),
		headers: {
			"content-type": "application/x-www-form-urlencoded",
			authorization: clients[name].authorization,
			...headers,
		},
		...certificate,
	});
	assert.equal(answer.status, 200, answer.body);
	return answer.body && JSON.parse(answer.body);
}
const token = async (name, fields, shown) => ({ name, ...(await ask(name, "/token", fields, shown)) });

async function byCode(name, world, shown) {
	const { code, verifier } = await clients[name].code(world.person, world);
	const fields = { code, code_verifier: verifier, redirect_uri: CALLBACK };
	return token(name, { grant_type: "authorization_code", ...fields }, shown);
}

/** Sign in where a page asks for it, then decide. */
async function decide({ person, credentials }, page, fields, action) {
	if (page.body.includes('id="signin"')) page = await person.submit(page, credentials, "/signin");
	page = fields ? await person.submit(page, fields, action) : page;
	return person.submit(page, { decision: "allow" });
}

async function byDevice(world) {
	const device = await ask("phone", "/device_authorization", { scope: world.scope });
	const page = await world.person.get(new URL("/device", ISSUER));
	await decide(world, page, { user_code: device.user_code }, "/device");
	return token("phone", { grant_type: `${TYPE}device_code`, device_code: device.device_code });
}

async function byBackchannel(world) {
	const { scope, credentials, person } = world;
	const request = await ask("bank", "/bc-authorize", { scope, login_hint: credentials.username });
	const { body } = await person.get(new URL("/requests", ISSUER));
	const [, path] = /href="(\/requests\/[0-9a-f]{32})"/.exec(body);
	await decide(world, await person.get(new URL(path, ISSUER)));
	return token("bank", { grant_type: "urn:openid:params:grant-type:ciba", auth_req_id: request.auth_req_id });
}

const byExchange = ({ access_token }) =>
	token("service", {
		grant_type: `${TYPE}token-exchange`,
		subject_token: access_token,
		subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
		audience: "https://archive.example",
	});

async function byAssertion({ credentials }) {
	const key = JSON.parse(readFileSync(`${E2E}/clients/province.key.json`, "utf8"));
	const assertion = await new SignJWT({ sub: credentials.username, jti: randomUUID() })
		.setProtectedHeader({ alg: "ES256", kid: key.kid })
		.setIssuer("https://province.example")
		.setAudience(ISSUER)
		.setIssuedAt()
		.setExpirationTime("1min")
		.sign(await importJWK(key, "ES256"));
	return token("service", { grant_type: `${TYPE}jwt-bearer`, assertion, audience: "https://archive.example" });
}

const issued = []; // {of, kind, name, access_token, ...}, ended

/** A token of each grant, all of one person: {kind: token}. */
async function issue(of, { scope = "openid read offline_access", credentials = ZHANG } = {}) {
	const world = { person: newPerson(), scope, credentials };
	const code = await byCode("portal", world);
	const all = {
		code,
		"code with DPoP": await byCode("portal", world, { headers: { dpop: await dpop() } }),
		"code with mTLS": await byCode("certified", world, pem),
		device: await byDevice(world),
		CIBA: await byBackchannel(world),
		exchange: await byExchange(code),
		"JWT bearer": await byAssertion(world),
		"client credentials": await token("service", { grant_type: "client_credentials" }),
		"client credentials with DPoP": await token(
			"service",
			{ grant_type: "client_credentials" },
			{ headers: { dpop: await dpop() } },
		),
	};
	for (const [kind, one] of Object.entries(all)) issued.push(Object.assign(one, { of, kind }));
	assert.ok(decodeJwt(all["code with DPoP"].access_token).cnf.jkt);
	assert.ok(decodeJwt(all["code with mTLS"].access_token).cnf["x5t#S256"]);
	await exactly([]);
	return { ...all, person: world.person };
}

// ---- what a verifier says

/** The verdict on a token by examples' library, which has the keys and this list alone. */
function verdict({ access_token }, list) {
	const now = Math.floor(Date.now() / 1000);
	const words = [...OFFLINE, `${BUILD}/tests/tools/aged`, `${now}`, `${E2E}/jwks.json`, list, ISSUER];
	const { status, stdout } = spawnSync(words[0], words.slice(1), { input: access_token, encoding: "utf8" });
	assert.equal(status, 0, stdout);
	return VERDICTS[parseInt(stdout, 10)] ?? stdout;
}

/** Fetches lists as they are needed, each once. */
function fetcher() {
	const fetched = new Map();
	return async ({ access_token }) => {
		const { uri } = decodeJwt(access_token).status.status_list;
		if (!fetched.has(uri)) {
			const path = `${E2E}/${uri.split("/").at(-1)}.jwt`;
			writeFileSync(path, (await exchange(uri)).body);
			fetched.set(uri, path);
		}
		return fetched.get(uri);
	};
}

/** These have ended now, within three seconds; of all others nothing has changed. */
async function exactly(ended) {
	const since = Date.now();
	for (const one of ended)
		while (verdict(one, await fetcher()(one)) !== "revoked") {
			assert.ok(Date.now() - since < 3000, `${one.of}, ${one.kind}: still good`);
			await pause(50);
		}
	for (const one of ended) one.ended = true;
	const list = fetcher();
	for (const one of issued)
		assert.equal(verdict(one, await list(one)), one.ended ? "revoked" : "good", `${one.of}, ${one.kind}`);
}

const revoke = (one, value) => ask(one.name, "/revoke", { token: value }, one.kind === "code with mTLS" ? pem : {});
const kinds = (all, ...names) => names.map((name) => all[name]);

// ---- the roads

test("one access token of each grant: that token, and what was exchanged for it", async () => {
	const all = await issue("token");
	for (const kind of ["exchange", "code with DPoP", "code with mTLS", "device", "CIBA", "JWT bearer",
		"client credentials", "client credentials with DPoP"]) {
		await revoke(all[kind], all[kind].access_token);
		await exactly([all[kind]]);
	}
	const child = Object.assign(await byExchange(all.code), { of: "token", kind: "second exchange" });
	issued.push(child);
	await revoke(all.code, all.code.access_token);
	await exactly([all.code, child]);
});

test("a grant, by its refresh token: its tokens alone", async () => {
	const all = await issue("grant");
	for (const kind of ["code with DPoP", "code with mTLS", "device", "CIBA"]) {
		await revoke(all[kind], all[kind].refresh_token);
		await exactly([all[kind]]);
	}
	await revoke(all.code, all.code.refresh_token);
	await exactly(kinds(all, "code", "exchange"));
});

test("a session: what was issued in it; neither devices nor what was asked for without it", async () => {
	const all = await issue("session", { scope: "openid read" });
	const kept = await issue("session, offline");
	for (const { person, code } of [all, kept])
		await person.get(new URL(`/logout?id_token_hint=${code.id_token}`, ISSUER));
	await exactly(kinds(all, "code", "code with DPoP", "code with mTLS", "exchange"));
});

test("a person", async () => {
	const all = await issue("person", { credentials: WANG });
	await issue("another person");
	ctl("person", "add", "--number", WANG.username, "--name", "张三", "--state", "suspended");
	await exactly(kinds(all, "code", "code with DPoP", "code with mTLS", "device", "CIBA", "exchange", "JWT bearer"));
});

test("a client, each in turn", async () => {
	await issue("client");
	const left = (...names) =>
		issued.filter(({ name, kind, ended }) => !ended && names.some((n) => n === name || n === kind));
	for (const name of ["phone", "bank", "certified", "portal", "service"]) {
		ctl("client", "disable", clients[name].client_id);
		// What was exchanged hangs on the portal's tokens.
		await exactly(name === "portal" ? left("portal", "exchange") : left(name));
	}
	assert.ok(issued.every(({ ended }) => ended));
});
