/*
 * Keys and tokens for tests, made with OpenSSL alone: nothing of the verifier is in them.
 * Every function ends the test on failure. Threads: one at a time.
 */
#pragma once

#include "libauth/auth.h"
#include "libauth/base/buf.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

struct signer {
	EVP_PKEY *key;
	const char *alg, *kid;
	char jwk[4096]; /* the public key, with kid and alg */
};

/* A new key for an algorithm of RFC 7518, RFC 8037 or SGD_SM3_SM2. */
void signer_init(struct signer *s, const char *alg, const char *kid);
void signer_done(struct signer *s);

/* base64url(header) . base64url(payload) . signature; the caller frees it. */
char *sign(const struct signer *s, const char *header, const char *payload);
/* The same with a header of {"alg","typ":"at+jwt","kid"}. */
char *sign_access(const struct signer *s, const char *payload);
/* header and payload of n bytes each, not NUL-terminated. */
char *sign_bytes(const struct signer *s, struct slice header, struct slice payload);

/* {"keys":[...]} of n signers. The caller frees it. */
char *jwks(const struct signer *const *signers, size_t n);
struct auth_keyset *keyset(const struct signer *s);
/* A verifier with the options and one key. */
struct auth_verifier *verifier(const struct auth_options *options, const struct signer *s);

/* The verdict; claims are freed. */
enum auth_status verdict(struct auth_verifier *v, const char *token, int64_t now);
/* "AUTH_OK", for messages. */
#define assert_verdict(v, token, now, expected)                                           \
	assert_string_equal(auth_strerror(verdict((v), (token), (now))), auth_strerror(expected))

/* A whole file; the caller frees it. */
char *read_file(const char *path, size_t *ret_n);
