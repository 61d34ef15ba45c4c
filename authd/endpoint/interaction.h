/*
 * One person's way from an authorization request to its answer: sign-in, consent, code.
 *
 * /authorize, /signin and /consent enter it at different places and end with the same three steps.
 * The route's state begins with struct interaction.                     Threads: one at a time.
 */
#pragma once

#include "authd/endpoint/browser.h"
#include "authd/oauth/authorization.h"

struct interaction {
	struct browser browser; /* first, so that its steps find it */
	struct authorization az;
	struct slice parameters; /* of the request, form-urlencoded, as they travel in pages */
	bool own_page;           /* no portal asks: parameters are a path of ours, to go to once signed in */
	bool just_signed_in, just_consented;

	bool noting; /* that the client is one of the session's */
	struct cache_command commands[4];
	struct slice code;
};

/* Read the request; answers at once if it is refused. */
enum step_result interaction_read(struct request *r, struct interaction *i, const struct params *params);
/* Take a pending request up again, from a page's `request` field. */
enum step_result interaction_resume(struct request *r, struct interaction *i,
				    enum pending_step step, struct pending *ret_pending);

/* For a page of ours that needs somebody signed in: sign in, then come back to this path. */
enum step_result interaction_sign_in_first(struct request *r, struct interaction *i, struct slice path);

/* The last three steps: show a page, or go on to the code; issue it; send it to the portal. */
step_fn interaction_decide, interaction_issue, interaction_answer;

/* Pages and answers that end it. */
enum step_result interaction_sign_in_page(struct request *r, struct interaction *i, int http_status,
					  enum page_problem problem, int minutes, struct slice username);
enum step_result interaction_refuse(struct request *r, const struct interaction *i,
				    struct refusal refusal);
