#include "examples/portal/exchange.h"
#include "examples/portal/pages.h"

/* ---- what came ------------------------------------------------------------------------------ */

struct search {
	const char *name, *value;
	int times;
};

static enum MHD_Result look(void *context, enum MHD_ValueKind kind, const char *name,
                            const char *value)
{
	struct search *s = context;
	(void)kind;
	if (strcmp(name, s->name) == 0) {
		s->value = value;
		s->times++;
	}
	return MHD_YES;
}

/* RFC 6749 §3.1: parameters must not be repeated. */
static const char *find_one(struct exchange *x, enum MHD_ValueKind kind, const char *name)
{
	struct search s = {.name = name};
	MHD_get_connection_values(x->connection, kind, look, &s);
	return s.times == 1 ? s.value : NULL;
}

const char *exchange_parameter(struct exchange *x, const char *name)
{
	return find_one(x, MHD_GET_ARGUMENT_KIND, name);
}

const char *exchange_cookie(struct exchange *x, const char *name)
{
	return find_one(x, MHD_COOKIE_KIND, name);
}

const char *exchange_header(struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

/* ---- what goes ------------------------------------------------------------------------------ */

void exchange_set_cookie(struct exchange *x, const char *name, const char *value, int max_age_s)
{
	size_t place = x->cookies_n++ % (sizeof x->cookies / sizeof *x->cookies);
	snprintf(x->cookies[place].line, sizeof x->cookies[place].line,
	         "%s=%s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Lax", name, value,
	         max_age_s);
}

static void add_headers(struct exchange *x, struct MHD_Response *response)
{
	static const char *const headers[][2] = {
	        {"Cache-Control", "no-store"},
	        {"Content-Security-Policy",
	         "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
	         "frame-ancestors 'none'"},
	        {"Referrer-Policy", "same-origin"},
	        {"X-Content-Type-Options", "nosniff"},
	        {"X-Frame-Options", "DENY"},
	};
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	for (size_t i = 0; i < x->cookies_n; i++)
		MHD_add_response_header(response, "Set-Cookie", x->cookies[i].line);
}

void answer(struct exchange *x, unsigned status, const char *content_type, char *body)
{
	if (!body)
		status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	struct MHD_Response *response = MHD_create_response_from_buffer(
	        body ? strlen(body) : 0, body ? body : "",
	        body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (!response) {
		free(body);
		return;
	}
	MHD_add_response_header(response, "Content-Type", content_type);
	add_headers(x, response);
	x->response = response;
	x->status = status;
}

void answer_redirect(struct exchange *x, const char *url)
{
	answer(x, MHD_HTTP_SEE_OTHER, "text/plain", strdup(""));
	if (x->response)
		MHD_add_response_header(x->response, "Location", url);
}

bool answer_page_begin(struct exchange *x, struct view *ret_view, struct writer *ret_writer)
{
	if (!writer_open(ret_writer)) {
		answer(x, MHD_HTTP_INTERNAL_SERVER_ERROR, "text/plain", NULL);
		return false;
	}
	*ret_view = (struct view){
	        .out = ret_writer->out,
	        .language = x->language,
	        .options = x->portal->options,
	        .path = x->path,
	};
	return true;
}

void answer_page_end(struct exchange *x, unsigned status, struct writer *w)
{
	answer(x, status, "text/html; charset=utf-8", writer_close(w));
}

void answer_trouble(struct exchange *x, const struct trouble *trouble)
{
	static const unsigned statuses[] = {
	        [PROBLEM_NONE] = 500,        [PROBLEM_UNKNOWN_LOGIN] = 400,
	        [PROBLEM_OTHER_ISSUER] = 400, [PROBLEM_REFUSED] = 403,
	        [PROBLEM_BAD_TOKEN] = 502,   [PROBLEM_UNREACHABLE] = 503,
	        [PROBLEM_NOT_FOUND] = 404,   [PROBLEM_FAULT] = 500,
	};
	struct view v;
	struct writer w;
	if (!answer_page_begin(x, &v, &w))
		return;
	v.path = "/"; /* a change of language must not repeat what failed */
	page_trouble(&v, trouble);
	answer_page_end(x, statuses[trouble->problem], &w);
}
