/*
 * One authd deployment: what every service works with. Made in main.c, lent to all.
 *                                            Threads: immutable; what it points to locks itself.
 */
#pragma once

#include "authd/store/cache.h"
#include "authd/store/records.h"
#include "conf/conf.h"
#include "keys/keys.h"

#include <stdatomic.h>

struct documents;
struct fetching;
struct client_ca;
struct pool;
struct outbox;
struct secret_rotation;
struct own_tokens;
struct status_lists;

struct issuer {
	const struct conf *conf;
	struct slice iss; /* conf->issuer */
	struct keys *keys;
	struct records *records;
	struct cache *cache;
	struct pool *hashing;
	struct fetching *fetching; /* requests of our own: service/fetch.h */
	struct documents *documents; /* of others, fetched: service/documents.h */
	struct own_tokens *own_tokens; /* verifies what this issuer signed: service/own_tokens.h */
	struct status_lists *status_lists; /* service/status_lists.h */
	struct outbox *outbox; /* service/outbox.h */
	struct secret_rotation *secret_rotation; /* service/secret_rotation.h */
	struct client_ca *client_ca; /* of tls_client_auth, or NULL: service/client_certificate.h */
	atomic_bool draining; /* SIGTERM came: /readyz says no */
};
