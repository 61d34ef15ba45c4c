/* Open addressing, at most half full. */
#include "authd/service/mark_set.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"

enum { ROOM_FIRST = 64 };

struct mark_row {
	int64_t at_us;
	uint8_t kind; /* 0: free */
	uint8_t id[MARK_ID_SHORT];
};

status mark_short_id(enum mark_kind kind, struct slice id, struct short_id *ret)
{
	uint8_t hash[32];
	/* A token's mark has a hash as its id, the others random numbers; only a client_id is a name. */
	if (kind == MARK_CLIENT) {
		TRY(sha256(id, hash));
		id = slice_of(hash, sizeof hash);
	}
	if (id.n < sizeof ret->bytes)
		return ST_INVALID;
	memcpy(ret->bytes, id.p, sizeof ret->bytes);
	return ST_OK;
}

void mark_set_done(struct mark_set *s)
{
	free(s->rows);
	*s = (struct mark_set){ 0 };
}

/* Where the mark stands, or would. */
static struct mark_row *find(const struct mark_set *s, uint8_t kind, const uint8_t *id)
{
	size_t i = get_u64(id) + kind;
	for (;; i++) {
		struct mark_row *row = &s->rows[i & (s->room - 1)];
		if (!row->kind || (row->kind == kind && !memcmp(row->id, id, MARK_ID_SHORT)))
			return row;
	}
}

static status grow(struct mark_set *s)
{
	struct mark_set larger = { .n = s->n, .room = s->room ? s->room * 2 : ROOM_FIRST };
	larger.rows = calloc(larger.room, sizeof *larger.rows);
	if (!larger.rows)
		return ST_NOMEM;
	for (size_t i = 0; i < s->room; i++)
		if (s->rows[i].kind)
			*find(&larger, s->rows[i].kind, s->rows[i].id) = s->rows[i];
	free(s->rows);
	*s = larger;
	return ST_OK;
}

status mark_set_put(struct mark_set *s, enum mark_kind kind, struct short_id id, int64_t at_us)
{
	if (s->n >= s->room / 2)
		TRY(grow(s));
	struct mark_row *row = find(s, (uint8_t)kind, id.bytes);
	if (!row->kind) {
		s->n++;
		row->kind = (uint8_t)kind;
		memcpy(row->id, id.bytes, sizeof row->id);
		row->at_us = at_us;
	}
	row->at_us = at_us > row->at_us ? at_us : row->at_us;
	return ST_OK;
}

bool mark_set_ends(const struct mark_set *s, enum mark_kind kind, const uint8_t id[MARK_ID_SHORT],
		   int64_t since_us)
{
	if (!s->n)
		return false;
	const struct mark_row *row = find(s, (uint8_t)kind, id);
	return row->kind && mark_ends(kind, row->at_us, since_us);
}
