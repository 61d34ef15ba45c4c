/*
 * The authorization response: a code or an error on its way to the portal, with `state` and `iss`, by
 * the response mode that was asked for (RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode, RFC 9207).
 * With a response mode of JARM, all of it is one parameter `response`: a JWT in the algorithm that the
 * client registered, else RS256 (JARM §2.1, §3).                        Threads: one at a time.
 */
#pragma once

#include "authd/endpoint/interaction.h"

enum step_result authorization_answer_code(struct request *r, struct interaction *i, struct slice code);

/* An error stays on a page unless client and redirect URI belong together (RFC 6749 §4.1.2.1). */
enum step_result authorization_answer_refusal(struct request *r, struct interaction *i,
					      struct refusal refusal);
