/*
 * A person decides on what waits for them: the page that says who asks for what, and what becomes of
 * the answer. Shared by the device grant (RFC 8628 §3.3) and CIBA (§8).
 *
 * The route's state begins with struct decision.                        Threads: one at a time.
 */
#pragma once

#include "authd/endpoint/interaction.h"
#include "authd/service/deferred.h"

struct decision {
	struct interaction interaction; /* first, so that the shared steps find it */
	struct pending pending;
	struct client client;
	struct deferred deferred;
	bool allowed;
	bool unmet; /* they said yes, but have none of the levels that the client asked for */
	struct level_asked asked;
	struct level_found found; /* of the session in this browser */
	unsigned tries;
	struct cache_command commands[3];
};

/* Make the two commands that read a request and whether it was decided, from commands[0] on; and read
 * their answers, and the client. ST_NOT_FOUND: it is over, or its client is. */
enum { DECISION_READS = 2 };
void decision_ask(struct decision *d, struct slice handle);
status decision_read(struct request *r, struct decision *d);

/* What level the session has of those that the client asks for. A request that names one wants somebody
 * who has proved it since then. */
status decision_find_level(struct request *r, struct decision *d);

/* In the language of the page. */
struct slice decision_client_name(const struct decision *d);
/* The page; its form goes to `path` and brings `parameters` back, sealed. */
enum step_result decision_page(struct request *r, struct decision *d, const char *path,
			       struct slice parameters, struct slice user_code);
/* Take the form up again, after the session was read: d->pending.parameters. */
enum step_result decision_open(struct request *r, struct decision *d);

/* Steps, once d->deferred is what the form was about: record the decision, durable; hand it to the
 * client (and run commands[1], if it is set); tell the person. */
step_fn decision_record, decision_keep, decision_answer;
