/* Bytes that must not outlive their use. Compare them with slice_equal_secret() alone. */
#pragma once

#include "libauth/base/slice.h"

enum { SECRET_SIZE = 32 };

/* malloc() and a free() that wipes, for a library that lets its allocator be chosen (jansson). */
void *secret_alloc(size_t n);
void secret_free(void *p);

/* Which algorithms a secret is for; what does not say is for the international ones. */
enum suite {
	SUITE_INTERNATIONAL, /* AES-256-GCM, HMAC-SHA-256, HKDF-SHA-256 */
	SUITE_SM,            /* SM4-CTR with HMAC-SM3, HMAC-SM3, HKDF-SM3 */
	SUITE_COUNT,
};

/* A symmetric key or another secret of fixed size. */
struct secret {
	uint8_t bytes[SECRET_SIZE];
	enum suite suite;
};

/* Overwrite n bytes, which a compiler may not leave out. */
void secret_wipe(void *p, size_t n);

static inline void secret_done(struct secret *s) { secret_wipe(s->bytes, sizeof s->bytes); }
#define AUTO_SECRET __attribute__((cleanup(secret_done)))

static inline struct slice secret_slice(const struct secret *s)
{
	return slice_of(s->bytes, sizeof s->bytes);
}
