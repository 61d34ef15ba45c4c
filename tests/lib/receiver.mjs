// A portal's back-channel logout endpoint: keeps the logout tokens that it is sent, as forms.
//
//   const receiver = await Receiver.listen(port, { answer: 200 })   // or 500; null: never answers
//   const [{ token, at }] = await receiver.wait(1)                   // or throws after 5 s
//   await receiver.close()
import https from "node:https";
import { readFileSync } from "node:fs";

const { E2E } = process.env;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Receiver {
	static async listen(port, { answer = 200 } = {}) {
		const receiver = new Receiver();
		Object.assign(receiver, { answer, heard: [] });
		const tls = { cert: readFileSync(`${E2E}/tls.pem`), key: readFileSync(`${E2E}/tls.key`) };
		receiver.server = https.createServer(tls, (...both) => receiver.serve(...both));
		await new Promise((done, failed) => {
			receiver.server.once("error", failed).listen(port, "127.0.0.1", done);
		});
		return receiver;
	}

	async serve(request, answer) {
		const parts = [];
		for await (const part of request) parts.push(part);
		const form = new URLSearchParams(Buffer.concat(parts).toString("utf8"));
		const { method, url, headers } = request;
		this.heard.push({ method, url, headers, form, token: form.get("logout_token"), at: Date.now() });
		if (this.answer !== null) answer.writeHead(this.answer).end();
	}

	/** What was heard, once it is at least n. */
	async wait(n, ms = 5000) {
		const until = Date.now() + ms;
		while (this.heard.length < n) {
			if (Date.now() > until) throw new Error(`heard ${this.heard.length} logout tokens, not ${n}`);
			await pause(10);
		}
		return this.heard;
	}

	/** The first that is heard for which matches() is true. */
	async find(matches, ms = 5000) {
		const until = Date.now() + ms;
		for (let found; Date.now() < until; await pause(10)) if ((found = this.heard.find(matches))) return found;
		throw new Error(`heard ${this.heard.length} logout tokens, not the one`);
	}

	forget() {
		this.heard = [];
	}

	close() {
		this.server.closeAllConnections();
		return new Promise((done) => this.server.close(done));
	}
}
