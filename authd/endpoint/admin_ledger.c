/*
 * POST /admin/v1/ledger/person  {"number"|"login_name"|"id": ..., "last": "30d", "after": ...}: what was told of them
 * POST /admin/v1/ledger/client  {"client_id": ..., "last": "30d", "after": ...}: what it was told, of whom
 *
 * The oldest first; "next", where there is more, is the `after` of the next call.
 */
#include "authd/endpoint/admin_subjects.h"

#include "authd/service/claims.h"
#include "authd/service/ledger.h"

enum { RELEASES_MAX = 1000, POSITION_MAX = 200 };

struct asked {
	struct admin_who who;
	struct slice client_id, last, after;
};

static const struct json_field PERSON_FIELDS[] = {
	ADMIN_WHO_FIELDS(struct asked, who),
	{ "last", FIELD_TEXT, offsetof(struct asked, last) },
	{ "after", FIELD_TEXT, offsetof(struct asked, after) },
};
static const struct json_field CLIENT_FIELDS[] = {
	{ "client_id", FIELD_TEXT, offsetof(struct asked, client_id) },
	{ "last", FIELD_TEXT, offsetof(struct asked, last) },
	{ "after", FIELD_TEXT, offsetof(struct asked, after) },
};

struct page {
	int64_t since_us;
	struct slice after, position;
	struct release *releases;
	size_t n;
};

/* Positions are keys of our own, in hexadecimal: what is none of them finds nothing. */
static status read_page(struct request *r, const struct asked *in, struct page *ret, struct error *e)
{
	struct page p = { 0 };
	int64_t last = 0;
	if (in->last.n)
		TRY(conf_duration(in->last, &last, e));
	p.since_us = last ? r->now_us - last * 1000000 : 0;
	if (in->after.n) {
		uint8_t *bytes = arena_alloc(&r->arena, POSITION_MAX);
		if (!bytes)
			return ST_NOMEM;
		if (in->after.n % 2 || in->after.n > 2 * POSITION_MAX ||
		    hex_decode(in->after, bytes, in->after.n / 2) != ST_OK)
			return error_set(e, ST_INVALID, "after: what an answer before gave as next");
		p.after = slice_of(bytes, in->after.n / 2);
	}
	*ret = p;
	return ST_OK;
}

static json_t *release_json(const struct release *release, struct arena *a)
{
	struct slice names;
	if (claims_names(release->claims, a, &names) != ST_OK)
		return NULL;
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "at", (json_int_t)(release->at_us / 1000000), "subject",
			 admin_id(release->subject_id), "client_id", json_of_text(release->client_id), "grant",
			 admin_id(release->grant_id), "claims", json_of_text(names), "by",
			 json_of_text(release->by));
}

static json_t *page_json(struct request *r, const struct page *p)
{
	AUTO(json) json_t *list = json_array();
	AUTO_BUF struct buf next = { 0 };
	for (size_t i = 0; i < p->n && list; i++)
		if (json_array_append_new(list, release_json(&p->releases[i], &r->arena)) != 0)
			return NULL;
	if (p->n == RELEASES_MAX)
		buf_put_hex(&next, p->position);
	if (buf_status(&next) != ST_OK)
		return NULL;
	return json_pack("{s:O, s:o*}", "releases", list, "next",
			 next.n ? json_of_text(buf_slice(&next)) : NULL);
}

static enum step_result answer_page(struct request *r, status s, const struct page *p, const struct error *why)
{
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why->message);
	if (s != ST_OK)
		return admin_fault(r, s);
	admin_of(r)->entry.count = (int64_t)p->n;
	return admin_done(r, 200, page_json(r, p));
}

static enum step_result of_person(struct request *r)
{
	struct asked in = { 0 };
	struct subject s;
	struct page p = { 0 };
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.ledger.person";
	status st = admin_read_body(r, PERSON_FIELDS, COUNT_OF(PERSON_FIELDS), &in, &why);
	if (st == ST_OK)
		st = admin_find(r, &in.who, 0, &s, &why);
	if (st != ST_OK)
		return admin_not_found(r, st, &why);
	admin_of(r)->entry.subject = s.id;
	st = read_page(r, &in, &p, &why);
	if (st == ST_OK)
		st = ledger_of_subject(r->issuer, s.id, p.since_us, p.after, RELEASES_MAX, &r->arena,
				       &p.releases, &p.n, &p.position);
	return answer_page(r, st, &p, &why);
}

static enum step_result of_client(struct request *r)
{
	struct asked in = { 0 };
	struct page p = { 0 };
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.ledger.client";
	status st = admin_read_body(r, CLIENT_FIELDS, COUNT_OF(CLIENT_FIELDS), &in, &why);
	if (st == ST_OK && !in.client_id.n)
		st = error_set(&why, ST_INVALID, "client_id is missing");
	admin_of(r)->entry.client_id = in.client_id;
	if (st == ST_OK)
		st = read_page(r, &in, &p, &why);
	if (st == ST_OK)
		st = ledger_of_client(r->issuer, in.client_id, p.since_us, p.after, RELEASES_MAX, &r->arena,
				      &p.releases, &p.n, &p.position);
	return answer_page(r, st, &p, &why);
}

step_fn *const ADMIN_LEDGER_PERSON[] = { admin_read, of_person, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_LEDGER_CLIENT[] = { admin_read, of_client, admin_commit, admin_answer, NULL };
