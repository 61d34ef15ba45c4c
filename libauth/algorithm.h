/*
 * The signature algorithms that exist here.      RFC 7518 §3.1, RFC 8037 §3.1, GM/T 0125,
 *                                                draft-ietf-cose-dilithium
 *
 * No row, no verification: `none` has none. The HMACs stand in a table of their own, which is looked
 * into only by who holds a shared secret in hand: so no public key can ever be taken for one.
 * Threads: const data.
 */
#pragma once

#include "libauth/base/slice.h"

#include <openssl/opensslv.h>

/* FIPS 204, from the release of OpenSSL on that has it. */
#define HAS_ML_DSA (OPENSSL_VERSION_NUMBER >= 0x30500000L)

/* A key is of exactly one kind, and an algorithm takes keys of one kind. */
enum key_kind {
	KIND_P256,
	KIND_P384,
	KIND_P521,
	KIND_RSA,
	KIND_ED25519,
	KIND_SM2,
	KIND_ML_DSA_44,
	KIND_ML_DSA_65,
	KIND_ML_DSA_87,
	KIND_SECRET,
};

struct algorithm {
	struct slice name;  /* `alg` */
	enum key_kind kind;
	const char *digest; /* OpenSSL's name of the hash function, also of at_hash */
	bool pss;           /* RFC 7518 §3.5; RSA keys only */
};

extern const struct algorithm ALGORITHMS[];
extern const size_t ALGORITHM_COUNT;

/* NULL for a name that has no row. Names are compared byte by byte. */
typedef const struct algorithm *algorithm_lookup(struct slice name);
algorithm_lookup algorithm_find;     /* signatures */
algorithm_lookup algorithm_find_mac; /* HS256, HS384, HS512 */
