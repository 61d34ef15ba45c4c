/*
 * Pages of the issuer's own, for whoever is signed in: change of password, sign-out.
 *                                                                       Threads: one at a time.
 */
#pragma once

#include "authd/endpoint/pages.h"
#include "authd/oauth/pending.h"
#include "authd/service/sessions.h"
#include "authd/service/subjects.h"

struct account {
	enum language language;
	struct session_ticket ticket;
	bool has_ticket;
	struct session session;
	bool has_session;
	struct cache_command get;
};

/* Ask the cache for the session of the cookie; take its answer. Without one, has_session is false. */
enum step_result account_get_session(struct request *r, struct account *a);
enum step_result account_take_session(struct request *r, struct account *a);

/* Open the form's `request`: it must have been made for this step, this browser and this session.
 * Answers with an error page if not. */
enum step_result account_open_form(struct request *r, struct account *a, enum pending_step step,
				   struct pending *ret);

/* The first character of the person's name, the rest hidden; "" if it cannot be read. */
struct slice masked_name(struct slice name, struct arena *a);
