/*
 * tamper DIR WHAT N [M]: what somebody does who can write to the records in DIR, while authd does not run.
 *
 *	alter N     another byte in entry N of the audit
 *	remove N M  entries N to M are gone
 *	swap N M    each stands where the other one stood
 *	insert N    a second entry N, under the number of the one behind it; those behind are pushed on
 *	forget 0    the head is gone
 */
#include "libauth/base/big_endian.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>

struct store {
	MDB_txn *txn;
	MDB_dbi audit, meta;
};

static void must(int rc, const char *what)
{
	if (!rc)
		return;
	fprintf(stderr, "tamper: %s: %s\n", what, mdb_strerror(rc));
	exit(1);
}

/* A copy of entry n, with malloc(). */
static MDB_val get(const struct store *s, uint64_t n)
{
	uint8_t key[8];
	MDB_val v;
	put_u64(key, n);
	must(mdb_get(s->txn, s->audit, &(MDB_val){ 8, key }, &v), "get");
	void *copy = malloc(v.mv_size);
	if (!copy)
		exit(1);
	memcpy(copy, v.mv_data, v.mv_size);
	return (MDB_val){ v.mv_size, copy };
}

static void put(const struct store *s, uint64_t n, MDB_val v)
{
	uint8_t key[8];
	put_u64(key, n);
	must(mdb_put(s->txn, s->audit, &(MDB_val){ 8, key }, &v, 0), "put");
}

static uint64_t last(const struct store *s)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	must(mdb_cursor_open(s->txn, s->audit, &cursor), "cursor");
	must(mdb_cursor_get(cursor, &k, &v, MDB_LAST), "last");
	mdb_cursor_close(cursor);
	return get_u64(k.mv_data);
}

static void alter(const struct store *s, uint64_t n, uint64_t m)
{
	MDB_val v = get(s, n);
	(void)m;
	((uint8_t *)v.mv_data)[v.mv_size - 4] ^= 1;
	put(s, n, v);
	free(v.mv_data);
}

static void take_out(const struct store *s, uint64_t n, uint64_t m)
{
	uint8_t key[8];
	for (; n <= m; n++) {
		put_u64(key, n);
		must(mdb_del(s->txn, s->audit, &(MDB_val){ 8, key }, NULL), "remove");
	}
}

static void swap(const struct store *s, uint64_t n, uint64_t m)
{
	MDB_val a = get(s, n), b = get(s, m);
	put(s, n, b);
	put(s, m, a);
	free(a.mv_data);
	free(b.mv_data);
}

static void insert(const struct store *s, uint64_t n, uint64_t m)
{
	(void)m;
	for (uint64_t at = last(s); at >= n; at--) {
		MDB_val v = get(s, at);
		put(s, at + 1, v);
		free(v.mv_data);
	}
}

static void forget(const struct store *s, uint64_t n, uint64_t m)
{
	static const char key[] = "audit-head";
	(void)n;
	(void)m;
	must(mdb_del(s->txn, s->meta, &(MDB_val){ sizeof key - 1, (void *)key }, NULL), "forget");
}

static const struct {
	const char *name;
	void (*work)(const struct store *s, uint64_t n, uint64_t m);
} WORKS[] = { { "alter", alter },   { "remove", take_out }, { "swap", swap },
	      { "insert", insert }, { "forget", forget } };

int main(int argc, char **argv)
{
	MDB_env *env;
	struct store s;
	if (argc < 4)
		return 2;
	must(mdb_env_create(&env), "create");
	must(mdb_env_set_maxdbs(env, 64), "tables");
	must(mdb_env_set_mapsize(env, (size_t)1 << 34), "map");
	must(mdb_env_open(env, argv[1], 0, 0600), "open");
	must(mdb_txn_begin(env, NULL, 0, &s.txn), "begin");
	must(mdb_dbi_open(s.txn, "audit", 0, &s.audit), "audit");
	must(mdb_dbi_open(s.txn, "meta", 0, &s.meta), "meta");
	for (size_t k = 0; k < sizeof WORKS / sizeof *WORKS; k++)
		if (strcmp(argv[2], WORKS[k].name) == 0)
			WORKS[k].work(&s, strtoull(argv[3], NULL, 10), argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
	must(mdb_txn_commit(s.txn), "commit");
	mdb_env_close(env);
	return 0;
}
