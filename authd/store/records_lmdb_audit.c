#include "authd/store/records_lmdb_audit.h"

#include "libauth/base/big_endian.h"

/* ---- the head as it is stored --------------------------------------------------------------- */

static int put_stored(MDB_txn *txn, MDB_dbi meta, const uint8_t head[AUDIT_HEAD_SIZE])
{
	uint8_t stored[RECORD_HEADER + AUDIT_HEAD_SIZE];
	record_header(1, stored);
	memcpy(stored + RECORD_HEADER, head, AUDIT_HEAD_SIZE);
	MDB_val k = to_val(AUDIT_HEAD_KEY), v = { sizeof stored, stored };
	return mdb_put(txn, meta, &k, &v, 0);
}

status lmdb_audit_put_head(const struct audit_guard *g, MDB_txn *txn, MDB_dbi meta,
			   const struct audit_head *head)
{
	uint8_t bytes[AUDIT_HEAD_SIZE];
	TRY(audit_head_write(g, head, bytes));
	return lmdb_status(put_stored(txn, meta, bytes));
}

/* ST_NOT_FOUND. The slice is the transaction's. */
static status get_stored(struct records_lmdb *r, MDB_txn *txn, struct slice *ret)
{
	MDB_val k = to_val(AUDIT_HEAD_KEY), v;
	struct record record;
	TRY(lmdb_status(mdb_get(txn, records_lmdb_table(r, TABLE_META), &k, &v)));
	TRY(record_parse(from_val(v), &record));
	*ret = record.value;
	return ST_OK;
}

/* ---- the ends of the table ------------------------------------------------------------------ */

static status read_end(struct records_lmdb *r, MDB_txn *txn, MDB_cursor_op which, struct slice *ret_key,
		       struct slice *ret_value)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	TRY(lmdb_status(mdb_cursor_open(txn, records_lmdb_table(r, TABLE_AUDIT), &cursor)));
	status s = lmdb_status(mdb_cursor_get(cursor, &k, &v, which));
	mdb_cursor_close(cursor);
	TRY(s);
	struct record record;
	TRY(record_parse(from_val(v), &record));
	*ret_key = from_val(k);
	*ret_value = record.value;
	return ST_OK;
}

static status read_last(struct records_lmdb *r, MDB_txn *txn, enum audit_hash hash, struct audit_chain *ret)
{
	struct slice key, value;
	status s = read_end(r, txn, MDB_LAST, &key, &value);
	if (s == ST_NOT_FOUND)
		return ST_OK;
	TRY(s);
	return audit_chain_resume(ret, hash, key, value);
}

/* Without a head, the beginning is what it says itself. */
static status read_pruned(struct records_lmdb *r, MDB_txn *txn, struct audit_chain *ret)
{
	struct slice key, value;
	struct audit_line line;
	status s = read_end(r, txn, MDB_FIRST, &key, &value);
	if (s == ST_OK && audit_line_parse(value, &line) == ST_OK && line.seq)
		*ret = (struct audit_chain){ line.seq - 1, line.prev };
	return is_fault(s) ? s : ST_OK;
}

/* ---- finding the end of the chain ------------------------------------------------------------ */

/* What is wrong, in the words of an entry; nothing where nothing is. */
static void compare_ends(status read, const struct audit_head *head, const struct audit_chain *last,
			 struct buf *why)
{
	unsigned long long said = head->last.seq, there = last->seq;
	if (read == ST_NOT_FOUND && there)
		buf_format(why, "%llu entries had no head", there);
	if (read == ST_INVALID)
		buf_put_text(why, "the head was not this issuer's");
	if (read != ST_OK)
		return;
	if (there < said)
		buf_format(why, "entries %llu to %llu are gone", there + 1, said);
	if (there > said)
		buf_format(why, "entries %llu to %llu stand behind the head", said + 1, there);
	if (there == said && said && !audit_digest_equal(&head->last.digest, &last->digest))
		buf_format(why, "entry %llu is not what was written", said);
}

static int append(struct lmdb_audit *a, struct records_lmdb *r, MDB_txn *txn, int64_t now,
		  struct slice entry, status *ret)
{
	uint8_t header[RECORD_HEADER], key[AUDIT_KEY_SIZE];
	AUTO_BUF struct buf stored = { 0 };
	record_header(1, header);
	buf_put(&stored, slice_of(header, sizeof header));
	*ret = audit_chain_append(&a->head.last, r->guard.hash, now, entry, key, &stored);
	if (*ret)
		return 0;
	a->changed = true;
	MDB_val k = { sizeof key, key }, v = to_val(buf_slice(&stored));
	return mdb_put(txn, records_lmdb_table(r, TABLE_AUDIT), &k, &v, MDB_APPEND);
}

/* The chain goes on from what the head says, so that what is gone stays missing; only what it does not
 * reach is believed to the table. An entry says that it was so. */
static int go_on(struct lmdb_audit *a, struct records_lmdb *r, MDB_txn *txn, int64_t now, status read,
		 status *ret)
{
	struct audit_chain last = { 0 };
	AUTO_BUF struct buf why = { 0 }, entry = { 0 };
	*ret = read_last(r, txn, read == ST_OK ? a->head.last.digest.hash : r->guard.hash, &last);
	if (!*ret && read != ST_OK)
		*ret = read_pruned(r, txn, &a->head.pruned);
	if (*ret)
		return 0;
	if (r->guard.mac)
		compare_ends(read, &a->head, &last, &why);
	if (read != ST_OK || last.seq > a->head.last.seq)
		a->head.last = last;
	a->known = true;
	if (!why.n)
		return 0;
	buf_format(&entry, "{\"event\":\"audit.broken\",\"outcome\":\"failed\",\"detail\":\"%.*s\"}",
		   SLICE_FMT(buf_slice(&why)));
	*ret = buf_status(&entry);
	return *ret ? 0 : append(a, r, txn, now, buf_slice(&entry), ret);
}

static int find_end(struct lmdb_audit *a, struct records_lmdb *r, MDB_txn *txn, int64_t now, status *ret)
{
	struct slice stored = NO_SLICE;
	if (a->known)
		return 0;
	status s = get_stored(r, txn, &stored);
	if (s == ST_CORRUPT)
		s = ST_INVALID;
	/* Who has no guard would leave the head behind. */
	if (s == ST_OK && !r->guard.mac)
		s = ST_BUG;
	bool ours = s == ST_OK && slice_equal(stored, slice_of(r->head_bytes, sizeof r->head_bytes));
	if (ours)
		a->head = r->head;
	else if (s == ST_OK)
		s = audit_head_read(&r->guard, stored, &a->head);
	a->known = ours;
	*ret = is_fault(s) ? s : ST_OK;
	return ours || *ret ? 0 : go_on(a, r, txn, now, s, ret);
}

/* ---- what a batch does ----------------------------------------------------------------------- */

int lmdb_audit_append(struct lmdb_audit *a, struct records_lmdb *r, MDB_txn *txn, int64_t now,
		      struct slice entry, status *ret)
{
	int rc = find_end(a, r, txn, now, ret);
	return rc || *ret ? rc : append(a, r, txn, now, entry, ret);
}

static status get_entry(struct records_lmdb *r, MDB_txn *txn, uint64_t seq, struct slice *ret)
{
	uint8_t key[AUDIT_KEY_SIZE];
	struct record record;
	put_u64(key, seq);
	MDB_val k = { sizeof key, key }, v;
	TRY(lmdb_status(mdb_get(txn, records_lmdb_table(r, TABLE_AUDIT), &k, &v)));
	TRY(record_parse(from_val(v), &record));
	*ret = record.value;
	return ST_OK;
}

status lmdb_audit_may_prune(struct records_lmdb *r, MDB_txn *txn, uint64_t seq)
{
	struct slice value;
	struct audit_line next;
	status s = get_entry(r, txn, seq, &value);
	if (s == ST_OK)
		s = get_entry(r, txn, seq + 1, &value);
	if (s == ST_OK)
		s = audit_line_parse(value, &next);
	return s == ST_NOT_FOUND || s == ST_INVALID || !r->guard.mac ? ST_CONFLICT : s;
}

/* By the hash that the next entry holds of it. */
static status last_pruned(struct records_lmdb *r, MDB_txn *txn, uint64_t seq, struct audit_chain *ret)
{
	struct slice value;
	struct audit_line next;
	TRY(get_entry(r, txn, seq + 1, &value));
	TRY(audit_line_parse(value, &next));
	TRY(get_entry(r, txn, seq, &value));
	ret->seq = seq;
	return audit_digest_of(next.prev.hash, value, &ret->digest);
}

static int delete_until(MDB_cursor *cursor, uint64_t seq)
{
	MDB_val k, v;
	int rc = mdb_cursor_get(cursor, &k, &v, MDB_FIRST);
	while (!rc && k.mv_size == AUDIT_KEY_SIZE && get_u64(k.mv_data) <= seq) {
		rc = mdb_cursor_del(cursor, 0);
		if (!rc)
			rc = mdb_cursor_get(cursor, &k, &v, MDB_FIRST);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int lmdb_audit_prune(struct lmdb_audit *a, struct records_lmdb *r, MDB_txn *txn, int64_t now, uint64_t seq,
		     status *ret)
{
	MDB_cursor *cursor;
	int rc = find_end(a, r, txn, now, ret);
	if (rc || *ret)
		return rc;
	*ret = last_pruned(r, txn, seq, &a->head.pruned);
	rc = *ret ? 0 : mdb_cursor_open(txn, records_lmdb_table(r, TABLE_AUDIT), &cursor);
	if (rc || *ret)
		return rc;
	a->changed = true;
	rc = delete_until(cursor, seq);
	mdb_cursor_close(cursor);
	return rc;
}

int lmdb_audit_end(struct lmdb_audit *a, struct records_lmdb *r, MDB_txn *txn, status *ret)
{
	if (!a->changed || !r->guard.mac)
		return 0;
	*ret = audit_head_write(&r->guard, &a->head, r->head_bytes);
	r->head = a->head;
	return *ret ? 0 : put_stored(txn, records_lmdb_table(r, TABLE_META), r->head_bytes);
}
