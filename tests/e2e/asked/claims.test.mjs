// The claims parameter (OIDC Core §5.5): what is asked for by name is named on the page, and told.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ZHANG, get, jose, metadata, newPerson } from "../../conformance/lib.mjs";
import { LI, Portal, error, isConsent, key } from "./portal.mjs";

const DERIVED = "age_over_14,age_over_18,age_over_60,region,document_type,document_number";
const withRights = (claims, more) => Portal.register({ claims, ...more });
/** What the page says a client will be told: the names of claims under a purpose. */
const list = (page) => [...page.body.matchAll(/<li class="right">(.*?)<\/ul>/gs)].flatMap((right) => right[1].match(/<li>/g)).length;

describe("what a person is asked", () => {
	test("each claim that discovery lists has a name on the page", async () => {
		const rp = await withRights([`${process.env.EVERY_CLAIM},${DERIVED} consent 办事`]);
		const about = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "sub_type", "act"];
		const { claims_supported, claims_parameter_supported } = await metadata();
		assert.equal(claims_parameter_supported, true);
		const names = claims_supported.filter((name) => !about.includes(name));
		assert.ok(names.includes("birthdate"));
		const claims = { userinfo: Object.fromEntries(names.map((name) => [name, null])) };
		const { page } = await rp.page({ claims });
		assert.ok(isConsent(page));
		assert.equal(list(page), names.length);
		/* What a scope asks for, too, is not named twice. */
		assert.equal(list((await rp.page({ claims, scope: "openid profile email phone address" })).page), names.length);
	});

	test("under each purpose and its basis, and nothing that the registration does not name", async () => {
		const rp = await withRights(["name,birthdate duty 核验身份", "phone_number,address consent 寄送证照"]);
		const { page } = await rp.page({ scope: "openid profile email phone" });
		assert.ok(page.body.includes("核验身份") && page.body.includes("法定职责"));
		assert.ok(page.body.includes("寄送证照") && page.body.includes("依据：您的同意"));
		assert.equal(list(page), 3);
		const none = await withRights([]);
		assert.equal((await none.page({ scope: "openid profile" })).page.body.includes('class="right"'), false);
		const { userinfo, claims } = await none.told({ scope: "openid profile email", claims: { id_token: { name: null } } });
		assert.deepEqual(Object.keys(userinfo), ["sub"]);
		assert.equal("name" in claims, false);
	});

	test("again, when claims are added; and not for what was agreed to", async () => {
		const rp = await Portal.register();
		const { person } = await rp.signIn({ claims: { id_token: { name: null } } });
		const silently = async (claims, scope = "openid") => {
			const { page } = await rp.page({ claims, scope, prompt: "none" }, { person });
			return error(page) ?? "";
		};
		assert.equal(await silently({ userinfo: { name: { essential: true } } }), "");
		assert.equal(await silently({ userinfo: { name: null, gender: null } }), "consent_required");
		assert.equal(await silently(undefined, "openid profile"), "consent_required");
		const { page } = await rp.page({ claims: { userinfo: { gender: null } } }, { person });
		assert.ok(isConsent(page) && page.body.includes("性别") && !page.body.includes("出生日期"));
		await person.submit(page, { decision: "allow" });
		assert.equal(await silently({ userinfo: { name: null, gender: null } }), "");

		const account = await person.get(new URL("/account", page.url));
		assert.ok(account.body.includes("<strong>性别</strong>"));
	});

	test("nothing by a client of the state's own", async () => {
		const rp = await Portal.register({ state_owned: true });
		const { userinfo } = await rp.told({ claims: { userinfo: { name: null } } });
		assert.equal(userinfo.name, "张三");
	});

	test("by a client of the state's own, what rests on consent alone", async () => {
		const rp = await withRights(["name duty 核验身份", "phone_number consent 办结提醒"], { state_owned: true });
		const first = await rp.told({ scope: "openid profile" });
		assert.equal(first.userinfo.name, "张三");
		const { person, page } = await rp.page({ scope: "openid profile phone" });
		assert.ok(isConsent(page) && page.body.includes("办结提醒"));
		await person.submit(page, { decision: "allow" });
		assert.equal(error((await rp.page({ scope: "openid profile phone", prompt: "none" }, { person })).page), null);
	});
});

describe("what is told", () => {
	test("what is derived, and the document, by name alone", async () => {
		const rp = await withRights([`${DERIVED} duty 核验身份`]);
		const names = Object.fromEntries(DERIVED.split(",").map((name) => [name, null]));
		const { userinfo } = await rp.told({ claims: { userinfo: names } });
		delete userinfo.sub;
		assert.deepEqual(userinfo, { age_over_14: true, age_over_18: true, age_over_60: true, region: "110000",
			document_type: "resident", document_number: "11010519491231002X" });
		assert.deepEqual(Object.keys((await rp.told({ scope: "openid profile" })).userinfo), ["sub"]);
	});

	test("each where it was asked for, as far as it is known", async () => {
		const rp = await Portal.register();
		const claims = {
			userinfo: { nickname: null, address: { essential: true }, website: { essential: true } },
			id_token: { birthdate: null, auth_time: { essential: true } },
		};
		const said = await rp.told({ claims });
		assert.deepEqual(said.userinfo, { sub: said.claims.sub, nickname: "小三", address: { formatted: "北京市东城区" } });
		assert.equal(said.claims.birthdate, "1949-12-31");
		assert.equal(typeof said.claims.auth_time, "number");
		assert.ok(!("nickname" in said.claims));
		/* value and values of such a claim are no condition (§5.5.1). */
		const other = await rp.told({ claims: { userinfo: { nickname: { value: "other", essential: true } } } });
		assert.equal(other.userinfo.nickname, "小三");
	});

	test("by a refreshed token, the same", async () => {
		const rp = await Portal.register();
		const { tokens } = await rp.told({
			scope: "openid offline_access", prompt: "consent",
			claims: { userinfo: { name: null } },
		});
		const { json } = await rp.refresh(tokens.refresh_token);
		assert.equal((await rp.userinfo(json.access_token)).json.name, "张三");
	});

	test("nothing beyond the client's registration, and no name that is none", async () => {
		const rp = await withRights(["name,given_name consent 办事"]);
		const names = { name: null, email: null, address: null, "http://example.info/groups": null, birthday: null };
		const { page } = await rp.page({ claims: { userinfo: names } });
		assert.equal(list(page), 1);
		const { userinfo, claims } = await rp.told({ claims: { userinfo: names, id_token: names } });
		assert.deepEqual(Object.keys(userinfo).sort(), ["name", "sub"]);
		assert.ok(claims.name && !claims.email && !claims.address);
	});

	test("to a client that pushed it, and to one that signed it", async () => {
		const rp = await Portal.register();
		const wanted = { userinfo: { name: null } };
		const { sent } = rp.request({ claims: wanted });
		const pushed = await rp.post("/par", sent);
		assert.equal(pushed.status, 201, pushed.body);
		const { page } = await rp.page({ request_uri: pushed.json.request_uri });
		assert.equal(list(page), 1);

		const { claims: _, ...rest } = sent;
		const now = Math.floor(Date.now() / 1000);
		const request = await new jose.SignJWT({ ...rest, claims: wanted, iss: rp.client_id, exp: now + 60 })
			.setAudience((await metadata()).issuer)
			.setProtectedHeader({ alg: "ES256", kid: "1", typ: "oauth-authz-req+jwt" })
			.sign(key.privateKey);
		const inObject = { request, state: sent.state, nonce: sent.nonce };
		assert.equal(list((await rp.page(inObject)).page), 1);
		assert.equal((await rp.told(inObject)).userinfo.name, "张三");
	});
});

test("a refresh for fewer scopes tells what was asked for by name all the same", async () => {
	const rp = await Portal.register();
	const { tokens } = await rp.signIn({ scope: "openid email offline_access", prompt: "consent", claims: { userinfo: { nickname: null } } });
	const told = async (more) => {
		const { json } = await rp.refresh(tokens.refresh_token, more);
		return Object.keys((await rp.userinfo(json.access_token)).json).sort();
	};
	assert.deepEqual(await told(), ["email", "email_verified", "nickname", "sub"]);
	assert.deepEqual(await told({ scope: "openid" }), ["nickname", "sub"]);
});

test("the account page goes on where it has a hundred", async () => {
	const person = newPerson();
	const agree = async () => {
		const rp = await Portal.register();
		await rp.authorize({ scope: "openid library.read" }, { person });
		return rp.client_id;
	};
	const ids = [await agree(), ...(await Promise.all(Array.from({ length: 100 }, agree)))];
	const { issuer } = await metadata();
	const listed = (page) => [...page.body.matchAll(/id="withdraw-([^"]+)"/g)].map(([, id]) => id);
	const next = (page) => page.body.match(/id="next" href="([^"]+)"/)?.[1].replaceAll("&amp;", "&");
	const pages = [await person.get(`${issuer}/account`)];
	for (let path; (path = next(pages.at(-1)));) pages.push(await person.get(new URL(path, issuer)));

	const all = pages.flatMap(listed);
	assert.deepEqual(all, [...new Set(all)].sort());
	assert.deepEqual(ids.filter((id) => !all.includes(id)), []);
	for (const page of pages.slice(0, -1)) assert.equal(listed(page).length, 100);
	assert.deepEqual(pages.map((page) => page.body.includes('id="first"')), pages.map((_, i) => i > 0));
	assert.ok(pages[0].body.includes("<bdi>library.read</bdi>"));

	/* The form knows which page it is of, and a page whose last one is withdrawn leads back. */
	let last = pages.at(-1);
	for (const withdraw of listed(last)) last = await person.submit(last, { withdraw }, "/account");
	assert.deepEqual(listed(last), []);
	assert.ok(last.body.includes('id="first"') && !last.body.includes('id="none"'));
	assert.equal((await person.get(`${issuer}/account?after=${"x".repeat(500)}`)).status, 200);
});

describe("who it must be", () => {
	test("sub with a value answers for nobody else", async () => {
		const rp = await Portal.register();
		const { person, claims } = await rp.signIn();
		const { claims: li } = await rp.signIn({}, { credentials: LI });
		const of = (sub) => ({ claims: { id_token: { sub: { value: sub } } } });
		const answer = async (more, options) => (await rp.page(more, { person, ...options })).page;

		const own = await answer({ ...of(claims.sub), prompt: "none" });
		assert.ok(own.landed.searchParams.get("code"));
		assert.equal(error(await answer({ ...of(li.sub), prompt: "none" })), "login_required");
		assert.equal(error(await answer(of("nobody"))), "login_required");
		assert.equal(error(await answer(of(li.sub), { person: newPerson(), credentials: ZHANG })), "login_required");
		assert.ok((await answer(of(li.sub), { person: newPerson(), credentials: LI })).landed.searchParams.get("code"));
	});

	test("who has withdrawn their consent is not recognised without a page", async () => {
		const rp = await Portal.register();
		const { person, claims, tokens } = await rp.signIn();
		const { claims: li } = await rp.signIn({}, { credentials: LI });
		const named = (sub) => ({ claims: { id_token: { sub: { value: sub } } } });
		const silently = async (more) => error((await rp.page({ ...more, prompt: "none" }, { person })).page);
		const hint = { id_token_hint: tokens.id_token };
		assert.equal(await silently(hint), null);
		for (const more of [named(claims.sub), hint]) assert.equal(await silently({ ...more, scope: "openid email" }), "consent_required");

		const account = await person.get(`${(await metadata()).issuer}/account`);
		await person.submit(account, { withdraw: rp.client_id }, "/account");
		assert.equal(await silently({}), "consent_required");
		for (const more of [named(claims.sub), named(li.sub), named("nobody"), hint, { ...hint, ...named(claims.sub) }])
			assert.equal(await silently(more), "login_required", JSON.stringify(more));
		assert.ok(isConsent((await rp.page(hint, { person })).page));
	});

	test("an essential acr that nobody has, or that is none, is refused", async () => {
		const rp = await Portal.register({ state_owned: true });
		for (const acr of [{ value: "urn:authd:acr:rn5" }, { values: ["urn:authd:acr:rn4"] }, { value: "urn:example:none" }]) {
			const asked = (essential) => ({ claims: { id_token: { acr: { ...acr, essential } } } });
			const { page } = await rp.page(asked(true));
			assert.equal(error(page), "unmet_authentication_requirements", JSON.stringify(acr));
			assert.ok((await rp.page(asked(false))).page.landed.searchParams.get("code"));
		}
		const { claims } = await rp.signIn({ claims: { id_token: { acr: { essential: true, value: "urn:authd:acr:rn2" } } } });
		assert.equal(claims.acr, "urn:authd:acr:rn2");
	});

	test("nobody, silently", async () => {
		assert.equal(error((await (await Portal.register()).page({ prompt: "none" })).page), "login_required");
	});
});

test("display and claims_locales are taken, and change nothing", async () => {
	const rp = await Portal.register();
	const plain = (await newPerson().get(rp.request().url)).body.replace(/ value="[^"]*"/g, "");
	for (const display of ["page", "popup", "touch", "wap", "other"])
		assert.equal((await newPerson().get(rp.request({ display }).url)).body.replace(/ value="[^"]*"/g, ""), plain);
	const { userinfo } = await rp.told({ claims_locales: "en zh-Hans", claims: { userinfo: { name: null, "name#en": null } } });
	assert.deepEqual(Object.keys(userinfo).sort(), ["name", "sub"]);
});

test("a parameter of another form is refused, at once and when pushed", async () => {
	const rp = await Portal.register();
	const bad = [
		"null", "[]", "name", "{", '{"userinfo":[]}', '{"userinfo":{"name":true}}', '{"id_token":{"name":{"essential":1}}}',
		'{"userinfo":{},"userinfo":{}}', '{"id_token":{"sub":{"value":7}}}', '{"id_token":{"acr":{"value":[]}}}',
		`{"userinfo":${'{"a":'.repeat(20)}null${"}".repeat(20)}}`, `{"x":"${"x".repeat(4096)}"}`, '{"a":"\\ud800"}',
	];
	for (const claims of bad) {
		const { url, sent } = rp.request({ claims });
		assert.equal(error(await newPerson().get(url)), "invalid_request", claims.slice(0, 80));
		const pushed = await rp.post("/par", sent);
		assert.deepEqual({ status: pushed.status, error: pushed.json.error }, { status: 400, error: "invalid_request" });
	}
	assert.equal((await get("/readyz")).status, 200);
});
