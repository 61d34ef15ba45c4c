#include "authd/service/marks.h"

enum { MARK_ID_MAX = 256, MARK_VALUE_SIZE = 16 };

struct mark_key {
	uint8_t bytes[1 + MARK_ID_MAX];
	size_t n;
};

static struct slice mark_key(enum mark_kind kind, struct slice id, struct mark_key *room)
{
	if (id.n > MARK_ID_MAX)
		return NO_SLICE;
	room->bytes[0] = (uint8_t)kind;
	memcpy(room->bytes + 1, id.p, id.n);
	return slice_of(room->bytes, 1 + id.n);
}

static void put_int64(uint8_t *p, int64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
}

static int64_t get_int64(const uint8_t *p)
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

void mark_put(struct batch *b, enum mark_kind kind, struct slice id, int64_t at, int64_t keep_until)
{
	struct mark_key room;
	uint8_t value[MARK_VALUE_SIZE];
	put_int64(value, at);
	put_int64(value + 8, keep_until);
	batch_put(b, TABLE_MARKS, mark_key(kind, id, &room), VERSION_ANY, slice_of(value, sizeof value));
}

/* A grant or a session does not come back; of a subject or a client only the past is ended. */
static bool mark_is_final(enum mark_kind kind)
{
	return kind == MARK_TOKEN || kind == MARK_GRANT || kind == MARK_SESSION;
}

status mark_check(struct issuer *is, enum mark_kind kind, struct slice id, int64_t issued_at,
		  struct arena *a, bool *ret_revoked)
{
	struct mark_key room;
	struct record record;
	struct slice key = mark_key(kind, id, &room);
	if (!key.p)
		return ST_BUG;
	status s = records_get(is->records, TABLE_MARKS, key, a, &record);
	if (s == ST_NOT_FOUND) {
		*ret_revoked = false;
		return ST_OK;
	}
	TRY(s);
	if (record.value.n != MARK_VALUE_SIZE)
		return ST_CORRUPT;
	*ret_revoked = mark_is_final(kind) || issued_at <= get_int64(record.value.p);
	return ST_OK;
}
