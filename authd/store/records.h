/*
 * Records: what must never be lost. An acknowledged write survives kill -9 and power loss.
 *
 * A record is bytes under a key in a table, with a version that grows by one at each write, from 1.
 * An index entry leads from a key of its own to a record's key. Writes are put together in a batch,
 * which is applied whole or not at all; batches of many requests share one commit (group commit).
 * Several processes may open the same directory.
 *                                        Threads: struct records is internally locked.
 */
#pragma once

#include "authd/store/audit_head.h"
#include "libauth/base/arena.h"
#include "libauth/base/op.h"

enum table {
	TABLE_SUBJECTS,    /* subject id -> sealed natural or legal person */
	TABLE_CREDENTIALS, /* subject id | kind -> password hash ... */
	TABLE_CLIENTS,     /* client_id -> client */
	TABLE_CONSENTS,    /* subject id | client_id -> consent */
	TABLE_GRANTS,      /* grant id -> offline grant with its refresh family */
	TABLE_SESSIONS,    /* subject id | session id -> one line of a person's session list */
	TABLE_SESSION_CLIENTS, /* subject id | session id | client_id -> who hears of the session's end */
	TABLE_OUTBOX,      /* when it is due, big-endian | id -> a message to a client */
	TABLE_MARKS,       /* kind | id -> revocation mark */
	TABLE_MARK_LOG,    /* sequence number, big-endian -> a mark, in the order in which they came */
	TABLE_AUDIT,       /* sequence number, big-endian -> entry, chained by hash */
	TABLE_EXCHANGE_POLICIES, /* id -> what a client may exchange for what */
	TABLE_META,        /* name -> format version, epoch, import positions */
	TABLE_ACQUAINTANCES, /* subject id | sector -> since when the sector knows the subject */
	TABLE_SUB_OVERRIDES, /* subject id | sector -> whose name it bears there: after a merge */
	TABLE_INITIAL_TOKENS, /* id -> initial access token for registering clients */
	TABLE_MANDATES,    /* id -> sealed mandate: who acts for whom */
	TABLE_LEDGER, /* subject id | time | random -> what a client was told */
	TABLE_COUNT,
};

enum index {
	INDEX_IDENTIFIER,       /* blind index of (type, document number) -> subject id; unique */
	INDEX_LOGIN_NAME,       /* blind index of a chosen name -> subject id; unique */
	INDEX_SUBJECT_GRANTS,   /* subject id | grant id -> grant id, created at, client id */
	INDEX_MARK_ENDS,        /* end of a mark, big-endian | its key -> its key */
	INDEX_REGISTERED_CLIENTS, /* client_id -> itself, where it has registered itself */
	INDEX_MANDATES,         /* blind index of a person | mandate id -> mandate id; of live ones */
	INDEX_CLIENT_RELEASES, /* client_id | 0 | time | random -> a key of the ledger */
	INDEX_COUNT,
};

enum {
	RECORD_KEY_MAX = 400,
	RECORD_VALUE_MAX = 64 << 10,
};

struct record {
	uint64_t version;
	struct slice value;
};

struct records_options {
	const char *dir;   /* exists, mode 0700 */
	bool create;       /* make an empty store if there is none; else ST_NOT_FOUND */
	/* Of the audit's head; copied, its context is lent. Who has none can write no entry into a store
	 * whose head was written by one. */
	const struct audit_guard *guard;
};

struct records;
/* ST_NOT_FOUND; ST_INVALID (made by a newer release); ST_CORRUPT; or another fault, ST_UNAVAILABLE
 * also while another process makes the store. One process opens a directory once (LMDB). */
status records_open(const struct records_options *options, struct records **ret, struct error *e);
/* Waits until every submitted batch is done. */
void records_free(struct records *r);
DEFINE_AUTO(records, struct records *, records_free)

/* ---- reading: inline, never waits for a writer; what comes back is copied to the arena ------ */

/* ST_NOT_FOUND. */
status records_get(struct records *r, enum table t, struct slice key, struct arena *a,
		   struct record *ret);
/* The key that an index entry leads to. ST_NOT_FOUND. */
status records_find(struct records *r, enum index i, struct slice key, struct arena *a,
		    struct slice *ret_key);
/* True in *ret if there is a record; no copy. */
status records_has(struct records *r, enum table t, struct slice key, bool *ret);

/* One row of a scan; the slices are only good during the call. Return false to stop. */
typedef bool records_row_fn(void *context, struct slice key, struct record record);
/* Rows whose key begins with prefix and is greater than `after` (NO_SLICE: from the start), in key
 * order, at most limit. The callback must be quick and must not call records: a read transaction is
 * open, which a growing map waits for. */
status records_scan(struct records *r, enum table t, struct slice prefix, struct slice after,
		    size_t limit, records_row_fn *row, void *context);
/* The same rows, copied into the arena. */
struct record_row {
	struct slice key;
	struct record record;
};
status records_rows(struct records *r, enum table t, struct slice prefix, struct slice after, size_t limit,
		    struct arena *a, struct record_row **ret, size_t *ret_n);
/* As records_scan(), over an index: record.value is the record's key, record.version 0. */
status records_scan_index(struct records *r, enum index i, struct slice prefix, struct slice after,
			  size_t limit, records_row_fn *row, void *context);

/* ---- writing -------------------------------------------------------------------------------- */

#define VERSION_ANY UINT64_MAX
#define VERSION_NONE UINT64_C(0) /* the record must not exist yet */

struct batch; /* lives in its arena; keys and values are copied into it */
struct batch *batch_new(struct arena *a); /* NULL without memory */
/* A failed call (memory, sizes) is remembered and given back by the commit. */
void batch_put(struct batch *b, enum table t, struct slice key, uint64_t expected,
	       struct slice value);
void batch_delete(struct batch *b, enum table t, struct slice key, uint64_t expected);
/* Fails the batch with ST_CONFLICT if the record is not as it was read; changes nothing. */
void batch_expect(struct batch *b, enum table t, struct slice key, uint64_t expected);
/* Fails the batch with ST_EXISTS if the entry leads to another record already. */
void batch_link(struct batch *b, enum index i, struct slice index_key, struct slice key);
void batch_unlink(struct batch *b, enum index i, struct slice index_key);
/* Put a record under the number after the highest in t, 8 bytes big-endian, from 1. As long as the last
 * one is not deleted, no number comes twice, and none appears behind one that has been read. */
void batch_append(struct batch *b, enum table t, struct slice value);
/* Append to the audit chain, in the same transaction. `entry` is a JSON object in one line, without
 * personal data. The record's value is as in audit_chain.h; AUDIT_HEAD_KEY in TABLE_META has where the
 * chain ends. Where that is not as it was left, an entry "audit.broken" comes first. */
void batch_audit(struct batch *b, struct slice entry);
/* Take the entries up to this number out of the chain, whose head keeps the hash of the last of them.
 * Fails the batch with ST_CONFLICT if that or the next entry is not there. Some thousands at a time. */
void batch_audit_prune(struct batch *b, uint64_t seq);

/* Apply all of the batch durably; its steps see the ones before. Ends with ST_OK; ST_CONFLICT if
 * a version was not the expected one, ST_EXISTS, or a fault (ST_UNAVAILABLE: disk full, read-only);
 * then nothing was applied. */
void records_commit(struct records *r, struct batch *b, struct op *op);
/* The same for callers that may wait: tools, start-up, tests. */
status records_commit_wait(struct records *r, struct batch *b);

/* A consistent copy into an empty directory, while others write: there whole or not at all.
 * ST_EXISTS (not empty), ST_NOT_FOUND (no such directory), or a fault, with a message. */
status records_backup(struct records *r, const char *dir, struct error *e);
