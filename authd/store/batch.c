#include "authd/store/batch.h"
#include "authd/store/audit_chain.h"

#include <stdlib.h>

struct batch *batch_new(struct arena *a)
{
	struct batch *b = arena_new(a, struct batch);
	if (b)
		b->arena = a;
	return b;
}

static void fail(struct batch *b, status s)
{
	if (!b->failed)
		b->failed = s;
}

status batch_check_sizes(struct slice key, struct slice value, size_t value_max)
{
	if (slice_empty(key))
		return ST_INVALID;
	return key.n > RECORD_KEY_MAX || value.n > value_max ? ST_TOO_LARGE : ST_OK;
}

static void append(struct batch *b, struct action step)
{
	struct action *action = arena_new(b->arena, struct action);
	step.key = arena_copy(b->arena, step.key);
	step.value = arena_copy(b->arena, step.value);
	if (!action || !step.key.p || !step.value.p) {
		fail(b, ST_NOMEM);
		return;
	}
	step.sequence = b->n++;
	*action = step;
	if (b->last)
		b->last->next = action;
	else
		b->first = action;
	b->last = action;
	b->bytes += step.key.n + step.value.n;
}

/* The audit chain is only ever appended to. */
static status check_table(enum table t)
{
	return (unsigned)t < TABLE_COUNT && t != TABLE_AUDIT ? ST_OK : ST_INVALID;
}

void batch_put(struct batch *b, enum table t, struct slice key, uint64_t expected,
	       struct slice value)
{
	status s = check_table(t);
	if (!s)
		s = batch_check_sizes(key, value, RECORD_VALUE_MAX);
	if (s)
		return fail(b, s);
	append(b, (struct action){ .kind = ACTION_PUT,
				   .where = t,
				   .key = key,
				   .value = value,
				   .expected = expected });
}

/* A step that has a key and a version, and no value. */
static void append_keyed(struct batch *b, enum action_kind kind, enum table t, struct slice key,
			 uint64_t expected)
{
	status s = check_table(t);
	if (!s)
		s = batch_check_sizes(key, NO_SLICE, 0);
	if (s)
		return fail(b, s);
	append(b, (struct action){ .kind = kind, .where = t, .key = key, .expected = expected });
}

void batch_delete(struct batch *b, enum table t, struct slice key, uint64_t expected)
{
	append_keyed(b, ACTION_DELETE, t, key, expected);
}

void batch_expect(struct batch *b, enum table t, struct slice key, uint64_t expected)
{
	append_keyed(b, ACTION_EXPECT, t, key, expected);
}

void batch_link(struct batch *b, enum index i, struct slice index_key, struct slice key)
{
	status s = (unsigned)i < INDEX_COUNT && !slice_empty(key) ? ST_OK : ST_INVALID;
	if (!s)
		s = batch_check_sizes(index_key, key, RECORD_KEY_MAX);
	if (s)
		return fail(b, s);
	append(b, (struct action){
			  .kind = ACTION_LINK, .where = i, .key = index_key, .value = key });
}

void batch_unlink(struct batch *b, enum index i, struct slice index_key)
{
	status s = (unsigned)i < INDEX_COUNT ? ST_OK : ST_INVALID;
	if (!s)
		s = batch_check_sizes(index_key, NO_SLICE, 0);
	if (s)
		return fail(b, s);
	append(b, (struct action){ .kind = ACTION_UNLINK, .where = i, .key = index_key });
}

void batch_append(struct batch *b, enum table t, struct slice value)
{
	status s = check_table(t);
	if (!s && value.n > RECORD_VALUE_MAX)
		s = ST_TOO_LARGE;
	if (s)
		return fail(b, s);
	append(b, (struct action){ .kind = ACTION_APPEND, .where = t, .value = value });
}

void batch_audit(struct batch *b, struct slice entry)
{
	if (entry.n > AUDIT_ENTRY_MAX)
		return fail(b, ST_TOO_LARGE);
	if (!audit_entry_is_object(entry))
		return fail(b, ST_INVALID);
	append(b, (struct action){ .kind = ACTION_AUDIT, .where = TABLE_AUDIT, .value = entry });
}

void batch_audit_prune(struct batch *b, uint64_t seq)
{
	append(b, (struct action){ .kind = ACTION_AUDIT_PRUNE, .where = TABLE_AUDIT, .expected = seq });
}

/* ---- which step meets which ----------------------------------------------------------------- */

static bool is_index(const struct action *a)
{
	return a->kind == ACTION_LINK || a->kind == ACTION_UNLINK;
}

static int compare_place(const struct action *a, const struct action *b)
{
	if (is_index(a) != is_index(b))
		return is_index(a) - is_index(b);
	if (a->where != b->where)
		return a->where < b->where ? -1 : 1;
	return slice_compare(a->key, b->key);
}

static int compare_action(const void *left, const void *right)
{
	const struct action *a = *(struct action *const *)left, *b = *(struct action *const *)right;
	int order = compare_place(a, b);
	return order ? order : (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

status batch_seal(struct batch *b)
{
	if (b->failed || b->n < 2)
		return b->failed;
	struct action **sorted = arena_array(b->arena, struct action *, b->n);
	if (!sorted)
		return ST_NOMEM;
	size_t n = 0;
	for (struct action *a = b->first; a; a = a->next)
		sorted[n++] = a;
	qsort(sorted, n, sizeof *sorted, compare_action);
	for (size_t i = 1; i < n; i++)
		if (compare_place(sorted[i - 1], sorted[i]) == 0)
			sorted[i]->before = sorted[i - 1];
	return ST_OK;
}
