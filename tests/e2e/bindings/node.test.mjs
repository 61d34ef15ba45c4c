// The Node.js binding answers what C does: $CASES and $JOSE are files of cases, $PACKAGE is the binding.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Script } from "node:vm";
import { Worker } from "node:worker_threads";

const { PACKAGE, CASES, JOSE } = process.env;
const { Flag, Kind, RefusedError, Verifier, verifyDpop } = createRequire(import.meta.url)(PACKAGE);
const read = (file) => readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
const cases = [...read(CASES), ...read(JOSE)];
const header = readFileSync(new URL("../../../libauth/auth.h", import.meta.url), "utf8");
const named = Object.fromEntries([...header.matchAll(/\b(AUTH_\w+) = (-?\d+)/g)].map(([, name, n]) => [name, +n]));
const NOW = 1_700_000_100;

const payload = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

function verifierOf(c) {
	const verifier = new Verifier(c.options);
	if (c.keys) verifier.loadKeys({ json: c.keys });
	if (c.bundle) verifier.loadBundle(c.bundle, { roots: c.roots, ...c.bundle_options }, c.now);
	for (const token of c.lists ?? []) verifier.addList({ token }, c.now);
	return verifier;
}

const ask = (c) => (c.dpop ? verifyDpop(c.token, c.dpop, c.now) : verifierOf(c).verify(c.token, c.now, c.checks));

// What a call throws; anything else but a refusal goes through.
function refusal(f) {
	try {
		f();
	} catch (e) {
		if (e instanceof RefusedError) return e;
		throw e;
	}
	return undefined;
}

const plain = cases.find((c) => c.name === "ES256");
const verifier = verifierOf(plain);
const again = () => verifier.verify(plain.token, NOW);

test("each case is answered as C answers it", () => {
	assert.ok(cases.length > 1200, `${cases.length} cases`);
	for (const c of cases) {
		let verified;
		const e = refusal(() => { verified = ask(c); });
		assert.equal(e?.status ?? 0, c.answer, `${c.name}: ${e?.message}`);
		if (e) assert.equal(named[e.code], e.status, c.name);
		else assert.deepStrictEqual(verified.claims, payload(c.token), c.name);
		if (c.jkt) assert.equal(verified.jkt, c.jkt);
	}
});

test("what is verified is frozen to its depth and pollutes nothing", () => {
	const v = again();
	const frozen = (o) => Object.isFrozen(o) && Object.values(o).every((x) => x === null || typeof x !== "object" || frozen(x));
	assert.ok(frozen(v));
	assert.deepEqual([v.alg, v.kid, v.jkt, v.status_checked], ["ES256", "k1", null, false]);
	assert.deepEqual(Object.getOwnPropertyDescriptor(v.claims, "__proto__").value, { admin: true });
	assert.equal(Object.getPrototypeOf(v.claims), Object.prototype);
	assert.equal({}.admin, undefined);
	assert.equal(ask(cases.find((c) => c.lists && c.answer === 0)).status_checked, true);
});

test("a refusal has code, number and words", () => {
	const e = refusal(() => verifier.verify(plain.token, NOW + 10000));
	assert.deepEqual([e.name, e.code, e.status, e.message], ["RefusedError", "AUTH_EXPIRED", 10, "the token has expired"]);
	assert.match(refusal(() => new Verifier({ issuer: "i" })).message, /no audience/);
	assert.equal(refusal(() => verifier.loadKeys({ path: "/nonexistent" })).code, "AUTH_IO");
	assert.equal(refusal(() => verifier.addList({ path: "/nonexistent" })).code, "AUTH_IO");
});

test("kinds and flags are the header's", () => {
	const kinds = Object.keys(Kind).map((k) => [Kind[k], named[`AUTH_${k}`]]);
	const flags = Object.keys(Flag).map((k) => [Flag[k], named[`AUTH_${k}`]]);
	assert.equal(kinds.length, header.match(/enum auth_kind \{.*?\};/s)[0].match(/ = \d+/g).length);
	assert.equal(flags.length, header.match(/enum auth_flag \{.*?\};/s)[0].match(/ = \d+/g).length);
	for (const [have, want] of [...kinds, ...flags]) assert.equal(have, want);
});

test("docs/bindings.md is JavaScript that names what there is", () => {
	const page = readFileSync(new URL("../../../docs/bindings.md", import.meta.url), "utf8");
	const blocks = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, block]) => block);
	assert.ok(blocks.length);
	for (const block of blocks) {
		new Script(block);
		for (const [code] of block.matchAll(/AUTH_\w+/g)) assert.ok(code in named, code);
	}
});

test("a misspelt demand is an error", () => {
	const wrong = [{ scope: ["x"] }, { scopes: "x" }, { scopes: [1] }, { scopes: undefined }, { scopes: null }, { issuer: null },
		{ issuer: "a\0b" }, { max_age_s: "1" }, { max_age_s: 1.5 }, { max_age_s: NaN }, { max_age_s: 2 ** 60 },
		{ flags: -1 }, { cache_tokens: -1 }, { size: 8 }, { kind: "ID_TOKEN" }];
	for (const option of wrong)
		assert.throws(() => new Verifier({ issuer: "i", audience: "a", ...option }), TypeError, JSON.stringify(option));
	for (const checks of [{ nonces: "n" }, { nonce: undefined }, { jkt: 1 }, "nonce"])
		assert.throws(() => verifier.verify(plain.token, NOW, checks), TypeError, JSON.stringify(checks));
	for (const from of [{}, { json: "{}", path: "x" }, { file: "x" }, { json: undefined }, { path: "a\0b" }])
		assert.throws(() => verifier.loadKeys(from), TypeError, JSON.stringify(from));
	for (const token of [undefined, null, 1, [], {}]) assert.throws(() => verifier.verify(token, NOW), TypeError);
	for (const now of ["1", null, NaN, Infinity, 1.5]) assert.throws(() => verifier.verify(plain.token, now), TypeError);
	assert.throws(() => new Verifier(), TypeError);
	assert.equal(again().claims.sub, "u");
});

test("tokens may be Buffers, and what is no text is refused", () => {
	assert.equal(verifier.verify(Buffer.from(plain.token), NOW).claims.sub, "u");
	for (const token of [plain.token + "\0", "\0" + plain.token, "\ud800", "", Buffer.alloc(0), Buffer.from([255])])
		assert.ok(refusal(() => verifier.verify(token, NOW)));
});

test("a shared secret", () => {
	const secret = Buffer.alloc(32, "s");
	const signed = [{ alg: "HS256", typ: "at+jwt" }, payload(plain.token)]
		.map((x) => Buffer.from(JSON.stringify(x)).toString("base64url")).join(".");
	const token = `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
	assert.equal(verifier.verifySecret(secret, token, NOW).claims.sub, "u");
	assert.ok(refusal(() => verifier.verifySecret(Buffer.alloc(32, "t"), token, NOW)));
	assert.ok(refusal(() => verifier.verify(token, NOW)));
});

test("workers have verifiers of their own", async () => {
	const work = `const { parentPort, workerData: { pkg, c } } = require("node:worker_threads");
		const { Verifier } = require(pkg);
		const v = new Verifier(c.options);
		v.loadKeys({ json: c.keys });
		let n = 0;
		for (let i = 0; i < 1000; i++) n += v.verify(c.token, c.now).claims.sub === "u";
		parentPort.postMessage(n);`;
	const counts = await Promise.all([1, 2, 3].map(() => new Promise((resolve, reject) => {
		new Worker(work, { eval: true, workerData: { pkg: PACKAGE, c: plain } }).on("message", resolve).on("error", reject);
	})));
	assert.deepEqual(counts, [1000, 1000, 1000]);
});
