// One sign-in at a portal, which gets an offline grant and asks for the person's claims. See export.sh.
import assert from "node:assert/strict";
import { Portal } from "../lib/portal.mjs";

const portal = new Portal("portal");
const credentials = { username: process.argv[2], password: "correct horse battery" };
const { code, verifier } = await portal.code(undefined, { credentials });
const { json } = await portal.redeem(code, verifier);
assert.ok(json.refresh_token);
const { status, body } = await portal.userinfo(json.access_token);
assert.equal(status, 200, body);
