/* May a mandate be used now? Everything that it hangs on is looked at, each time. */
#include "authd/service/mandates.h"

#include "authd/service/subjects.h"

/* Nobody may be registered under that number yet: then nobody has died, either. */
static status giver_is_active(struct issuer *is, const struct mandate *m, struct arena *a, bool *ret)
{
	struct subject giver;
	status s = id_is_zero(m->agent_id) ? subjects_find(is, m->agent_type, m->agent_number, a, &giver)
					   : subjects_get(is, m->agent_id, a, &giver);
	if (is_fault(s))
		return s;
	*ret = s == ST_NOT_FOUND ? id_is_zero(m->agent_id) : giver.state == SUBJECT_ACTIVE;
	return ST_OK;
}

static void sooner(int64_t *until, int64_t other)
{
	if (other && (!*until || other < *until))
		*until = other;
}

/* What it hangs on, up to the register's. Roles grow on the way, so there is an end to it. */
static status check_above(struct issuer *is, const struct mandate *m, int64_t now, struct arena *a,
			  int64_t *until)
{
	struct mandate below = *m, above;
	while (!id_is_zero(below.parent_id)) {
		uint64_t version;
		bool active;
		status s = mandates_get(is, below.parent_id, a, &above, &version);
		if (s != ST_OK)
			return s == ST_NOT_FOUND ? ST_CORRUPT : s;
		if (!mandate_is_valid(&above, now) || !mandate_may_give(&above, below.role) ||
		    !id_equal(above.legal_id, below.legal_id))
			return ST_FORBIDDEN;
		TRY(giver_is_active(is, &above, a, &active));
		if (!active)
			return ST_FORBIDDEN;
		sooner(until, above.valid_until);
		below = above;
	}
	return below.role == MANDATE_LEGAL_REP ? ST_OK : ST_FORBIDDEN;
}

static status use(struct issuer *is, const struct mandate *m, const struct subject *agent, int64_t now,
		  struct arena *a, struct mandate_use *ret)
{
	struct mandate_use u = { .mandate = *m, .until = m->valid_until };
	if (!mandate_is_valid(m, now) || !mandate_is_for(m, agent) || agent->state != SUBJECT_ACTIVE)
		return ST_FORBIDDEN;
	status s = subjects_get(is, m->legal_id, a, &u.legal);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_FORBIDDEN : s;
	if (u.legal.state != SUBJECT_ACTIVE)
		return ST_FORBIDDEN;
	TRY(check_above(is, m, now, a, &u.until));
	*ret = u;
	return ST_OK;
}

status mandates_use(struct issuer *is, struct id id, const struct subject *agent, int64_t now,
		    struct arena *a, struct mandate_use *ret)
{
	struct mandate m;
	uint64_t version;
	TRY(mandates_get(is, id, a, &m, &version));
	return use(is, &m, agent, now, a, ret);
}

status mandates_usable(struct issuer *is, const struct subject *agent, int64_t now, struct arena *a,
		       struct mandate_use **ret, size_t *ret_n)
{
	struct mandate *all;
	size_t n, usable = 0;
	TRY(mandates_of_agent(is, agent, a, &all, &n));
	struct mandate_use *items = arena_array(a, struct mandate_use, n + 1);
	if (!items)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++) {
		status s = use(is, &all[i], agent, now, a, &items[usable]);
		if (is_fault(s))
			return s;
		usable += s == ST_OK;
	}
	*ret = items;
	*ret_n = usable;
	return ST_OK;
}
