/*
 * libauth: verify the tokens of an OpenID Connect issuer, offline.
 *
 *	struct auth_keyset *keys;
 *	struct auth_verifier *v;
 *	struct auth_claims *claims;
 *	struct auth_options options = AUTH_OPTIONS_INIT;
 *
 *	options.issuer = "https://id.example";
 *	options.audience = "https://portal.example";
 *	if (auth_keyset_from_file("jwks.json", &keys, NULL) != AUTH_OK ||
 *	    auth_verifier_new(&options, &v, NULL) != AUTH_OK || auth_verifier_set_keys(v, keys) != AUTH_OK)
 *		return 1;
 *	auth_keyset_free(keys);
 *	if (auth_verify(v, token, n, time(NULL), &claims) != AUTH_OK)
 *		return 1;
 *	printf("hello %s\n", auth_claims_sub(claims));
 *	auth_claims_free(claims);
 *
 * Nothing here opens a connection, and the clock is a parameter. A key is never taken out of a
 * token; an algorithm must be the key's; `none` does not exist here, and HMAC only with a secret
 * that the caller passes by itself.
 * C99 and C++17. Where nothing else is said, a function is there since 0.1.
 *
 * Ownership: what comes back through a `ret` parameter is the caller's, and is set only on AUTH_OK.
 *   A getter lends: what it returns lives as long as the object it was asked of.
 * Threads: a key set and claims are immutable. A verifier is internally synchronized: any number of
 *   threads may verify while others replace its keys, and no verification takes a lock.
 */
#ifndef AUTH_H
#define AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define AUTH_API __attribute__((visibility("default")))
#define AUTH_CHECK AUTH_API __attribute__((warn_unused_result))
#else
#define AUTH_API
#define AUTH_CHECK
#endif

#define AUTH_VERSION_MAJOR 0
#define AUTH_VERSION_MINOR 1

/* Limits. What exceeds one is AUTH_TOO_LARGE. */
#define AUTH_TOKEN_MAX 8192 /* bytes of a token */
#define AUTH_JWKS_MAX 524288 /* bytes of a key set */
#define AUTH_KEYS_MAX 256 /* keys of one issuer */
#define AUTH_ISSUERS_MAX 1024 /* issuers of a directory */
#define AUTH_LIST_MAX 2097152 /* bytes of a status list token */
#define AUTH_STATUSES_MAX 1048576 /* bytes of a status list when it is inflated */
#define AUTH_LISTS_MAX 4096 /* status lists that a verifier holds */
#define AUTH_BUNDLE_MAX 16777216 /* bytes of a trust bundle */

/**
 * What a call can answer: zero is success, a positive value an answer about what was given, a
 * negative one a fault of this machine. Refuse the token whenever it is not AUTH_OK.
 * The values are part of the ABI. New ones may be added: treat an unknown one as a refusal.
 */
enum auth_status {
	AUTH_OK = 0, /* the token is valid; what was asked for is done */

	AUTH_NOMEM = -1, /* no memory */
	AUTH_IO = -2,    /* the file cannot be read */
	AUTH_BUG = -3,   /* a cryptographic library failed where it cannot */

	/* the token as such */
	AUTH_MALFORMED = 1,             /* not a compact JWS of strict base64url and JSON */
	AUTH_TOO_LARGE = 2,             /* beyond one of the limits AUTH_*_MAX */
	AUTH_UNSUPPORTED_HEADER = 3,    /* `crit`, `b64` or `zip`: RFC 7515 §4.1.11 */
	AUTH_UNSUPPORTED_ALGORITHM = 4, /* unknown, not allowed by the options, or not the key's */
	AUTH_UNKNOWN_KEY = 5,           /* no key of that `kid`; refresh the key set once */
	AUTH_BAD_SIGNATURE = 6,         /* its signature does not hold with the key that it names */
	AUTH_WRONG_TYPE = 7,            /* `typ` is not of the kind of token asked for */

	/* its claims */
	AUTH_EXPIRED = 10,        /* `exp` has passed */
	AUTH_NOT_YET_VALID = 11,  /* `nbf` or `iat` lie in the future */
	AUTH_WRONG_ISSUER = 12,   /* `iss` is not options.issuer, or not the one whose key it is */
	AUTH_WRONG_AUDIENCE = 13, /* none of options.audience and audiences is in `aud` */
	AUTH_WRONG_PARTY = 14,    /* `azp` is not options.authorized_party */
	AUTH_MISSING_CLAIM = 15,  /* a claim that must be there is not */
	AUTH_BAD_CLAIM = 16,      /* a claim has the wrong type, or one that may not be there is */
	AUTH_MISSING_SCOPE = 17,  /* RFC 6750 §3.1: insufficient_scope */
	AUTH_LEVEL_TOO_LOW = 18,  /* `acr`; RFC 9470: insufficient_user_authentication */
	AUTH_TOO_OLD = 19,        /* signed in longer ago than max_age_s, or issued long ago */
	AUTH_LIVES_TOO_LONG = 20, /* `exp` lies further ahead than max_lifetime_s */
	AUTH_WRONG_NONCE = 21,    /* `nonce` is not the one that was given out */
	AUTH_WRONG_HASH = 22,     /* `at_hash`, `c_hash`, `s_hash` or `ath` is of something else */
	AUTH_WRONG_BINDING = 23,  /* `cnf`: bound to another key or certificate, or to one that nobody
				    checks; a DPoP proof for another request */

	/* its status */
	AUTH_REVOKED = 30,            /* its status list says that it is no longer valid */
	AUTH_REVOCATION_UNKNOWN = 31, /* no status list for it, or none that is young enough */

	/* what the caller brings */
	AUTH_BAD_KEYS = 40,    /* the key set is refused; see struct auth_error */
	AUTH_BAD_OPTIONS = 41, /* the options contradict themselves; see struct auth_error */
	AUTH_NO_KEYS = 42,     /* the verifier has no key set yet */
	AUTH_NO_CLAIM = 43,    /* a getter's answer: it is not there, or of another type */
	AUTH_BAD_LIST = 44,    /* the status list is refused; see struct auth_error */
	AUTH_BAD_BUNDLE = 45,  /* the trust bundle is refused; see struct auth_error */
	AUTH_OLDER = 46,       /* a younger one of it has been seen before */
};

/** Say what a status means. Returns English, constant, never NULL, without any byte of the token. */
AUTH_API const char *auth_strerror(enum auth_status status);

/** Why something was refused; the caller's, who passes NULL where it does not care. */
struct auth_error {
	char message[256]; /* UTF-8, NUL-terminated, one line, without any byte of the token */
};

/* ---- keys ----------------------------------------------------------------------------------- */

/** An issuer's public keys. Immutable and counted: it may serve several verifiers at once. */
struct auth_keyset;

/**
 * Read a JWK set.                                            RFC 7517 §5, RFC 7518 §6, RFC 8037 §2
 *
 * A key of a type, curve or algorithm unknown here, or not for verifying signatures (`use`,
 * `key_ops`), is left out. A key with `nbf` or `exp` serves only in that time. The whole set is
 * refused (AUTH_BAD_KEYS) if it is not strict JSON, or holds a symmetric key, private members, two
 * keys of one `kid`, an RSA key below 2048 bits or with an unsound exponent or modulus, a point that
 * is not on its curve, an algorithm that is not the key's, or no usable key at all.
 *
 * json    n bytes, copied; at most AUTH_JWKS_MAX
 * ret     a new key set, freed with auth_keyset_free()
 * error   filled unless the answer is AUTH_OK; may be NULL
 *
 * Returns AUTH_OK, AUTH_BAD_KEYS, AUTH_TOO_LARGE, AUTH_NOMEM or AUTH_BUG.
 */
AUTH_CHECK enum auth_status auth_keyset_from_json(const void *json, size_t n,
						  struct auth_keyset **ret,
						  struct auth_error *error);

/**
 * Read a JWK set from a file, given by its path, as auth_keyset_from_json() does.
 * Returns what auth_keyset_from_json() does, and AUTH_IO if the file cannot be read.
 */
AUTH_CHECK enum auth_status auth_keyset_from_file(const char *path, struct auth_keyset **ret,
						  struct auth_error *error);

/**
 * Read the key sets of many issuers from a directory.                  OpenID Federation 1.0 §5.2.1
 *
 * Each file *.json at path is an issuer's metadata, an object with `issuer` and the key set itself as
 * `jwks`; at most AUTH_ISSUERS_MAX of them.
 *
 * A token must then be signed by a key of the issuer that it names as `iss`, whichever options.issuer
 * allows. Two issuers may use the same `kid`.
 *
 * Returns what auth_keyset_from_file() does; one bad file refuses all of them.
 */
AUTH_CHECK enum auth_status auth_keyset_from_directory(const char *path, struct auth_keyset **ret,
						       struct auth_error *error);

/** Count the usable keys. Returns their number. */
AUTH_API size_t auth_keyset_count(const struct auth_keyset *keys);

/** Let go of a key set. Verifiers that were given it keep it; NULL is allowed. */
AUTH_API void auth_keyset_free(struct auth_keyset *keys);

/* ---- policy --------------------------------------------------------------------------------- */

/** What a token is for. Each kind accepts its `typ` alone and demands the claims of its standard. */
enum auth_kind {
	/* RFC 9068 §2: `at+jwt`; exp, sub, client_id, iat, jti */
	AUTH_ACCESS_TOKEN = 0,
	/* OpenID Connect Core §2: `JWT` or no `typ`; exp, sub, iat; no `events` */
	AUTH_ID_TOKEN = 1,
	/* RFC 7523 §3, OpenID Connect Core §9: `JWT`, `client-authentication+jwt` or none; exp, jti,
	 * and `sub` equal to `iss` */
	AUTH_CLIENT_ASSERTION = 2,
	/* OpenID Connect Back-Channel Logout §2.4: `logout+jwt`; exp, iat, jti, the logout event,
	 * `sub` or `sid`, and no `nonce` */
	AUTH_LOGOUT_TOKEN = 3,
	/* RFC 9701 §5: `token-introspection+jwt`; iat, token_introspection; no exp */
	AUTH_INTROSPECTION = 5,
	/* OpenID Connect Core §5.3.2: `JWT` or no `typ`; sub, the caller's to compare with another's */
	AUTH_USERINFO = 6,
	AUTH_REQUEST_OBJECT = 7, /* RFC 9101 §4: `oauth-authz-req+jwt`, `JWT` or none; not its own `sub` */
	/* anything else: options.types must say which `typ`; exp */
	AUTH_OTHER_TOKEN = 4,
};

/** What options.flags may hold. */
enum auth_flag {
	AUTH_ANY_ISSUER = 1,      /* options.issuer may be NULL; the caller looks at `iss` */
	AUTH_ANY_AUDIENCE = 2,    /* no audience need be given; the caller looks at `aud` */
	AUTH_SINGLE_AUDIENCE = 4, /* `aud` must be one string, not an array (FAPI 2.0 §5.3.2.1) */
	AUTH_IGNORE_EXPIRY = 8,   /* accept what has expired: id_token_hint alone */
	AUTH_REQUIRE_STATUS = 16, /* a token without `status` is AUTH_MISSING_CLAIM */
	AUTH_ACCEPT_REVOCATION_UNKNOWN = 32, /* accept what would be AUTH_REVOCATION_UNKNOWN */
	AUTH_BOUND = 64, /* accept a token with `cnf`: the caller checks that the sender holds the key
			    or certificate (auth_claims_check_key(), auth_claims_check_certificate()) */
};

#define AUTH_LEEWAY_DEFAULT 60
#define AUTH_LIST_AGE_DEFAULT 300

/**
 * What a verifier insists on. Start from AUTH_OPTIONS_INIT; every pointer is borrowed for the call
 * to auth_verifier_new() alone. Lists end with NULL; a NULL list means the default.
 */
struct auth_options {
	size_t size; /* set by AUTH_OPTIONS_INIT: which version of this struct the caller knows */
	enum auth_kind kind;          /* what the token is for */
	unsigned flags;               /* a set of enum auth_flag */
	const char *issuer;           /* `iss`, compared byte by byte */
	const char *audience;         /* must be in `aud` */
	const char *const *audiences; /* or any of these */
	const char *const *types;     /* accepted `typ` instead of the kind's; "" accepts its absence.
	                                 Compared as media types: RFC 7515 §4.1.9 */
	const char *const *algorithms; /* accepted `alg`; NULL: all that are supported */
	const char *const *scopes;     /* each must be in `scope` */
	const char *const *claims;     /* each must be there, besides the kind's */
	const char *authorized_party;  /* `azp` must be this if present or if `aud` has several */
	const char *min_acr;           /* the lowest `acr` accepted; NULL: any, and none */
	const char *const *acr_ladder; /* all levels, the lowest first; NULL: urn:authd:acr:rn2 to rn5 */
	int64_t max_age_s;       /* since `auth_time`, which must be there; -1: any */
	int64_t max_token_age_s; /* since `iat`, which must be there; -1: any */
	int64_t max_lifetime_s;  /* from now until `exp`; -1: any */
	int64_t leeway_s;        /* how far the issuer's clock may be off; 0 to 3600 */
	int64_t max_list_age_s;  /* of a status list, since its `iat`; -1: what its `ttl` says, and
				    AUTH_LIST_AGE_DEFAULT where it has none */
	size_t cache_tokens;     /* remember about so many verified signatures; 0: none */
};

#define AUTH_OPTIONS_INIT                                                                          \
	{                                                                                          \
		sizeof(struct auth_options), AUTH_ACCESS_TOKEN, 0, NULL, NULL, NULL, NULL, NULL,   \
			NULL, NULL, NULL, NULL, NULL, -1, -1, -1, AUTH_LEEWAY_DEFAULT, -1, 0       \
	}

/* ---- verifying ------------------------------------------------------------------------------ */

/** A policy and the current key set. */
struct auth_verifier;
/** What a verified token says. */
struct auth_claims;

/**
 * Make a verifier. It has no keys yet.
 * ret     a new verifier, freed with auth_verifier_free()
 * Returns AUTH_OK, AUTH_BAD_OPTIONS (with a message in error, which may be NULL) or AUTH_NOMEM.
 * Threads: any.
 */
AUTH_CHECK enum auth_status auth_verifier_new(const struct auth_options *options,
					      struct auth_verifier **ret, struct auth_error *error);

/** Free a verifier. NULL is allowed. Threads: none may be using it any more. */
AUTH_API void auth_verifier_free(struct auth_verifier *v);

/**
 * Replace a verifier's key set. The verifier keeps a share of keys; the caller still frees its own.
 *
 * When this returns, no verification uses the old set any more: it waits for those under way, each
 * a fraction of a millisecond. NULL takes the keys away. Status lists stay as long as the key that
 * signed each is in the new set.
 *
 * Returns AUTH_OK or AUTH_NOMEM: then the old keys are still in use.
 * Threads: any, at any time.
 */
AUTH_CHECK enum auth_status auth_verifier_set_keys(struct auth_verifier *v,
						   struct auth_keyset *keys);

/**
 * Verify a compact JWS and its claims.                  RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725 §3
 *
 * The cheap checks come first, then the signature; the payload is not looked at before that holds.
 * A token with `status` must be valid by the list that it names (auth_verifier_add_list()).
 *
 * token   n bytes, not NUL-terminated; at most AUTH_TOKEN_MAX
 * now     seconds since the epoch
 * ret     new claims, freed with auth_claims_free(); untouched on failure
 *
 * Returns AUTH_OK; any of AUTH_MALFORMED to AUTH_LIVES_TOO_LONG; AUTH_WRONG_BINDING; AUTH_REVOKED or
 *   AUTH_REVOCATION_UNKNOWN; AUTH_NO_KEYS; AUTH_NOMEM or AUTH_BUG.
 * Threads: any number at once.
 */
AUTH_CHECK enum auth_status auth_verify(struct auth_verifier *v, const char *token, size_t n,
					int64_t now, struct auth_claims **ret);

/**
 * Verify as auth_verify() does, into claims that the caller keeps from token to token.
 *
 * Nothing is allocated then, but for a token of n bytes with more than 48 values the first time.
 *
 * claims  from auth_claims_new(); what it held before is gone in any case. On failure it is empty.
 *
 * Returns what auth_verify() does.
 * Threads: any number at once, each with claims of its own.
 */
AUTH_CHECK enum auth_status auth_verify_into(struct auth_verifier *v, const char *token, size_t n,
					     int64_t now, struct auth_claims *claims);

/**
 * Verify a token by a secret that its sender shares with the caller, as in client_secret_jwt.
 *                                                         OpenID Connect Core §9, RFC 7518 §3.2
 *
 * HS256, HS384 and HS512, and nothing else; the verifier's keys and options.algorithms play no part.
 *
 * secret  secret_n bytes, at least as many as the hash has: 32, 48 or 64, else AUTH_BAD_KEYS
 * token, n, now, ret  as for auth_verify()
 *
 * Returns AUTH_BAD_KEYS, or what auth_verify() does, but AUTH_UNKNOWN_KEY and AUTH_NO_KEYS.
 */
AUTH_CHECK enum auth_status auth_verify_secret(struct auth_verifier *v, const void *secret,
					       size_t secret_n, const char *token, size_t n,
					       int64_t now, struct auth_claims **ret);

/* ---- status lists --------------------------------------------------------------------------- */

/**
 * Take in a status list, fetched from the `uri` that tokens name in `status.status_list`.
 *                                                    Token Status List (draft-ietf-oauth-status-list)
 *
 * It is verified with the verifier's keys, and counts for tokens of the issuer whose key it is. It
 * replaces an older one of the same `sub`; lists that have expired are dropped on the way.
 *
 * token   a statuslist+jwt of n bytes; at most AUTH_LIST_MAX, inflated at most AUTH_STATUSES_MAX
 * now     seconds since the epoch
 * error   filled unless the answer is AUTH_OK; may be NULL
 *
 * Returns AUTH_OK; AUTH_OLDER (a younger one is held, and stays); what auth_verify() returns for a
 *   token that cannot be trusted, or has expired; AUTH_BAD_LIST (not 1, 2, 4 or 8 bits, does not
 *   inflate, `sub`, `iat` or `ttl` missing or of the wrong type); AUTH_TOO_LARGE; AUTH_NO_KEYS;
 *   AUTH_NOMEM or AUTH_BUG.
 * Threads: any, at any time, as auth_verifier_set_keys().
 */
AUTH_CHECK enum auth_status auth_verifier_add_list(struct auth_verifier *v, const char *token,
						   size_t n, int64_t now, struct auth_error *error);

/**
 * Take in a status list from a file, given by its path; a newline at its end does no harm.
 * Returns what auth_verifier_add_list() does, and AUTH_IO if the file cannot be read.
 */
AUTH_CHECK enum auth_status auth_verifier_add_list_file(struct auth_verifier *v, const char *path,
							int64_t now, struct auth_error *error);

/* ---- trust bundles -------------------------------------------------------------------------- */

/** What a trust bundle must be. Start from AUTH_BUNDLE_OPTIONS_INIT. */
struct auth_bundle_options {
	size_t size;                     /* set by AUTH_BUNDLE_OPTIONS_INIT */
	const struct auth_keyset *roots; /* the pinned root keys */
	const char *issuer;              /* its `iss`, compared byte by byte */
	const char *state_file; /* where the highest version seen is kept, made when it is missing and
				   replaced whole; NULL: min_version alone decides */
	int64_t min_version;    /* at least 1 without a state file */
};

#define AUTH_BUNDLE_OPTIONS_INIT                                                                   \
	{                                                                                          \
		sizeof(struct auth_bundle_options), NULL, NULL, NULL, 0                            \
	}

/**
 * Take keys and status lists from a trust bundle: all that offline verification needs, signed by a
 * root that never lives on the issuer's machines. `authctl keys export --bundle` writes it.
 *
 * bundle  n bytes, at most AUTH_BUNDLE_MAX
 * options borrowed for the call
 * now     seconds since the epoch
 * error   filled unless the answer is AUTH_OK; may be NULL
 *
 * The file holds compact JWS, one a line: any number of root+jwt, each naming a new root key and
 * signed by the one before, where those of roots before the pinned one are passed over; then one
 * trust-bundle+jwt, signed by the last.
 * Its keys serve until their own `exp` and that of the bundle. Nothing changes unless the answer is
 * AUTH_OK.
 *
 * Returns AUTH_OK; AUTH_OLDER (a version below the one seen, or below min_version); AUTH_EXPIRED or
 *   AUTH_NOT_YET_VALID; AUTH_WRONG_ISSUER; AUTH_BAD_BUNDLE, or AUTH_UNKNOWN_KEY and AUTH_BAD_SIGNATURE
 *   where no pinned root vouches for it; AUTH_BAD_OPTIONS; AUTH_IO (the state file); AUTH_TOO_LARGE;
 *   AUTH_NOMEM or AUTH_BUG.
 * Threads: any; two processes that share a state file must not load at the same moment.
 */
AUTH_CHECK enum auth_status auth_verifier_load_bundle(struct auth_verifier *v, const void *bundle,
						      size_t n,
						      const struct auth_bundle_options *options,
						      int64_t now, struct auth_error *error);

/**
 * Take keys and status lists from a trust bundle in a file, given by its path.
 * Returns what auth_verifier_load_bundle() does, and AUTH_IO if the file cannot be read.
 */
AUTH_CHECK enum auth_status auth_verifier_load_bundle_file(struct auth_verifier *v, const char *path,
							   const struct auth_bundle_options *options,
							   int64_t now, struct auth_error *error);

/* ---- claims --------------------------------------------------------------------------------- */

/** Make empty claims for auth_verify_into(). Returns NULL without memory. Threads: any. */
AUTH_API struct auth_claims *auth_claims_new(void);

/** Free claims, and all that was lent from them. NULL is allowed. */
AUTH_API void auth_claims_free(struct auth_claims *claims);

/**
 * Get a claim of verified tokens that is text.                      RFC 7519 §4.1, RFC 9068 §2.2
 * Returns it, lent by claims: UTF-8, NUL-terminated, without a NUL inside; NULL where the token has
 *   no such claim.
 */
AUTH_API const char *auth_claims_iss(const struct auth_claims *claims);
AUTH_API const char *auth_claims_sub(const struct auth_claims *claims);
AUTH_API const char *auth_claims_jti(const struct auth_claims *claims);
AUTH_API const char *auth_claims_client_id(const struct auth_claims *claims);
AUTH_API const char *auth_claims_azp(const struct auth_claims *claims);
AUTH_API const char *auth_claims_scope(const struct auth_claims *claims);
AUTH_API const char *auth_claims_acr(const struct auth_claims *claims);
AUTH_API const char *auth_claims_sid(const struct auth_claims *claims);
AUTH_API const char *auth_claims_nonce(const struct auth_claims *claims);

/**
 * Get a claim of verified tokens that is a time.                                    RFC 7519 §4.1
 * Returns seconds since the epoch, a fraction cut off; -1 where the token has no such claim.
 */
AUTH_API int64_t auth_claims_exp(const struct auth_claims *claims);
AUTH_API int64_t auth_claims_iat(const struct auth_claims *claims);
AUTH_API int64_t auth_claims_nbf(const struct auth_claims *claims);
AUTH_API int64_t auth_claims_auth_time(const struct auth_claims *claims);

/** Get the audiences of a token, be `aud` one string or an array.                RFC 7519 §4.1.3 */
/** Returns how many there are. */
AUTH_API size_t auth_claims_aud_count(const struct auth_claims *claims);
/** Returns the i-th, counted from 0, or NULL. */
AUTH_API const char *auth_claims_aud(const struct auth_claims *claims, size_t i);
/** Returns whether audience is one of them. */
AUTH_API bool auth_claims_has_aud(const struct auth_claims *claims, const char *audience);

/** Ask whether `scope` holds a word. Returns whether scope is one of them, byte by byte. */
AUTH_API bool auth_claims_has_scope(const struct auth_claims *claims, const char *scope);

/** Get any text claim by its name. Returns it, or NULL: not there or not a string. */
AUTH_API const char *auth_claims_string(const struct auth_claims *claims, const char *name);

/** Get any whole number of at most 53 bits by its name, in ret. Returns AUTH_OK or AUTH_NO_CLAIM. */
AUTH_CHECK enum auth_status auth_claims_integer(const struct auth_claims *claims, const char *name,
						int64_t *ret);

/** Ask whether a status list said that the token is valid. Returns false where the token names none,
 *  and where AUTH_ACCEPT_REVOCATION_UNKNOWN let it pass. */
AUTH_API bool auth_claims_status_checked(const struct auth_claims *claims);

/**
 * Get the `alg` and the `kid` that a token was verified with.                  RFC 7515 §4.1.1, §4.1.4
 * Returns what its header says, lent by claims; NULL for a `kid` where it has none.
 */
AUTH_API const char *auth_claims_alg(const struct auth_claims *claims);
AUTH_API const char *auth_claims_kid(const struct auth_claims *claims);

/**
 * Check the nonce of an ID token, in constant time.                    OpenID Connect Core §3.1.3.7
 * Returns AUTH_OK or AUTH_WRONG_NONCE, also if the token has none.
 */
AUTH_CHECK enum auth_status auth_claims_check_nonce(const struct auth_claims *claims,
						    const char *nonce);

/**
 * Check `at_hash`, `c_hash` or `s_hash` against the access token, code or state that it stands for.
 *                                                         OpenID Connect Core §3.1.3.6, §3.3.2.11
 * It must be the left half of a hash of that, by the hash function of the ID token's `alg`.
 *
 * name    "at_hash", "c_hash" or "s_hash"
 * value   n bytes: the access token, code or state itself
 *
 * Returns AUTH_OK, AUTH_WRONG_HASH, AUTH_NO_CLAIM (the token has no such claim: whether that is
 *   allowed is the flow's to say), AUTH_NOMEM or AUTH_BUG.
 */
AUTH_CHECK enum auth_status auth_claims_check_hash(const struct auth_claims *claims,
						   const char *name, const void *value, size_t n);

/* ---- sender-constrained tokens -------------------------------------------------------------- */

/** What a DPoP proof must prove. Start from AUTH_DPOP_INIT. */
struct auth_dpop {
	size_t size;              /* set by AUTH_DPOP_INIT */
	const char *method;       /* of the request: `htm` */
	const char *uri;          /* of the request; query and fragment do not count: `htu` */
	const char *access_token; /* that came with it: `ath`; NULL at a token endpoint */
	const char *nonce;        /* that this server has given out; NULL: none is asked for */
	int64_t max_age_s;        /* since `iat`; 0 to 3600 */
	int64_t leeway_s;         /* how far the client's clock may be off; 0 to 3600 */
};

#define AUTH_DPOP_INIT                                                                             \
	{                                                                                          \
		sizeof(struct auth_dpop), NULL, NULL, NULL, NULL, 60, 10                           \
	}

/**
 * Verify a DPoP proof: that the sender holds a key, for this request.                RFC 9449 §4.3
 *
 * Two things are left to the caller: that the access token is bound to that key
 * (auth_claims_check_key()), and that the proof's `jti` has not been seen before.
 *
 * proof   n bytes, not NUL-terminated; at most AUTH_TOKEN_MAX
 * request what the proof must be for
 * now     seconds since the epoch
 * ret     its claims, and the key's thumbprint in auth_claims_jkt()
 *
 * Returns AUTH_OK; AUTH_MALFORMED to AUTH_WRONG_TYPE; AUTH_BAD_KEYS (its key is symmetric, private or
 *   unsound); AUTH_MISSING_CLAIM; AUTH_WRONG_BINDING (method or URI); AUTH_NOT_YET_VALID, AUTH_TOO_OLD,
 *   AUTH_WRONG_NONCE or AUTH_WRONG_HASH; AUTH_BAD_OPTIONS; AUTH_NOMEM or AUTH_BUG.
 * Threads: any number at once.
 */
AUTH_CHECK enum auth_status auth_verify_dpop(const char *proof, size_t n,
					     const struct auth_dpop *request, int64_t now,
					     struct auth_claims **ret);

/**
 * Get the thumbprint of the key that a DPoP proof was signed with.                        RFC 7638
 * Returns base64url, lent by claims; NULL for other claims than auth_verify_dpop()'s.
 */
AUTH_API const char *auth_claims_jkt(const struct auth_claims *claims);

/**
 * Check that an access token is bound to the key of a proof (`cnf.jkt`).              RFC 9449 §6.1
 * jkt     of the proof, by auth_claims_jkt(); NULL is refused
 * Returns AUTH_OK, AUTH_WRONG_BINDING, or AUTH_NO_CLAIM: it is not bound to a key.
 */
AUTH_CHECK enum auth_status auth_claims_check_key(const struct auth_claims *claims, const char *jkt);

/**
 * Check that an access token is bound to a client's certificate (`cnf.x5t#S256`).     RFC 8705 §3.1
 * der     n bytes: the certificate of the TLS connection that the token came over
 * Returns AUTH_OK, AUTH_WRONG_BINDING, or AUTH_NO_CLAIM: it is not bound to a certificate.
 */
AUTH_CHECK enum auth_status auth_claims_check_certificate(const struct auth_claims *claims,
							  const void *der, size_t n);

/* ---- structured claims ---------------------------------------------------------------------- */

/** One JSON value of the claims, for what the getters above do not reach: `act`, `address`, lists. */
struct auth_value;

enum auth_type {
	AUTH_TYPE_NONE = 0, /* of NULL: nothing is there */
	AUTH_TYPE_NULL = 1, /* null */
	AUTH_TYPE_BOOLEAN = 2, /* true or false */
	AUTH_TYPE_NUMBER = 3, /* a number, whole or not */
	AUTH_TYPE_STRING = 4, /* text in UTF-8 */
	AUTH_TYPE_ARRAY = 5, /* a list of values */
	AUTH_TYPE_OBJECT = 6, /* members, each with a name */
};

/**
 * Get a claim by its name as a JSON value, or the object of all claims by NULL.
 * Returns a value that lives as long as claims, or NULL.
 */
AUTH_API const struct auth_value *auth_claims_value(const struct auth_claims *claims,
						    const char *name);

/**
 * Read a JSON value of the claims.                                                        RFC 8259
 * Each function takes NULL and then says that nothing is there, so that calls may be nested:
 *
 *	auth_value_string(auth_value_member(auth_claims_value(claims, "act"), "sub"))
 */
/** Returns what it is. */
AUTH_API enum auth_type auth_value_type(const struct auth_value *value);
/** Returns a member's name; NULL for an item of an array. */
AUTH_API const char *auth_value_name(const struct auth_value *value);
/** Returns a string's characters, NULL for another type. */
AUTH_API const char *auth_value_string(const struct auth_value *value);
/** Returns true for a boolean that is true. */
AUTH_API bool auth_value_true(const struct auth_value *value);
/** Returns AUTH_OK with the number in ret, or AUTH_NO_CLAIM: not whole, or of more than 53 bits. */
AUTH_CHECK enum auth_status auth_value_integer(const struct auth_value *value, int64_t *ret);
/** Returns a number as it was written, ret_n characters without a NUL; NULL for another type. */
AUTH_API const char *auth_value_number(const struct auth_value *value, size_t *ret_n);

/** Look into an array or object; what is not there is NULL. */
/** Returns how many items or members it has. */
AUTH_API size_t auth_value_count(const struct auth_value *value);
/** Returns the member of an object by its name. */
AUTH_API const struct auth_value *auth_value_member(const struct auth_value *object,
						    const char *name);
/** Returns the first value in a container. */
AUTH_API const struct auth_value *auth_value_first(const struct auth_value *container);
/** Returns the one after value. */
AUTH_API const struct auth_value *auth_value_next(const struct auth_value *container,
						  const struct auth_value *value);

#ifdef __cplusplus
}
#endif

#endif
