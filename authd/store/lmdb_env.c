#include "authd/store/lmdb_env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { GATE_WAIT_S = 2 };

status lmdb_status(int rc)
{
	switch (rc) {
	case MDB_SUCCESS: return ST_OK;
	case MDB_NOTFOUND: return ST_NOT_FOUND;
	case ENOMEM: return ST_NOMEM;
	case MDB_MAP_FULL:
	case MDB_MAP_RESIZED:
	case MDB_READERS_FULL:
	case MDB_TXN_FULL:
	case MDB_PANIC:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EIO: /* LMDB's word for a short write too: a disk that is full */
	case EROFS:
	case EACCES:
	case EPERM:
	case EAGAIN:
	case ENOENT:
	case EMFILE:
	case ENFILE: return ST_UNAVAILABLE;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH: return ST_CORRUPT;
	default: return ST_BUG;
	}
}

/* ---- the environment ------------------------------------------------------------------------ */

static int open_tables(struct lmdb *l, MDB_env *env, unsigned txn_flags, unsigned dbi_flags)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, txn_flags, &txn);
	for (size_t i = 0; !rc && i < l->options.tables_n; i++) {
		rc = mdb_dbi_open(txn, l->options.tables[i], dbi_flags, &l->dbi[i]);
		if (rc)
			mdb_txn_abort(txn);
	}
	return rc ? rc : mdb_txn_commit(txn);
}

static int env_open(struct lmdb *l)
{
	MDB_env *env;
	int rc = mdb_env_create(&env);
	if (rc)
		return rc;
	rc = mdb_env_set_maxdbs(env, LMDB_TABLES_MAX);
	if (!rc)
		rc = mdb_env_set_maxreaders(env, LMDB_READERS_MAX);
	if (!rc)
		rc = mdb_env_set_mapsize(env, l->options.map_size);
	if (!rc)
		rc = mdb_env_open(env, l->path, l->options.flags | MDB_NOTLS | MDB_NORDAHEAD, 0600);
	if (!rc)
		rc = mdb_reader_check(env, NULL);
	/* Only a store that lacks a table is written to. */
	if (!rc)
		rc = open_tables(l, env, MDB_RDONLY, 0);
	if (rc == MDB_NOTFOUND)
		rc = open_tables(l, env, 0, MDB_CREATE);
	if (rc) {
		mdb_env_close(env);
		return rc;
	}
	l->env = env;
	l->opened++;
	return 0;
}

static void env_close(struct lmdb *l)
{
	while (l->pool_n)
		mdb_txn_abort(l->pool[--l->pool_n]);
	if (l->env)
		mdb_env_close(l->env);
	l->env = NULL;
}

status lmdb_open(const struct lmdb_options *options, struct lmdb **ret, struct error *e)
{
	AUTO(lmdb) struct lmdb *l = calloc(1, sizeof *l);
	if (!l)
		return ST_NOMEM;
	pthread_mutex_init(&l->writing, NULL);
	pthread_mutex_init(&l->gate, NULL);
	pthread_cond_init(&l->changed, NULL);
	l->options = *options;
	l->path = strdup(options->path);
	if (!l->path || options->tables_n > LMDB_TABLES_MAX)
		return ST_NOMEM;
	memcpy(l->tables, options->tables, options->tables_n * sizeof *l->tables);
	l->options.tables = l->tables;

	int rc = env_open(l);
	if (rc)
		return error_set(e, lmdb_status(rc), "%s: %s", l->path, mdb_strerror(rc));
	*ret = TAKE(l);
	return ST_OK;
}

void lmdb_free(struct lmdb *l)
{
	if (!l)
		return;
	env_close(l);
	pthread_mutex_destroy(&l->writing);
	pthread_mutex_destroy(&l->gate);
	pthread_cond_destroy(&l->changed);
	free(l->path);
	free(l);
}

/* ---- the gate ------------------------------------------------------------------------------- */

static void gate_enter(struct lmdb *l, bool long_one)
{
	pthread_mutex_lock(&l->gate);
	while (l->closed)
		pthread_cond_wait(&l->changed, &l->gate);
	l->readers++;
	l->long_ones += long_one;
	pthread_mutex_unlock(&l->gate);
}

static void gate_leave(struct lmdb *l, bool long_one)
{
	pthread_mutex_lock(&l->gate);
	l->readers--;
	l->long_ones -= long_one;
	if (l->closed && !l->readers)
		pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->gate);
}

static void gate_open(struct lmdb *l)
{
	pthread_mutex_lock(&l->gate);
	l->closed = false;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->gate);
}

/* Keep new readers out and wait for those inside. A copy is not waited for. */
static bool gate_close(struct lmdb *l)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += GATE_WAIT_S;

	pthread_mutex_lock(&l->gate);
	int rc = l->long_ones ? EBUSY : 0;
	l->closed = !rc;
	while (!rc && l->readers)
		rc = pthread_cond_timedwait(&l->changed, &l->gate, &until);
	bool alone = !l->readers;
	pthread_mutex_unlock(&l->gate);
	if (!alone)
		gate_open(l);
	return alone;
}

/* ---- resizing: with `writing` held and no transaction of ours ------------------------------- */

/* Close and open again, after a fault that LMDB does not recover from by itself. */
static status reopen(struct lmdb *l)
{
	if (!gate_close(l))
		return ST_UNAVAILABLE;
	env_close(l);
	int rc = env_open(l);
	gate_open(l);
	return rc ? ST_UNAVAILABLE : ST_OK;
}

/* Size 0 takes the size that another process has given the file. */
static status resize(struct lmdb *l, size_t size)
{
	if (!gate_close(l))
		return ST_UNAVAILABLE;
	int rc = mdb_env_set_mapsize(l->env, size);
	if (!rc && size > l->options.map_size)
		l->options.map_size = size;
	/* The old map is gone when the new one fails. */
	if (rc) {
		env_close(l);
		(void)env_open(l);
	}
	gate_open(l);
	return lmdb_status(rc);
}

static status ensure_open(struct lmdb *l) { return l->env ? ST_OK : reopen(l); }

static status grow_locked(struct lmdb *l)
{
	TRY(ensure_open(l));
	/* The snapshot of a process that died keeps every page freed since. */
	(void)mdb_reader_check(l->env, NULL);
	MDB_envinfo info;
	int rc = mdb_env_info(l->env, &info);
	return rc ? lmdb_status(rc) : resize(l, info.me_mapsize * 2);
}

status lmdb_grow(struct lmdb *l)
{
	pthread_mutex_lock(&l->writing);
	status s = grow_locked(l);
	pthread_mutex_unlock(&l->writing);
	return s;
}

/* What a reader met: another process has grown the file, or a write failed in a way after which LMDB
 * does nothing more, reading included. Of many readers who met that, one opens it again. */
static status follow(struct lmdb *l, int met, uint64_t opened)
{
	status s = ST_OK;
	pthread_mutex_lock(&l->writing);
	if (met == MDB_MAP_RESIZED && l->env)
		s = resize(l, 0);
	else if (!l->env || l->opened == opened)
		s = reopen(l);
	pthread_mutex_unlock(&l->writing);
	return s;
}

/* ---- reading -------------------------------------------------------------------------------- */

static MDB_txn *pool_pop(struct lmdb *l)
{
	pthread_mutex_lock(&l->gate);
	MDB_txn *txn = l->pool_n ? l->pool[--l->pool_n] : NULL;
	pthread_mutex_unlock(&l->gate);
	return txn;
}

static int snapshot(struct lmdb *l, MDB_txn **ret)
{
	if (!l->env)
		return MDB_PANIC;
	MDB_txn *txn = pool_pop(l);
	if (!txn)
		return mdb_txn_begin(l->env, NULL, MDB_RDONLY, ret);
	int rc = mdb_txn_renew(txn);
	if (rc)
		mdb_txn_abort(txn);
	else
		*ret = txn;
	return rc;
}

status lmdb_read_begin(struct lmdb *l, MDB_txn **ret)
{
	for (int attempt = 0;; attempt++) {
		gate_enter(l, false);
		int rc = snapshot(l, ret);
		uint64_t opened = l->opened;
		if (!rc)
			return ST_OK;
		/* Slots of processes that died. */
		if (rc == MDB_READERS_FULL)
			(void)mdb_reader_check(l->env, NULL);
		gate_leave(l, false);

		bool recoverable = rc == MDB_MAP_RESIZED || rc == MDB_READERS_FULL ||
				   rc == MDB_PANIC;
		if (!recoverable || attempt == 2)
			return lmdb_status(rc);
		if (rc != MDB_READERS_FULL)
			TRY(follow(l, rc, opened));
	}
}

void lmdb_read_end(struct lmdb *l, MDB_txn *txn)
{
	mdb_txn_reset(txn);
	pthread_mutex_lock(&l->gate);
	bool kept = l->pool_n < LMDB_POOL_MAX;
	if (kept)
		l->pool[l->pool_n++] = txn;
	pthread_mutex_unlock(&l->gate);
	if (!kept)
		mdb_txn_abort(txn);
	gate_leave(l, false);
}

/* ---- writing -------------------------------------------------------------------------------- */

static status write_begin_locked(struct lmdb *l, MDB_txn **ret)
{
	for (int attempt = 0;; attempt++) {
		TRY(ensure_open(l));
		int rc = mdb_txn_begin(l->env, NULL, 0, ret);
		if (!rc || attempt == 2)
			return lmdb_status(rc);
		if (rc == MDB_MAP_RESIZED)
			TRY(resize(l, 0));
		else if (rc == MDB_PANIC)
			TRY(reopen(l));
		else
			return lmdb_status(rc);
	}
}

status lmdb_write_begin(struct lmdb *l, MDB_txn **ret)
{
	pthread_mutex_lock(&l->writing);
	status s = write_begin_locked(l, ret);
	if (s)
		pthread_mutex_unlock(&l->writing);
	return s;
}

int lmdb_write_commit(struct lmdb *l, MDB_txn *txn)
{
	int rc = mdb_txn_commit(txn);
	pthread_mutex_unlock(&l->writing);
	return rc;
}

void lmdb_write_abort(struct lmdb *l, MDB_txn *txn)
{
	mdb_txn_abort(txn);
	pthread_mutex_unlock(&l->writing);
}

/* ---- copying -------------------------------------------------------------------------------- */

static status make_room(struct lmdb *l)
{
	pthread_mutex_lock(&l->writing);
	status s = ensure_open(l);
	MDB_envinfo info;
	MDB_stat stat;
	if (!s)
		s = lmdb_status(mdb_env_info(l->env, &info));
	if (!s)
		s = lmdb_status(mdb_env_stat(l->env, &stat));
	if (!s && info.me_last_pgno * stat.ms_psize > info.me_mapsize / 2)
		s = grow_locked(l);
	pthread_mutex_unlock(&l->writing);
	return s;
}

status lmdb_copy(struct lmdb *l, int fd)
{
	TRY(make_room(l));
	gate_enter(l, true);
	int rc = l->env ? mdb_env_copyfd2(l->env, fd, MDB_CP_COMPACT) : MDB_PANIC;
	gate_leave(l, true);
	return lmdb_status(rc);
}
