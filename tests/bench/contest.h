/*
 * Who takes part in bench_verify. All verify one token: its signature, and `exp`, `iss` and `aud` with
 * what the library has for it. What can be prepared is prepared once, by open().
 */
#pragma once

#include "libauth/base/slice.h"
#include "libauth/key.h"

struct contest {
	const char *alg, *token, *issuer, *audience;
	int64_t now;
	const char *jwk, *pem;          /* the public key */
	const char *list;               /* a status list token, for those that look at one */
	const struct algorithm *algorithm;
	const struct key *key;          /* the public key as OpenSSL and libsodium have it */
};

struct contestant {
	const char *who;
	void *(*open)(const struct contest *c); /* NULL: it does not know the algorithm; c outlives it */
	bool (*verify)(void *self);
	void (*close)(void *self);
	bool (*again)(void *self);  /* the same token once more, where that is cheaper; may be NULL */
	void *(*share)(void *self); /* for a second thread: the same keys, and what it must have for
				       itself; closed before self is; NULL: it is not asked */
};

extern const struct contestant CONTESTANT_LIMIT, CONTESTANT_LIBAUTH;

/* Other libraries, if the build has them (-Dpeers=true): up to the one without a name. */
extern const struct contestant CONTESTANT_PEERS[];
#define PEER(name)                                  \
	void *name##_open(const struct contest *c); \
	bool name##_verify(void *self);             \
	void name##_close(void *self);
PEER(cjose)
PEER(rhonabwy)
PEER(libjose)
PEER(libjwt)
#undef PEER

/* Abort where a step of a contestant cannot fail; NDEBUG changes nothing. */
void contest_insist(bool holds, const char *what);
