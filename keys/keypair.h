/*
 * One signing key: making it, its public half, its name.
 *
 * The raw forms: a private key is DER (RFC 5915 for P-256, RFC 8017 for RSA), the 32-byte seed
 * of Ed25519 (RFC 8032 §5.1.5), or the number d of SM2 in 32 bytes; a public key is x and y of 32
 * bytes each, the modulus (the exponent is 65537), or 32 bytes.            Threads: all may call.
 */
#pragma once

#include "keys/keys.h"

#include <openssl/evp.h>

enum {
	KID_SIZE = 43, /* and a NUL */
	/* 2048 bits, 112 bits strong (NIST SP 800-57): enough for a key that signs for months tokens
	 * that live for minutes. 3072 bits sign eight times slower here (2.3 against 0.27 ms). */
	RSA_BITS = 2048,
};

/* Both in the arena. */
struct keypair {
	struct slice public_key, private_key;
};
status keypair_generate(enum key_algorithm alg, struct arena *a, struct keypair *ret);

/* The raw halves of a key that OpenSSL has read. ST_CORRUPT: it is none of this algorithm. Not for
 * KEY_EDDSA. */
status keypair_of(enum key_algorithm alg, const EVP_PKEY *key, struct arena *a, struct keypair *ret);

/* A private key ready for OpenSSL, whose public half is this one; ST_CORRUPT otherwise. Freed with
 * EVP_PKEY_free(). Not for KEY_EDDSA. */
status keypair_load(enum key_algorithm alg, const struct keypair *pair, EVP_PKEY **ret);

/* ST_CORRUPT unless the bytes have the size of a public key of this algorithm. */
status keypair_check_public(enum key_algorithm alg, struct slice public_key);

/* RFC 7517 members in the order of RFC 7638 §3: "crv":"P-256","kty":"EC","x":"…","y":"…". SM2 is EC
 * with crv SM2-P-256; its thumbprint is over SHA-256 as any other, so that any client can make it. */
void keypair_put_members(enum key_algorithm alg, struct slice public_key, struct buf *b);
/* The RFC 7638 thumbprint. */
status keypair_kid(enum key_algorithm alg, struct slice public_key, char ret[KID_SIZE + 1]);
