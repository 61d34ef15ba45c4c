// What is revoked, offline: revocation.mjs roads | before FILE | after FILE. See revocation.sh.
//
// "roads" ends tokens in every way there is, and asks examples/verify.c, which has a JWKS, the list that
// each token names, and no network. "before" leaves tokens in FILE, one of them revoked a moment ago;
// "after" a kill -9 and a new start says of each what it should.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { exchange } from "../lib/person.mjs";
import { Portal, newPerson } from "../lib/portal.mjs";

const { BUILD, E2E, ISSUER } = process.env;
const [, , command, file] = process.argv;
const portal = new Portal("portal");
const JWKS = `${E2E}/jwks.json`;
const OFFLINE = spawnSync("unshare", ["-rn", "true"]).status === 0 ? ["unshare", "-rn"] : [];

const PERSON = "11010519491231002X";
const [AUTH_OK, AUTH_REVOKED, AUTH_REVOCATION_UNKNOWN] = [0, 30, 31]; // of libauth/auth.h

const place = (token) => decodeJwt(token).status.status_list;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function ctl(...args) {
	const { status, stdout, stderr } = spawnSync(`${BUILD}/authctl/authctl`, ["--config", `${E2E}/authd.yaml`, ...args], {
		encoding: "utf8",
	});
	assert.equal(status, 0, stderr);
	return stdout;
}

const sessionIds = () => JSON.parse(ctl("session", "list", "--json", "--number", PERSON)).sessions.map(({ id }) => id);

/** What a verifier says that has never heard of authd but for its keys and this list. */
async function verdict(token) {
	const list = `${E2E}/list.jwt`;
	const answer = await exchange(place(token).uri);
	assert.equal(answer.status, 200, answer.body);
	writeFileSync(list, answer.body);
	const words = [...OFFLINE, `${BUILD}/examples/verify`, JWKS, ISSUER, ISSUER, list];
	const { status, stderr } = spawnSync(words[0], words.slice(1), { input: token, encoding: "utf8" });
	if (status === 0) return "good";
	assert.equal(status, 1, stderr);
	assert.match(stderr, /revoked/);
	return "revoked";
}

/** The list that a token names, in a file of its own. */
async function fetchList(token, name) {
	const path = `${E2E}/${name}.jwt`;
	writeFileSync(path, (await exchange(place(token).uri)).body);
	return path;
}

/** At some time, with a list that was fetched before. */
function verdictWith(list, token, now, ...more) {
	const words = [...OFFLINE, `${BUILD}/tests/tools/aged`, `${Math.floor(now)}`, JWKS, list, ISSUER, ...more];
	const { status, stdout } = spawnSync(words[0], words.slice(1), { input: token, encoding: "utf8" });
	assert.equal(status, 0, stdout);
	return parseInt(stdout, 10);
}

/** Within three seconds, far below the list's ttl. */
async function ends(what, token, others) {
	const since = Date.now();
	while ((await verdict(token)) !== "revoked") {
		assert.ok(Date.now() - since < 3000, `${what}: the token is still good`);
		await pause(50);
	}
	for (const other of others) assert.equal(await verdict(other), "good", `${what}: another token`);
	console.log(`ok: ${what}, seen offline after ${Date.now() - since} ms`);
}

async function tokens(person = newPerson(), scope = "openid profile offline_access") {
	const { code, verifier } = await portal.code(person, { scope });
	const { status, json, body } = await portal.redeem(code, verifier);
	assert.equal(status, 200, body);
	return { ...json, code, verifier, person };
}

// ---- the format, by an implementation that is not ours

async function checkFormat(token, revoked) {
	const { uri, idx } = place(token);
	const answer = await exchange(uri);
	assert.equal(answer.headers["content-type"], "application/statuslist+jwt");
	const keys = createLocalJWKSet(JSON.parse(readFileSync(JWKS, "utf8")));
	const { payload } = await jwtVerify(answer.body, keys, {
		typ: "statuslist+jwt",
		issuer: ISSUER,
		subject: uri,
		algorithms: ["ES256"],
		requiredClaims: ["iat", "exp", "ttl"],
	});
	assert.ok(decodeProtectedHeader(answer.body).kid);
	assert.deepEqual(Object.keys(payload.status_list).sort(), ["bits", "lst"]);
	assert.equal(payload.status_list.bits, 1);
	assert.match(payload.status_list.lst, /^[A-Za-z0-9_-]+$/);
	const bytes = inflateSync(Buffer.from(payload.status_list.lst, "base64url"));
	assert.equal(bytes.length, 8192);
	assert.equal((bytes[idx >> 3] >> (idx & 7)) & 1, revoked ? 1 : 0);

	const [, age] = /^public, max-age=(\d+)$/.exec(answer.headers["cache-control"]);
	assert.ok(payload.ttl <= (decodeJwt(token).exp - decodeJwt(token).iat) / 2);
	assert.ok(Number(age) <= payload.ttl);
	const again = await exchange(uri, { headers: { "if-none-match": answer.headers.etag } });
	assert.ok(again.status === 304 || again.headers.etag !== answer.headers.etag);
}

async function checkIndex(token) {
	const metadata = JSON.parse((await portal.get("/.well-known/openid-configuration")).body);
	const index = await exchange(metadata.status_list_aggregation_endpoint);
	assert.equal(index.headers["content-type"], "application/json");
	const { status_lists } = JSON.parse(index.body);
	assert.ok(status_lists.includes(place(token).uri));
	for (const uri of status_lists) assert.equal((await exchange(uri)).status, 200);
	for (const id of ["0".repeat(32), "x", "0".repeat(31), "..%2fkeys"])
		assert.equal((await portal.get(`/statuslists/${id}`)).status, 404);
}

// ---- every road of revocation

async function roads() {
	const person = newPerson();
	const [kept, grant, single] = [await tokens(person), await tokens(person), await tokens(person)];
	const stays = [kept.access_token];
	await checkIndex(kept.access_token);
	for (const { access_token } of [kept, grant, single]) assert.equal(await verdict(access_token), "good");

	assert.equal((await portal.post("/revoke", { token: grant.refresh_token })).status, 200);
	await ends("a grant, by its refresh token", grant.access_token, [...stays, single.access_token]);
	await checkFormat(grant.access_token, true);
	await checkFormat(kept.access_token, false);

	const { json: sibling } = await portal.refresh(single.refresh_token);
	assert.equal((await portal.post("/revoke", { token: single.access_token })).status, 200);
	await ends("one token of a grant", single.access_token, [...stays, sibling.access_token]);

	const replayed = await tokens(person);
	assert.equal((await portal.redeem(replayed.code, replayed.verifier)).json.error, "invalid_grant");
	await ends("a code used twice", replayed.access_token, stays);

	const family = await tokens(person);
	const { json: second } = await portal.refresh(family.refresh_token);
	await portal.refresh(second.refresh_token);
	assert.equal((await portal.refresh(family.refresh_token)).json.error, "invalid_grant");
	await ends("an old refresh token", second.access_token, stays);

	const known = sessionIds();
	const one = await tokens(newPerson(), "openid");
	const [session_id] = sessionIds().filter((id) => !known.includes(id));
	const another = await tokens(newPerson(), "openid");
	ctl("session", "revoke", "--session", session_id, "--number", PERSON);
	await ends("one session of several", one.access_token, [...stays, another.access_token]);

	const leaving = newPerson();
	const session = await tokens(leaving, "openid profile");
	await leaving.get(new URL(`/logout?id_token_hint=${session.id_token}`, ISSUER));
	await ends("a sign-out", session.access_token, stays);

	const other = new Portal("other");
	const machine = await other.post("/token", { grant_type: "client_credentials", scope: "read" });
	assert.equal(await verdict(machine.json.access_token), "good");
	ctl("client", "disable", "other");
	await ends("a client", machine.json.access_token, stays);

	await age(person);

	ctl("session", "revoke", "--all", "--number", PERSON);
	await ends("all of a person", kept.access_token, []);
}

/** What a list says that was fetched a while ago: no more than its `ttl` lets it, nor of what is newer. */
async function age(person) {
	const older = await tokens(person);
	const list = await fetchList(older.access_token, "before");
	const newer = await tokens(person);
	const { iat, exp, ttl } = decodeJwt(readFileSync(list, "utf8"));
	const now = Date.now() / 1000;
	if (place(newer.access_token).uri !== place(older.access_token).uri) return age(person); // the next window has begun
	assert.equal(verdictWith(list, newer.access_token, now), AUTH_OK, "issued after the list, and within its ttl");
	assert.equal((await portal.post("/revoke", { token: newer.access_token })).status, 200);
	await ends("a token issued after a list was fetched", newer.access_token, [older.access_token]);
	assert.equal(verdictWith(list, newer.access_token, iat + ttl), AUTH_OK, "the old list is as old as it may be");

	const late = iat + ttl + 1;
	assert.ok(late < decodeJwt(older.access_token).exp && late < exp);
	for (const { access_token } of [older, newer])
		assert.equal(verdictWith(list, access_token, late), AUTH_REVOCATION_UNKNOWN);
	assert.equal(verdictWith(list, older.access_token, late, "lenient"), AUTH_OK, "a policy may take it");
	const fresh = await fetchList(older.access_token, "after");
	assert.equal(verdictWith(fresh, newer.access_token, late), AUTH_REVOKED);
	console.log("ok: a list over its age says nothing, and the fresh one all");
}

// ---- killed between the mark and the list

async function before() {
	const person = newPerson();
	const [revoked, kept] = [await tokens(person), await tokens(person)];
	assert.equal((await portal.post("/revoke", { token: revoked.refresh_token })).status, 200);
	process.kill(Number(process.env.AUTHD_PID), "SIGKILL");
	writeFileSync(file, JSON.stringify([revoked.access_token, kept.access_token]));
}

async function after() {
	const [revoked, kept] = JSON.parse(readFileSync(file, "utf8"));
	assert.equal(await verdict(revoked), "revoked");
	assert.equal(await verdict(kept), "good");
	assert.notEqual(place((await tokens()).access_token).uri, place(kept).uri);
	console.log("ok: killed before the list was published: revoked in the first list after the start");
}

await { roads, before, after }[command]();
