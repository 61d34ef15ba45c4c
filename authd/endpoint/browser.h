/*
 * What a browser brings: the session that its cookie names, and the forms of our own pages.
 *
 * The route's state begins with struct browser.                         Threads: one at a time.
 */
#pragma once

#include "authd/endpoint/pages.h"
#include "authd/oauth/pending.h"
#include "authd/service/sessions.h"

struct browser {
	enum language language; /* that the person reads */
	struct session_ticket ticket; /* what the cookie says */
	bool has_ticket;
	struct session session; /* what the cache says */
	bool has_session;
	struct cache_command get;
};

/* Two steps: ask the cache for the session of the cookie, and take its answer. Without one,
 * has_session is false. */
step_fn browser_get_session, browser_take_session;

/* Open the form's `request`: it must have been made for this step, this browser and, once that is
 * known, this session. Answers with an error page if not. */
enum step_result browser_open_form(struct request *r, enum pending_step step, struct pending *ret);

/*
 * A POST from another site brings no SameSite=Lax cookie, so the session would not be seen: send the
 * browser to the same request as a GET (303), which does bring it. At most 8 KiB.
 */
enum step_result browser_post_becomes_get(struct request *r);
