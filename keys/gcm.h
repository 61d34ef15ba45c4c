/*
 * Sealing under a nonce that the caller has drawn, for keys/ alone: whoever gives the same nonce twice
 * gives the key away. seal() and seal_wide() draw their own.            Threads: one a context.
 */
#pragma once

#include "libauth/base/mem.h"
#include "libauth/base/secret.h"
#include "libauth/base/slice.h"
#include "libauth/base/status.h"

#include <limits.h>
#include <openssl/evp.h>

/* OpenSSL counts in int. */
enum { GCM_NONCE_SIZE = 12, GCM_TAG_SIZE = 16, GCM_MAX = INT_MAX - 64 };

DEFINE_AUTO(cipher, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

/* By AES-256-GCM, or as keys/sm4.h says. out: room for plain and GCM_TAG_SIZE more. ST_NOMEM where c is
 * NULL. */
status nonce_seal(EVP_CIPHER_CTX *c, const struct secret *key, const uint8_t nonce[GCM_NONCE_SIZE],
		  struct slice associated, struct slice plain, uint8_t *out);
