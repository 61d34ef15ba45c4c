#include "authd/service/sub_overrides.h"

#include "libauth/base/big_endian.h"

/* Of more sectors than so many, nobody is known. */
enum { ID_SIZE = sizeof(struct id), VALUE_SIZE = 2 * ID_SIZE, SECTORS_MAX = 4096 };

static struct slice key_of(struct id subject_id, struct slice sector, struct arena *a)
{
	uint8_t *p = arena_alloc(a, ID_SIZE + sector.n);
	if (!p)
		return NO_SLICE;
	memcpy(p, subject_id.bytes, ID_SIZE);
	if (sector.n)
		memcpy(p + ID_SIZE, sector.p, sector.n);
	return slice_of(p, ID_SIZE + sector.n);
}

/* ---- acquaintances -------------------------------------------------------------------------- */

static status has(struct issuer *is, enum table t, struct id subject_id, struct slice sector,
		  struct arena *a, bool *ret)
{
	struct slice key = key_of(subject_id, sector, a);
	return key.p ? records_has(is->records, t, key, ret) : ST_NOMEM;
}

status acquaintance_is_new(struct issuer *is, struct id subject_id, struct slice sector, struct arena *a,
			   bool *ret)
{
	bool known;
	TRY(has(is, TABLE_ACQUAINTANCES, subject_id, sector, a, &known));
	*ret = !known;
	return ST_OK;
}

status acquaintance_put(struct batch *b, struct id subject_id, struct slice sector, int64_t now,
			struct arena *a)
{
	struct slice key = key_of(subject_id, sector, a);
	uint8_t since[8];
	if (!key.p)
		return ST_NOMEM;
	put_u64(since, (uint64_t)now);
	batch_put(b, TABLE_ACQUAINTANCES, key, VERSION_ANY, slice_of(since, sizeof since));
	return ST_OK;
}

static status rows_of(struct issuer *is, enum table t, struct id subject_id, struct arena *a,
		      struct record_row **ret, size_t *ret_n)
{
	return records_rows(is->records, t, id_slice(&subject_id), NO_SLICE, SECTORS_MAX, a, ret, ret_n);
}

static struct slice sector_of(const struct record_row *row)
{
	return slice_from(row->key, ID_SIZE);
}

status acquaintances_list(struct issuer *is, struct id subject_id, struct arena *a,
			  struct acquaintance **ret, size_t *ret_n)
{
	struct record_row *rows;
	size_t n;
	TRY(rows_of(is, TABLE_ACQUAINTANCES, subject_id, a, &rows, &n));
	struct acquaintance *list = arena_array(a, struct acquaintance, n + 1);
	if (!list)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++) {
		if (rows[k].record.value.n != 8)
			return ST_CORRUPT;
		list[k] = (struct acquaintance){ sector_of(&rows[k]),
						 (int64_t)get_u64(rows[k].record.value.p) };
	}
	*ret = list;
	*ret_n = n;
	return ST_OK;
}

status acquaintances_forget(struct issuer *is, struct batch *b, struct id subject_id, struct arena *a)
{
	static const enum table tables[] = { TABLE_ACQUAINTANCES, TABLE_SUB_OVERRIDES };
	for (size_t t = 0; t < COUNT_OF(tables); t++) {
		struct record_row *rows;
		size_t n;
		TRY(rows_of(is, tables[t], subject_id, a, &rows, &n));
		for (size_t k = 0; k < n; k++)
			batch_delete(b, tables[t], rows[k].key, VERSION_ANY);
	}
	return ST_OK;
}

/* ---- overrides ------------------------------------------------------------------------------ */

static status bearer_of(struct slice value, struct id *ret)
{
	return value.n == VALUE_SIZE ? id_from(slice_first(value, ID_SIZE), ret) : ST_CORRUPT;
}

status sub_bearer(struct issuer *is, struct id subject_id, struct slice sector, struct arena *a,
		  struct id *ret)
{
	struct record record;
	struct slice key = key_of(subject_id, sector, a);
	if (!key.p)
		return ST_NOMEM;
	status s = records_get(is->records, TABLE_SUB_OVERRIDES, key, a, &record);
	if (s == ST_OK)
		return bearer_of(record.value, ret);
	if (s != ST_NOT_FOUND)
		return s;
	*ret = subject_id;
	return ST_OK;
}

/* The commit fails where the portal has got to know `into` meanwhile. */
static status override(struct issuer *is, struct batch *b, struct id from, struct id into,
		       struct slice sector, struct arena *a)
{
	bool known, overridden;
	uint8_t value[VALUE_SIZE];
	struct id bearer;
	TRY(has(is, TABLE_ACQUAINTANCES, into, sector, a, &known));
	TRY(has(is, TABLE_SUB_OVERRIDES, into, sector, a, &overridden));
	if (known || overridden)
		return ST_OK;
	TRY(sub_bearer(is, from, sector, a, &bearer));
	struct slice key = key_of(into, sector, a);
	if (!key.p)
		return ST_NOMEM;
	memcpy(value, bearer.bytes, ID_SIZE);
	memcpy(value + ID_SIZE, from.bytes, ID_SIZE);
	batch_expect(b, TABLE_ACQUAINTANCES, key, VERSION_NONE);
	batch_put(b, TABLE_SUB_OVERRIDES, key, VERSION_NONE, slice_of(value, sizeof value));
	return ST_OK;
}

static bool is_among(const struct record_row *rows, size_t n, struct slice sector)
{
	for (size_t k = 0; k < n; k++)
		if (slice_equal(sector_of(&rows[k]), sector))
			return true;
	return false;
}

status sub_overrides_merge(struct issuer *is, struct batch *b, struct id from, struct id into,
			   struct arena *a)
{
	struct record_row *known, *borne;
	size_t known_n, borne_n;
	TRY(rows_of(is, TABLE_ACQUAINTANCES, from, a, &known, &known_n));
	TRY(rows_of(is, TABLE_SUB_OVERRIDES, from, a, &borne, &borne_n));
	for (size_t k = 0; k < known_n; k++)
		TRY(override(is, b, from, into, sector_of(&known[k]), a));
	for (size_t k = 0; k < borne_n; k++)
		if (!is_among(known, known_n, sector_of(&borne[k])))
			TRY(override(is, b, from, into, sector_of(&borne[k]), a));
	return ST_OK;
}

status sub_overrides_split(struct issuer *is, struct batch *b, struct id from, struct id into,
			   struct arena *a)
{
	struct record_row *rows;
	size_t n;
	TRY(rows_of(is, TABLE_SUB_OVERRIDES, into, a, &rows, &n));
	for (size_t k = 0; k < n; k++) {
		struct slice value = rows[k].record.value;
		if (value.n != VALUE_SIZE)
			return ST_CORRUPT;
		if (!slice_equal(slice_from(value, ID_SIZE), id_slice(&from)))
			continue;
		batch_delete(b, TABLE_SUB_OVERRIDES, rows[k].key, rows[k].record.version);
		batch_delete(b, TABLE_ACQUAINTANCES, rows[k].key, VERSION_ANY);
	}
	return ST_OK;
}
