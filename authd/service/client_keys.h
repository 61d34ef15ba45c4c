/*
 * The public keys of a client: registered as `jwks`, or fetched from its `jwks_uri` and kept in this
 * node's memory (OIDC Core §10.1.1, RFC 7591 §2; documents.h says for how long).
 *
 * Whoever finds that no key verifies asks for a fetch: so a client may rotate its keys at any time,
 * whether they have a `kid` or not.                                Threads: internally locked.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/service/issuer.h"
#include "libauth/base/op.h"

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
 * True: op is completed, as by document_fetch(). False: op is left alone, for there is no jwks_uri, or
 * it is not to be asked yet.
 */
bool client_keys_fetch(struct issuer *is, const struct client *client, const struct client_keys *seen,
		       int64_t now, struct arena *a, struct op *op);
