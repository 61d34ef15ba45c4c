/* The register says who represents a legal person, and who is no more. */
#include "authd/service/mandates.h"

status mandate_read_number(struct slice text, int64_t now, struct arena *a, struct mandate *m)
{
	struct number_facts facts;
	m->agent_type = number_guess(text);
	if (m->agent_type == NUMBER_NONE)
		return ST_NOT_FOUND;
	if (m->agent_type == NUMBER_CREDIT) /* 18 characters may look like one */
		m->agent_type = NUMBER_RESIDENT;
	status s = number_check(m->agent_type, text, true, now, a, &m->agent_number, &facts, NULL);
	if (s == ST_INVALID && m->agent_type == NUMBER_RESIDENT) {
		m->agent_type = NUMBER_FOREIGN_PR;
		s = number_check(m->agent_type, text, true, now, a, &m->agent_number, &facts, NULL);
	}
	return s == ST_INVALID ? ST_NOT_FOUND : s;
}

status mandate_of_representative(const struct subject *legal, int64_t now, struct arena *a,
				 struct mandate *ret)
{
	struct mandate m = {
		.legal_id = legal->id,
		.role = MANDATE_LEGAL_REP,
		.state = MANDATE_ACTIVE,
		.agent_name = legal->representative_name.n ? legal->representative_name : NO_SLICE,
		.all_matters = true,
		.valid_from = now,
		.created_at = now,
		.decided_at = now,
	};
	TRY(mandate_read_number(legal->representative_number, now, a, &m));
	*ret = m;
	return ST_OK;
}

static bool is_the_same(const struct mandate *m, const struct mandate *wanted)
{
	return mandate_has_number(m, wanted->agent_type, wanted->agent_number) &&
	       slice_equal(m->agent_name, wanted->agent_name);
}

/* Ends those of representatives who are none any more, with all below; true in *ret_there where the one
 * who is has theirs already. */
static status end_former(struct issuer *is, struct batch *b, int64_t now, struct id legal_id,
			 const struct mandate *wanted, struct arena *a, bool *ret_there)
{
	struct mandate *all;
	size_t n;
	bool there = false;
	TRY(mandates_of_legal(is, legal_id, a, &all, &n));
	for (size_t i = 0; i < n; i++) {
		if (all[i].role != MANDATE_LEGAL_REP)
			continue;
		if (wanted && is_the_same(&all[i], wanted))
			there = true;
		else
			TRY(mandates_end(is, b, now, all[i].id, a, NULL));
	}
	*ret_there = there;
	return ST_OK;
}

static bool is_gone(const struct subject *s)
{
	return s->state == SUBJECT_DEREGISTERED || s->state == SUBJECT_MERGED;
}

static status follow_legal(struct issuer *is, struct batch *b, int64_t now, const struct subject *s, bool fresh,
			   struct arena *a)
{
	struct mandate m;
	bool there = false;
	status named = is_gone(s) ? ST_NOT_FOUND : mandate_of_representative(s, now, a, &m);
	if (is_fault(named))
		return named;
	if (!fresh)
		TRY(end_former(is, b, now, s->id, named == ST_OK ? &m : NULL, a, &there));
	return named == ST_OK && !there ? mandates_add(is, b, now, &m, a) : ST_OK;
}

/* Each of theirs ends once, though one may hang on another. */
static status end_of_agent(struct issuer *is, struct batch *b, int64_t now, const struct subject *s,
			   struct arena *a)
{
	struct mandate *all;
	size_t n;
	TRY(mandates_of_agent(is, s, a, &all, &n));
	for (size_t i = 0; i < n; i++)
		if (all[i].role != MANDATE_LEGAL_REP)
			TRY(mandates_end(is, b, now, all[i].id, a, NULL));
	return ST_OK;
}

status mandates_follow(struct issuer *is, struct batch *b, int64_t now, const struct subject *s, bool fresh,
		       struct arena *a)
{
	if (s->kind == SUBJECT_LEGAL)
		return follow_legal(is, b, now, s, fresh, a);
	return is_gone(s) && !fresh ? end_of_agent(is, b, now, s, a) : ST_OK;
}
