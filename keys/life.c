#include "keys/file.h"
#include "keys/keyfile.h"
#include "keys/planner.h"
#include "keys/state.h"

/* The time that planners have seen goes to disk this often, and with each change. */
enum { SEEN_EVERY_S = 3600 };

/*
 * One change of the ring, from the first look to the last fsync: alone among threads and
 * processes, on top of whatever others have written.
 */
struct change {
	struct keys *keys;
	int lock;
	struct arena arena;
	struct ring ring; /* a copy to work on; its bytes are the running snapshot's */
};

static void change_done(struct change *c)
{
	arena_done(&c->arena);
	file_unlock(c->lock);
	pthread_mutex_unlock(&c->keys->writer);
}
#define AUTO_CHANGE __attribute__((cleanup(change_done)))

/* Sets c up in any case: AUTO_CHANGE ends it. */
static status change_begin(struct change *c, struct keys *k, struct error *e)
{
	pthread_mutex_lock(&k->writer);
	*c = (struct change){ .keys = k, .lock = -1 };
	TRY(file_lock(k->dir, &c->lock, e));
	TRY(keys_refresh(k, e));
	/* Only who holds the writer's mutex replaces k->current. Room for one key each. */
	TRY(ring_copy(&k->current->ring, KEY_ALGORITHM_COUNT, &c->arena, &c->ring));
	c->ring.seen_at = k->seen_at;
	return ST_OK;
}

/* Durable first, then in use. */
static status change_commit(struct change *c, struct error *e)
{
	struct keys *k = c->keys;
	AUTO_BUF struct buf ring = { 0 };
	AUTO(snapshot) struct snapshot *next = NULL;
	c->ring.generation++;
	TRY(ring_encode(&c->ring, &ring));
	TRY(snapshot_new(buf_slice(&ring), k->current->secrets_bytes, &next));
	TRY(keyfile_write(k->dir, KEYS_RING_FILE, &k->kek, buf_slice(&ring), e));
	keys_adopt(k, TAKE(next));
	return ST_OK;
}

static status announce(struct change *c, enum key_algorithm a, int64_t now, int64_t activates_at)
{
	struct keypair pair;
	TRY(keypair_generate(a, &c->arena, &pair));
	return ring_announce(&c->ring, a, &pair, now, activates_at);
}

/* ---- by the clock ----------------------------------------------------------------------- */

static status carry_out(struct change *c, const struct plan *plan, const struct key_policy *policy,
			int64_t now)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_action *action = &plan->actions[i];
		struct keypair pair = { 0 };
		if (action->step == PLAN_ANNOUNCE)
			TRY(keypair_generate(action->algorithm, &c->arena, &pair));
		TRY(plan_apply(&c->ring, action, &pair, policy, now));
	}
	return ST_OK;
}

status keys_tick(struct keys *k, const struct key_policy *policy, int64_t now, struct error *e)
{
	AUTO_CHANGE struct change c;
	struct plan plan;
	TRY(change_begin(&c, k, e));
	TRY(plan_make(&c.ring, policy, now, &c.arena, &plan, e));
	if (now > k->seen_at)
		k->seen_at = now;
	if (plan.n == 0 && now < k->current->ring.seen_at + SEEN_EVERY_S)
		return ST_OK;
	TRY(carry_out(&c, &plan, policy, now));
	c.ring.seen_at = k->seen_at;
	return change_commit(&c, e);
}

status keys_resume(struct keys *k, int64_t now, struct error *e)
{
	AUTO_CHANGE struct change c;
	TRY(change_begin(&c, k, e));
	plan_rebase(&c.ring, now);
	return change_commit(&c, e);
}

/* ---- by an operator --------------------------------------------------------------------- */

static status rotate_at_once(struct change *c, enum key_algorithm a,
			     const struct key_policy *policy, int64_t now, size_t *ret)
{
	/* The announced one is known to verifiers already. */
	ssize_t next = ring_next(&c->ring, a);
	if (next == RING_NONE) {
		TRY(announce(c, a, now, now));
		next = (ssize_t)c->ring.n - 1;
	}
	ring_activate(&c->ring, (size_t)next, policy->retain_s, now);
	*ret = (size_t)next;
	return ST_OK;
}

static status rotate_in_time(struct change *c, enum key_algorithm a, const struct key_policy *policy,
			     int64_t now, size_t *ret, struct error *e)
{
	ssize_t next = ring_next(&c->ring, a);
	if (next != RING_NONE && c->ring.keys[next].activates_at <= now + policy->announce_s)
		return error_set(e, ST_EXISTS, "%s is announced already, and signs within %lld hours",
				 c->ring.keys[next].kid,
				 (long long)(c->ring.keys[next].activates_at - now + 3599) / 3600);
	TRY(announce(c, a, now, now + policy->announce_s));
	*ret = c->ring.n - 1;
	return ST_OK;
}

status keys_rotate(struct keys *k, enum key_algorithm a, bool at_once,
		   const struct key_policy *policy, int64_t now, struct key_info *ret, struct error *e)
{
	AUTO_CHANGE struct change c;
	size_t key = 0;
	TRY(change_begin(&c, k, e));
	if ((unsigned)a >= KEY_ALGORITHM_COUNT || !key_algorithms_have(policy->algorithms, a))
		return error_set(e, ST_INVALID, "this issuer does not sign with %s", key_algorithm_name(a));
	TRY(plan_check_policy(policy, e));
	TRY(plan_check_clock(&c.ring, policy, now, e));
	TRY(at_once ? rotate_at_once(&c, a, policy, now, &key)
		    : rotate_in_time(&c, a, policy, now, &key, e));
	TRY(change_commit(&c, e));
	if (ret)
		*ret = ring_key_info(&c.ring, key);
	return ST_OK;
}

status keys_revoke(struct keys *k, struct slice kid, int64_t now, struct error *e)
{
	AUTO_CHANGE struct change c;
	TRY(change_begin(&c, k, e));
	ssize_t found = ring_find(&c.ring, kid);
	if (found == RING_NONE)
		return error_set(e, ST_NOT_FOUND, "there is no key of this kid");
	struct ring_key *key = &c.ring.keys[found];
	if (key->state == KEY_REVOKED)
		return ST_OK;
	bool was_active = key->state == KEY_ACTIVE;
	ring_revoke(&c.ring, (size_t)found, now);
	if (was_active) {
		static const struct key_policy none = { 0 };
		size_t unused;
		TRY(rotate_at_once(&c, key->algorithm, &none, now, &unused));
	}
	return change_commit(&c, e);
}
