/*
 * The signature algorithms that exist here.      RFC 7518 §3.1, RFC 8037 §3.1, GM/T 0125
 *
 * No row, no verification: `none` and the HMACs have none. Threads: const data.
 */
#pragma once

#include "libauth/base/slice.h"

/* A key is of exactly one kind, and an algorithm takes keys of one kind. */
enum key_kind { KIND_P256, KIND_P384, KIND_P521, KIND_RSA, KIND_ED25519, KIND_SM2 };

struct algorithm {
	struct slice name;  /* `alg` */
	enum key_kind kind;
	const char *digest; /* OpenSSL's name of the hash function, also of at_hash */
	bool pss;           /* RFC 7518 §3.5; RSA keys only */
};

extern const struct algorithm ALGORITHMS[];
extern const size_t ALGORITHM_COUNT;

/* NULL for a name that has no row. Names are compared byte by byte. */
const struct algorithm *algorithm_find(struct slice name);
