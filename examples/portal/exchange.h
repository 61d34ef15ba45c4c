/*
 * One request and its answer.                                       Threads: one at a time.
 */
#pragma once

#include "examples/portal/flow.h"
#include "examples/portal/html.h"

#include <microhttpd.h>

#define SESSION_COOKIE "__Host-session"
#define BROWSER_COOKIE "__Host-browser"
#define LANGUAGE_COOKIE "__Host-language"

struct exchange {
	struct portal *portal;
	struct MHD_Connection *connection;
	const char *path;
	enum language language;
	struct session *session; /* whoever is signed in, or NULL */
	struct MHD_Response *response;
	unsigned status;
	struct {
		char line[160];
	} cookies[3];
	size_t cookies_n;
};

/* What the browser sent; NULL if it did not. A parameter that stands there twice counts as missing. */
const char *exchange_parameter(struct exchange *x, const char *name);
const char *exchange_cookie(struct exchange *x, const char *name);
const char *exchange_header(struct exchange *x, const char *name);

/*
 * Only this host's, never to scripts, and not along with requests that another site sends
 * (RFC 6265bis §4.1.3.2: __Host-, so nobody can set it from a neighbouring name). max_age_s 0 deletes.
 */
void exchange_set_cookie(struct exchange *x, const char *name, const char *value, int max_age_s);

/* Each makes the answer; body is taken over, NULL stands for a lack of memory. */
void answer(struct exchange *x, unsigned status, const char *content_type, char *body);
void answer_redirect(struct exchange *x, const char *url);
/* Begins and ends a page: void write(const struct view *v, ...) goes between. */
bool answer_page_begin(struct exchange *x, struct view *ret_view, struct writer *ret_writer);
void answer_page_end(struct exchange *x, unsigned status, struct writer *w);
void answer_trouble(struct exchange *x, const struct trouble *trouble);
