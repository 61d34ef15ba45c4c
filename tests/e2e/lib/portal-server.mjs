// A portal that a browser can visit: openid-client behind a small HTTPS server.
//
//   const portal = await servePortal("nation", origin, { callback: "/cb", ...authorization params })
//   GET /        who is signed in here; /login sends to authd; /logout ends it there too
//   GET /front   a frame of authd's sign-out page: ends the session that it names
//   portal.framed                                     // headers and URLs of these, as they came
//   await portal.close()
import https from "node:https";
import { readFileSync } from "node:fs";
import * as oidc from "openid-client";
import { exchange } from "../../lib/person.mjs";

const { E2E, ISSUER } = process.env;

/** fetch() that knows names below .localhost, which libc does not. */
async function localFetch(url, { method, headers, body }) {
	const sent = { method, headers: Object.fromEntries(new Headers(headers)), body: body?.toString() };
	const answer = await exchange(url, sent);
	const empty = [204, 304].includes(answer.status);
	return new Response(empty ? null : answer.body, { status: answer.status, headers: answer.headers });
}

export async function servePortal(name, origin, { callback = "/cb", ...params } = {}) {
	const registered = JSON.parse(readFileSync(`${E2E}/clients/${name}.json`, "utf8"));
	const config = await oidc.discovery(
		new URL(ISSUER),
		registered.client_id,
		{ id_token_signed_response_alg: "ES256" },
		oidc.ClientSecretBasic(registered.client_secret),
		{ [oidc.customFetch]: localFetch },
	);
	const sessions = new Map(); // cookie -> checks, then tokens

	async function login(session, answer) {
		const verifier = oidc.randomPKCECodeVerifier();
		const checks = { expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
		session.checks = { ...checks, pkceCodeVerifier: verifier, idTokenExpected: true };
		const url = oidc.buildAuthorizationUrl(config, {
			redirect_uri: origin + callback,
			scope: "openid profile",
			state: checks.expectedState,
			nonce: checks.expectedNonce,
			code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
			code_challenge_method: "S256",
			...params,
		});
		answer.writeHead(302, { location: url.href }).end();
	}

	async function callBack(session, request, answer) {
		const parts = [];
		for await (const part of request) parts.push(part);
		const url = new URL(request.url, origin);
		const current =
			request.method === "POST"
				? new Request(url, {
						method: "POST",
						headers: { "content-type": request.headers["content-type"] },
						body: Buffer.concat(parts),
					})
				: url;
		session.tokens = await oidc.authorizationCodeGrant(config, current, session.checks);
		const { sub } = session.tokens.claims();
		session.info = await oidc.fetchUserInfo(config, session.tokens.access_token, sub);
		answer.writeHead(303, { location: "/" }).end();
	}

	function logout(session, answer) {
		const url = oidc.buildEndSessionUrl(config, {
			post_logout_redirect_uri: `${origin}/`,
			id_token_hint: session.tokens.id_token,
		});
		delete session.tokens;
		answer.writeHead(303, { location: url.href }).end();
	}

	const framed = [];
	/** OpenID Connect Front-Channel Logout §2: by iss and sid, since a frame may come without its cookie. */
	function front({ url, headers }, answer) {
		const { searchParams } = new URL(url, origin);
		framed.push({ url: new URL(url, origin), headers });
		for (const session of sessions.values()) {
			const claims = session.tokens?.claims();
			if (claims && claims.iss === searchParams.get("iss") && claims.sid === searchParams.get("sid")) delete session.tokens;
		}
		answer.writeHead(200, {
			"content-type": "text/html; charset=utf-8",
			"cache-control": "no-store",
			"content-security-policy": `frame-ancestors ${ISSUER}`,
		});
		answer.end("<!doctype html><title>signed out</title>");
	}

	function home(session, answer) {
		const said = session.tokens ? JSON.stringify(session.info) : "nobody";
		answer.writeHead(200, { "content-type": "text/html; charset=utf-8" });
		answer.end(`<!doctype html><title>${name}</title><p id="who">${said.replaceAll("<", "&lt;")}</p>`);
	}

	async function serve(request, answer) {
		const { pathname } = new URL(request.url, origin);
		if (pathname === "/front") return front(request, answer);
		const key = /portal=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? oidc.randomState().slice(0, 9);
		const id = key.replaceAll(/\W/g, "x");
		if (!sessions.has(id)) sessions.set(id, {});
		// SameSite=None: the answer of form_post is a POST from another site.
		answer.setHeader("set-cookie", `portal=${id}; Path=/; Secure; HttpOnly; SameSite=None`);
		const session = sessions.get(id);
		if (pathname === "/login") return login(session, answer);
		if (pathname === "/logout") return logout(session, answer);
		if (pathname === callback) return callBack(session, request, answer);
		return home(session, answer);
	}

	const tls = { cert: readFileSync(`${E2E}/tls.pem`), key: readFileSync(`${E2E}/tls.key`) };
	const server = https.createServer(tls, (request, answer) =>
		serve(request, answer).catch((e) => answer.writeHead(500).end(`${name}: ${e.error ?? e.code} ${e}`)),
	);
	await new Promise((done) => server.listen(Number(new URL(origin).port), "127.0.0.1", done));
	return {
		origin,
		framed,
		close() {
			server.closeAllConnections();
			return new Promise((done) => server.close(done));
		},
	};
}
