/*
 * One person's way from an authorization request to its answer: sign-in, consent, code.
 *
 * /authorize, /signin and /consent enter it at different places and end with the same steps:
 * interaction_decide, interaction_issue, interaction_answer.            Threads: one at a time.
 */
#pragma once

#include "authd/oauth/authorization.h"
#include "authd/oauth/pending.h"
#include "authd/page/page.h"
#include "authd/service/sessions.h"

struct interaction {
	struct authorization az;
	struct slice parameters; /* of the request, form-urlencoded, as they travel in pages */
	enum language language;

	struct session_ticket ticket; /* what the cookie says */
	bool has_ticket;
	struct session session; /* what the cache says */
	bool has_session;
	bool just_signed_in, just_consented;

	struct cache_command commands[4];
	struct slice code;
};

/* Read the request; answers at once if it is refused. */
enum step_result interaction_read(struct request *r, struct interaction *i, const struct params *params);
/* Take a pending request up again, from a page's `request` field. */
enum step_result interaction_resume(struct request *r, struct interaction *i,
				    enum pending_step step, struct pending *ret_pending);

/* Ask the cache for the session; take its answer. */
enum step_result interaction_get_session(struct request *r, struct interaction *i);
enum step_result interaction_take_session(struct request *r, struct interaction *i);

/* Show a page, or go on to the code. */
enum step_result interaction_decide(struct request *r, struct interaction *i);
enum step_result interaction_issue(struct request *r, struct interaction *i);
enum step_result interaction_answer(struct request *r, struct interaction *i);

/* Pages and answers that end it. */
enum step_result interaction_sign_in_page(struct request *r, struct interaction *i, int http_status,
					  enum page_problem problem, int minutes, struct slice username);
enum step_result interaction_refuse(struct request *r, struct interaction *i, struct refusal refusal);
