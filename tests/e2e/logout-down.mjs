// A portal is down when a session ends, and so is authd, the moment after. See logout.sh.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { decodeJwt } from "jose";
import { Portal } from "../lib/portal.mjs";
import { Receiver } from "../lib/receiver.mjs";

const { DOWN, E2E, ISSUER, PORT_down } = process.env;
const FILE = `${E2E}/down.json`;

if (DOWN === "before") {
	const portal = new Portal("down");
	const { person, code, verifier } = await portal.code(undefined, { scope: "openid" });
	const { json } = await portal.redeem(code, verifier);
	const url = new URL("/logout", ISSUER);
	url.search = new URLSearchParams({ id_token_hint: json.id_token });
	assert.equal((await person.get(url)).status, 200);
	writeFileSync(FILE, JSON.stringify(decodeJwt(json.id_token)));
} else {
	const { sid, sub } = JSON.parse(readFileSync(FILE, "utf8"));
	const since = Date.now();
	const receiver = await Receiver.listen(PORT_down);
	const [{ token }] = await receiver.wait(1, 40000);
	const claims = decodeJwt(token);
	assert.deepEqual([claims.sid, claims.sub], [sid, sub]);
	assert.ok(claims.iat >= Math.floor(since / 1000), "signed anew");
	await receiver.close();
	console.log(`ok: after kill -9 of authd, the portal heard ${Date.now() - since} ms after it was back`);
}
