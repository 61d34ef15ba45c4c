/*
 * OpenSSL's algorithms, fetched once: a fetch walks the providers under a lock and costs more than
 * hashing a token. They are immutable and live as long as the process.
 *                                                                          Threads: all may call.
 */
#pragma once

#include <openssl/evp.h>

struct algorithms {
	EVP_CIPHER *aes_256_gcm, *aes_256_ecb;
	EVP_MD *sha256, *sm3;
};

/* Returns NULL where this OpenSSL does not offer them, or without memory. */
const struct algorithms *algorithms(void);
