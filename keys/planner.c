#include "keys/planner.h"

/* A hundred years: no sum of a time and a few of these overflows. */
static const int64_t PERIOD_MAX = (int64_t)100 * 366 * 86400;
static const int64_t NOW_MAX = (int64_t)1 << 47;

status plan_check_policy(const struct key_policy *p, struct error *e)
{
	if (p->announce_s < 0 || p->announce_s > PERIOD_MAX)
		return error_set(e, ST_INVALID, "a key cannot be announced for %lld seconds",
				 (long long)p->announce_s);
	if (p->active_s <= 0 || p->active_s > PERIOD_MAX)
		return error_set(e, ST_INVALID, "a key cannot be active for %lld seconds",
				 (long long)p->active_s);
	if (p->retain_s < 0 || p->retain_s > PERIOD_MAX)
		return error_set(e, ST_INVALID, "a key cannot be retained for %lld seconds",
				 (long long)p->retain_s);
	return ST_OK;
}

status plan_check_clock(const struct ring *r, const struct key_policy *policy, int64_t now,
			struct error *e)
{
	if (now < 0 || now > NOW_MAX)
		return error_set(e, ST_CONFLICT, "the clock shows an impossible time, %lld",
				 (long long)now);
	if (now < r->seen_at - PLAN_CLOCK_SLACK_S)
		return error_set(e, ST_CONFLICT,
				 "the clock went back by %lld seconds: keys stay as they are until it"
				 " is right again, or `authctl keys resume` says that it is",
				 (long long)(r->seen_at - now));
	if (now - r->seen_at > policy->active_s)
		return error_set(e, ST_CONFLICT,
				 "the clock jumped ahead by %lld seconds, more than a key's whole period:"
				 " keys stay as they are until `authctl keys resume` says that it is right",
				 (long long)(now - r->seen_at));
	return ST_OK;
}

static void add(struct plan *plan, struct plan_action action)
{
	plan->actions[plan->n++] = action;
}

/* Of the announced keys whose time has come the latest signs; the others never will. */
static ssize_t plan_due(const struct ring *r, enum key_algorithm alg, int64_t now, struct plan *plan)
{
	ssize_t latest = RING_NONE;
	for (size_t i = 0; i < r->n; i++) {
		const struct ring_key *key = &r->keys[i];
		if (key->algorithm != alg || key->state != KEY_ANNOUNCED || key->activates_at > now)
			continue;
		ssize_t passed = (ssize_t)i;
		if (latest == RING_NONE || key->activates_at >= r->keys[latest].activates_at) {
			passed = latest;
			latest = (ssize_t)i;
		}
		if (passed != RING_NONE)
			add(plan, (struct plan_action){ PLAN_RETIRE, alg, (size_t)passed, 0 });
	}
	if (latest != RING_NONE)
		add(plan, (struct plan_action){ PLAN_ACTIVATE, alg, (size_t)latest, 0 });
	return latest;
}

/* When the last key of the chain begins to sign; -1 if there is no chain. */
static int64_t chain_last(const struct ring *r, enum key_algorithm alg, ssize_t due, int64_t now)
{
	int64_t last = due == RING_NONE ? -1 : now;
	for (size_t i = 0; i < r->n; i++) {
		const struct ring_key *key = &r->keys[i];
		if (key->algorithm != alg)
			continue;
		bool counts = key->state == KEY_ACTIVE || key->state == KEY_ANNOUNCED;
		if (counts && key->activates_at > last)
			last = key->activates_at;
	}
	return last;
}

int64_t plan_covered_until(const struct ring *r, const struct key_policy *policy)
{
	int64_t until = INT64_MAX;
	for (enum key_algorithm alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		if (!key_algorithms_have(policy->algorithms, alg))
			continue;
		int64_t last = chain_last(r, alg, RING_NONE, 0);
		int64_t end = last < 0 ? 0 : last + policy->active_s;
		until = end < until ? end : until;
	}
	return until;
}

/* An algorithm that the issuer signs with no more: its keys retire as if another had taken over. */
static void plan_end(const struct ring *r, enum key_algorithm alg, struct plan *plan)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct ring_key *key = &r->keys[i];
		if (key->algorithm == alg && (key->state == KEY_ACTIVE || key->state == KEY_ANNOUNCED))
			add(plan, (struct plan_action){ PLAN_RETIRE, alg, i, 0 });
	}
}

static void plan_chain(const struct ring *r, enum key_algorithm alg, const struct key_policy *policy,
		       int64_t now, struct plan *plan)
{
	ssize_t due = plan_due(r, alg, now, plan);
	int64_t last = chain_last(r, alg, due, now);
	int64_t end = last < 0 ? now : last + policy->active_s;
	/* An algorithm that never had a key is not waited for by anybody. */
	int64_t soonest = last < 0 ? now : now + policy->announce_s;
	if (end > soonest)
		return;
	add(plan, (struct plan_action){ PLAN_ANNOUNCE, alg, 0, soonest });
}

status plan_make(const struct ring *r, const struct key_policy *policy, int64_t now,
		 struct arena *a, struct plan *ret, struct error *e)
{
	TRY(plan_check_policy(policy, e));
	TRY(plan_check_clock(r, policy, now, e));
	struct plan plan = { arena_array(a, struct plan_action, r->n + KEY_ALGORITHM_COUNT), 0 };
	if (!plan.actions)
		return ST_NOMEM;
	for (enum key_algorithm alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		if (key_algorithms_have(policy->algorithms, alg))
			plan_chain(r, alg, policy, now, &plan);
		else
			plan_end(r, alg, &plan);
	}
	for (size_t i = 0; i < r->n; i++) {
		const struct ring_key *key = &r->keys[i];
		if (key->state == KEY_RETIRED && key->published && key->drops_at <= now)
			add(&plan, (struct plan_action){ PLAN_DROP, key->algorithm, i, 0 });
	}
	*ret = plan;
	return ST_OK;
}

status plan_apply(struct ring *r, const struct plan_action *action, const struct keypair *pair,
		  const struct key_policy *policy, int64_t now)
{
	switch (action->step) {
	case PLAN_ANNOUNCE:
		return ring_announce(r, action->algorithm, pair, now, action->activates_at);
	case PLAN_ACTIVATE: ring_activate(r, action->key, policy->retain_s, now); return ST_OK;
	case PLAN_RETIRE: ring_retire(r, action->key, policy->retain_s, now); return ST_OK;
	case PLAN_DROP: ring_drop(r, action->key); return ST_OK;
	}
	return ST_BUG;
}

void plan_rebase(struct ring *r, int64_t now)
{
	for (size_t i = 0; i < r->n; i++) {
		struct ring_key *key = &r->keys[i];
		int64_t ahead = key->created_at - now;
		if (key->state == KEY_ANNOUNCED && ahead > 0) {
			key->created_at -= ahead;
			key->activates_at -= ahead;
		}
		if (key->state == KEY_ACTIVE && key->activates_at > now)
			key->activates_at = now;
		ahead = key->retires_at - now;
		if (key->state == KEY_RETIRED && ahead > 0) {
			key->retires_at -= ahead;
			key->drops_at -= ahead;
		}
	}
	r->seen_at = now;
}
