/*
 * /account/mandates: whoever is signed in sees for whom they may act, takes or declines what is offered,
 * ends what they have or gave, and as representative or manager offers mandates to others.
 *
 * Whether anybody has the number that is typed here shows nowhere: the offer waits for its person.
 */
#include "authd/endpoint/browser.h"
#include "authd/endpoint/endpoints.h"
#include "authd/service/audit.h"
#include "authd/service/mandates.h"
#include "authd/service/subjects.h"

struct desk {
	struct browser browser; /* first, so that its steps find it */
	struct subject person;
	enum page_mandate_problem problem;
	bool offered;
	struct id id; /* of the mandate that the form is about */
};

static enum step_result read_language(struct request *r)
{
	struct desk *d = r->state;
	const struct params *params = r->method == METHOD_POST ? &r->form : &r->query;
	d->browser.language = request_language(r, params_get(params, "ui_locales"));
	return STEP_NEXT;
}

static enum step_result load_person(struct request *r)
{
	struct desk *d = r->state;
	if (!d->browser.has_session)
		return answer_error_page(r, 401, refuse(&LOGIN_REQUIRED, "sign in at a portal first"));
	status s = subjects_get(r->issuer, d->browser.session.subject_id, &r->arena, &d->person);
	return s == ST_OK ? STEP_NEXT : answer_fault_page(r, is_fault(s) ? s : ST_BUG, "subject of a session");
}

/* ---- what the form says ----------------------------------------------------------------------- */

static status read_matters(struct slice words, struct arena *a, struct client_list *ret)
{
	struct slice word;
	struct client_list list = { .items = arena_array(a, struct slice, CLIENT_LIST_MAX) };
	if (!list.items)
		return ST_NOMEM;
	while (list.n < CLIENT_LIST_MAX && slice_next_word(&words, &word))
		list.items[list.n++] = word;
	*ret = list;
	return ST_OK;
}

/* The field that an offer's refusal names. */
static enum page_mandate_problem problem_of(const char *why)
{
	static const struct {
		const char *field;
		enum page_mandate_problem problem;
	} fields[] = {
		{ "number:", MANDATE_BAD_NUMBER },   { "type:", MANDATE_BAD_NUMBER }, { "name:", MANDATE_BAD_NAME },
		{ "matters:", MANDATE_BAD_MATTERS }, { "until:", MANDATE_BAD_UNTIL },
	};
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (!strncmp(why, fields[i].field, strlen(fields[i].field)))
			return fields[i].problem;
	return MANDATE_BAD_ROLE;
}

static status offer(struct request *r, struct desk *d, struct batch *b)
{
	struct mandate_use parent;
	struct error why = { 0 };
	struct id parent_id;
	struct mandate m = {
		.agent_name = params_get(&r->form, "name"),
		.all_matters = slice_is(params_get(&r->form, "all_matters"), "yes"),
		.given_by = d->person.id,
	};
	if (id_parse(params_get(&r->form, "parent"), &parent_id) != ST_OK ||
	    mandate_role_parse(params_get(&r->form, "role"), &m.role) != ST_OK)
		return ST_FORBIDDEN;
	TRY(mandates_use(r->issuer, parent_id, &d->person, r->now, &r->arena, &parent));
	TRY(read_matters(params_get(&r->form, "matters"), &r->arena, &m.matters));
	(void)mandate_last_day(params_get(&r->form, "until"), &m.valid_until); /* else 0, which is refused */
	status s = mandate_read_number(params_get(&r->form, "number"), r->now, &r->arena, &m);
	if (s == ST_NOT_FOUND)
		s = error_set(&why, ST_INVALID, "number: not one");
	if (s == ST_OK)
		s = mandates_offer(r->issuer, b, r->now, parent_id, &m, &r->arena, &why);
	if (s == ST_INVALID)
		d->problem = problem_of(why.message);
	d->offered = s == ST_OK;
	d->id = m.id;
	return s;
}

static status end(struct request *r, struct desk *d, struct batch *b)
{
	struct mandate m;
	uint64_t version;
	bool may = false;
	TRY(mandates_get(r->issuer, d->id, &r->arena, &m, &version));
	if (mandate_is_live(&m))
		TRY(mandates_may_end(r->issuer, &m, &d->person, &r->arena, &may));
	return may ? mandates_end(r->issuer, b, r->now, d->id, &r->arena, NULL) : ST_FORBIDDEN;
}

static const struct action {
	const char *field, *event;
} ACTIONS[] = {
	{ "accept", "mandate.accept" },
	{ "decline", "mandate.decline" },
	{ "end", "mandate.end" },
	{ "offer", "mandate.offer" },
};

static status do_action(struct request *r, struct desk *d, size_t action, struct batch *b)
{
	struct slice value = params_get(&r->form, ACTIONS[action].field);
	if (action == 3)
		return offer(r, d, b);
	if (id_parse(value, &d->id) != ST_OK)
		return ST_FORBIDDEN;
	if (action == 2)
		return end(r, d, b);
	if (action == 1)
		return mandates_decline(r->issuer, b, r->now, &d->person, d->id, &r->arena);
	return mandates_accept(r->issuer, b, r->now, &d->person, d->id, &r->arena);
}

static status act(struct request *r, struct desk *d, struct batch *b)
{
	size_t action = 0;
	while (action < COUNT_OF(ACTIONS) && !params_get(&r->form, ACTIONS[action].field).n)
		action++;
	if (action == COUNT_OF(ACTIONS))
		return ST_FORBIDDEN;
	TRY(do_action(r, d, action, b));
	const struct audit_entry entry = {
		.event = ACTIONS[action].event,
		.actor = d->person.id,
		.mandate = d->id,
		.session = d->browser.session.id,
	};
	return audit_write(b, &entry);
}

/* What is not theirs, or is over, changes nothing and leaves no trace: the page shows how it stands. */
static enum step_result read_form(struct request *r)
{
	struct desk *d = r->state;
	struct pending pending;
	r->op.status = ST_OK;
	if (r->method != METHOD_POST)
		return STEP_NEXT;
	enum step_result open = browser_open_form(r, PENDING_MANDATES, &pending);
	if (open != STEP_NEXT)
		return open;
	struct batch *b = batch_new(&r->arena);
	status s = b ? act(r, d, b) : ST_NOMEM;
	if (is_fault(s))
		return answer_fault_page(r, s, "mandate");
	if (s != ST_OK)
		return STEP_NEXT;
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

/* ---- the page --------------------------------------------------------------------------------- */

struct rows {
	struct page_mandate *items, *givers;
	size_t n, givers_n, room;
};

static status add(struct request *r, const struct desk *d, struct rows *rows, const struct mandate *m,
		  struct slice legal_name)
{
	bool theirs = mandate_is_for(m, &d->person), may_end = false;
	if (m->state == MANDATE_ACTIVE || !theirs)
		TRY(mandates_may_end(r->issuer, m, &d->person, &r->arena, &may_end));
	if (!theirs && !may_end)
		return ST_OK;
	rows->items[rows->n++] = (struct page_mandate){
		.id = id_text(&r->arena, m->id),
		.legal_name = legal_name,
		.role = m->role,
		.matters = mandate_matters(m, &r->arena),
		.until = mandate_day(m->valid_until, &r->arena),
		.agent_name = theirs ? NO_SLICE : m->agent_name,
		.waiting = m->state == MANDATE_OFFERED,
		.may_accept = theirs && m->state == MANDATE_OFFERED,
		.may_end = may_end,
	};
	return ST_OK;
}

/* All that hang on this one; each manager's agents stand there for the representative, too. */
static status add_given(struct request *r, const struct desk *d, struct rows *rows, const struct mandate_use *use)
{
	struct mandate *all;
	size_t n;
	TRY(mandates_of_legal(r->issuer, use->legal.id, &r->arena, &all, &n));
	for (size_t i = 0; i < n && rows->n < rows->room; i++)
		if (!mandate_is_for(&all[i], &d->person))
			TRY(add(r, d, rows, &all[i], use->legal.name));
	return ST_OK;
}

static status add_own(struct request *r, const struct desk *d, struct rows *rows)
{
	struct mandate *own;
	size_t n;
	TRY(mandates_of_agent(r->issuer, &d->person, &r->arena, &own, &n));
	for (size_t i = 0; i < n && rows->n < rows->room; i++) {
		struct subject legal;
		status s = subjects_get(r->issuer, own[i].legal_id, &r->arena, &legal);
		if (s != ST_OK)
			return s == ST_NOT_FOUND ? ST_CORRUPT : s;
		TRY(add(r, d, rows, &own[i], legal.name));
	}
	return ST_OK;
}

/* Who has two mandates for one legal person sees its others once. */
static bool is_first_of(const struct mandate_use *uses, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (uses[k].mandate.role != MANDATE_AGENT && id_equal(uses[k].legal.id, uses[i].legal.id))
			return false;
	return true;
}

static status fill_rows(struct request *r, const struct desk *d, struct rows *rows)
{
	struct mandate_use *uses;
	size_t n;
	TRY(add_own(r, d, rows));
	TRY(mandates_usable(r->issuer, &d->person, r->now, &r->arena, &uses, &n));
	rows->givers = arena_array(&r->arena, struct page_mandate, n + 1);
	if (!rows->givers)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if (uses[i].mandate.role == MANDATE_AGENT)
			continue;
		rows->givers[rows->givers_n++] = (struct page_mandate){
			.id = id_text(&r->arena, uses[i].mandate.id),
			.legal_name = uses[i].legal.name,
			.role = uses[i].mandate.role,
		};
		if (is_first_of(uses, i))
			TRY(add_given(r, d, rows, &uses[i]));
	}
	return ST_OK;
}

static status fill_page(struct request *r, const struct desk *d, struct page_mandates *page)
{
	enum { ROWS_MAX = 1024 };
	const struct pending pending = {
		.step = PENDING_MANDATES,
		.session_id = d->browser.session.id,
		.expires_at = r->now + r->issuer->conf->life.sign_in_s,
	};
	struct rows rows = { .items = arena_array(&r->arena, struct page_mandate, ROWS_MAX), .room = ROWS_MAX };
	if (!rows.items)
		return ST_NOMEM;
	TRY(fill_rows(r, d, &rows));
	page->items = rows.items;
	page->n = rows.n;
	page->givers = rows.givers;
	page->givers_n = rows.givers_n;
	if (d->problem) {
		page->name = params_get(&r->form, "name");
		page->matters = params_get(&r->form, "matters");
		page->until = params_get(&r->form, "until");
	}
	return pending_seal(r, &pending, &page->request);
}

static enum step_result show(struct request *r)
{
	struct desk *d = r->state;
	if (r->op.status != ST_OK)
		return answer_fault_page(r, is_fault(r->op.status) ? r->op.status : ST_UNAVAILABLE, "mandate");
	struct page_mandates page = {
		.language = d->browser.language,
		.subject = masked_name(d->person.name, &r->arena),
		.problem = d->problem,
		.offered = d->offered,
	};
	status s = fill_page(r, d, &page);
	if (s != ST_OK)
		return answer_fault_page(r, s, "page of mandates");
	struct buf html = { 0 };
	return answer_page(r, 200, &html, page_mandates(&html, &page));
}

static step_fn *const MANDATES_STEPS[] = {
	read_language, browser_get_session, browser_take_session, load_person, read_form, show, NULL,
};
const struct route MANDATES_ROUTE = {
	.path = "/account/mandates",
	.methods = METHOD_GET | METHOD_POST,
	.steps = MANDATES_STEPS,
	.state_size = sizeof(struct desk),
	.form = true,
};
