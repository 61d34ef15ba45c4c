/* Checks tokens with nothing of this tree but base64url: jansson reads, OpenSSL verifies. */
#pragma once

#include "tests/unit/keys/test.h"

#include <jansson.h>
#include <openssl/evp.h>

/* The published set, parsed; json_decref() it. */
json_t *load_jwks(struct keys *k);
/* Lent; NULL if the set has no key of this kid. */
json_t *find_key(json_t *set, const char *kid);
EVP_PKEY *public_key(struct arena *a, const json_t *jwk);

struct jws {
	struct slice input, signature;
	json_t *header; /* json_decref() it */
};
void jws_parse(struct arena *a, struct slice token, struct jws *ret);

/* Signed by the key of the set that the token names, with that key's algorithm. */
bool verifies(json_t *set, struct slice token);
