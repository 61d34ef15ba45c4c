/* What an issuer publishes, fetched and handed to verifiers.             Threads: one at a time. */
#pragma once

#include "libauth/refresh/auth_refresh.h"
#include "libauth/refresh/fetch.h"

struct issuer {
	char *name, *cache_dir;
	struct auth_verifier **verifiers;
	size_t verifiers_n;
	struct fetcher *fetcher;
	char *jwks_uri, *lists_uri; /* from the metadata; NULL: not known yet, or none */
	bool (*stop)(void *);
	void *context;
};
void issuer_done(struct issuer *i);

/* What the cache directory holds. *ret_keys_at is 0 if it has no keys younger than `oldest`. */
void issuer_load(struct issuer *i, int64_t now, int64_t oldest, int64_t *ret_keys_at);

/* Fetch the metadata and the keys, or all lists. *ret_max_age_s: how long they stay fresh; -1: not
 * said. ST_OK, or a refusal or fault with a message: then all is as it was. */
status issuer_fetch_keys(struct issuer *i, int64_t *ret_max_age_s, struct error *e);
status issuer_fetch_lists(struct issuer *i, int64_t now, int64_t *ret_max_age_s, struct error *e);

/* Remove lists from the directory that are over. */
void issuer_tidy(struct issuer *i, int64_t now);

/* Take the keys away. */
void issuer_forget_keys(struct issuer *i);
