/*
 * POST /admin/v1/persons/export  {"number"|"login_name"|"id": ...}: all that is held of a natural person, but for
 *                                what was told of them, which /admin/v1/ledger/person answers page by page
 *
 * Of credentials the kinds alone: what they are made of is no one's to read, not even the person's.
 */
#include "authd/endpoint/admin_subjects.h"

#include "authd/model/former.h"
#include "authd/service/claims.h"
#include "authd/service/consents.h"
#include "authd/service/credentials.h"
#include "authd/service/families.h"
#include "authd/service/mandates.h"
#include "authd/service/sessions.h"
#include "authd/service/sub_overrides.h"

enum { SESSIONS_MAX = 1000 };

struct asked {
	struct admin_who who;
};
static const struct json_field FIELDS[] = { ADMIN_WHO_FIELDS(struct asked, who) };

/* The list is lent; an entry that could not be made is a lack of memory. */
static status append(json_t *list, json_t *entry)
{
	return json_array_append_new(list, entry) == 0 ? ST_OK : ST_NOMEM;
}

static status put_former(struct request *r, const struct subject *s, json_t *list)
{
	struct slice rest = s->former;
	struct former f;
	(void)r;
	while (former_next(&rest, &f))
		TRY(append(list, json_pack("{s:s, s:o}", "type", number_type_name(f.type), "number",
					   json_of_text(f.number))));
	return ST_OK;
}

static status put_credentials(struct request *r, const struct subject *s, json_t *list)
{
	static const struct {
		enum credential_kind kind;
		const char *name;
	} kinds[] = { { CREDENTIAL_PASSWORD, "password" }, { CREDENTIAL_TOTP, "totp" } };
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		bool there;
		TRY(credential_record_has(r->issuer, s->id, kinds[k].kind, &there));
		if (there)
			TRY(append(list, json_pack("{s:s}", "kind", kinds[k].name)));
	}
	return ST_OK;
}

static status put_consent(struct request *r, const struct consent_listed *c, json_t *list)
{
	struct slice names;
	TRY(claims_names(c->consent.claims, &r->arena, &names));
	return append(list, json_pack("{s:o, s:o, s:o, s:I}", "client_id", json_of_text(c->client_id), "scope",
				      json_of_text(c->consent.scope), "claims", json_of_text(names), "given_at",
				      (json_int_t)c->consent.given_at));
}

/* Of a client of the state's own, which needs no consent, it is what its offline grants rest on. */
static status put_consents(struct request *r, const struct subject *s, json_t *list)
{
	struct slice after = NO_SLICE;
	for (bool more = true; more;) {
		struct consent_listed *page;
		size_t n;
		TRY(consents_list(r->issuer, s->id, after, r->now, &r->arena, &page, &n, &more));
		for (size_t k = 0; k < n; k++)
			TRY(put_consent(r, &page[k], list));
		more = more && n;
		after = n ? page[n - 1].client_id : after;
	}
	return ST_OK;
}

static status put_grants(struct request *r, const struct subject *s, json_t *list)
{
	struct family *all;
	size_t n;
	TRY(families_of(r->issuer, s->id, r->now, &r->arena, &all, &n));
	for (size_t k = 0; k < n; k++)
		TRY(append(list, json_pack("{s:o, s:o, s:o, s:I, s:I, s:I}", "id", admin_id(all[k].grant.id),
					   "client_id", json_of_text(all[k].grant.client_id), "scope",
					   json_of_text(all[k].grant.scope), "created_at",
					   (json_int_t)all[k].grant.created_at, "used_at",
					   (json_int_t)all[k].used_at, "expires_at",
					   (json_int_t)all[k].expires_at)));
	return ST_OK;
}

static status put_sessions(struct request *r, const struct subject *s, json_t *list)
{
	struct session_listed *all;
	size_t n;
	TRY(sessions_list(r->issuer, s->id, SESSIONS_MAX, &r->arena, &all, &n));
	for (size_t k = 0; k < n; k++)
		TRY(append(list, json_pack("{s:o, s:o, s:I, s:I}", "id", admin_id(all[k].id), "amr",
					   json_of_text(all[k].entry.amr), "created_at",
					   (json_int_t)all[k].entry.created_at, "expires_at",
					   (json_int_t)all[k].entry.expires_at)));
	return ST_OK;
}

static status put_sectors(struct request *r, const struct subject *s, json_t *list)
{
	struct acquaintance *all;
	size_t n;
	TRY(acquaintances_list(r->issuer, s->id, &r->arena, &all, &n));
	for (size_t k = 0; k < n; k++)
		TRY(append(list, json_pack("{s:o, s:I}", "sector", json_of_text(all[k].sector), "since",
					   (json_int_t)all[k].since)));
	return ST_OK;
}

static status put_mandates(struct request *r, const struct subject *s, json_t *list)
{
	struct mandate *all;
	size_t n;
	TRY(mandates_of_agent(r->issuer, s, &r->arena, &all, &n));
	for (size_t k = 0; k < n; k++)
		TRY(append(list, json_pack("{s:o, s:o, s:s, s:I}", "id", admin_id(all[k].id), "legal_person",
					   admin_id(all[k].legal_id), "role", mandate_role_name(all[k].role),
					   "created_at", (json_int_t)all[k].created_at)));
	return ST_OK;
}

/* Each part of the answer. */
static const struct part {
	const char *name;
	status (*put)(struct request *r, const struct subject *s, json_t *list);
} PARTS[] = {
	{ "former_numbers", put_former }, { "credentials", put_credentials }, { "consents", put_consents },
	{ "grants", put_grants },         { "sessions", put_sessions },       { "sectors", put_sectors },
	{ "mandates", put_mandates },
};

static status put_parts(struct request *r, const struct subject *s, json_t *answer)
{
	for (size_t k = 0; k < COUNT_OF(PARTS); k++) {
		json_t *list = json_array();
		if (json_object_set_new(answer, PARTS[k].name, list) != 0)
			return ST_NOMEM;
		TRY(PARTS[k].put(r, s, list));
	}
	return ST_OK;
}

static enum step_result person_export(struct request *r)
{
	struct asked asked = { 0 };
	struct subject s;
	struct error why = { 0 };
	admin_of(r)->entry.event = "admin.person.export";
	status st = admin_read_body(r, FIELDS, COUNT_OF(FIELDS), &asked, &why);
	if (st == ST_OK)
		st = admin_find(r, &asked.who, SUBJECT_NATURAL, &s, &why);
	if (st != ST_OK)
		return admin_not_found(r, st, &why);
	admin_of(r)->entry.subject = s.id;
	AUTO(json) json_t *answer = json_object();
	json_t *person = NULL;
	st = admin_subject_json(r, &s, &person);
	if (st == ST_OK && json_object_set_new(answer, "person", person) != 0)
		st = ST_NOMEM;
	if (st == ST_OK)
		st = put_parts(r, &s, answer);
	return st == ST_OK ? admin_done(r, 200, TAKE(answer)) : admin_fault(r, st);
}

step_fn *const ADMIN_PERSON_EXPORT[] = { admin_write, person_export, admin_commit, admin_answer, NULL };
