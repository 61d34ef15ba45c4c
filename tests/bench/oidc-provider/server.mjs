// oidc-provider with its in-memory adapter, as like authd's bench issuer as it can be: the same client,
// paths, lives and algorithms. Its access tokens are opaque by default, and only those can be asked about
// at /introspect and /userinfo; with "jwt" they are signed, as authd's are.
//
//   node server.mjs jwt|opaque
//
// Prints one line of JSON when it listens, and ends with its standard input.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import http from "node:http";
import Provider from "oidc-provider";

const FORMAT = process.argv[2];
const TOKEN_S = 300;
const CLIENT = { client_id: "portal", client_secret: randomBytes(32).toString("base64url") };

const signingKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
const resourceServer = {
	scope: "openid profile", audience: "https://api.example", accessTokenTTL: TOKEN_S,
	accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } },
};

const configuration = {
	clients: [{
		...CLIENT, redirect_uris: ["https://portal.localhost/cb"], scope: "openid profile",
		grant_types: ["authorization_code", "client_credentials"], response_types: ["code"],
		token_endpoint_auth_method: "client_secret_basic", id_token_signed_response_alg: "ES256",
	}],
	jwks: { keys: [{ ...signingKey, alg: "ES256", use: "sig", kid: "bench" }] },
	cookies: { keys: [randomBytes(32).toString("hex")] },
	claims: { openid: ["sub"], profile: ["name"] },
	clientBasedCORS: () => true,
	findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: "张三" }) }),
	routes: { authorization: "/authorize", token: "/token", introspection: "/introspect",
		userinfo: "/userinfo", jwks: "/jwks" },
	ttl: { AccessToken: TOKEN_S, ClientCredentials: TOKEN_S, IdToken: TOKEN_S, AuthorizationCode: 60,
		Session: 12 * 3600, Grant: 12 * 3600, Interaction: 600 },
	features: {
		clientCredentials: { enabled: true },
		introspection: { enabled: true },
		resourceIndicators: {
			enabled: FORMAT === "jwt",
			defaultResource: () => resourceServer.audience,
			useGrantedResource: () => true,
			getResourceServerInfo: () => resourceServer,
		},
	},
};

const server = http.createServer();
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => {
	const issuer = `http://id.localhost:${server.address().port}`;
	server.on("request", new Provider(issuer, configuration).callback());
	console.log(JSON.stringify({ issuer, pid: process.pid, client: CLIENT }));
});
process.stdin.resume().on("end", () => process.exit(0));
