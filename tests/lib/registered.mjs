// What authd.sh has registered: clients as openid-client has them, and authctl on the same issuer.
//
//   const config = await client("sync")                    // of $E2E/clients/sync.json
//   await refused(grant(config, ...), "invalid_grant")     // the description that came with it
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as oidc from "openid-client";

const { BUILD, E2E, ISSUER } = process.env;

export const read = (name) => JSON.parse(readFileSync(`${E2E}/clients/${name}.json`, "utf8"));

export function ctl(...args) {
	const { status, stdout, stderr } = spawnSync(
		`${BUILD}/authctl/authctl`,
		["--config", `${E2E}/authd.yaml`, ...args],
		{ encoding: "utf8" },
	);
	assert.equal(status, 0, stderr);
	return stdout;
}

export async function client(name) {
	const { client_id, client_secret } = read(name);
	return oidc.discovery(new URL(ISSUER), client_id, {}, oidc.ClientSecretBasic(client_secret));
}

export async function refused(promise, error, what = "") {
	const thrown = await promise.then(() => assert.fail(`not refused with ${error} ${JSON.stringify(what)}`), (e) => e);
	assert.equal(thrown.error, error, `${thrown.error}: ${thrown.error_description ?? thrown}`);
	return thrown.error_description;
}

export const introspected = async (name, token) => oidc.tokenIntrospection(await client(name), token);
export const active = async (name, token) => (await introspected(name, token)).active;
