#include "authd/store/records_bulk_parts.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- adding --------------------------------------------------------------------------------- */

struct records_bulk_part {
	struct records_bulk *bulk;
	struct sorter_part *indexes, *tables;
	uint64_t row, rows; /* the one under way, and the greatest */
	bool failed, ended;
};

status records_bulk_part_new(struct records_bulk *b, struct records_bulk_part **ret)
{
	/* A person has a record of some 300 bytes and two index entries of 50. */
	size_t memory = bulk_memory(b) / (b->options.parts ? b->options.parts : 1);
	struct records_bulk_part *p = calloc(1, sizeof *p);
	if (!p)
		return ST_NOMEM;
	p->bulk = b;
	pthread_mutex_lock(&b->parts);
	b->open++;
	pthread_mutex_unlock(&b->parts);
	status s = sorter_part_new(b->indexes, memory / 4, &p->indexes);
	if (!s)
		s = sorter_part_new(b->tables, memory / 4 * 3, &p->tables);
	if (s)
		records_bulk_part_free(TAKE(p));
	else
		*ret = p;
	return s;
}

void records_bulk_row(struct records_bulk_part *p, uint64_t row)
{
	p->row = row;
	p->rows = row > p->rows ? row : p->rows;
}

/* Sorted by place, which is table or index, then key. */
static status add(struct records_bulk_part *p, struct sorter_part *to, size_t place,
		  struct slice key, const uint8_t *header, size_t header_n, struct slice value)
{
	uint8_t bytes[1 + RECORD_KEY_MAX], head[BULK_ROW_SIZE + RECORD_HEADER];
	uint64_t row = htobe64(p->row);
	bytes[0] = (uint8_t)place;
	memcpy(bytes + 1, key.p, key.n);
	memcpy(head, &row, sizeof row);
	if (header_n)
		memcpy(head + sizeof row, header, header_n);
	status s = sorter_add(to, slice_of(bytes, 1 + key.n),
			      slice_of(head, sizeof row + header_n), value);
	p->failed = p->failed || s;
	return s;
}

status records_bulk_put(struct records_bulk_part *p, enum table t, struct slice key,
			struct slice value)
{
	uint8_t header[RECORD_HEADER];
	if ((unsigned)t >= TABLE_COUNT || t == TABLE_AUDIT)
		return ST_INVALID;
	TRY(batch_check_sizes(key, value, RECORD_VALUE_MAX));
	record_header(1, header);
	return add(p, p->tables, t, key, header, sizeof header, value);
}

status records_bulk_link(struct records_bulk_part *p, enum index i, struct slice index_key,
			 struct slice key)
{
	if ((unsigned)i >= INDEX_COUNT || slice_empty(key))
		return ST_INVALID;
	TRY(batch_check_sizes(index_key, key, RECORD_KEY_MAX));
	return add(p, p->indexes, TABLE_COUNT + (size_t)i, index_key, NULL, 0, key);
}

status records_bulk_part_end(struct records_bulk_part *p)
{
	status s = p->failed ? ST_UNAVAILABLE : sorter_part_end(p->indexes);
	if (!s)
		s = sorter_part_end(p->tables);
	p->ended = !s;
	return s;
}

void records_bulk_part_free(struct records_bulk_part *p)
{
	if (!p)
		return;
	struct records_bulk *b = p->bulk;
	pthread_mutex_lock(&b->parts);
	b->open--;
	b->failed = b->failed || !p->ended;
	b->rows = p->rows > b->rows ? p->rows : b->rows;
	pthread_mutex_unlock(&b->parts);
	sorter_part_free(p->indexes);
	sorter_part_free(p->tables);
	free(p);
}

status records_bulk_audit(struct records_bulk *b, struct slice entry)
{
	if (entry.n > AUDIT_ENTRY_MAX)
		return ST_TOO_LARGE;
	if (!audit_entry_is_object(entry))
		return ST_INVALID;
	uint8_t key[AUDIT_KEY_SIZE], header[RECORD_HEADER];
	AUTO_BUF struct buf value = { 0 };
	record_header(1, header);
	buf_put(&value, slice_of(header, sizeof header));
	AUTO_BUF struct buf chained = { 0 };
	enum audit_hash hash = b->options.guard ? b->options.guard->hash : AUDIT_SHA256;
	status s = audit_chain_append(&b->audit, hash, time(NULL), entry, key, &chained);
	buf_put(&value, buf_slice(&chained));
	if (!s)
		s = buf_status(&value);
	if (!s)
		s = bulk_output_put(b, TABLE_AUDIT, slice_of(key, sizeof key), buf_slice(&value));
	b->failed = b->failed || s;
	return s;
}

/* ---- life ----------------------------------------------------------------------------------- */

static status check_fresh(struct records_bulk *b, struct error *e)
{
	char data[FILES_PATH_MAX];
	TRY(files_path(b->dir, "data.mdb", data));
	status s = files_exists(data);
	if (s == ST_OK)
		return error_set(e, ST_EXISTS, "%s: there is a store already", b->dir);
	return s == ST_NOT_FOUND ? ST_OK : s;
}

static status begin(struct records_bulk *b, struct error *e)
{
	char path[FILES_PATH_MAX];
	TRY(check_fresh(b, e));
	TRY(files_path(b->dir, "building", b->aside));
	TRY(files_remove_dir(b->aside));
	if (mkdir(b->aside, 0700))
		return ST_UNAVAILABLE;
	TRY(files_path(b->aside, "indexes", path));
	TRY(sorter_new(path, &b->indexes));
	TRY(files_path(b->aside, "tables", path));
	TRY(sorter_new(path, &b->tables));
	return bulk_output_open(b, e);
}

static const char *why(status s)
{
	switch (s) {
	case ST_NOT_FOUND: return "no such directory";
	case ST_BUSY: return "another process is making this store";
	default: return status_name(s);
	}
}

status records_bulk_open(const struct records_bulk_options *options, struct records_bulk **ret,
			 struct error *e)
{
	AUTO(records_bulk) struct records_bulk *b = calloc(1, sizeof *b);
	if (!b)
		return ST_NOMEM;
	b->lock = -1;
	b->options = *options;
	pthread_mutex_init(&b->parts, NULL);
	snprintf(b->dir, sizeof b->dir, "%s", options->dir);
	status s = files_lock_dir(b->dir, 0, &b->lock);
	if (s)
		return error_set(e, s, "%s: %s", b->dir, why(s));
	s = begin(b, e);
	if (s && s != ST_EXISTS)
		return error_set(e, s, "%s: cannot be written to: %s", b->dir, status_name(s));
	TRY(s);
	*ret = TAKE(b);
	return ST_OK;
}

/* The lock is given up last: nobody sees what is removed here. */
void records_bulk_free(struct records_bulk *b)
{
	if (!b)
		return;
	bulk_output_drop(b);
	sorter_free(b->indexes);
	sorter_free(b->tables);
	if (b->aside[0])
		(void)!files_remove_dir(b->aside);
	if (b->lock >= 0)
		close(b->lock);
	pthread_mutex_destroy(&b->parts);
	free(b);
}

static status publish(struct records_bulk *b)
{
	char made[FILES_PATH_MAX], data[FILES_PATH_MAX];
	TRY(files_path(b->aside, "data.mdb", made));
	TRY(files_path(b->dir, "data.mdb", data));
	TRY(files_sync(made));
	if (rename(made, data))
		return ST_UNAVAILABLE;
	status s = files_sync_dir(b->dir);
	if (s)
		unlink(data);
	return s;
}

status records_bulk_finish(struct records_bulk *b, struct error *e)
{
	if (!b->merged)
		TRY(records_bulk_merge(b, e));
	if (b->failed)
		return error_set(e, ST_UNAVAILABLE, "%s: an entry could not be taken", b->dir);
	b->failed = true; /* once */
	status s = bulk_output_end(b);
	if (!s)
		s = publish(b);
	if (s)
		return error_set(e, s, "%s: the store could not be written: %s", b->dir,
				 status_name(s));
	return ST_OK;
}
