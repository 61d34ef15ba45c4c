// One person signs in, without a browser. See sealed.sh.
import assert from "node:assert/strict";
import { Portal, newPerson } from "../lib/portal.mjs";

const portal = new Portal("portal");
const { url, verifier } = portal.request({ scope: "openid profile" });
const person = { username: process.env.NUMBER, password: "correct horse battery" };
const who = newPerson();
let page = await who.signIn(url, person);
if (process.env.MANDATE) page = await who.submit(page, { mandate: process.env.MANDATE }, "/acting");
assert.ok(page.landed, `${page.status} at ${page.url}\n${page.body}`);
const { json: tokens } = await portal.redeem(page.landed.searchParams.get("code"), verifier);
const { json: info } = await portal.userinfo(tokens.access_token);
assert.ok(info.name, "userinfo has the name");
console.log("one of them signed in");
