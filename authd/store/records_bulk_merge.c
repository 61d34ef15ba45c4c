#include "authd/store/records_bulk_parts.h"

/* ---- entries as they come out of a sorter --------------------------------------------------- */

struct entry {
	unsigned place; /* a table, or TABLE_COUNT and an index */
	uint64_t row;
	struct slice key, value; /* of an index: value is the record's key */
};

static uint64_t row_of(struct slice bytes)
{
	uint64_t row;
	memcpy(&row, bytes.p, BULK_ROW_SIZE);
	return be64toh(row);
}

static status next_entry(struct records_bulk *b, struct sorter *s, struct entry *ret)
{
	enum { NOTE_EVERY = 1 << 16 };
	struct slice key, value;
	TRY(sorter_next(s, &key, &value));
	*ret = (struct entry){
		.place = key.p[0],
		.row = row_of(value),
		.key = slice_from(key, 1),
		.value = slice_from(value, BULK_ROW_SIZE),
	};
	if (++b->done % NOTE_EVERY == 0 && b->options.progress)
		b->options.progress(b->options.context, b->done, b->total);
	return ST_OK;
}

/* The last entry: its slices end with the next one. */
struct last {
	uint8_t key[RECORD_KEY_MAX], target[RECORD_KEY_MAX];
	struct entry entry; /* place 0 and no key at the start */
};

static bool is_again(const struct last *l, const struct entry *e)
{
	return e->place == l->entry.place && slice_equal(e->key, l->entry.key);
}

static void remember(struct last *l, const struct entry *e)
{
	bool link = e->place >= TABLE_COUNT;
	memcpy(l->key, e->key.p, e->key.n);
	if (link)
		memcpy(l->target, e->value.p, e->value.n);
	l->entry = (struct entry){ .place = e->place,
				   .row = e->row,
				   .key = slice_of(l->key, e->key.n),
				   .value = slice_of(l->target, link ? e->value.n : 0) };
}

static status twice(struct error *e, unsigned place)
{
	return error_set(e, ST_EXISTS, "%s: the same key twice",
			 place < TABLE_COUNT ? TABLE_NAMES[place] : INDEX_NAMES[place - TABLE_COUNT]);
}

/* ---- rows that come second ------------------------------------------------------------------ */

/* A bit for each row and index; memory only for an index that has some. */
struct refusals {
	uint8_t *of[INDEX_COUNT];
	uint64_t rows;
};

static void refusals_done(struct refusals *r)
{
	for (size_t i = 0; i < INDEX_COUNT; i++)
		free(r->of[i]);
}
#define AUTO_REFUSALS __attribute__((cleanup(refusals_done)))

static status refuse(struct refusals *r, unsigned place, uint64_t row)
{
	uint8_t **bits = &r->of[place - TABLE_COUNT];
	if (!*bits)
		*bits = calloc(r->rows / 8 + 1, 1); /* pages come as they are touched */
	if (!*bits)
		return ST_NOMEM;
	(*bits)[row / 8] |= (uint8_t)(1 << row % 8);
	return ST_OK;
}

static bool is_refused(const struct refusals *r, uint64_t row, enum index *ret)
{
	for (enum index i = 0; i < INDEX_COUNT; i++)
		if (r->of[i] && r->of[i][row / 8] & 1 << row % 8) {
			*ret = i;
			return true;
		}
	return false;
}

static status tell(const struct records_bulk *b, const struct refusals *r)
{
	enum index i;
	for (uint64_t row = 1; b->options.refused && row <= r->rows; row++)
		if (is_refused(r, row, &i))
			TRY(b->options.refused(b->options.context, row, i));
	return ST_OK;
}

/* Two entries of one key: the later row is refused. The one that stays is remembered. */
static status settle(struct records_bulk *b, struct refusals *r, struct last *l,
		     const struct entry *next, struct error *e)
{
	bool refusable = b->options.refused && next->row != l->entry.row;
	if (slice_equal(next->value, l->entry.value))
		return ST_OK;
	if (!refusable || !next->row || !l->entry.row)
		return twice(e, next->place);
	if (next->row > l->entry.row)
		return refuse(r, next->place, next->row);
	TRY(refuse(r, next->place, l->entry.row));
	remember(l, next);
	return ST_OK;
}

static status find_refusals(struct records_bulk *b, struct refusals *r, struct error *e)
{
	struct last last = { 0 };
	struct entry next;
	status s;
	TRY(sorter_start(b->indexes, bulk_memory(b)));
	while ((s = next_entry(b, b->indexes, &next)) == ST_OK) {
		if (is_again(&last, &next))
			TRY(settle(b, r, &last, &next, e));
		else
			remember(&last, &next);
	}
	return s == ST_NOT_FOUND ? ST_OK : s;
}

/* ---- writing -------------------------------------------------------------------------------- */

static status write_indexes(struct records_bulk *b, const struct refusals *r)
{
	struct last last = { 0 };
	struct entry next;
	enum index i;
	status s;
	TRY(sorter_start(b->indexes, bulk_memory(b)));
	while ((s = next_entry(b, b->indexes, &next)) == ST_OK) {
		if (is_refused(r, next.row, &i) || is_again(&last, &next))
			continue;
		remember(&last, &next);
		TRY(bulk_output_put(b, next.place, next.key, next.value));
	}
	return s == ST_NOT_FOUND ? ST_OK : s;
}

static status write_tables(struct records_bulk *b, const struct refusals *r, struct error *e)
{
	struct last last = { 0 };
	struct entry next;
	enum index i;
	status s;
	TRY(sorter_start(b->tables, bulk_memory(b)));
	while ((s = next_entry(b, b->tables, &next)) == ST_OK) {
		if (is_refused(r, next.row, &i))
			continue;
		if (is_again(&last, &next))
			return twice(e, next.place);
		remember(&last, &next);
		TRY(bulk_output_put(b, next.place, next.key, next.value));
	}
	return s == ST_NOT_FOUND ? ST_OK : s;
}

status records_bulk_merge(struct records_bulk *b, struct error *e)
{
	if (b->failed || b->open || b->merged)
		return error_set(e, ST_UNAVAILABLE, "%s: an entry could not be taken", b->dir);
	AUTO_REFUSALS struct refusals refusals = { .rows = b->rows };
	b->failed = true; /* until it is done */
	b->total = 2 * sorter_count(b->indexes) + sorter_count(b->tables);
	status s = find_refusals(b, &refusals, e);
	if (!s)
		s = tell(b, &refusals);
	if (!s)
		s = write_indexes(b, &refusals);
	sorter_free(TAKE(b->indexes)); /* what has been read makes room on the disk */
	if (!s)
		s = write_tables(b, &refusals, e);
	sorter_free(TAKE(b->tables));
	if (s)
		return s == ST_EXISTS || (e && e->message[0]) ?
			       s :
			       error_set(e, s, "%s: the store could not be written: %s", b->dir,
					 status_name(s));
	b->failed = false;
	b->merged = true;
	return ST_OK;
}
