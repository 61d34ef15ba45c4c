// Nothing leaks, measured in a process that does nothing else. $CASES and $PACKAGE as in node.test.mjs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const { PACKAGE, CASES } = process.env;
const { RefusedError, Verifier } = createRequire(import.meta.url)(PACKAGE);
const c = readFileSync(CASES, "utf8").split("\n").map((l) => l && JSON.parse(l)).find(({ name }) => name === "ES256");
const MIB = 1024 * 1024, ROUNDS = 16000, AT_MOST = 8 * MIB;

function newVerifier() {
	const verifier = new Verifier(c.options);
	verifier.loadKeys({ json: c.keys });
	return verifier;
}

// The memory that is not JavaScript's, after many a token accepted and refused and verifiers dropped.
async function measure(verifier) {
	for (let i = 0; i < ROUNDS; i++) {
		verifier.verify(c.token, c.now);
		assert.throws(() => verifier.verify(`${c.token}x`, c.now), RefusedError);
		if (i % 20 === 0) newVerifier().verify(c.token, c.now);
	}
	// Finalizers run between turns.
	for (let i = 0; i < 5; i++) {
		global.gc();
		await new Promise((resolve) => setImmediate(resolve));
	}
	const { rss, heapTotal } = process.memoryUsage();
	return rss - heapTotal;
}

test("nothing leaks", async () => {
	const verifier = newVerifier();
	const before = await measure(verifier);
	const grown = (await measure(verifier)) - before;
	assert.ok(grown < AT_MOST, `${(grown / MIB).toFixed(1)} MiB more after ${ROUNDS} rounds`);
	console.log(`${(grown / MIB).toFixed(1)} MiB more after ${ROUNDS} rounds`);
});
