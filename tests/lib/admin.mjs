// The admin interface, as authctl speaks to it: registers clients with members that authctl has no flag for.

import http from "node:http";

/** Register a client; the answer's JSON. Throws with authd's reason. */
export function registerClient(metadata) {
	/* As authd.sh's authd_client. */
	const body = JSON.stringify({ claims: [`${process.env.EVERY_CLAIM} duty 试运行`], ...metadata });
	return new Promise((resolve, reject) => {
		const sent = http.request(
			{
				socketPath: `${process.env.E2E}/admin.sock`,
				path: "/admin/v1/clients",
				method: "POST",
				headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
			},
			(res) => {
				let text = "";
				res.setEncoding("utf8").on("data", (part) => (text += part));
				res.on("end", () => {
					const said = JSON.parse(text);
					if (res.statusCode === 201) resolve(said);
					else reject(Object.assign(new Error(said.error_description ?? text), said));
				});
			},
		);
		sent.on("error", reject);
		sent.end(body);
	});
}
