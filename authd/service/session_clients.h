/*
 * The clients of a session: who has been given a code in it and wants to hear of its end (OpenID
 * Connect Back-Channel Logout 1.0, Front-Channel Logout 1.0).
 *
 * A record for each, made before the first code of the session leaves for that client, and gone with
 * the session. A client that has registered no logout URI has none, and costs nothing.
 *                                         Threads: all may call; batch and arena: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/model/state.h"
#include "authd/service/issuer.h"

/* Must the client be noted before it is given a code in this session? */
status session_client_is_new(struct issuer *is, const struct session *s, const struct client *c,
			     bool *ret);
/* Note it. ST_NOT_FOUND: the session has ended meanwhile, so the code will be refused. The commit says
 * ST_CONFLICT where session and this note cross. */
status session_client_put(struct issuer *is, struct batch *b, const struct session *s,
			  const struct client *c, struct arena *a);

/* Of more clients than so many, nobody knows in one session. */
enum { SESSION_CLIENTS_MAX = 1000 };
struct session_client_listed {
	struct slice client_id;
	enum subject_kind kind;
};
/* In the arena, in the order of client_id. */
status session_clients_list(struct issuer *is, struct id subject_id, struct id session_id,
			    struct arena *a, struct session_client_listed **ret, size_t *ret_n);

/* The session is forgotten, and so are they. */
status session_clients_forget(struct issuer *is, struct batch *b, struct id subject_id,
			      struct id session_id, struct arena *a);
/* The session ends: each that has a backchannel_logout_uri will be told, by the outbox. */
status session_clients_end(struct issuer *is, struct batch *b, struct id subject_id,
			   struct id session_id, int64_t now, struct arena *a);
