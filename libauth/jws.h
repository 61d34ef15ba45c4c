/*
 * The compact serialization of a signed token.                             RFC 7515 §3.1, §5.2
 *
 *	struct jws jws;
 *	jws_read(&jws, token, AUTH_TOKEN_MAX, algorithm_find);   only the header: cheap, not trusted
 *	jws_find_keys(&jws, keys, algorithms, now, &range);
 *	jws_verify(&jws, range, now, &key);
 *	jws_payload(&jws, bytes, &n);                            what has been signed
 *
 * Threads: one at a time.
 */
#pragma once

#include "libauth/json.h"
#include "libauth/keyset.h"

enum {
	JWS_HEADER_MAX = 6144, /* bytes of a header when it is decoded */
	JWS_VALUES_MAX = 64,   /* in a header */
};

struct jws {
	const struct algorithm *algorithm;
	struct slice kid, type; /* NO_SLICE where the header has none; they stand in `header` */
	struct slice signed_part, payload, signature; /* as in the token, which lends them */
	uint8_t header[JWS_HEADER_MAX + 4];
};

/*
 * Take a token apart and read its header. Keys that the header brings or points to (jwk, jku, x5c,
 * x5u) are ignored. A token has at most `most` bytes. `find` says among which algorithms its `alg`
 * may be.
 *
 * Returns AUTH_OK, AUTH_MALFORMED, AUTH_TOO_LARGE, AUTH_UNSUPPORTED_HEADER,
 * AUTH_UNSUPPORTED_ALGORITHM or AUTH_NOMEM.
 */
enum auth_status jws_read(struct jws *jws, struct slice token, size_t most, algorithm_lookup *find);
/* The same for one who needs more of the header: it is left in *header, and stands in *jws. */
enum auth_status jws_read_header(struct jws *jws, struct slice token, size_t most,
				 algorithm_lookup *find, struct json *header);

/*
 * Find the keys that can have signed it, before any arithmetic. `algorithms` has bit i set where row
 * i of ALGORITHMS is allowed.          Returns AUTH_OK, AUTH_UNSUPPORTED_ALGORITHM or AUTH_UNKNOWN_KEY.
 */
enum auth_status jws_find_keys(const struct jws *jws, const struct auth_keyset *keys,
			       unsigned algorithms, int64_t now, struct key_range *ret);

/*
 * Check its signature with those keys. *ret_key is the one that signed it.
 *
 * Returns AUTH_OK, AUTH_MALFORMED, AUTH_BAD_SIGNATURE, AUTH_NOMEM or AUTH_BUG.
 */
enum auth_status jws_verify(const struct jws *jws, struct key_range range, int64_t now,
			    struct key **ret_key);

/*
 * Decode the payload, of jws_payload_room() bytes at most, after the signature has been verified.
 * Returns AUTH_OK, or AUTH_MALFORMED for what is not strict base64url: RFC 7515 §5.2, point 6.
 */
enum auth_status jws_payload(const struct jws *jws, uint8_t *out, size_t *ret_n);
static inline size_t jws_payload_room(const struct jws *jws) { return jws->payload.n / 4 * 3 + 4; }

/*
 * Check the HMAC of a token that was read with algorithm_find_mac.                RFC 7518 §3.2
 *
 * Returns AUTH_OK, AUTH_BAD_KEYS (the secret is shorter than the hash), AUTH_MALFORMED,
 * AUTH_BAD_SIGNATURE or AUTH_BUG.
 */
enum auth_status jws_verify_secret(const struct jws *jws, struct slice secret);
