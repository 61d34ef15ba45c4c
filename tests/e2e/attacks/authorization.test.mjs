// The authorization endpoint: where an answer goes, and what may be asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	CALLBACK, ISSUER, Portal, assertPage, assertSentBack, authorize, bytes, exchange, form, jwt, newPerson, parameters,
	random, registered, s256, secret, tokens, WANG,
} from "./raw.mjs";

const LOOPBACK = "http://127.0.0.1/cb";

test("a redirect URI counts character by character", async () => {
	for (const uri of [
		"https://evil.example/cb", "https://portal.localhost/cb/../x", "https://portal.localhost/cb%2e%2e",
		"https://portal.localhost/cb/..%2fx", "https://portal.localhost/cb;x", "https://portal.localhost//cb",
		"https://portal.localhost/cb/", "https://portal.localhost/CB", "https://portal.localhost/cb?x=1",
		"https://portal.localhost/cb?", "https://portal.localhost/cb#x", "https://user@portal.localhost/cb",
		"https://portal.localhost@evil.example/cb", "https://portal.localhost\\@evil.example/cb",
		"https://portal.localhost.evil.example/cb", "https://xportal.localhost/cb", "https://portal.localhost:8443/cb",
		"https://portal.localhost:443/cb", "http://portal.localhost/cb", "HTTPS://portal.localhost/cb",
		"https://PORTAL.localhost/cb", "https://pоrtal.localhost/cb", "https://xn--prtal-jye.localhost/cb",
		"//portal.localhost/cb", "/cb", "javascript:alert(1)", "data:text/html,x", " https://portal.localhost/cb",
		"https://portal.localhost/cb ", "https://portal.localhost/cb\t", "https://portal.localhost/c%62", "x",
	])
		assertPage(await authorize(parameters("portal", { redirect_uri: uri })), 400, "evil.example", "alert(1)");
});

test("a missing redirect URI or client, or an unknown one, is told on a page", async () => {
	assertPage(await authorize(parameters("portal", { redirect_uri: undefined })), 400);
	assertPage(await authorize(parameters("portal", { redirect_uri: "" })), 400);
	assertPage(await authorize(parameters("portal", { client_id: undefined })), 400);
	for (const client_id of ["nobody", '"><script>x</script>', "a".repeat(3000), "..", "%00"])
		assertPage(await authorize(parameters("portal", { client_id })), 400, "<script>x", "nobody");
});

test("a native client's loopback address: any port, and nothing else", async () => {
	const at = (redirect_uri, client = "native") => authorize(parameters(client, { redirect_uri, response_type: "token" }));
	for (const uri of [LOOPBACK, "http://127.0.0.1:5000/cb", "http://[::1]/cb", "http://[::1]:5000/cb"]) {
		const answer = await at(uri, uri.includes("::1") ? "native6" : "native");
		assert.equal(answer.status, 303, uri);
		assert.ok(answer.headers.location.startsWith(`${uri}?error=unsupported_response_type`));
	}
	for (const uri of [
		"http://localhost/cb", "http://localhost:5000/cb", "https://127.0.0.1:5000/cb", "http://127.0.0.1:5000/",
		"http://127.0.0.1:5000/cb/x", "http://127.0.0.1:5000@evil.example/cb", "http://127.0.0.2/cb", "http://127.1/cb",
		"http://2130706433/cb", "http://0x7f.1/cb", "http://[::ffff:127.0.0.1]/cb", "http://127.0.0.1.evil.example/cb",
		"http://127.0.0.1:0/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:5000/cb?x",
	])
		assertPage(await at(uri), 400, "evil.example");
});

test("a parameter that is given twice is refused on a page; an empty one is absent", async () => {
	for (const [name, value] of [
		["client_id", registered("other").client_id], ["redirect_uri", CALLBACK], ["scope", "openid"],
		["code_challenge", s256("w".repeat(43))], ["state", "x"], ["response_type", "code"], ["unknown", "1&unknown=2"],
	])
		assertPage(await authorize(`${parameters("portal")}&${name}=${name === "unknown" ? value : encodeURIComponent(value)}`), 400);
	assertSentBack(await authorize(parameters("portal", { code_challenge: "", code_challenge_method: "" })), "invalid_request");
	assertSentBack(await authorize(parameters("portal", { response_type: "" })), "invalid_request");
	assert.equal((await authorize(parameters("portal", { request: "", request_uri: "", prompt: "", max_age: "" }))).status, 200);
	assert.equal((await authorize(`${parameters("portal")}&resource=&resource=`)).status, 200, "that one may repeat");
});

test("what is wrong with a request goes back by its name", async () => {
	for (const [changed, error] of [
		[{ response_type: undefined }, "invalid_request"], [{ response_type: "token" }, "unsupported_response_type"],
		[{ response_type: "id_token" }, "unsupported_response_type"], [{ response_type: "code token" }, "unsupported_response_type"],
		[{ response_type: "CODE" }, "unsupported_response_type"], [{ response_mode: "fragment" }, "invalid_request"],
		[{ response_mode: "web_message" }, "invalid_request"], [{ scope: "openid admin" }, "invalid_scope"],
		[{ scope: undefined }, "invalid_scope"], [{ scope: "openid\u3000profile" }, "invalid_scope"],
		[{ prompt: "none login" }, "invalid_request"], [{ prompt: "NONE" }, "invalid_request"],
		[{ max_age: "-1" }, "invalid_request"], [{ max_age: "1e3" }, "invalid_request"], [{ max_age: "9".repeat(30) }, "invalid_request"],
		[{ claims: "{" }, "invalid_request"], [{ claims: '{"id_token":{"acr":{"essential":1}}}' }, "invalid_request"],
		[{ claims: `{"userinfo":${"[".repeat(900)}${"]".repeat(900)}}` }, "invalid_request"],
		[{ claims: '{"id_token":null,"id_token":null}' }, "invalid_request"], [{ registration: "{}" }, "registration_not_supported"],
		[{ request_uri: "https://evil.example/r" }, "invalid_request_uri"],
		[{ resource: "https://elsewhere.example/" }, "invalid_target"], [{ dpop_jkt: "x" }, "invalid_request"],
	])
		assertSentBack(await authorize(parameters("portal", changed)), error);
});

test("PKCE: absent, plain, malformed", async () => {
	for (const changed of [
		{ code_challenge: undefined, code_challenge_method: undefined }, { code_challenge_method: "plain" },
		{ code_challenge_method: undefined }, { code_challenge_method: "s256" }, { code_challenge: "x".repeat(42) },
		{ code_challenge: "x".repeat(44) }, { code_challenge: `${"x".repeat(42)}=` }, { code_challenge: `${"x".repeat(42)}+` },
	])
		assertSentBack(await authorize(parameters("portal", changed)), "invalid_request");
	assertSentBack(await authorize(parameters("loose", { code_challenge: undefined })), "invalid_request");
});

test("PKCE: a verifier that is wrong, missing, malformed, or for a code without a challenge", async () => {
	const portal = new Portal("portal"), loose = new Portal("loose");
	const good = await portal.code();
	const bad = (changed) =>
		portal.post("/token", { grant_type: "authorization_code", code: good.code, redirect_uri: CALLBACK, ...changed });
	// What is malformed does not cost the code.
	for (const code_verifier of ["v".repeat(42), "v".repeat(129), `${"v".repeat(42)}!`, `${"v".repeat(43)} `, "好".repeat(43)]) {
		const answer = await bad({ code_verifier });
		assert.deepEqual([answer.status, answer.json.error], [400, "invalid_request"]);
	}
	const answer = await bad({ code_verifier: "v".repeat(43) });
	assert.deepEqual([answer.status, answer.json.error], [400, "invalid_grant"]);
	const next = await portal.code();
	assert.equal((await portal.post("/token", { grant_type: "authorization_code", code: next.code, redirect_uri: CALLBACK })).json.error,
		"invalid_grant", "missing");
	const plain = await loose.code(newPerson(), { code_challenge: "", code_challenge_method: "", scope: "openid" });
	assert.equal((await loose.redeem(plain.code, "v".repeat(43))).json.error, "invalid_grant", "a downgrade");
});

test("who issues it stands in each answer, and metadata says so", async () => {
	const metadata = JSON.parse((await exchange(`${ISSUER}/.well-known/openid-configuration`)).body);
	assert.equal(metadata.authorization_response_iss_parameter_supported, true);
	const person = newPerson();
	const page = await person.signIn(new Portal("portal").request().url, { username: WANG.username, password: WANG.password });
	assert.equal(page.landed.searchParams.get("iss"), ISSUER);
	assertSentBack(await authorize(parameters("portal", { prompt: "none" })), "login_required");
});

test("state, nonce and login_hint: hostile text is text, what is too long is refused", async () => {
	for (const text of ['"><script>alert(1)</script>', "a\r\nLocation: https://evil.example", "\u2028\u202e", "' onload='x", "%0d%0aX: y"]) {
		const back = assertSentBack(await authorize(parameters("portal", { state: text, response_type: "token" })), "unsupported_response_type");
		assert.equal(back.get("state"), text);
		const page = await authorize(parameters("portal", { state: text, nonce: text, login_hint: text }));
		assert.equal(page.status, 200);
		assert.ok(!page.body.includes("<script>alert(1)") && !page.body.includes("' onload='"), page.body);
		assert.equal(page.headers.x, undefined);
	}
	assertSentBack(await authorize(parameters("portal", { state: "a".repeat(4097) })), "invalid_request");
	assertSentBack(await authorize(parameters("portal", { nonce: "a".repeat(1025) })), "invalid_request");
	for (const name of ["state", "nonce", "login_hint"])
		assert.ok([400, 414, 431].includes((await authorize(parameters("portal", { [name]: "a".repeat(65536) }))).status));
	for (const bad of ["%00", "%ff%fe", "%ed%a0%80", "%zz", "%c0%af"])
		assert.equal((await authorize(`${parameters("portal")}&login_hint=${bad}`)).status, 400, bad);
});

test("form_post: escaped, not stored, and no script but its own", async () => {
	const state = '"><script>alert(1)</script>\'';
	const page = await authorize(parameters("portal", { state, response_mode: "form_post", prompt: "none" }));
	assert.equal(page.status, 200);
	assert.ok(!page.body.includes("<script>alert(1)"));
	assert.match(page.headers["cache-control"], /no-store/);
	assert.match(page.headers["content-security-policy"], /default-src 'none'/);
	assert.match(page.headers["content-security-policy"], /script-src 'sha256-[^']+'/);
	assert.ok(!/unsafe/.test(page.headers["content-security-policy"]));
	assert.equal(page.headers["x-frame-options"], "DENY");
});

test("POST becomes GET by 303, and no longer than a line may be", async () => {
	const short = await form("/authorize", parameters("portal"));
	assert.equal(short.status, 303);
	assert.ok(short.headers.location.startsWith("/authorize?"));
	assertPage(await form("/authorize", parameters("portal", { state: "a".repeat(9000) })), 400);
	const moved = await form("/authorize", `${parameters("portal")}&redirect_uri=https%3A%2F%2Fevil.example`);
	assertPage(await authorize(moved.headers.location.split("?")[1]), 400, "evil.example");
});

test("id_token_hint: of another person, altered, unsigned, another client's", async () => {
	const { portal, person, id_token } = await tokens();
	const other = await tokens("portal", { credentials: WANG });
	const foreign = await tokens("other");
	const silent = async (hint, who = person) => {
		const page = await who.get(portal.request({ prompt: "none", id_token_hint: hint }).url);
		return page.landed.searchParams.get("error");
	};
	const [header, payload, signature] = id_token.split(".");
	const none = Buffer.from('{"alg":"none"}').toString("base64url");
	assert.equal(await silent(id_token), null, "its own is taken");
	for (const hint of [
		other.id_token, foreign.id_token, `${none}.${payload}.`, `${none}.${payload}.${signature}`, `${header}.${payload}.`,
		`${header}.${payload}.${signature.slice(0, -4)}AAAA`, jwt("signer", JSON.parse(Buffer.from(payload, "base64url"))), "x", "..",
	])
		assert.equal(await silent(hint), "login_required", hint.slice(0, 30));
});

test("a request object: what it may not be", async () => {
	const { client_id } = registered("signer");
	const now = Math.floor(Date.now() / 1000);
	const inside = { ...Object.fromEntries(new URLSearchParams(parameters("signer", { prompt: "none" }))), iss: client_id, aud: ISSUER, exp: now + 60 };
	const send = (object, more = {}) => authorize(parameters("signer", { request: object, ...more }));
	const sent = (changed, header) => send(jwt("signer", { ...inside, ...changed }, header));
	assertSentBack(await sent({}), "login_required");
	const raw = JSON.stringify(inside);
	for (const [what, object] of [
		["a client's proof of itself (RFC 9101 10.8)", jwt("signer", { ...inside, sub: client_id })],
		["such a proof", jwt("signer", { iss: client_id, sub: client_id, aud: ISSUER, exp: now + 60, jti: random() })],
		["another issuer", jwt("signer", { ...inside, iss: "x" })], ["no issuer", jwt("signer", { ...inside, iss: undefined })],
		["another audience", jwt("signer", { ...inside, aud: `${ISSUER}/` })], ["exp: past", jwt("signer", { ...inside, exp: now - 120 })],
		["exp: in a day", jwt("signer", { ...inside, exp: now + 86400 })], ["exp: 1e300", jwt("signer", raw.replace(/"exp":\d+/, '"exp":1e300'))],
		["exp: -1e300", jwt("signer", raw.replace(/"exp":\d+/, '"exp":-1e300'))], ["exp: a text", jwt("signer", { ...inside, exp: `${now + 60}` })],
		["exp: 2^63", jwt("signer", raw.replace(/"exp":\d+/, '"exp":9223372036854775808'))],
		["nbf: ahead", jwt("signer", { ...inside, nbf: now + 600 })], ["client_id of another", jwt("signer", { ...inside, client_id: registered("portal").client_id })],
		["client_id: a number", jwt("signer", { ...inside, client_id: 7 })], ["nested", jwt("signer", { ...inside, request: "x" })],
		["nested by reference", jwt("signer", { ...inside, request_uri: "urn:x" })], ["nested: empty", jwt("signer", { ...inside, request_uri: "" })],
		["a member twice", jwt("signer", raw.replace("{", '{"scope":"openid",'))], ["not UTF-8", jwt("signer", Buffer.from(raw.replace("s-t-a-t-e", "\xff"), "latin1"))],
		["NUL", jwt("signer", raw.replace("s-t-a-t-e", "\\u0000"))], ["half a pair", jwt("signer", raw.replace("s-t-a-t-e", "\\ud800"))],
		["deep", jwt("signer", raw.replace('"s-t-a-t-e"', `${"[".repeat(1000)}${"]".repeat(1000)}`))],
		["a list", jwt("signer", "[]")], ["trailing bytes", jwt("signer", `${raw}x`)],
		["another typ", jwt("signer", inside, { typ: "dpop+jwt" })], ["crit", jwt("signer", inside, { crit: ["x"], x: 1 })],
		["its own key", jwt("signer", inside, { kid: undefined, jwk: registered("signer.jwks").keys[0], alg: "none" })],
		["HS256 with its public key", jwt("signer", inside, { alg: "HS256" })],
		["too many members", jwt("signer", { ...inside, ...Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`m${i}`, 1])) })],
		["over 8 KiB", "a".repeat(8193)], ["four parts", `${jwt("signer", inside)}.x`], ["no JWT", "x"],
	])
		assertSentBack(await send(object), "invalid_request_object", what);
	const unsigned = ['{"alg":"none"}', raw].map((part) => Buffer.from(part).toString("base64url"));
	assertSentBack(await send(`${unsigned.join(".")}.`), "request_not_supported");
	assertSentBack(await send(jwt("signer", inside), { request_uri: "urn:x" }), "invalid_request");
	// What stands outside does not count, a redirect URI of somebody else's least of all.
	assertPage(await sent({ redirect_uri: "https://evil.example/cb" }), 400, "evil.example");
	assertPage(await send("x", { redirect_uri: "https://evil.example/cb" }), 400, "evil.example");
});

test("a request object that is not signed, where that is registered: exactly three parts, and the same rules", async () => {
	const base64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
	const none = base64({ alg: "none" }), now = Math.floor(Date.now() / 1000);
	const inside = Object.fromEntries(new URLSearchParams(parameters("loose", { prompt: "none" })));
	const send = (object) => authorize(parameters("loose", { request: object }));
	const whole = (claims) => `${none}.${base64(claims)}.`;
	assertSentBack(await send(whole(inside)), "login_required");
	for (const object of [
		`${none}.${base64(inside)}`, `${none}.${base64(inside)}..`, `${none}.${base64(inside)}.x`, `.${base64(inside)}.`, `${none}..`, `${none}.`, "..", "...",
		`${base64({ alg: "NONE" })}.${base64(inside)}.`, `${base64({})}.${base64(inside)}.`, `${base64({ alg: null })}.${base64(inside)}.`, `${none}.${base64("[]")}.`,
		`${base64({ alg: "none", crit: ["x"], x: 1 })}.${base64(inside)}.`,
		whole({ ...inside, exp: now - 10 }), whole({ ...inside, nbf: now + 600 }), whole(JSON.stringify({ ...inside, exp: 0 }).replace('"exp":0', '"exp":1e300')),
		whole({ ...inside, request: "x" }), whole({ ...inside, client_id: registered("portal").client_id }), whole(JSON.stringify(inside).replace("{", '{"scope":"openid",')),
	])
		assertSentBack(await send(object), "invalid_request_object");
	assertPage(await send(whole({ ...inside, redirect_uri: "https://evil.example/" })), 400, "evil.example");
});

test("HTTP: methods, and bytes that are no request", async () => {
	for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"])
		assert.equal((await exchange(`${ISSUER}/authorize?${parameters("portal")}`, { method })).status, 405);
	for (const text of [
		`GET /authorize?${parameters("portal")} HTTP/1.1\r\n\r\n`, "GET /authorize HTTP/1.1\nHost: x\n\n", "GET http://evil.example/authorize HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET /authorize#x HTTP/1.1\r\nHost: x\r\n\r\n", "GET /authorize HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
	])
		assert.match(await bytes(text), /^HTTP\/1\.[01] 400|^$/, text);
});

test("codes: 10,000 are random in each bit, and no two alike", async () => {
	const { person } = await tokens();
	const cookie = person.cookie(new URL(ISSUER));
	const [N, AT_ONCE] = [Number(process.env.SAMPLES ?? 10000), 16];
	const { Agent, request } = await import("node:https");
	const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
	const url = new URL(`${ISSUER}/authorize?${parameters("portal", { prompt: "none" })}`);
	const one = () =>
		new Promise((resolve, reject) => {
			const asked = request(url, { agent, headers: { cookie }, lookup: (h, o, done) => (o.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)) }, (res) => {
				res.resume();
				res.on("end", () => resolve(new URL(res.headers.location).searchParams.get("code")));
			});
			asked.on("error", reject);
			asked.end();
		});
	const codes = new Set();
	let left = N;
	await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (left-- > 0) codes.add(await one()); }));
	agent.destroy();
	assert.equal(codes.size, N, "no two alike");
	secret([...codes][0]);
	const all = [...codes].map((code) => Buffer.from(code, "base64url"));
	assert.ok(all.every((b) => b.length >= 16), "128 bits");
	for (let bit = 0; bit < all[0].length * 8; bit++) {
		const ones = all.reduce((n, b) => n + ((b[bit >> 3] >> (bit & 7)) & 1), 0);
		// Six standard deviations: one run in two million would fail by chance.
		assert.ok(Math.abs(ones - N / 2) < 3 * Math.sqrt(N), `bit ${bit} is 1 in ${ones} of ${N}`);
	}
});
