/*
 * HMAC (RFC 2104, FIPS 198-1; GB/T 15852.2) and HKDF (RFC 5869) over OpenSSL's SHA-256 or, in the SM
 * suite, SM3, for keys/ and its tests alone. EVP_MAC does the same in two to three times the time,
 * most of it in setting up.                                                Threads: one at a time.
 */
#pragma once

#include "libauth/base/secret.h"
#include "libauth/base/status.h"

#include <openssl/evp.h>

enum { HMAC_BLOCK = 64, HMAC_SIZE = 32 };

struct hmac {
	EVP_MD_CTX *context;
	uint8_t outer[HMAC_BLOCK]; /* the key, xored with opad */
};

/* Any length of key. On failure there is nothing to clean up. */
status hmac_begin(struct hmac *h, enum suite suite, struct slice key);
/* Returns false on a fault of OpenSSL; hmac_end() must be called all the same. */
bool hmac_put(struct hmac *h, struct slice bytes);
/* Frees and wipes in any case. `ok` is false if a put failed: then it is a fault. */
status hmac_end(struct hmac *h, bool ok, uint8_t ret[HMAC_SIZE]);

/* The first 32 bytes of HKDF's output: extract, then one step of expand. */
status hkdf(enum suite suite, struct slice salt, struct slice key, struct slice info,
	    uint8_t ret[HMAC_SIZE]);
