#include "authd/page/page.h"

#include "authd/page/asked.h"
#include "authd/page/qr.h"
#include "authd/page/templates.gen.h"
#include "libauth/base/mem.h"

#include <strings.h>

/* How much of a foreign text is shown, in characters. A host name has at most 253 (RFC 1035). */
enum { NAME_SHOWN = 80, HOST_SHOWN = 253, TEXT_SHOWN = 300, USERNAME_SIZE = 256 };

/* A shared policy: no script, nothing from elsewhere, in no frame. No form-action: browsers apply
 * it to the redirect after the POST too, which leads to the portal. img-src is for the icon. */
#define CSP                                                                            \
	"default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "       \
	"frame-ancestors 'none'"
const char PAGE_CSP[] = CSP;
const char PAGE_CSP_FORM_POST[] = CSP "; script-src '" TEMPLATE_SCRIPT_HASH "'";

struct slice page_style(void) { return TEMPLATE_STYLE; }
struct slice page_style_etag(void) { return SLICE("\"" TEMPLATE_STYLE_DIGEST "\""); }

static struct value name_value(struct slice s) { return value_shown(s, NAME_SHOWN, CUT_END); }

/* What each page has: the form that switches the language posts `request` to `path`. */
static void set_common(struct value *v, const char *path, struct slice request)
{
	v[FIELD_PATH] = value_exact(slice_str(path));
	v[FIELD_REQUEST] = value_exact(request);
	v[FIELD_PROBLEM] = value_flag(false);
}

/* Who asks: a client without a name that can be seen is called by its host. */
static void set_client(struct value *v, struct slice name, struct slice host)
{
	bool named = !escape_is_blank(name);
	v[FIELD_CLIENT] = value_flag(named || !escape_is_blank(host));
	v[FIELD_CLIENT_NAME] = named ? name_value(name) : value_shown(host, HOST_SHOWN, CUT_START);
	v[FIELD_CLIENT_HOST] = value_shown(host, HOST_SHOWN, CUT_START);
}

static void set_links(struct value *v, const struct page_links *l)
{
	v[FIELD_CLIENT_URI] = value_exact(l->client_uri);
	v[FIELD_LOGO_URI] = value_exact(l->logo_uri);
	v[FIELD_POLICY_URI] = value_exact(l->policy_uri);
	v[FIELD_TOS_URI] = value_exact(l->tos_uri);
	v[FIELD_LINKS] = value_flag(l->client_uri.n || l->logo_uri.n || l->policy_uri.n || l->tos_uri.n);
}

static void set_problem(struct value *v, enum page_problem problem, int minutes, int min_length)
{
	static const int fields[] = {
		[PROBLEM_WRONG_CREDENTIALS] = FIELD_WRONG_CREDENTIALS,
		[PROBLEM_THROTTLED] = FIELD_THROTTLED,
		[PROBLEM_EXPIRED] = FIELD_EXPIRED,
		[PROBLEM_MISSING_FIELD] = FIELD_MISSING_FIELD,
		[PROBLEM_PASSWORD_TOO_SHORT] = FIELD_PASSWORD_TOO_SHORT,
		[PROBLEM_PASSWORD_MISMATCH] = FIELD_PASSWORD_MISMATCH,
		[PROBLEM_PASSWORD_SAME] = FIELD_PASSWORD_SAME,
		[PROBLEM_UNAVAILABLE] = FIELD_UNAVAILABLE,
		[PROBLEM_WRONG_USER_CODE] = FIELD_WRONG_USER_CODE,
		[PROBLEM_WRONG_CODE] = FIELD_WRONG_CODE,
	};
	for (size_t i = PROBLEM_NONE + 1; i < COUNT_OF(fields); i++)
		v[fields[i]] = value_flag(i == problem);
	v[FIELD_PROBLEM] = value_flag(problem != PROBLEM_NONE);
	v[FIELD_MINUTES] = value_integer(minutes);
	v[FIELD_ONE_MINUTE] = value_flag(minutes <= 1);
	v[FIELD_MIN_LENGTH] = value_integer(min_length);
}

status page_sign_in(struct buf *out, const struct page_sign_in *p)
{
	bool missing = p->problem == PROBLEM_MISSING_FIELD;
	bool wrong = p->problem == PROBLEM_WRONG_CREDENTIALS;
	/* A name that long is nobody's: it is not carried along. */
	bool keep = p->username.n <= USERNAME_SIZE;
	bool nameless = slice_empty(p->username);

	struct value v[FIELD_COUNT] = {};
	set_common(v, "/signin", p->request);
	set_client(v, p->client_name, p->client_host);
	set_problem(v, p->problem, p->minutes, 0);
	set_links(v, &p->links);
	v[FIELD_USERNAME] = value_exact(keep ? p->username : NO_SLICE);
	v[FIELD_USERNAME_MISSING] = value_flag(nameless);
	v[FIELD_USERNAME_REFUSED] = value_flag(wrong || (missing && nameless));
	v[FIELD_PASSWORD_REFUSED] = value_flag(wrong || missing);
	v[FIELD_CURRENT_PASSWORD] = value_flag(false);
	return template_render(out, &TEMPLATE_SIGN_IN[p->language], v);
}

status page_consent(struct buf *out, const struct page_consent *p)
{
	struct value v[FIELD_COUNT] = {};
	struct asked asked = { p->scope, p->rights, p->details, p->details_n };
	set_common(v, "/consent", p->request);
	set_client(v, p->client_name, p->client_host);
	asked_set(v, &asked);
	set_links(v, &p->links);
	v[FIELD_SUBJECT] = name_value(p->subject);
	v[FIELD_ACTING_FOR] = name_value(p->acting_for);
	v[FIELD_PURPOSE] = value_shown(p->purpose, TEXT_SHOWN, CUT_END);
	return template_render(out, &TEMPLATE_CONSENT[p->language], v);
}

struct mandates {
	const struct page_mandate *next;
	size_t left;
};

static void set_mandate(struct value *v, const struct page_mandate *m)
{
	v[FIELD_MANDATE_ID] = value_exact(m->id);
	v[FIELD_LEGAL_NAME] = name_value(m->legal_name);
	v[FIELD_ROLE_LEGAL_REP] = value_flag(m->role == MANDATE_LEGAL_REP);
	v[FIELD_ROLE_MANAGER] = value_flag(m->role == MANDATE_MANAGER);
	v[FIELD_ROLE_AGENT] = value_flag(m->role == MANDATE_AGENT);
	v[FIELD_MATTERS] = value_shown(m->matters, TEXT_SHOWN, CUT_END);
	v[FIELD_UNTIL] = name_value(m->until);
	v[FIELD_AGENT_NAME] = name_value(m->agent_name);
	v[FIELD_WAITING] = value_flag(m->waiting);
	v[FIELD_MAY_ACCEPT] = value_flag(m->may_accept);
	v[FIELD_MAY_END] = value_flag(m->may_end);
}

static bool next_mandate(void *rows, struct value *v)
{
	struct mandates *m = rows;
	if (!m->left)
		return false;
	set_mandate(v, m->next++);
	m->left--;
	return true;
}

status page_acting(struct buf *out, const struct page_acting *p)
{
	struct value v[FIELD_COUNT] = {};
	struct mandates rows = { p->items, p->n };
	set_common(v, "/acting", p->request);
	set_client(v, p->client_name, p->client_host);
	v[FIELD_SUBJECT] = name_value(p->subject);
	v[FIELD_OWN] = value_flag(p->own);
	v[FIELD_ENTRIES] = value_list(next_mandate, &rows);
	return template_render(out, &TEMPLATE_ACTING[p->language], v);
}

status page_mandates(struct buf *out, const struct page_mandates *p)
{
	struct value v[FIELD_COUNT] = {};
	struct mandates rows = { p->items, p->n }, givers = { p->givers, p->givers_n };
	set_common(v, "/account/mandates", p->request);
	v[FIELD_SUBJECT] = name_value(p->subject);
	v[FIELD_ANY] = value_flag(p->n > 0);
	v[FIELD_ENTRIES] = value_list(next_mandate, &rows);
	v[FIELD_MAY_GIVE] = value_flag(p->givers_n > 0);
	v[FIELD_GIVERS] = value_list(next_mandate, &givers);
	v[FIELD_REFUSED] = value_flag(p->problem);
	v[FIELD_BAD_NUMBER] = value_flag(p->problem == MANDATE_BAD_NUMBER);
	v[FIELD_BAD_NAME] = value_flag(p->problem == MANDATE_BAD_NAME);
	v[FIELD_BAD_MATTERS] = value_flag(p->problem == MANDATE_BAD_MATTERS);
	v[FIELD_BAD_UNTIL] = value_flag(p->problem == MANDATE_BAD_UNTIL);
	v[FIELD_BAD_ROLE] = value_flag(p->problem == MANDATE_BAD_ROLE);
	v[FIELD_OFFERED] = value_flag(p->offered);
	v[FIELD_TYPED_NAME] = name_value(p->name);
	v[FIELD_TYPED_MATTERS] = value_shown(p->matters, TEXT_SHOWN, CUT_END);
	v[FIELD_TYPED_UNTIL] = name_value(p->until);
	return template_render(out, &TEMPLATE_MANDATES[p->language], v);
}

struct entries {
	const struct page_account_entry *next;
	size_t left;
	/* Of the row: */
	struct asked asked;
	const struct page_account_grant *grants;
	size_t grants_n;
};

static bool next_grant(void *rows, struct value *v)
{
	struct entries *e = rows;
	if (!e->grants_n)
		return false;
	e->asked.details = e->grants->details;
	e->asked.details_n = e->grants->details_n;
	v[FIELD_GRANTED] = name_value(e->grants->since);
	e->grants++;
	e->grants_n--;
	return true;
}

static bool next_entry(void *rows, struct value *v)
{
	struct entries *e = rows;
	if (!e->left)
		return false;
	e->asked = (struct asked){ .scope = e->next->scope, .rights = e->next->rights };
	asked_set(v, &e->asked);
	v[FIELD_CLIENT_ID] = value_exact(e->next->client_id);
	v[FIELD_CLIENT_NAME] = name_value(e->next->client_name);
	v[FIELD_OPEN_URI] = value_exact(e->next->open_uri);
	v[FIELD_SINCE] = name_value(e->next->since);
	e->grants = e->next->grants;
	e->grants_n = e->next->grants_n;
	v[FIELD_GRANTS] = value_list(next_grant, e);
	e->next++;
	e->left--;
	return true;
}

status page_account(struct buf *out, const struct page_account *p)
{
	struct value v[FIELD_COUNT] = {};
	struct entries entries = { .next = p->entries, .left = p->entries_n };
	set_common(v, "/account", p->request);
	v[FIELD_SUBJECT] = name_value(p->subject);
	v[FIELD_ANY] = value_flag(p->entries_n > 0 || p->begins_later);
	v[FIELD_BEGINS_LATER] = value_flag(p->begins_later);
	v[FIELD_NEXT] = value_exact(p->next);
	v[FIELD_ENTRIES] = value_list(next_entry, &entries);
	return template_render(out, &TEMPLATE_ACCOUNT[p->language], v);
}

status page_device(struct buf *out, const struct page_device *p)
{
	struct value v[FIELD_COUNT] = {};
	set_common(v, "/device", p->request);
	set_problem(v, p->problem, p->minutes, 0);
	v[FIELD_SUBJECT] = name_value(p->subject);
	v[FIELD_USER_CODE] = name_value(p->user_code);
	v[FIELD_USER_CODE_REFUSED] = value_flag(p->problem == PROBLEM_WRONG_USER_CODE);
	v[FIELD_USERNAME_MISSING] = v[FIELD_CURRENT_PASSWORD] = value_flag(false);
	return template_render(out, &TEMPLATE_DEVICE[p->language], v);
}

status page_decision(struct buf *out, const struct page_decision *p)
{
	struct value v[FIELD_COUNT] = {};
	struct asked asked = { p->scope, p->rights, p->details, p->details_n };
	set_common(v, p->path, p->request);
	set_client(v, p->client_name, NO_SLICE);
	asked_set(v, &asked);
	v[FIELD_SUBJECT] = name_value(p->subject);
	v[FIELD_USER_CODE] = name_value(p->user_code);
	v[FIELD_BINDING_MESSAGE] = value_shown(p->binding_message, TEXT_SHOWN, CUT_END);
	return template_render(out, &TEMPLATE_DECISION[p->language], v);
}

struct requests {
	const struct page_request *next;
	size_t left;
};

static bool next_request(void *rows, struct value *v)
{
	struct requests *requests = rows;
	if (!requests->left)
		return false;
	v[FIELD_DECISION_ID] = value_exact(requests->next->id);
	v[FIELD_CLIENT_NAME] = name_value(requests->next->client_name);
	v[FIELD_BINDING_MESSAGE] = value_shown(requests->next->binding_message, TEXT_SHOWN, CUT_END);
	requests->next++;
	requests->left--;
	return true;
}

status page_requests(struct buf *out, const struct page_requests *p)
{
	struct value v[FIELD_COUNT] = {};
	struct requests rows = { p->items, p->n };
	set_common(v, "", NO_SLICE);
	v[FIELD_SUBJECT] = name_value(p->subject);
	v[FIELD_WAITING] = value_flag(p->n > 0);
	v[FIELD_REQUESTS] = value_list(next_request, &rows);
	return template_render(out, &TEMPLATE_REQUESTS[p->language], v);
}

status page_decided(struct buf *out, enum language language, bool allowed)
{
	struct value v[FIELD_COUNT] = {};
	set_common(v, "", NO_SLICE);
	v[FIELD_ALLOWED] = value_flag(allowed);
	return template_render(out, &TEMPLATE_DECIDED[language], v);
}

status page_password(struct buf *out, const struct page_password *p)
{
	enum page_problem problem = p->changed ? PROBLEM_NONE : p->problem;
	bool mismatch = problem == PROBLEM_PASSWORD_MISMATCH;

	struct value v[FIELD_COUNT] = {};
	/* A page that says it is done has nothing to show again in another language. */
	set_common(v, "/account/password", p->changed ? NO_SLICE : p->request);
	set_problem(v, problem, p->minutes, p->min_length);
	v[FIELD_SUBJECT] = name_value(p->subject);
	v[FIELD_CHANGED] = value_flag(p->changed);
	v[FIELD_CURRENT_PASSWORD] = value_flag(true);
	v[FIELD_USERNAME_MISSING] = value_flag(false);
	v[FIELD_CURRENT_REFUSED] = value_flag(problem == PROBLEM_WRONG_CREDENTIALS);
	v[FIELD_NEW_REFUSED] = value_flag(mismatch || problem == PROBLEM_PASSWORD_TOO_SHORT ||
					  problem == PROBLEM_PASSWORD_SAME);
	v[FIELD_AGAIN_REFUSED] = value_flag(mismatch);
	return template_render(out, &TEMPLATE_PASSWORD[p->language], v);
}

status page_factor(struct buf *out, const struct page_factor *p)
{
	struct value v[FIELD_COUNT] = {};
	set_common(v, "/factor", p->request);
	set_client(v, p->client_name, p->client_host);
	set_problem(v, p->problem, p->minutes, 0);
	v[FIELD_CODE_REFUSED] = value_flag(p->problem == PROBLEM_WRONG_CODE);
	v[FIELD_USERNAME_MISSING] = v[FIELD_CURRENT_PASSWORD] = value_flag(false);
	return template_render(out, &TEMPLATE_FACTOR[p->language], v);
}

struct codes {
	const struct slice *next;
	size_t left;
};

static bool next_code(void *rows, struct value *v)
{
	struct codes *codes = rows;
	if (!codes->left)
		return false;
	v[FIELD_RECOVERY_CODE] = value_exact(*codes->next++);
	codes->left--;
	return true;
}

status page_factors(struct buf *out, const struct page_factors *p)
{
	AUTO_BUF struct buf path = { 0 };
	int size = 0;
	if (p->uri.n)
		TRY(qr_path(&path, p->uri, &size));
	struct value v[FIELD_COUNT] = {};
	struct codes codes = { p->codes, p->codes_n };
	/* Codes are shown once: such a page is not shown again in another language. */
	set_common(v, "/account/factors", p->codes_n ? NO_SLICE : p->request);
	set_problem(v, p->problem, 0, 0);
	v[FIELD_SUBJECT] = name_value(p->subject);
	v[FIELD_CODES_MADE] = value_flag(p->codes_n > 0);
	v[FIELD_RECOVERY_CODES] = value_list(next_code, &codes);
	v[FIELD_SINCE] = name_value(p->since);
	v[FIELD_CODES_LEFT] = value_integer(p->codes_left);
	v[FIELD_SECRET] = value_exact(p->secret);
	v[FIELD_QR_SIZE] = value_integer(size);
	v[FIELD_QR_PATH] = value_exact(buf_slice(&path));
	v[FIELD_CODE_REFUSED] = value_flag(p->problem == PROBLEM_WRONG_CODE);
	v[FIELD_USERNAME_MISSING] = v[FIELD_CURRENT_PASSWORD] = value_flag(false);
	return template_render(out, &TEMPLATE_FACTORS[p->language], v);
}

status page_sign_out(struct buf *out, const struct page_sign_out *p)
{
	struct value v[FIELD_COUNT] = {};
	set_common(v, "/logout", p->request);
	set_client(v, p->client_name, NO_SLICE);
	v[FIELD_SUBJECT] = name_value(p->subject);
	return template_render(out, &TEMPLATE_SIGN_OUT[p->language], v);
}

struct frames {
	const struct slice *next;
	size_t left;
};

static bool next_frame(void *rows, struct value *v)
{
	struct frames *frames = rows;
	if (!frames->left)
		return false;
	v[FIELD_FRAME] = value_exact(*frames->next++);
	frames->left--;
	return true;
}

status page_signed_out(struct buf *out, const struct page_signed_out *p)
{
	struct value v[FIELD_COUNT] = {};
	struct frames frames = { p->frames, p->frames_n };
	set_common(v, "", NO_SLICE);
	v[FIELD_STAYED] = value_flag(p->stayed);
	v[FIELD_FRAMES] = value_list(next_frame, &frames);
	v[FIELD_RETURN_TO] = value_exact(p->return_to);
	return template_render(out, &TEMPLATE_SIGNED_OUT[p->language], v);
}

status page_error(struct buf *out, const struct page_error *p)
{
	bool busy = p->status == 503 || p->status == 429;
	bool missing = p->status == 404 || p->status == 410;
	bool ours = p->status == 401 || p->status == 403; /* the portal has done nothing wrong */

	struct value v[FIELD_COUNT] = {};
	set_common(v, "", NO_SLICE);
	v[FIELD_NOT_FOUND] = value_flag(missing);
	v[FIELD_NOT_SIGNED_IN] = value_flag(p->status == 401);
	v[FIELD_FORM_INVALID] = value_flag(p->status == 403);
	v[FIELD_BUSY] = value_flag(busy);
	v[FIELD_FAULT] = value_flag(p->status >= 500 && !busy);
	v[FIELD_BAD_REQUEST] = value_flag(p->status < 500 && !missing && !busy && !ours);
	v[FIELD_DETAILS] = value_flag(p->error.n || p->description.n || p->request_id.n);
	v[FIELD_ERROR] = name_value(p->error);
	v[FIELD_DESCRIPTION] = value_shown(p->description, TEXT_SHOWN, CUT_END);
	v[FIELD_REQUEST_ID] = name_value(p->request_id);
	return template_render(out, &TEMPLATE_ERROR[p->language], v);
}

struct fields {
	const struct page_field *next;
	size_t left;
};

static bool next_field(void *rows, struct value *v)
{
	struct fields *fields = rows;
	if (!fields->left)
		return false;
	v[FIELD_FIELD_NAME] = value_exact(fields->next->name);
	v[FIELD_FIELD_VALUE] = value_exact(fields->next->value);
	fields->next++;
	fields->left--;
	return true;
}

/* Schemes are compared without regard to case (RFC 3986 §3.1). */
static bool has_scheme(struct slice url, struct slice scheme)
{
	return url.n >= scheme.n && !strncasecmp((const char *)url.p, (const char *)scheme.p, scheme.n);
}

status page_form_post(struct buf *out, const struct page_form_post *p)
{
	if (!has_scheme(p->action, SLICE("https://")) && !has_scheme(p->action, SLICE("http://")))
		return ST_INVALID;
	struct value v[FIELD_COUNT] = {};
	set_common(v, "", NO_SLICE);
	v[FIELD_ACTION] = value_exact(p->action);
	struct fields fields = { p->fields, p->fields_n };
	v[FIELD_FIELDS] = value_list(next_field, &fields);
	return template_render(out, &TEMPLATE_FORM_POST[p->language], v);
}
