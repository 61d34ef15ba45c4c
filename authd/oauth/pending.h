/*
 * The pending request: before sign-in nothing is stored, and the request travels in the page.
 *
 * It is sealed and bound to the browser (by a pre-session cookie), to the issuer, to the step that
 * may take it up again, and to an expiry; from consent on to session and subject, too. So it is the
 * CSRF token of its form at the same time.                              Threads: one at a time.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/oauth/request.h"

#define PRE_SESSION_COOKIE "__Host-pre"

enum pending_step {
	PENDING_SIGN_IN = 1,
	PENDING_CONSENT = 2,
	PENDING_PASSWORD = 3,
	PENDING_SIGN_OUT = 4,
	PENDING_DEVICE = 5,
	PENDING_DECISION = 6,
	PENDING_ACCOUNT = 7,
	PENDING_FACTOR = 8,
	PENDING_FACTORS = 9,
	PENDING_ACTING = 10,
	PENDING_MANDATES = 11,
};

struct pending {
	enum pending_step step;
	struct slice parameters;  /* form-urlencoded, as the portal sent them */
	bool own_page;            /* no portal's request: parameters are a path of ours, with its query */
	struct id session_id;     /* zero before sign-in */
	int64_t expires_at;
	int64_t asked_us; /* when the request came: what was shown before is not shown for it */
	bool chosen;              /* in whose name: mandate_id, or zero for their own */
	struct id mandate_id;
};

/* Seal it for a page; sets the pre-session cookie unless the browser has a good one. */
status pending_seal(struct request *r, const struct pending *p, struct slice *ret_text);

/* Returns ST_INVALID (not made here, for another step, another browser) or ST_EXPIRED. */
status pending_open(struct request *r, enum pending_step step, struct slice text,
		    struct pending *ret);
