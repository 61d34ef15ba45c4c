#include "authd/oauth/request.h"

#include "libauth/base/encode.h"

const char *method_name(enum method m)
{
	switch (m) {
	case METHOD_GET: return "GET";
	case METHOD_HEAD: return "HEAD";
	case METHOD_POST: return "POST";
	case METHOD_DELETE: return "DELETE";
	case METHOD_PUT: return "PUT";
	}
	return NULL;
}

/* ---- parameters ----------------------------------------------------------------------------- */

struct slice params_get(const struct params *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (slice_is(p->items[i].name, name))
			return p->items[i].value.n ? p->items[i].value : NO_SLICE;
	return NO_SLICE;
}

/* RFC 8707 §2, RFC 8693 §2.1 */
static bool may_repeat(struct slice name) { return slice_is(name, "resource") || slice_is(name, "audience"); }

/* At most PARAMS_MAX of them, so a plain comparison of each with each is quick, and no choice of
 * names makes it slower. */
struct slice params_duplicate(const struct params *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < i; k++)
			if (slice_equal(p->items[i].name, p->items[k].name) &&
			    !may_repeat(p->items[i].name))
				return p->items[i].name;
	return NO_SLICE;
}

static status param_parse(struct slice pair, struct arena *a, struct param *ret)
{
	uint8_t *out = arena_alloc(a, pair.n + 2);
	if (!out)
		return ST_NOMEM;
	size_t equals = slice_find(pair, '=');
	TRY(form_decode(slice_first(pair, equals), out, &ret->name));
	return form_decode(slice_from(pair, equals + 1), out + equals + 1, &ret->value);
}

static size_t count_pairs(struct slice text)
{
	size_t n = 1;
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '&';
	return n;
}

status params_parse(struct slice text, struct arena *a, struct params *ret)
{
	struct params params = { NULL, 0 };
	size_t pairs = count_pairs(text);
	if (pairs > PARAMS_MAX)
		return ST_INVALID;
	params.items = arena_array(a, struct param, pairs);
	if (!params.items)
		return ST_NOMEM;
	while (text.n) {
		size_t n = slice_find(text, '&');
		struct slice pair = slice_first(text, n);
		text = slice_from(text, n + 1);
		if (pair.n)
			TRY(param_parse(pair, a, &params.items[params.n++]));
	}
	*ret = params;
	return ST_OK;
}

void params_put(struct buf *out, const struct params *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			buf_put_byte(out, '&');
		buf_put_percent(out, p->items[i].name);
		buf_put_byte(out, '=');
		buf_put_percent(out, p->items[i].value);
	}
}

/* ---- cookies -------------------------------------------------------------------------------- */

static struct slice trim(struct slice s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = slice_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s = slice_first(s, s.n - 1);
	return s;
}

/* RFC 6265 §4.2.1: name=value pairs, separated by semicolons. */
struct slice request_cookie(const struct request *r, const char *name)
{
	struct slice rest = r->cookie, found = NO_SLICE;
	while (rest.n) {
		size_t n = slice_find(rest, ';');
		struct slice pair = trim(slice_first(rest, n));
		rest = slice_from(rest, n + 1);
		size_t equals = slice_find(pair, '=');
		if (equals == pair.n || !slice_is(slice_first(pair, equals), name))
			continue;
		if (found.p)
			return NO_SLICE;
		found = slice_from(pair, equals + 1);
	}
	return found;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* A header that cannot be kept (Set-Cookie, Location, WWW-Authenticate) makes the answer wrong: it
 * is marked, and goes out as a 500. */
void response_header(struct request *r, const char *name, struct slice value)
{
	struct header *h = arena_new(&r->arena, struct header);
	if (!h || !value.p) {
		r->response.failed = true;
		return;
	}
	*h = (struct header){ .name = slice_str(name), .value = value };
	struct header **end = &r->response.headers;
	while (*end)
		end = &(*end)->next;
	*end = h;
}

enum step_result answer(struct request *r, int http_status, const char *content_type,
                        struct slice body)
{
	r->response.status = http_status;
	r->response.content_type = slice_str(content_type);
	r->response.body = body;
	return STEP_DONE;
}

enum step_result answer_json(struct request *r, int http_status, struct slice json)
{
	return answer(r, http_status, "application/json", json);
}

enum step_result answer_redirect(struct request *r, int http_status, struct slice location)
{
	response_header(r, "Location", location);
	return answer_empty(r, http_status);
}

enum step_result answer_empty(struct request *r, int http_status)
{
	return answer(r, http_status, NULL, SLICE(""));
}

enum step_result answer_unavailable(struct request *r, const char *why)
{
	r->log_reason = slice_str(why);
	response_header(r, "Retry-After", SLICE("5"));
	response_header(r, "Cache-Control", SLICE("no-store"));
	return answer_json(r, 503, SLICE("{\"error\":\"temporarily_unavailable\"}"));
}
