// A person at a browser without scripts: follows redirects, keeps cookies as a browser does, fills
// in forms. Names below .localhost are reached on loopback, as browsers do.
//
//   const person = new Person()
//   let page = await person.get(url)                  // follows redirects
//   page = await person.submit(page, { username, password })
//   page.status page.url page.headers page.body       // of the last answer
//   page.landed                                       // URL, when it is at one that nobody serves
//
// A Person is made with a predicate of URLs that are only looked at, never fetched: portals that
// are not running. form_post to such a portal ends in page.landed with the fields in page.fields.

import http from "node:http";
import https from "node:https";

const HOPS = 20;

function lookup(host, options, done) {
	const found = { address: "127.0.0.1", family: 4 };
	options.all ? done(null, [found]) : done(null, found.address, found.family);
}

/** One exchange, no redirect followed: {status, headers, body, url}. With a client certificate, if cert and key are given. */
export function exchange(url, { method = "GET", headers = {}, body, cert, key } = {}) {
	url = new URL(url);
	const { request } = url.protocol === "https:" ? https : http;
	const local = /(^|\.)localhost$/.test(url.hostname);
	return new Promise((resolve, reject) => {
		const sent = request(url, { method, headers, cert, key, ...(local && { lookup }), agent: false }, (res) => {
			const parts = [];
			res.on("data", (part) => parts.push(part));
			res.on("error", reject);
			res.on("end", () =>
				resolve({
					url,
					status: res.statusCode,
					headers: res.headers,
					body: Buffer.concat(parts).toString("utf8"),
				}),
			);
		});
		sent.on("error", reject);
		sent.setTimeout(20000, () => sent.destroy(new Error(`no answer from ${url}`)));
		sent.end(body);
	});
}

export function post(url, fields, headers = {}) {
	return exchange(url, {
		method: "POST",
		body: new URLSearchParams(fields).toString(),
		headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
	});
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
function unescape(text) {
	return text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (all, name) => {
		if (name in ENTITIES) return ENTITIES[name];
		const hex = /^#x([0-9a-f]+)$/i.exec(name);
		const decimal = /^#([0-9]+)$/.exec(name);
		return hex || decimal ? String.fromCodePoint(parseInt((hex || decimal)[1], hex ? 16 : 10)) : all;
	});
}

function attributes(tag) {
	const found = {};
	for (const [, name, quoted, single, bare] of tag.matchAll(
		/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g,
	))
		found[name.toLowerCase()] = unescape(quoted ?? single ?? bare ?? "");
	return found;
}

/** The forms of a page but the one that changes its language: {action, method, fields}; a named button is pressed only when asked for. */
export function forms(page) {
	const all = [...page.body.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)].map(([, tag, inside]) => {
		const form = attributes(tag);
		const fields = {};
		for (const [, input] of inside.matchAll(/<input\b([^>]*)>/gi)) {
			const { name, value = "", type = "text" } = attributes(input);
			if (name && type !== "submit") fields[name] = value;
		}
		return {
			action: new URL(form.action || page.url, page.url),
			method: (form.method || "get").toUpperCase(),
			fields,
		};
	});
	return all.filter((form) => form.fields.action !== "language");
}

export class Person {
	constructor(isElsewhere = () => false) {
		this.isElsewhere = isElsewhere;
		this.cookies = new Map(); // host -> Map(name -> value)
		this.history = []; // every URL visited
	}

	keep(url, headers) {
		const jar = this.cookies.get(url.hostname) ?? new Map();
		this.cookies.set(url.hostname, jar);
		for (const line of headers["set-cookie"] ?? []) {
			const [pair, ...rest] = line.split(";").map((part) => part.trim());
			const [, name, value] = /^([^=]+)=(.*)$/.exec(pair);
			const said = Object.fromEntries(rest.map((part) => part.toLowerCase().split("=")));
			if (name.startsWith("__Host-") && (!("secure" in said) || said.path !== "/" || said.domain))
				throw new Error(`a browser refuses this cookie: ${line}`);
			if (said["max-age"] === "0" || Date.parse(said.expires) < Date.now()) jar.delete(name);
			else jar.set(name, value);
		}
	}

	cookie(url) {
		return [...(this.cookies.get(url.hostname) ?? [])].map(([n, v]) => `${n}=${v}`).join("; ");
	}

	async step(url, options = {}) {
		url = new URL(url);
		const cookie = this.cookie(url);
		const headers = { accept: "text/html", ...(cookie && { cookie }), ...options.headers };
		this.history.push(url.href);
		const answer = await exchange(url, { ...options, headers });
		this.keep(url, answer.headers);
		return answer;
	}

	async follow(answer) {
		for (let hop = 0; hop < HOPS; hop++) {
			if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
			const target = new URL(answer.headers.location, answer.url);
			if (this.isElsewhere(target)) return { ...answer, landed: target };
			if (answer.status >= 307) throw new Error(`${answer.url} repeats a POST with ${answer.status}`);
			answer = await this.step(target);
		}
		throw new Error("too many redirects");
	}

	async get(url) {
		return this.follow(await this.step(url));
	}

	/** Fill in and send the page's first POST form (or the one whose action ends so). */
	async submit(page, fields = {}, action = "") {
		const form = forms(page).find((f) => f.method === "POST" && f.action.pathname.endsWith(action));
		if (!form) throw new Error(`no form ${action} at ${page.url}: ${page.status}\n${page.body}`);
		const all = { ...form.fields, ...fields };
		if (this.isElsewhere(form.action)) return { ...page, landed: form.action, fields: all };
		const answer = await this.step(form.action, {
			method: "POST",
			body: new URLSearchParams(all).toString(),
			headers: {
				"content-type": "application/x-www-form-urlencoded",
				origin: page.url.origin,
				"sec-fetch-site": form.action.origin === page.url.origin ? "same-origin" : "cross-site",
			},
		});
		return this.follow(answer);
	}

	/** Whatever pages stand between an authorization request and the portal's redirect URI. */
	async signIn(url, credentials) {
		return this.through(await this.get(url), credentials);
	}

	/** The same, from the first of these pages. */
	async through(page, { username, password }) {
		for (let i = 0; i < 4 && !page.landed; i++) {
			const [form] = forms(page);
			if (!form || page.status !== 200) return page;
			if ("password" in form.fields) page = await this.submit(page, { username, password });
			else if (form.action.pathname.endsWith("/consent"))
				page = await this.submit(page, { decision: "allow" });
			else if (this.isElsewhere(form.action)) page = await this.submit(page);
			else return page;
		}
		return page;
	}
}
