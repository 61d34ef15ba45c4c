/* The public key of a JWE's recipient, out of a JWK (RFC 7517, RFC 7518 §6).  Threads: all may call. */
#pragma once

#include "libauth/base/slice.h"
#include "libauth/base/status.h"

#include <jansson.h>
#include <openssl/evp.h>

enum { JWE_KID_MAX = 200 };

/* A row of the table of key types that a key management algorithm takes. */
struct jwe_key_type {
	const char *alg;
	const char *kty, *crv;     /* crv: NULL for RSA */
	const char *ops[2];        /* the `key_ops` that allow it */
	const char *group;         /* OpenSSL's name */
};

struct jwe_key {
	const struct jwe_key_type *type;
	EVP_PKEY *pkey;
	char kid[JWE_KID_MAX + 1]; /* empty where the key has none */
};

/* The first key of a set that is meant for alg, as jwe_recipient_new() says. ret->pkey is the caller's. */
status jwe_key_find(struct slice jwks, struct slice alg, struct jwe_key *ret, struct error *e);

/* The public members of a key of our own: "crv", "kty", "x" and "y" as a JSON object. */
struct buf;
status jwe_key_put(const struct jwe_key_type *type, const EVP_PKEY *key, struct buf *out);
