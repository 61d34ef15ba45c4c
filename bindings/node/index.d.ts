/**
 * libauth: verify the tokens of an OpenID Connect issuer, offline.
 *
 *     const verifier = new Verifier({ issuer: 'https://id.example', audience: 'https://portal.example' });
 *     verifier.loadKeys({ path: 'jwks.json' });
 *     const { claims } = verifier.verify(token);
 *
 * Options, limits and answers are those of libauth's header auth.h, by the same names. Each call is
 * synchronous and ends within a fraction of a millisecond (loading a list or a bundle: milliseconds).
 * A verifier belongs to its thread: a worker makes one of its own.
 */

/// <reference types="node" />

/** The names of enum auth_status. */
export type Code =
	| 'AUTH_NOMEM'
	| 'AUTH_IO'
	| 'AUTH_BUG'
	| 'AUTH_MALFORMED'
	| 'AUTH_TOO_LARGE'
	| 'AUTH_UNSUPPORTED_HEADER'
	| 'AUTH_UNSUPPORTED_ALGORITHM'
	| 'AUTH_UNKNOWN_KEY'
	| 'AUTH_BAD_SIGNATURE'
	| 'AUTH_WRONG_TYPE'
	| 'AUTH_EXPIRED'
	| 'AUTH_NOT_YET_VALID'
	| 'AUTH_WRONG_ISSUER'
	| 'AUTH_WRONG_AUDIENCE'
	| 'AUTH_WRONG_PARTY'
	| 'AUTH_MISSING_CLAIM'
	| 'AUTH_BAD_CLAIM'
	| 'AUTH_MISSING_SCOPE'
	| 'AUTH_LEVEL_TOO_LOW'
	| 'AUTH_TOO_OLD'
	| 'AUTH_LIVES_TOO_LONG'
	| 'AUTH_WRONG_NONCE'
	| 'AUTH_WRONG_HASH'
	| 'AUTH_WRONG_BINDING'
	| 'AUTH_REVOKED'
	| 'AUTH_REVOCATION_UNKNOWN'
	| 'AUTH_BAD_KEYS'
	| 'AUTH_BAD_OPTIONS'
	| 'AUTH_NO_KEYS'
	| 'AUTH_NO_CLAIM'
	| 'AUTH_BAD_LIST'
	| 'AUTH_BAD_BUNDLE'
	| 'AUTH_OLDER';

/** What is given is not accepted. The message is for people; `code` says why. */
export class RefusedError extends Error {
	/** `AUTH_UNKNOWN` for an answer of a younger library. */
	readonly code: Code | 'AUTH_UNKNOWN';
	/** The number of the code: negative for a fault of this machine. */
	readonly status: number;
}

/** enum auth_kind */
export const Kind: {
	readonly ACCESS_TOKEN: 0; readonly ID_TOKEN: 1; readonly CLIENT_ASSERTION: 2; readonly LOGOUT_TOKEN: 3;
	readonly OTHER_TOKEN: 4; readonly INTROSPECTION: 5; readonly USERINFO: 6; readonly REQUEST_OBJECT: 7;
};

/** enum auth_flag: put together with | */
export const Flag: {
	readonly ANY_ISSUER: 1; readonly ANY_AUDIENCE: 2; readonly SINGLE_AUDIENCE: 4; readonly IGNORE_EXPIRY: 8;
	readonly REQUIRE_STATUS: 16; readonly ACCEPT_REVOCATION_UNKNOWN: 32; readonly BOUND: 64;
};

/** struct auth_options. An unknown name, undefined and null are TypeErrors: leave out what is not wanted. */
export interface Options {
	issuer?: string;
	audience?: string;
	audiences?: readonly string[];
	kind?: number;
	flags?: number;
	types?: readonly string[];
	algorithms?: readonly string[];
	scopes?: readonly string[];
	claims?: readonly string[];
	authorized_party?: string;
	min_acr?: string;
	acr_ladder?: readonly string[];
	max_age_s?: number;
	max_token_age_s?: number;
	max_lifetime_s?: number;
	leeway_s?: number;
	max_list_age_s?: number;
	cache_tokens?: number;
}

/** What else must hold of a token. A hash is given the value that it stands for. */
export interface Checks {
	nonce?: string;
	/** of the DPoP proof that came with a bound token */
	jkt?: string;
	/** DER, of the TLS connection that a bound token came over */
	certificate?: string | Buffer;
	at_hash?: string;
	c_hash?: string;
	s_hash?: string;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A verified token, frozen to its depth. */
export interface Verified {
	readonly claims: { readonly [name: string]: Json };
	readonly alg: string;
	readonly kid: string | null;
	/** the thumbprint of a DPoP proof's key */
	readonly jkt: string | null;
	/** whether a status list said that the token is valid */
	readonly status_checked: boolean;
}

/** now is in seconds since the epoch; the clock's if left out. All throw RefusedError. */
export class Verifier {
	constructor(options: Options);
	/** Replaces the keys by a JWK set, a file, or a directory of issuers. */
	loadKeys(from: { json: string | Buffer | object } | { path: string } | { directory: string }): void;
	addList(from: { token: string | Buffer } | { path: string }, now?: number): void;
	/** roots: the pinned root keys, a JWK set; the rest is struct auth_bundle_options. */
	loadBundle(bundle: string | Buffer,
		options: { roots: string | Buffer | object; issuer: string; state_file?: string; min_version?: number },
		now?: number): void;
	verify(token: string | Buffer, now?: number, checks?: Checks): Verified;
	verifySecret(secret: string | Buffer, token: string | Buffer, now?: number): Verified;
}

/** A DPoP proof, its key's thumbprint as jkt. That its jti is new is the caller's to check. */
export function verifyDpop(proof: string | Buffer, request: {
	method: string; uri: string; access_token?: string; nonce?: string; max_age_s?: number; leeway_s?: number;
}, now?: number): Verified;
