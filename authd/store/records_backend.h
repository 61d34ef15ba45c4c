/*
 * What a database must do to hold records. records.c has checked sizes before; the committer
 * calls apply from one thread.
 */
#pragma once

#include "authd/store/batch.h"

struct records_backend;

struct records_backend_calls {
	status (*get)(struct records_backend *b, enum table t, struct slice key, struct arena *a,
		      struct record *ret);
	status (*has)(struct records_backend *b, enum table t, struct slice key, bool *ret);
	status (*find)(struct records_backend *b, enum index i, struct slice key, struct arena *a,
		       struct slice *ret_key);
	status (*scan)(struct records_backend *b, enum table t, struct slice prefix,
		       struct slice after, size_t limit, records_row_fn *row, void *context);
	status (*scan_index)(struct records_backend *b, enum index i, struct slice prefix,
			     struct slice after, size_t limit, records_row_fn *row, void *context);
	/* Apply a list of sealed batches in order in one durable commit, each whole or not at all,
	 * and set each one's result. A fault is the result of all. */
	void (*apply)(struct records_backend *b, struct batch *group);
	status (*backup)(struct records_backend *b, int fd);
	void (*free)(struct records_backend *b);
};

struct records_backend {
	const struct records_backend_calls *calls;
};

/* The name of each table and index in the database. */
extern const char *const TABLE_NAMES[TABLE_COUNT];
extern const char *const INDEX_NAMES[INDEX_COUNT];

enum { RECORDS_FORMAT = 1 };

/* Put around a payload: format byte and version, big-endian. */
enum { RECORD_FORMAT = 1, RECORD_HEADER = 9 };
void record_header(uint64_t version, uint8_t ret[RECORD_HEADER]);
/* ST_CORRUPT where the bytes are not a record of this format. */
status record_parse(struct slice stored, struct record *ret);

struct records_lmdb_options {
	const char *dir;
	bool create;
	size_t map_size; /* to begin with */
	const struct audit_guard *guard; /* or NULL */
};
status records_lmdb_open(const struct records_lmdb_options *options, struct records_backend **ret,
			 struct error *e);

/* records_open with a backend of the caller's choosing, for tests. */
status records_open_backend(struct records_backend *backend, struct records **ret);
