#include "authd/endpoint/pages.h"

#include "authd/oauth/json_answer.h"
#include "authd/service/authorization_details.h"
#include "authd/service/claim_rights.h"

#include <time.h>

enum language request_language(const struct request *r, struct slice ui_locales)
{
	return page_language(ui_locales, r->accept_language);
}

enum step_result answer_page(struct request *r, int http_status, struct buf *html, status rendered)
{
	struct slice body = buf_finish(html, &r->arena);
	if (rendered != ST_OK || !body.p)
		return answer_unavailable(r, "no memory for a page");
	return answer(r, http_status, "text/html; charset=utf-8", body);
}

enum step_result answer_error_page(struct request *r, int http_status, struct refusal refusal)
{
	const struct page_error page = {
		.language = request_language(r, params_get(&r->query, "ui_locales")),
		.status = http_status,
		.error = slice_str(refusal.error->name),
		.description = slice_str(refusal.description),
		.request_id = slice_str(r->request_id),
	};
	if (!r->log_reason.p)
		r->log_reason = slice_str(refusal.description);
	struct buf html = { 0 };
	return answer_page(r, http_status, &html, page_error(&html, &page));
}

enum step_result answer_fault_page(struct request *r, status fault, const char *what)
{
	struct refusal refusal = refusal_of_fault(r, fault, what);
	return answer_error_page(r, refusal.error->status, refusal);
}

enum step_result answer_see_other(struct request *r, struct slice location)
{
	/* Of the 16 KiB of a connection: both stand there at once, and the rest of two heads. */
	enum { BOTH_MAX = 10 << 10 };
	if (!location.p)
		return answer_fault_page(r, ST_NOMEM, "redirect");
	if (r->query_string.n + location.n > BOTH_MAX)
		return answer_error_page(r, 400, refuse(&INVALID_REQUEST, "the request is too long to be answered"));
	return answer_redirect(r, 303, location);
}

struct slice masked_name(struct slice name, struct arena *a)
{
	size_t first = 1;
	while (first < name.n && (name.p[first] & 0xc0) == 0x80)
		first++;
	return arena_format(a, "%.*s**", SLICE_FMT(slice_first(name, first)));
}

status page_rights(const struct client *client, claim_set claims, struct arena *a, struct page_rights *ret)
{
	struct page_right *rows = arena_array(a, struct page_right, client->claims.n + 1);
	size_t n = 0;
	if (!rows)
		return ST_NOMEM;
	for (size_t i = 0; i < client->claims.n; i++) {
		struct claim_right right;
		struct error why;
		struct page_right *row = &rows[n];
		if (claim_right_read(client->claims.items[i], &right, &why) != ST_OK || !(right.claims & claims))
			continue;
		*row = (struct page_right){ .purpose = right.purpose, .by_duty = right.basis == BASIS_DUTY };
		TRY(claims_names(right.claims & claims, a, &row->claims));
		n++;
	}
	*ret = (struct page_rights){ rows, n };
	return ST_OK;
}

status page_details(struct slice details, struct arena *a, const struct page_detail **ret, size_t *ret_n)
{
	struct authorization_detail *list;
	size_t n;
	TRY(authorization_details_list(details, a, &list, &n));
	struct page_detail *rows = arena_array(a, struct page_detail, n ? n : 1);
	if (!rows)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++) {
		struct page_member *members = arena_array(a, struct page_member, list[i].n ? list[i].n : 1);
		if (!members)
			return ST_NOMEM;
		for (size_t k = 0; k < list[i].n; k++) {
			const struct authorization_detail_member *m = &list[i].members[k];
			members[k] = (struct page_member){ m->name, m->values, m->n };
		}
		rows[i] = (struct page_detail){ list[i].type, members, list[i].n };
	}
	*ret = rows;
	*ret_n = n;
	return ST_OK;
}

bool request_is_same_origin(const struct request *r)
{
	bool same_site = slice_is(r->sec_fetch_site, "same-origin");
	if (r->sec_fetch_site.p && !same_site)
		return false;
	/* Under Referrer-Policy: no-referrer, browsers say `null` even to ourselves. */
	if (slice_is(r->origin, "null"))
		return same_site;
	return !r->origin.p || slice_equal(r->origin, r->issuer->iss);
}

struct slice date_text(int64_t at, struct arena *a)
{
	time_t seconds = (time_t)at;
	struct tm day;
	if (!gmtime_r(&seconds, &day))
		return NO_SLICE;
	return arena_format(a, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

struct slice mandate_matters(const struct mandate *m, struct arena *a)
{
	AUTO_BUF struct buf words = { 0 };
	for (size_t i = 0; i < m->matters.n && !m->all_matters; i++) {
		if (i)
			buf_put_byte(&words, ' ');
		buf_put(&words, m->matters.items[i]);
	}
	return words.n ? buf_finish(&words, a) : NO_SLICE;
}

struct slice mandate_day(int64_t until, struct arena *a)
{
	char text[MANDATE_DAY_SIZE];
	mandate_last_day_text(until, text);
	return text[0] ? arena_copy(a, slice_str(text)) : NO_SLICE;
}
