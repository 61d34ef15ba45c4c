/*
 * Somebody acts for a legal person by a mandate: what that makes of grants and tokens.
 *
 * Such a grant has the legal person as its subject, and actor_id and mandate_id. Its tokens name the
 * actor as one more ancestor (authd/model/state.h): so they end with the mandate and with the actor,
 * in authd and in the status lists, and `act` is written as that of a token exchange is.
 *                                                                       Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/model/state.h"
#include "authd/service/issuer.h"
#include "libauth/base/json_writer.h"

/*
 * Before a token of this grant: may the actor still act? Sets ancestors and expires_at of a grant with
 * a mandate, in the arena; leaves any other alone. ST_FORBIDDEN: no, or not for this client any more.
 */
status acting_begin(struct issuer *is, const struct client *client, struct grant *g, int64_t now,
		    struct arena *a);

/* The actor of a mandate, for `ancestors`. */
struct ancestor acting_ancestor(struct id mandate_id, struct id actor_id, int64_t proved_us,
				struct slice client_id);

/*
 * The mandate that the client calls so, by which this person may act now. ST_FORBIDDEN: there is none, or
 * what rests on their sign-in has ended for the legal person.
 */
struct mandate_use;
status acting_find(struct issuer *is, const struct client *client, struct id person_id, int64_t proved_us,
		   struct slice name, int64_t now, struct arena *a, struct mandate_use *ret);

/* Members of `act` beside `sub`: role, mandate_id (the client's sector's), matters or all_matters, exp. */
status acting_write(struct json_writer *w, struct issuer *is, const struct client *client, struct id mandate_id,
		    struct arena *a);

/* ---- what is remembered of a session --------------------------------------------------------- */

/* In whose name they last acted at this client: zero, in their own. ST_NOT_FOUND: they were not asked. */
status acting_remembered(const struct session *s, struct slice client_id, struct id *ret_mandate_id);
/* Remember it, of the latest sixteen clients; s->acting is then in the arena. */
status acting_remember(struct session *s, struct slice client_id, struct id mandate_id, struct arena *a);
