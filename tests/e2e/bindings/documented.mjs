// The applications of docs/bindings.md, word for word but for the path of the keys: documented.mjs DIR
// Express runs here; for Django, documented.py finds in DIR what it needs. DIR/node_modules has express and libauth.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { SignJWT, exportJWK, generateKeyPair } from "jose";

const dir = process.argv[2];
const page = readFileSync(new URL("../../../docs/bindings.md", import.meta.url), "utf8");
const block = (title, language) => page.split(`\n## ${title}\n`)[1].split(`\`\`\`${language}\n`)[1].split("```")[0]
	.replaceAll("/var/lib/licences/jwks.json", `${dir}/jwks.json`);

const { publicKey, privateKey } = await generateKeyPair("ES256");
writeFileSync(`${dir}/jwks.json`, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256" }] }));
const token = (more) => {
	const now = Math.floor(Date.now() / 1000);
	return new SignJWT({
		iss: "https://id.example.gov.cn", aud: "https://licences.example.gov.cn", sub: "u", client_id: "c", jti: "j",
		iat: now, exp: now + 60, scope: "licence.read", ...more,
	}).setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: "k" }).sign(privateKey);
};
// [the Authorization header, the answer's status, what its challenge says]
const cases = [
	[`Bearer ${await token()}`, 200, null],
	[null, 401, "Bearer"],
	["Basic dTpw", 401, "Bearer"],
	[`Bearer ${await token({ exp: 1 })}`, 401, 'Bearer error="invalid_token"'],
	["Bearer x", 401, 'Bearer error="invalid_token"'],
	[`bearer ${await token({ scope: "openid" })}`, 403, 'Bearer error="insufficient_scope"'],
];
writeFileSync(`${dir}/cases.json`, JSON.stringify(cases));
writeFileSync(`${dir}/documented_django.py`, block("Django", "python"));

writeFileSync(`${dir}/app.cjs`, `${block("Express", "js")}\nmodule.exports = app;\n`);
const server = createRequire(`${dir}/`)("./app.cjs").listen(0, "127.0.0.1");
await new Promise((ready) => server.once("listening", ready));
for (const [authorization, status, challenge] of cases) {
	const answer = await fetch(`http://127.0.0.1:${server.address().port}/licences`, { headers: { ...(authorization && { authorization }) } });
	assert.equal(answer.status, status, authorization);
	assert.equal(answer.headers.get("www-authenticate"), challenge);
	if (status === 200) assert.equal(await answer.text(), "licences of u");
}
server.close();
server.closeAllConnections();
console.log(`ok: ${cases.length} requests to the documented Express application`);
