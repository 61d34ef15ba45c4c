// Rich authorization requests (RFC 9396): asked for, agreed to in plain sight, told to the resource.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import * as oidc from "openid-client";
import { ZHANG, assertRefused, forms, jose, metadata, newPerson } from "../../conformance/lib.mjs";
import { Portal, VERIFIER, error, isConsent, key } from "./portal.mjs";

const API = "https://api.example.cn/filings";
const BANK = "https://bank.example.cn/payments";
const PAYMENT = {
	type: "payment",
	actions: ["initiate", "status", "cancel"],
	locations: [BANK],
	instructedAmount: { currency: "CNY", amount: "123.50" },
	creditorName: "便民停车 <b>\"&'",
	remittance: 0.1,
};
const FILING = { type: "enterprise_filing", actions: ["submit"], identifier: "91110105MA01234567", datatypes: ["charter"], privileges: ["agent"] };
const types = ["payment", "enterprise_filing"];

const register = (more) => Portal.register({ authorization_details_types: types, ...more });
const sorted = (details) => JSON.parse(JSON.stringify(details));
const OFFLINE = { scope: "openid offline_access", prompt: "consent" };

/** From the request to the answer of the token endpoint. */
async function granted(rp, details, { redeem = {}, ...more } = {}) {
	const { response, page } = await rp.authorize({ authorization_details: details, ...more });
	assert.ok(response?.code, page.landed?.href ?? page.body);
	const sent = { ...redeem };
	if (sent.authorization_details) sent.authorization_details = JSON.stringify(sent.authorization_details);
	return rp.redeem(response.code, { code_verifier: VERIFIER, ...sent });
}

test("discovery lists the types that the settings name", async () => {
	const said = await metadata();
	assert.deepEqual(said.authorization_details_types_supported, ["payment", "enterprise_filing", "account_information"]);
});

describe("what a person sees", () => {
	test("each object with all that is in it, and nothing that is markup", async () => {
		const rp = await register();
		const { page } = await rp.page({ authorization_details: [PAYMENT, FILING] });
		assert.ok(isConsent(page));
		const list = page.body.match(/<ul class="scopes" id="authorization_details">(.*)<\/ul>\n<p class="basis"/s)[1];
		for (const text of ["payment", "enterprise_filing", "<bdi>initiate</bdi>", "<bdi>status</bdi>", "<bdi>cancel</bdi>", BANK, "操作：", "位置：", "对象：", "数据类型：", "权限：",
			"creditorName", "便民停车 &lt;b&gt;&quot;&amp;", "91110105MA01234567", "123.50", "CNY", "0.1<"])
			assert.ok(list.includes(text), text);
		assert.ok(!list.includes("<b>"));
	});

	test("a list's items one by one: a comma in one makes no two of it", async () => {
		const rp = await register();
		const shown = async (actions) => {
			const { page } = await rp.page({ authorization_details: [{ type: "payment", actions }] });
			return [...page.body.split('id="authorization_details"')[1].matchAll(/<li><bdi>(.*?)<\/bdi><\/li>/g)].map((m) => m[1]);
		};
		assert.deepEqual(await shown(["read, write"]), ["read, write"]);
		assert.deepEqual(await shown(["read", "write"]), ["read", "write"]);
	});

	test("each time, also when they are the same", async () => {
		const rp = await register();
		const { person } = await rp.page({ authorization_details: [PAYMENT] });
		const silently = async (details) => error((await rp.page({ authorization_details: details, prompt: "none" }, { person })).page) ?? "";
		assert.equal(await silently([PAYMENT]), "consent_required");
		const { page } = await rp.page({ authorization_details: [PAYMENT] }, { person });
		assert.ok((await person.submit(page, { decision: "allow" })).landed.searchParams.get("code"));
		assert.equal(await silently(undefined), "");
		for (const asked of [[PAYMENT], [{ ...PAYMENT, instructedAmount: { currency: "CNY", amount: "1123.50" } }], [PAYMENT, FILING]])
			assert.equal(await silently(asked), "consent_required");
	});

	test("on a device, too", async () => {
		const rp = await register({ grant_types: ["urn:ietf:params:oauth:grant-type:device_code"], redirect_uris: undefined, scope: "openid" });
		const asked = await rp.post("/device_authorization", { scope: "openid", authorization_details: JSON.stringify([FILING]) });
		assert.equal(asked.status, 200, asked.body);
		const person = newPerson();
		let page = await person.get(asked.json.verification_uri_complete);
		for (let i = 0; i < 3 && !page.body.includes('value="allow"'); i++) {
			const { fields } = forms(page)[0];
			page = await person.submit(page, "password" in fields ? ZHANG : {});
		}
		assert.ok(page.body.includes("enterprise_filing") && page.body.includes("91110105MA01234567"), page.body);
		await person.submit(page, { decision: "allow" });
		const { json } = await rp.post("/token", { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: asked.json.device_code });
		assert.deepEqual(json.authorization_details, sorted([FILING]));
	});
});

describe("over the back channel (CIBA)", () => {
	const backchannel = (more) => register({
		grant_types: ["urn:openid:params:grant-type:ciba", "refresh_token"],
		backchannel_token_delivery_mode: "poll",
		redirect_uris: undefined,
		...more,
	});

	/** What the one request that waits for this new person's browser says, and what they answer. */
	async function decide(decision) {
		const person = newPerson();
		const list = await person.submit(await person.get(`${(await metadata()).issuer}/requests`), ZHANG);
		const page = await person.get(new URL(list.body.match(/href="(\/requests\/[0-9a-f]{32})"/)[1], list.url));
		return { page, decided: await person.submit(page, { decision }) };
	}

	test("openid-client: from the request to tokens, a refresh for less and introspection", async () => {
		const rp = await backchannel();
		const { client_id, client_secret } = rp;
		const { issuer } = await metadata();
		const config = await oidc.discovery(new URL(issuer), client_id, { id_token_signed_response_alg: "ES256" }, oidc.ClientSecretBasic(client_secret));
		const request = await oidc.initiateBackchannelAuthentication(config, {
			scope: "openid offline_access",
			login_hint: ZHANG.username,
			authorization_details: JSON.stringify([PAYMENT, FILING]),
		});
		const { page, decided } = await decide("allow");
		for (const text of ["payment", "enterprise_filing", "<bdi>initiate</bdi>", "91110105MA01234567", "123.50"]) assert.ok(page.body.includes(text), text);
		assert.ok(decided.body.includes('id="allowed"'), decided.body);

		const tokens = await oidc.pollBackchannelAuthenticationGrant(config, { ...request, interval: 0 });
		assert.deepEqual(tokens.authorization_details, [PAYMENT, FILING]);
		assert.deepEqual(jose.decodeJwt(tokens.access_token).authorization_details, [PAYMENT, FILING]);
		assert.deepEqual((await oidc.tokenIntrospection(config, tokens.access_token)).authorization_details, [PAYMENT, FILING]);
		const fewer = [{ ...PAYMENT, actions: ["status"] }];
		const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, { authorization_details: JSON.stringify(fewer) });
		assert.deepEqual(refreshed.authorization_details, fewer);
	});

	test("who says no gives none; what is not registered waits for nobody", async () => {
		const rp = await backchannel({ authorization_details_types: ["payment"] });
		const ask = (details) => rp.post("/bc-authorize", { scope: "openid", login_hint: ZHANG.username, authorization_details: JSON.stringify(details) });
		assertRefused(await ask([FILING]), "invalid_authorization_details");
		assertRefused(await ask([{ type: "payment", x: Array(62).fill(0) }]), "invalid_authorization_details");
		const { json } = await ask([PAYMENT]);
		await decide("deny");
		assertRefused(await rp.post("/token", { grant_type: "urn:openid:params:grant-type:ciba", auth_req_id: json.auth_req_id }), "access_denied");
	});
});

describe("what is told", () => {
	test("in the answer, in the access token and at introspection", async () => {
		const rp = await register();
		const { status, json } = await granted(rp, [PAYMENT, FILING]);
		assert.equal(status, 200);
		assert.deepEqual(json.authorization_details, [PAYMENT, FILING]);
		assert.deepEqual(jose.decodeJwt(json.access_token).authorization_details, [PAYMENT, FILING]);
		assert.ok(!("authorization_details" in jose.decodeJwt(json.id_token)));
		const seen = await rp.post("/introspect", { token: json.access_token });
		assert.equal(seen.json.active, true);
		assert.deepEqual(seen.json.authorization_details, [PAYMENT, FILING]);
	});

	test("nothing where nothing was asked for", async () => {
		const { json } = await granted(await register(), undefined);
		assert.ok(!("authorization_details" in json));
		assert.ok(!("authorization_details" in jose.decodeJwt(json.access_token)));
	});

	test("what is for another resource of the client stays out of a token for this one", async () => {
		const rp = await register({ audiences: [API, BANK] });
		const filing = { ...FILING, locations: [API] };
		const { json } = await granted(rp, [PAYMENT, filing], { resource: API });
		assert.deepEqual(json.authorization_details, [filing]);
		assert.deepEqual(jose.decodeJwt(json.access_token).authorization_details, [filing]);
	});

	test("to a client that pushed them, and to one that signed them", async () => {
		const rp = await register();
		const { sent } = rp.request({ authorization_details: [FILING] });
		const pushed = await rp.post("/par", sent);
		assert.equal(pushed.status, 201, pushed.body);
		assert.ok((await rp.page({ request_uri: pushed.json.request_uri })).page.body.includes("enterprise_filing"));
		const request = await new jose.SignJWT({ ...sent, authorization_details: [FILING], iss: rp.client_id, exp: Math.floor(Date.now() / 1000) + 60 })
			.setAudience((await metadata()).issuer)
			.setProtectedHeader({ alg: "ES256", kid: "1", typ: "oauth-authz-req+jwt" })
			.sign(key.privateKey);
		const { response } = await rp.authorize({ request, state: sent.state });
		const { json } = await rp.redeem(response.code, { code_verifier: VERIFIER });
		assert.deepEqual(json.authorization_details, [FILING]);
	});

	test("to a client that acts for itself", async () => {
		const rp = await register({ grant_types: ["client_credentials"], redirect_uris: undefined, scope: "filings", id_token_signed_response_alg: undefined });
		const ask = (details) => rp.post("/token", { grant_type: "client_credentials", authorization_details: JSON.stringify(details) });
		assert.deepEqual((await ask([FILING])).json.authorization_details, [FILING]);
		assertRefused(await ask([{ type: "account_information" }]), "invalid_authorization_details");
	});
});

test("the account page tells, in both languages, what an offline grant was given, until it is withdrawn", async () => {
	const [rp, other] = [await register(), await register()];
	const { response, person } = await rp.authorize({ authorization_details: [PAYMENT], ...OFFLINE });
	await rp.redeem(response.code, { code_verifier: VERIFIER });
	await other.authorize({ authorization_details: [FILING] }, { person });
	const url = `${(await metadata()).issuer}/account`;
	const entry = (page, { client_id }) => page.body.split('<div class="entry">').find((text) => text.includes(`"withdraw-${client_id}"`));
	for (const [locale, words] of [["zh-CN", "您不在场时也可办理以下具体事项"], ["en", "also while you are away, it may do this"]]) {
		const page = await person.get(`${url}?ui_locales=${locale}`);
		for (const text of [words, "<bdi>initiate</bdi>", "<bdi>status</bdi>", BANK, "creditorName", "便民停车 &lt;b&gt;&quot;&amp;"]) assert.ok(entry(page, rp).includes(text), text);
		/* What was asked for once and without refresh tokens is over. */
		assert.ok(!entry(page, other).includes(FILING.identifier));
	}
	const page = await person.submit(await person.get(url), { withdraw: rp.client_id }, "/account");
	assert.ok(!entry(page, rp) && entry(page, other));
});

test("the audit has the hash of what was agreed to, and of what was granted, not its words", async () => {
	const rp = await register();
	const creditor = `creditor ${randomUUID()}`;
	const details = [{ type: "payment", creditor, actions: ["initiate"] }, { type: "enterprise_filing" }];
	const kept = JSON.stringify([{ actions: ["initiate"], creditor, type: "payment" }, { type: "enterprise_filing" }]);
	assert.equal((await granted(rp, details, OFFLINE)).status, 200);
	const { stdout, status } = spawnSync(`${process.env.BUILD}/tests/tools/audit`, [`${process.env.E2E}/data/records`], { encoding: "utf8", maxBuffer: 1 << 26 });
	assert.equal(status, 0);
	const ours = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).entry).filter((entry) => entry.client_id === rp.client_id);
	const hash = createHash("sha256").update(kept).digest("hex");
	for (const event of ["consent.give", "grant.begin"])
		assert.deepEqual(ours.filter((entry) => entry.event === event).map((entry) => entry.authorization_details_sha256), [hash], event);
	assert.ok(!stdout.includes(creditor));
});

describe("less than was granted", () => {
	const less = [{ ...PAYMENT, actions: ["status"] }];
	const more = [
		[{ ...PAYMENT, actions: ["initiate", "refund"] }], [{ ...PAYMENT, instructedAmount: { currency: "CNY", amount: "1" } }],
		[{ type: "payment" }], [{ ...PAYMENT, extra: 1 }], [FILING], [PAYMENT, FILING], [{ ...PAYMENT, locations: [] }], [],
	];

	test("for a code", async () => {
		const rp = await register();
		const { json } = await granted(rp, [PAYMENT], { redeem: { authorization_details: less } });
		assert.deepEqual(json.authorization_details, less);
		assert.deepEqual(jose.decodeJwt(json.access_token).authorization_details, less);
		for (const details of more)
			assertRefused(await granted(rp, [PAYMENT], { redeem: { authorization_details: details } }), "invalid_authorization_details");
		assertRefused(await granted(rp, undefined, { redeem: { authorization_details: less } }), "invalid_authorization_details");
	});

	test("for a refresh token, time and again", async () => {
		const rp = await register();
		const first = await granted(rp, [PAYMENT, FILING], OFFLINE);
		assert.deepEqual(first.json.authorization_details, [PAYMENT, FILING]);
		const refresh = async (details) => rp.refresh(first.json.refresh_token, details && { authorization_details: JSON.stringify(details) });
		assert.deepEqual((await refresh(less)).json.authorization_details, less);
		for (const details of more.filter((d) => !d.includes(FILING))) assertRefused(await refresh(details), "invalid_authorization_details");
		const { json } = await refresh();
		assert.deepEqual(json.authorization_details, [PAYMENT, FILING]);
		assert.deepEqual(jose.decodeJwt(json.access_token).authorization_details, [PAYMENT, FILING]);
	});
});

test("what is malformed, unknown, too large or too deep is refused, wherever it is sent", async () => {
	const rp = await register();
	const nested = (depth) => `[{"type":"payment","x":${"[".repeat(depth)}${"]".repeat(depth)}}]`;
	const bad = [
		"x", "null", "{}", '{"type":"payment"}', "[]", "[[]]", '["payment"]', "[{}]", '[{"type":7}]', '[{"type":""}]', '[{"type":null}]',
		'[{"type":"unknown"}]', '[{"type":"account_information"}]', '[{"type":"payment enterprise_filing"}]', '[{"type":"payment"},{"type":"Payment"}]',
		'[{"type":"payment","type":"enterprise_filing"}]', '[{"type":"payment","actions":"read"}]', '[{"type":"payment","actions":[]}]',
		'[{"type":"payment","actions":[1]}]', '[{"type":"payment","locations":{"a":1}}]', '[{"type":"payment","locations":[""]}]',
		'[{"type":"payment","datatypes":[null]}]', '[{"type":"payment","privileges":true}]', '[{"type":"payment","identifier":1}]',
		'[{"type":"payment"}', '[{"type":"payment"}]]', '[{"type":"payment"}] ,', '[{"type":"payment","x":"\\u0000"}]', '[{"type":"payment","x":"\\ud800"}]',
		'[{"type":"payment","x":1e999}]', '[{"type":"payment","x":NaN}]', '[{"type":"payment","x":123456789012345678901234567890}]',
		nested(7), nested(500), JSON.stringify([{ type: "payment", x: "x".repeat(3072) }]), JSON.stringify(Array(9).fill({ type: "payment" })),
		JSON.stringify([{ type: "payment", x: Array(62).fill(1) }]),
		JSON.stringify(Array.from({ length: 8 }, (_, i) => ({ type: "payment", x: Array(6).fill(i) }))),
		JSON.stringify([{ type: "payment", ...Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`a${i}`, 0])) }]), JSON.stringify([PAYMENT, FILING, Object.fromEntries(Object.entries(PAYMENT).reverse())]),
		...["\u200b", "\u202e", "\u{e0041}", "\u00ad", "a\nb", "\ufffd"].flatMap((hidden) => [{ x: hidden }, { [hidden]: 1 }, { actions: ["read", hidden] }, { x: [{ y: hidden }] }])
			.map((more) => JSON.stringify([{ type: "payment", ...more }])),
	];
	for (const authorization_details of bad) {
		const { url, sent } = rp.request({ authorization_details });
		assert.equal(error(await newPerson().get(url)), "invalid_authorization_details", authorization_details.slice(0, 80));
		const pushed = await rp.post("/par", sent);
		assertRefused(pushed, "invalid_authorization_details");
	}
	/* As large and deep as may be: the token is still one that verifies. */
	for (const text of [nested(6), JSON.stringify([{ type: "payment", x: "x".repeat(2800), y: Array(60).fill(1) }])]) {
		const { json } = await granted(rp, text);
		assert.equal((await rp.post("/introspect", { token: json.access_token })).json.active, true);
		assert.deepEqual(json.authorization_details, JSON.parse(text));
	}
});
