// bindings/node/index.d.ts as TypeScript reads it: what the documents say compiles, and what is wrong does not.
// run.sh compiles this; nothing runs.
import { Flag, Kind, RefusedError, Verifier, verifyDpop } from "libauth";
import type { Checks, Code, Json, Options, Verified } from "libauth";

const options: Options = {
	issuer: "https://id.example", audiences: ["https://a.example"] as const, scopes: ["openid"],
	kind: Kind.ACCESS_TOKEN, flags: Flag.BOUND | Flag.REQUIRE_STATUS, max_list_age_s: 300,
};
const verifier = new Verifier(options);
verifier.loadKeys({ path: "jwks.json" });
verifier.loadKeys({ json: Buffer.from("{}") });
verifier.loadKeys({ directory: "/var/lib/issuers" });
verifier.addList({ token: "ey" }, 1_700_000_000);
verifier.loadBundle(Buffer.alloc(1), { roots: { keys: [] }, issuer: "https://id.example", min_version: 3 });

const checks: Checks = { jkt: "x", certificate: Buffer.alloc(1), nonce: "n" };
const verified: Verified = verifier.verify("ey", undefined, checks);
const sub: Json | undefined = verified.claims.sub;
const kid: string | null = verified.kid;
const proof = verifyDpop("ey", { method: "GET", uri: "https://a.example/", access_token: "ey" });
verifier.verify(Buffer.from("ey"), 1, { jkt: proof.jkt ?? "" });
verifier.verifySecret("secret", "ey");

export function why(e: unknown): Code | "AUTH_UNKNOWN" | number {
	if (!(e instanceof RefusedError)) throw e;
	return e.status < 0 ? e.status : e.code;
}
export const used = [sub, kid];

// @ts-expect-error an option that there is none of
new Verifier({ issuers: "https://id.example" });
// @ts-expect-error two ways at once are neither
verifier.loadKeys({ file: "jwks.json" });
// @ts-expect-error claims are frozen
verified.claims.sub = "other";
// @ts-expect-error without the request
verifyDpop("ey");
// @ts-expect-error no such code
export const code: Code = "AUTH_NEVER";
