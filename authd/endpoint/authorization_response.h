/*
 * The authorization response: a code or an error on its way to the portal, with `state` and `iss`, by
 * the response mode that was asked for (RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode, RFC 9207).
 *                                                                       Threads: one at a time.
 */
#pragma once

#include "authd/oauth/authorization.h"
#include "authd/page/page.h"

enum step_result authorization_answer_code(struct request *r, const struct authorization *az,
					   enum language language, struct slice code);

/* An error stays on a page unless client and redirect URI belong together (RFC 6749 §4.1.2.1). */
enum step_result authorization_answer_refusal(struct request *r, const struct authorization *az,
					      enum language language, struct refusal refusal);
