/*
 * The public keys of a client: registered as `jwks`, or fetched from its `jwks_uri` and kept in this
 * node's memory (OIDC Core §10.1.1, RFC 7591 §2).
 *
 *	struct client_keys keys;
 *	status s = client_keys_get(is, &client, now, a, &keys);
 *	if (s == ST_OK && keys.jwks has the key that is needed) ...
 *	else if (!asked && client_keys_fetch(is, &client, &keys, now, a, op))
 *		return STEP_WAIT;      and then the same once more, with asked set
 *
 * Whoever finds that no key verifies asks for a fetch: so a client may rotate its keys at any time,
 * whether they have a `kid` or not. However many ask, there is one fetch at a time, and for 30 s none
 * after one that was made although what was there was fresh, or that has failed. What is there counts
 * as long as Cache-Control says, but at least a minute and at most an hour; without a word, five
 * minutes. Then it is fetched anew, and only where that fails, the last keys serve for an hour more.
 *                                                                    Threads: internally locked.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/service/issuer.h"
#include "libauth/base/op.h"

enum {
	CLIENT_KEYS_BYTES_MAX = 32 << 10,
	CLIENT_KEYS_FRESH_S = 300, /* where Cache-Control does not say */
	CLIENT_KEYS_FRESH_MIN_S = 60,
	CLIENT_KEYS_FRESH_MAX_S = 3600,
	CLIENT_KEYS_OUTAGE_S = 3600,
	CLIENT_KEYS_AGAIN_S = 30,
};

struct client_keys {
	struct slice jwks; /* JSON, a JWK Set (RFC 7517 §5) */
	uint64_t version;  /* changes when it is fetched anew; 0: none, or registered as `jwks` */
};

/*
 * The keys as they are known. jwks lives in the arena, or with the client.
 * ST_OK; ST_NOT_FOUND: none are known, or they are too old to count. Then *ret is empty.
 */
status client_keys_get(struct issuer *is, const struct client *client, int64_t now, struct arena *a,
		       struct client_keys *ret);

/*
 * Fetch the keys of jwks_uri, because those in `seen` do not do; it is empty if there were none.
 * True: op is completed when there is something new to get, or nothing; its status says no more than
 * client_keys_get() will. At once where others have fetched newer keys than seen.
 * False: op is left alone, for there is no jwks_uri, or it is not to be asked yet.
 */
bool client_keys_fetch(struct issuer *is, const struct client *client, const struct client_keys *seen,
		       int64_t now, struct arena *a, struct op *op);

/* This node's memory; freed when no fetch is under way any more: after the issuer's `fetching`. */
struct client_keys_memory;
status client_keys_memory_new(struct client_keys_memory **ret);
void client_keys_memory_free(struct client_keys_memory *m);
DEFINE_AUTO(client_keys_memory, struct client_keys_memory *, client_keys_memory_free)
