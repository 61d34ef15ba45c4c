/* The files of the bulk build share this. */
#pragma once

#include "authd/store/audit_chain.h"
#include "authd/store/files.h"
#include "authd/store/records_bulk.h"
#include "authd/store/records_lmdb.h"
#include "authd/store/sorter.h"

/* The new file. */
struct bulk_output {
	struct lmdb *db;
	MDB_txn *txn;
	size_t step; /* bytes in this transaction */
};

struct records_bulk {
	struct records_bulk_options options;
	int lock;
	char dir[FILES_PATH_MAX], aside[FILES_PATH_MAX];
	/* An entry's key begins with its table or index, its value with its row. */
	struct sorter *indexes, *tables;
	struct bulk_output output;
	struct audit_chain audit;
	uint64_t done, total; /* entries merged */

	pthread_mutex_t parts; /* guards what follows */
	uint64_t rows;         /* the greatest */
	size_t open;           /* parts that have not ended */
	bool failed;           /* something was not taken: the store would lack it */
	bool merged;
};

enum { BULK_ROW_SIZE = 8 };

static inline size_t bulk_memory(const struct records_bulk *b)
{
	return b->options.memory ? b->options.memory : RECORDS_BULK_MEMORY;
}

/* The file is made now; what is put must come in the order of keys, table by table. */
status bulk_output_open(struct records_bulk *b, struct error *e);
status bulk_output_put(struct records_bulk *b, unsigned place, struct slice key,
		       struct slice value);
/* All durable, and closed. */
status bulk_output_end(struct records_bulk *b);
/* Without that. */
void bulk_output_drop(struct records_bulk *b);
