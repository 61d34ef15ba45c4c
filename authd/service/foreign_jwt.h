/*
 * JWTs that others make: a client's assertions and request objects, another issuer's assertions, software
 * statements. libauth verifies them; here its answers become statuses.          Threads: pure functions.
 */
#pragma once

#include "authd/service/json_fields.h"
#include "authd/store/cache.h"
#include "libauth/auth.h"

DEFINE_AUTO(auth_claims, struct auth_claims *, auth_claims_free)
DEFINE_AUTO(auth_keyset, struct auth_keyset *, auth_keyset_free)
DEFINE_AUTO(auth_verifier, struct auth_verifier *, auth_verifier_free)

/* ST_OK, a fault, or ST_INVALID: then auth_strerror(s) says why. */
status status_of_auth(enum auth_status s);

/* The parts of a compact JWT (RFC 7515 §7.1), as they stand there, without any check. */
enum jwt_part { JWT_HEADER, JWT_PAYLOAD, JWT_SIGNATURE };
struct slice jwt_part(struct slice jwt, enum jwt_part which);
/* One of them as a JSON object, decref'd by the caller. ST_INVALID: it is none, or the JWT is over 8 KiB. */
status jwt_peek(struct slice jwt, enum jwt_part which, struct arena *a, json_t **ret);
/* A string of its payload, in the arena. ST_INVALID. */
status jwt_peek_claim(struct slice jwt, const char *name, struct arena *a, struct slice *ret);

/* What a JWT says of itself (RFC 7519 §4.1): its claims that are no members of what it carries. */
bool jwt_is_about_itself(const char *claim);

/* Will libauth take this JWK Set? It refuses private members, weak keys, ... ST_INVALID. */
status jwks_check(struct slice jwks, size_t *ret_usable_keys, struct error *e);

/*
 * Verify it with these keys. *ret is freed with auth_claims_free().
 * Returns ST_OK, ST_INVALID with the reason in *ret_answer, or a fault.
 */
status jwt_verify(const struct auth_options *options, struct auth_keyset *keys, struct slice jwt, int64_t now,
		  enum auth_status *ret_answer, struct auth_claims **ret);
/* With the keys of a JWK Set; what is wrong with that is ST_INVALID, too. */
status jwt_verify_jwks(const struct auth_options *options, struct slice jwks, struct slice jwt, int64_t now,
		       enum auth_status *ret_answer, struct auth_claims **ret);

/*
 * The command for what counts once: of this kind, by whom, with this jti, for so many seconds as it would be
 * taken; then ST_EXISTS. The mark stays for a minute more, so that no node whose clock is behind takes it again.
 * ST_NOMEM.
 */
enum { CLOCKS_APART_S = 60 };
status replay_mark(const char *kind, struct slice whose, struct slice jti, int64_t seconds, struct arena *a,
		   struct cache_command *ret);
