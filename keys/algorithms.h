/*
 * OpenSSL's algorithms, fetched once: a fetch walks the providers under a lock and costs more than
 * hashing a token. They are immutable and live as long as the process.
 *                                                                          Threads: all may call.
 */
#pragma once

#include "libauth/base/secret.h"

#include <openssl/evp.h>

struct algorithms {
	EVP_CIPHER *aes_256_gcm, *aes_256_ecb, *sm4_ctr;
	EVP_MD *sha256, *sm3;
};

/* Returns NULL where this OpenSSL does not offer them, or without memory. */
const struct algorithms *algorithms(void);

/* The hash of a suite. */
static inline const EVP_MD *hash_of(const struct algorithms *known, enum suite suite)
{
	return suite == SUITE_SM ? known->sm3 : known->sha256;
}
/* What a context is to be set up with: one that has this cipher already keeps what it made for it. */
static inline const EVP_CIPHER *cipher_for(const EVP_CIPHER_CTX *c, const EVP_CIPHER *wanted)
{
	return EVP_CIPHER_CTX_get0_cipher(c) == wanted ? NULL : wanted;
}
