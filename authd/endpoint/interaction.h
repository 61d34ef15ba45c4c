/*
 * One person's way from an authorization request to its answer: sign-in, consent, code.
 *
 * /authorize, /signin and /consent enter it at different places and end with the same three steps.
 * The route's state begins with struct interaction.                     Threads: one at a time.
 */
#pragma once

#include "authd/endpoint/acting.h"
#include "authd/endpoint/browser.h"
#include "authd/oauth/request_source.h"
#include "authd/service/levels.h"
#include "keys/keys.h"

struct interaction {
	struct browser browser; /* first, so that its steps find it */
	struct authorization az;
	bool own_page;           /* no portal asks: parameters are a path of ours, to go to once signed in */
	struct request_source source;
	/* Of the request, form-urlencoded, as they travel in pages: of a pushed one with its request_uri, to
	 * be spent. */
	struct slice parameters;
	bool just_signed_in, just_consented;
	int64_t asked_us; /* when the portal's request came */
	struct level_asked asked;
	struct level_found found; /* of browser.session */
	struct acting acting; /* in whose name */

	bool noting; /* that the client is one of the session's */
	struct cache_command commands[4];
	size_t spend_at; /* which of them takes the pushed request */
	struct slice code;
	struct refusal denial;
	struct sign_job response_job;
};

/* Steps: find out where the request's parameters are (request_source.h), and read them; they answer at
 * once if it is refused. */
step_fn interaction_begin, interaction_found, interaction_read_object, interaction_read;
/* Take a pending request up again, from a page's `request` field. */
enum step_result interaction_resume(struct request *r, struct interaction *i,
				    enum pending_step step, struct pending *ret_pending);

/* For a page of ours that needs somebody signed in: sign in, then come back to this path. */
enum step_result interaction_sign_in_first(struct request *r, struct interaction *i, struct slice path);

/* The same for one who has to prove more: by password or by code. */
enum step_result interaction_prove_first(struct request *r, struct interaction *i, enum proof proof,
					 struct slice path);

/* What the person is asked to agree to, and with what it stands: with themselves or a mandate. */
struct consent interaction_consent(const struct request *r, const struct interaction *i);
struct id interaction_owner(const struct interaction *i);

/* The last three steps: show a page, or go on to the code; issue it; send it to the portal. */
step_fn interaction_decide, interaction_issue, interaction_answer;

/* Pages and answers that end it. */
enum step_result interaction_sign_in_page(struct request *r, struct interaction *i, int http_status,
					  enum page_problem problem, int minutes, struct slice username);
/* Asks for the code of the second factor alone. */
enum step_result interaction_factor_page(struct request *r, struct interaction *i, int http_status,
					 enum page_problem problem);
enum step_result interaction_refuse(struct request *r, struct interaction *i, struct refusal refusal);
/* The person said no: that ends a pushed request, too. */
enum step_result interaction_deny(struct request *r, struct interaction *i, const char *why);
