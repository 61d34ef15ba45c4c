// libauth for Node.js: verify the tokens of an OpenID Connect issuer, offline. See index.d.ts.
'use strict';

const native = require('./libauth.node');

class RefusedError extends Error {
	constructor({ code, status, message }) {
		super(message);
		this.code = code;
		this.status = status;
	}
}
Object.defineProperty(RefusedError.prototype, 'name', { value: 'RefusedError' });

// A refusal by the library, as an error of this class; anything else as it is.
function ask(name, ...args) {
	try {
		return native[name](...args);
	} catch (e) {
		throw e.status === undefined ? e : new RefusedError(e);
	}
}

const clock = () => Math.floor(Date.now() / 1000);

// { json: x } as ['json', x]
function oneOf(given, ...names) {
	const keys = Object.keys(given);
	if (keys.length !== 1 || !names.includes(keys[0])) throw new TypeError(`give one of ${names.join(', ')}`);
	return [keys[0], given[keys[0]]];
}

// Text or bytes as they are, a parsed JWK set as text.
const jwks = (json) => (typeof json === 'string' || Buffer.isBuffer(json) ? json : JSON.stringify(json));

class Verifier {
	#verifier;

	constructor(options) {
		this.#verifier = ask('open', options);
	}

	loadKeys(from) {
		const [source, value] = oneOf(from, 'json', 'path', 'directory');
		ask('loadKeys', this.#verifier, source, source === 'json' ? jwks(value) : value);
	}

	addList(from, now = clock()) {
		ask('addList', this.#verifier, ...oneOf(from, 'token', 'path'), now);
	}

	loadBundle(bundle, { roots, ...options }, now = clock()) {
		ask('loadBundle', this.#verifier, bundle, jwks(roots), options, now);
	}

	verify(token, now = clock(), checks = undefined) {
		return ask('verify', this.#verifier, token, now, checks);
	}

	verifySecret(secret, token, now = clock()) {
		return ask('verifySecret', this.#verifier, secret, token, now);
	}
}

function verifyDpop(proof, request, now = clock()) {
	return ask('verifyDpop', proof, request, now);
}

const Kind = Object.freeze({
	ACCESS_TOKEN: 0, ID_TOKEN: 1, CLIENT_ASSERTION: 2, LOGOUT_TOKEN: 3, OTHER_TOKEN: 4,
	INTROSPECTION: 5, USERINFO: 6, REQUEST_OBJECT: 7,
});

const Flag = Object.freeze({
	ANY_ISSUER: 1, ANY_AUDIENCE: 2, SINGLE_AUDIENCE: 4, IGNORE_EXPIRY: 8, REQUIRE_STATUS: 16,
	ACCEPT_REVOCATION_UNKNOWN: 32, BOUND: 64,
});

module.exports = { Flag, Kind, RefusedError, Verifier, verifyDpop };
