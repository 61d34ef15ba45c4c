/* Answers that are pages: each renders into the request's arena and finishes the step. */
#pragma once

#include "authd/model/client.h"
#include "authd/model/subject.h"
#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"
#include "authd/page/page.h"

enum language request_language(const struct request *r, struct slice ui_locales);

/* Answer with what `render` appended; a fault of it is answered as one. */
enum step_result answer_page(struct request *r, int http_status, struct buf *html, status rendered);

/* An error that is shown to the person, since it cannot be sent to the portal. */
enum step_result answer_error_page(struct request *r, int http_status, struct refusal refusal);
/* Send the browser to this address, by 303, so that it never repeats a form's POST there (RFC 9700
 * §4.12). One that does not fit into an answer is an error page. NO_SLICE is a fault. */
enum step_result answer_see_other(struct request *r, struct slice location);
/* A fault: 503 where something could not be reached, else 500. Logged with its reason. */
enum step_result answer_fault_page(struct request *r, status fault, const char *what);

/* The first character of a person's name, the rest hidden; for pages that others may see. */
struct slice masked_name(struct slice name, struct arena *a);

/* What of these claims the client may be told, and why, for a page. */
status page_rights(const struct client *client, claim_set claims, struct arena *a, struct page_rights *ret);

/* YYYY-MM-DD, in UTC. */
struct slice date_text(int64_t at, struct arena *a);

/* What pages say of a mandate: the names of its matters, absent where it is for all; its last day, absent
 * where it has none. */
struct slice mandate_matters(const struct mandate *m, struct arena *a);
struct slice mandate_day(int64_t until, struct arena *a);

/* authorization_details as they are kept, for a page. */
status page_details(struct slice details, struct arena *a, const struct page_detail **ret, size_t *ret_n);

/* Did the form come from one of our own pages? Checks Origin and Sec-Fetch-Site where sent. */
bool request_is_same_origin(const struct request *r);
