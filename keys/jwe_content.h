/*
 * The content of a JWE under its content encryption key (RFC 7518 §5).    Threads: all may call.
 */
#pragma once

#include "libauth/base/slice.h"
#include "libauth/base/status.h"

enum { JWE_KEY_MAX = 32, JWE_IV_MAX = 16, JWE_TAG_SIZE = 16 };

/* A row of the table of content encryptions. */
struct jwe_content {
	const char *name; /* `enc` */
	size_t key_size, iv_size;
	size_t padding; /* the ciphertext is at most this much longer than the plain text */
	status (*seal)(const uint8_t *key, const uint8_t *iv, struct slice associated, struct slice plain,
		       uint8_t *out, size_t *ret_n, uint8_t tag[JWE_TAG_SIZE]);
};
extern const struct jwe_content JWE_CONTENTS[];
enum { JWE_CONTENT_COUNT = 2 };
/* NULL for a name that has no row. */
const struct jwe_content *jwe_content_find(struct slice name);
