/*
 * Front-channel logout: the page that says "signed out" has a frame for each portal of the session that
 * wants one (OpenID Connect Front-Channel Logout 1.0 §2, §3).             Threads: one at a time.
 */
#pragma once

#include "authd/endpoint/pages.h"
#include "authd/service/sessions.h"

struct logout_frames {
	struct slice *urls;    /* frontchannel_logout_uri with iss and sid */
	struct slice *origins; /* of each */
	size_t n;
};
/* Whom to tell, as long as the session is there. In the request's arena. */
status logout_frames_collect(struct request *r, const struct session_ticket *t,
			     struct logout_frames *ret);
/* Put the frames on the page, whose answer then allows them alone, and goes on to page->return_to by
 * itself when they have had their time. Nothing happens without frames. */
status logout_frames_show(struct request *r, const struct logout_frames *frames,
			  struct page_signed_out *page);
