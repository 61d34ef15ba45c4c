#include "libauth/auth.h"

const char *auth_strerror(enum auth_status status)
{
	switch (status) {
	case AUTH_OK: return "the token is valid";
	case AUTH_NOMEM: return "there is no memory left";
	case AUTH_IO: return "the file cannot be read";
	case AUTH_BUG: return "a cryptographic library failed";
	case AUTH_MALFORMED: return "not a compact JWS of strict base64url and strict JSON";
	case AUTH_TOO_LARGE: return "larger than the limit";
	case AUTH_UNSUPPORTED_HEADER: return "the header asks for an extension that is not supported";
	case AUTH_UNSUPPORTED_ALGORITHM:
		return "the algorithm is unknown, not allowed, or not that of the key";
	case AUTH_UNKNOWN_KEY: return "no key of the set is the one that the token names";
	case AUTH_BAD_SIGNATURE: return "the signature does not hold";
	case AUTH_WRONG_TYPE: return "a token of another type";
	case AUTH_EXPIRED: return "the token has expired";
	case AUTH_NOT_YET_VALID: return "the token is not valid yet";
	case AUTH_WRONG_ISSUER: return "a token of another issuer";
	case AUTH_WRONG_AUDIENCE: return "a token for another audience";
	case AUTH_WRONG_PARTY: return "a token issued to another party";
	case AUTH_MISSING_CLAIM: return "a claim that must be there is missing";
	case AUTH_BAD_CLAIM: return "a claim has the wrong type or may not be there";
	case AUTH_MISSING_SCOPE: return "a scope that is needed is missing";
	case AUTH_LEVEL_TOO_LOW: return "the level of authentication is too low";
	case AUTH_TOO_OLD: return "the sign-in or the token is too old";
	case AUTH_LIVES_TOO_LONG: return "the token would be valid for too long";
	case AUTH_WRONG_NONCE: return "the nonce is not the one that was sent";
	case AUTH_WRONG_HASH: return "a hash does not fit what it stands for";
	case AUTH_WRONG_BINDING:
		return "bound to another key, certificate or request, or to one that nobody checks";
	case AUTH_REVOKED: return "the token has been revoked";
	case AUTH_REVOCATION_UNKNOWN:
		return "no status list says whether the token is still valid, or none young enough";
	case AUTH_BAD_KEYS: return "the key set cannot be trusted";
	case AUTH_BAD_OPTIONS: return "the options contradict themselves";
	case AUTH_NO_KEYS: return "the verifier has no keys yet";
	case AUTH_BAD_LIST: return "the status list cannot be read";
	case AUTH_BAD_BUNDLE: return "the trust bundle cannot be trusted";
	case AUTH_OLDER: return "a younger one has been seen before";
	case AUTH_NO_CLAIM: return "there is no such claim of that type";
	}
	return "an answer that this version does not know";
}
