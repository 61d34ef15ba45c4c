/*
 * Signing somebody in, from the first click to a session:
 *
 *	browser -> /sign-in    flow_begin():  to the issuer with state, nonce and a PKCE challenge
 *	issuer  -> /callback   flow_finish(): code -> tokens -> verified -> userinfo -> session
 *	browser -> /sign-out   flow_leave():  the session ends here, then at the issuer
 *
 * OpenID Connect Core §3.1, RFC 7636 (PKCE), RFC 9207 (`iss`), OpenID Connect RP-Initiated Logout.
 *                                                                              Threads: any.
 */
#pragma once

#include "examples/portal/issuer.h"
#include "examples/portal/session.h"

/* What a portal consists of. */
struct portal {
	const struct options *options;
	struct issuer *issuer;
	struct sessions *sessions;
};

/* Why it did not work: each is a page. */
enum problem {
	PROBLEM_NONE,
	PROBLEM_UNKNOWN_LOGIN, /* nobody began this sign-in in this browser, or it took too long */
	PROBLEM_OTHER_ISSUER,  /* the answer is not from the issuer that was asked: a mix-up attack */
	PROBLEM_REFUSED,       /* the issuer said no, or the person did */
	PROBLEM_BAD_TOKEN,     /* what the issuer gave does not hold */
	PROBLEM_UNREACHABLE,   /* the issuer does not answer */
	PROBLEM_NOT_FOUND,
	PROBLEM_FAULT,
};

struct trouble {
	enum problem problem;
	char detail[160]; /* for technical staff; printable ASCII */
};

/* The parameters of a callback; NULL for what is missing. */
struct callback {
	const char *state, *code, *iss, *error;
};

/* The URL to send the browser to; NULL with the trouble. locale: for the issuer's pages. */
char *flow_begin(struct portal *p, const char *browser, const char *locale, struct trouble *ret);

/* The new session, which is in the table already and one hold on it the caller's; NULL with the
 * trouble. */
struct session *flow_finish(struct portal *p, const char *browser, const struct callback *c,
                            struct trouble *ret);

/* Ends the session here. The URL of the issuer's sign-out; NULL: none, or out of memory. */
char *flow_leave(struct portal *p, struct session *session, const char *locale);

/* Whether an answer may be believed at all: what can be said without asking the issuer. */
enum problem callback_check(const struct callback *c, const char *issuer);
