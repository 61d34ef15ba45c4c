/*
 * What has to be done from time to time: the life of keys, a look at the certificate.
 *                                                                Threads: the main one alone.
 */
#pragma once

#include "authd/server/server.h"

struct upkeep {
	struct issuer *issuer;
	struct server *server;
	struct log *log;
	struct key_policy policy;
	/* Of the last tick: told when it changes. */
	status keys_said, lists_said, outbox_said, audit_said, rotation_said;
	int64_t certificate_told; /* when last warned of */
	int64_t checkpoint_at;    /* when the audit was last signed */
};

void upkeep_init(struct upkeep *u, struct issuer *is, struct server *server, struct log *log);
/* Every minute. */
void upkeep_tick(struct upkeep *u, int64_t now);
/* SIGHUP: keys and certificates are read again; what cannot be read leaves the old ones in use. */
void upkeep_reload(struct upkeep *u, int64_t now);
