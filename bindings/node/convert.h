/*
 * JavaScript's values as C's and back. A function that gives a bool has thrown when it says false.
 * Threads: one environment at a time.
 */
#pragma once

#include "libauth/auth.h"

#include <node_api.h>

/* What one call keeps until its end. Zeroed it is empty. */
struct pool {
	struct chunk *last;
};
void pool_done(struct pool *p);

struct bytes {
	char *p; /* with a NUL behind the n bytes */
	size_t n;
};

/* A string, as UTF-8, or a Buffer; copied. `name` is for the message. */
bool get_bytes(napi_env env, struct pool *p, napi_value value, const char *name, struct bytes *ret);
/* A whole number of at most 53 bits. */
bool get_integer(napi_env env, napi_value value, const char *name, int64_t *ret);

enum option_type {
	OPTION_STRING,  /* const char *: no NUL inside */
	OPTION_STRINGS, /* const char *const *, ended with NULL */
	OPTION_BYTES,   /* struct bytes */
	OPTION_INT64,
	OPTION_UNSIGNED, /* unsigned, or an enum */
	OPTION_SIZE,
};

/* One member of a struct; a table ends with a NULL name. */
struct option {
	const char *name;
	enum option_type type;
	size_t offset;
};
extern const struct option VERIFIER_OPTIONS[], BUNDLE_OPTIONS[], DPOP_OPTIONS[];

/* The members that an object has. One that is in no table, or null or undefined, is a TypeError: a
 * misspelt demand must not be one that nobody makes. */
bool fill(napi_env env, struct pool *p, napi_value from, const struct option *table, void *ret);

/* { claims, alg, kid, jkt, status_checked }, all of it frozen; NULL if something was thrown. */
napi_value verified(napi_env env, const struct auth_claims *claims);
