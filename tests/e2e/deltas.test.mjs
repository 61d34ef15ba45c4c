// Two records of one person become one, and two again, while portals look on. See deltas.sh.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { Person } from "../lib/person.mjs";
import { Portal } from "../lib/portal.mjs";

const { BUILD, E2E } = process.env;
const ZHANG = { username: "11010519491231002X", password: "correct horse battery" };
const LI = { username: "440524188001010014", password: "another battery staple" };

class Sector extends Portal {
	constructor(name) {
		super(name);
		this.callback = `https://${name}.portal.localhost/cb`;
	}

	/** What the portal gets when this person signs in. */
	async tokens(credentials) {
		const person = new Person((url) => url.hostname.endsWith(".portal.localhost"));
		const { code, verifier } = await this.code(person, { credentials, redirect_uri: this.callback });
		const fields = { code, code_verifier: verifier, redirect_uri: this.callback };
		const { status, json, body } = await this.post("/token", { grant_type: "authorization_code", ...fields });
		assert.equal(status, 200, body);
		return json;
	}

	async sub(credentials) {
		return subOf(await this.tokens(credentials));
	}
}

const subOf = ({ id_token }) => JSON.parse(Buffer.from(id_token.split(".")[1], "base64url")).sub;
const [both, one, other] = ["both", "one", "other"].map((name) => new Sector(name));

async function comes(...rows) {
	const path = `${E2E}/delta.jsonl`;
	writeFileSync(path, rows.map((row) => JSON.stringify(row)).join("\n"));
	const command = ["--config", `${E2E}/authd.yaml`, "person", "import", path, "--json"];
	return JSON.parse((await promisify(execFile)(`${BUILD}/authctl/authctl`, command)).stdout);
}

const MERGE = { operation: "merge", number: LI.username, into_number: ZHANG.username };

test("merged: each portal sees whom it knew, and nobody signs in as the one that went", async () => {
	const zhang = { both: await both.sub(ZHANG), one: await one.sub(ZHANG) };
	const tokens = await other.tokens(LI);
	const li = { both: await both.sub(LI), other: subOf(tokens) };
	assert.equal(new Set([...Object.values(zhang), ...Object.values(li)]).size, 4);

	assert.equal((await comes(MERGE)).merged, 1);
	assert.equal((await comes(MERGE)).unchanged, 1);
	assert.equal((await other.userinfo(tokens.access_token)).status, 401);
	assert.equal((await other.refresh(tokens.refresh_token)).json.error, "invalid_grant");
	await assert.rejects(other.tokens(LI), /no code/);
	const asLi = { ...ZHANG, username: LI.username }; // the other number leads to the same person
	assert.equal(await both.sub(ZHANG), zhang.both);
	assert.equal(await both.sub(asLi), zhang.both);
	assert.equal(await one.sub(ZHANG), zhang.one);
	assert.equal(await other.sub(ZHANG), li.other);
	assert.equal(subOf(await other.tokens(asLi)), li.other);

	const merged = await other.tokens(ZHANG);
	assert.equal((await comes({ operation: "split", number: LI.username })).split, 1);
	assert.equal((await other.userinfo(merged.access_token)).status, 401);
	assert.notEqual(await other.sub(ZHANG), li.other);
	assert.equal(await one.sub(ZHANG), zhang.one);
});

test("deregistered: signed out everywhere, and no sign-in", async () => {
	const tokens = await one.tokens(ZHANG);
	assert.equal((await one.userinfo(tokens.access_token)).status, 200);
	assert.equal((await comes({ operation: "deregister", number: ZHANG.username })).deregistered, 1);
	assert.equal((await one.userinfo(tokens.access_token)).status, 401);
	assert.equal((await one.refresh(tokens.refresh_token)).json.error, "invalid_grant");
	await assert.rejects(one.tokens(ZHANG), /no code/);
});
