// oidcc-config-certification-test-plan
import assert from "node:assert/strict";
import { test } from "node:test";
import { ISSUER, get } from "./lib.mjs";

test("oidcc-discovery-endpoint-verification", async () => {
	const { status, headers, json: said } = await get("/.well-known/openid-configuration");
	assert.equal(status, 200);
	assert.match(headers["content-type"], /^application\/json\b/);
	assert.equal(said.issuer, ISSUER);
	for (const name of ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"]) {
		assert.equal(new URL(said[name]).protocol, "https:", name);
		assert.equal(new URL(said[name]).origin, new URL(ISSUER).origin, name);
	}
	assert.ok(said.scopes_supported.includes("openid"));
	assert.ok(said.response_types_supported.includes("code"));
	assert.ok(said.subject_types_supported.every((type) => ["public", "pairwise"].includes(type)));
	assert.ok(said.id_token_signing_alg_values_supported.includes("RS256"));
	assert.ok(said.claims_supported.includes("sub"));
	if (said.claims_parameter_supported !== undefined)
		assert.equal(typeof said.claims_parameter_supported, "boolean");
	for (const [name, value] of Object.entries(said))
		if (name.endsWith("_supported") && Array.isArray(value)) {
			assert.ok(value.length > 0, `${name}: what is empty is left out`);
			assert.equal(new Set(value).size, value.length, `${name}: each once`);
		}
	// RFC 8414 §2: where clients authenticate by JWT, there is no default for how those are signed.
	for (const endpoint of ["token", "introspection", "revocation"]) {
		const by = said[`${endpoint}_endpoint_auth_methods_supported`];
		const algorithms = said[`${endpoint}_endpoint_auth_signing_alg_values_supported`];
		if (by?.some((method) => method.endsWith("_jwt"))) assert.ok(algorithms?.length && !algorithms.includes("none"), endpoint);
	}

	const { json: jwks } = await get(said.jwks_uri);
	assert.ok(jwks.keys.length > 0);
	assert.equal(new Set(jwks.keys.map((key) => key.kid)).size, jwks.keys.length);
	for (const key of jwks.keys) {
		assert.ok(key.kty && key.kid && key.use && key.alg);
		for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) assert.ok(!(secret in key), secret);
	}
});
