/*
 * The cache as an LMDB file of this machine. Nothing is synced: the file lives as long as the
 * kernel that holds its pages, and is thrown away after the next start of the machine.
 */
#include "authd/store/cache_embedded.h"
#include "authd/store/files.h"

#include "keys/seal.h"
#include "libauth/base/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { MIB_DEFAULT = 1024, MIB_MIN = 16, MIB_MAX = 1 << 20 };

/* Of the file, what stays free at least, so that it can always be emptied. */
enum { SLACK = 8 << 20, SLACK_PART = 16 };
static const char *const TABLES[EMBEDDED_TABLES] = { "entries", "expiry" };

/* A clock that nobody sets, and that counts while the machine sleeps. */
static int64_t boot_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- submitting ----------------------------------------------------------------------------- */

/*
 * Pages of a sparse file that find no place on a full disk would kill the process (SIGBUS). So the
 * space is allocated before it is written to, some ahead. A filesystem that cannot allocate is
 * taken as it is.
 */
static status make_room(struct embedded *m, size_t n)
{
	enum { AHEAD = 8 << 20, PAGES_PER_COMMAND = 32, SPARE_PAGES = 128 };
	MDB_envinfo info;
	TRY(lmdb_status(mdb_env_info(m->db->env, &info)));
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t need = (info.me_last_pgno + SPARE_PAGES + n * PAGES_PER_COMMAND) * page;
	if (need > info.me_mapsize)
		need = info.me_mapsize;
	size_t have = atomic_load(&m->allocated);
	if (have >= need)
		return ST_OK;
	size_t ahead = need + AHEAD < info.me_mapsize ? need + AHEAD : info.me_mapsize;
	mdb_filehandle_t fd;
	TRY(lmdb_status(mdb_env_get_fd(m->db->env, &fd)));
	bool roomy = fallocate(fd, 0, 0, (off_t)ahead) == 0;
	if (!roomy && fallocate(fd, 0, 0, (off_t)need) && errno != EOPNOTSUPP)
		return lmdb_status(errno);
	atomic_store(&m->allocated, roomy ? ahead : need);
	return ST_OK;
}

static int write_once(struct embedded *m, struct cache_entry *entries, size_t n, struct arena *a,
		      status *ret)
{
	struct turn t = { .m = m, .arena = a };
	*ret = lmdb_write_begin(m->db, &t.txn);
	if (*ret)
		return 0;
	*ret = make_room(m, n);
	t.now = boot_ms();
	int rc = 0;
	for (size_t i = 0; i < n && !rc && !*ret; i++)
		rc = embedded_run(&t, &entries[i]);
	if (!rc && !*ret)
		return lmdb_write_commit(m->db, t.txn);
	lmdb_write_abort(m->db, t.txn);
	return rc;
}

/* A commit of its own, since the write that met a full file is undone. True if it made some room:
 * of small entries, many must go before a page is free. */
static bool purge_when_full(struct embedded *m)
{
	enum { MANY = 16 };
	struct turn t = { .m = m };
	size_t removed;
	if (lmdb_write_begin(m->db, &t.txn))
		return false;
	t.now = boot_ms();
	int rc = embedded_purge(&t, MANY, &removed);
	if (!rc)
		return !lmdb_write_commit(m->db, t.txn) && removed;
	lmdb_write_abort(m->db, t.txn);
	return false;
}

static status write_some(struct embedded *m, struct cache_entry *entries, size_t n, struct arena *a)
{
	enum { TRIES = 64 };
	status s;
	int rc, tries = 0;
	do
		rc = write_once(m, entries, n, a, &s);
	while (rc == MDB_MAP_FULL && ++tries < TRIES && purge_when_full(m));
	return rc ? lmdb_status(rc) : s;
}

/* Pages that a transaction replaces are free two transactions later: so none is large, and SLACK
 * holds several. */
static status write_all(struct embedded *m, struct cache_entry *entries, size_t n, struct arena *a)
{
	enum { SOME = 16 };
	status s = ST_OK;
	for (size_t i = 0; i < n && !s; i += SOME)
		s = write_some(m, entries + i, n - i < SOME ? n - i : SOME, a);
	atomic_store(&m->failing, s != ST_OK);
	return s;
}

static status read_all(struct embedded *m, struct cache_entry *entries, size_t n, struct arena *a)
{
	struct turn t = { .m = m, .arena = a };
	TRY(lmdb_read_begin(m->db, &t.txn));
	t.now = boot_ms();
	int rc = 0;
	for (size_t i = 0; i < n && !rc; i++)
		rc = embedded_run(&t, &entries[i]);
	lmdb_read_end(m->db, t.txn);
	return lmdb_status(rc);
}

static void embedded_submit(struct cache_backend *b, uint64_t epoch, struct cache_entry *entries,
			    size_t n, struct arena *a, struct op *op)
{
	struct embedded *m = CONTAINER_OF(b, struct embedded, base);
	if (epoch != m->epoch)
		return op_complete(op, ST_UNAVAILABLE);
	bool only_gets = true;
	for (size_t i = 0; i < n; i++)
		only_gets = only_gets && entries[i].verb == CACHE_GET;
	op_complete(op, only_gets ? read_all(m, entries, n, a) : write_all(m, entries, n, a));
}

static status embedded_ready(struct cache_backend *b, struct error *e)
{
	struct embedded *m = CONTAINER_OF(b, struct embedded, base);
	if (atomic_load(&m->failing))
		return error_set(e, ST_UNAVAILABLE, "cache: the last write to %s failed",
				 m->db->path);
	return ST_OK;
}

static void embedded_free(struct cache_backend *b)
{
	struct embedded *m = CONTAINER_OF(b, struct embedded, base);
	lmdb_free(m->db);
	free(m);
}

static const struct cache_backend_calls CALLS = { embedded_submit, embedded_ready, embedded_free };

/* ---- opening -------------------------------------------------------------------------------- */

/* The file "identity" says of which start of which machine the content is, and which content:
 * two lines, written last. A content without it, or of another start, is thrown away. */
enum { IDENTITY_MAX = 128 };

static struct slice read_small(const char *path, uint8_t *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NO_SLICE;
	ssize_t n = read(fd, bytes, size);
	close(fd);
	return n > 0 ? slice_of(bytes, (size_t)n) : NO_SLICE;
}

static status discard(const char *dir)
{
	static const char *const names[] = { "identity", "data.mdb", "lock.mdb" };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char path[FILES_PATH_MAX];
		TRY(files_path(dir, names[i], path));
		if (unlink(path) && errno != ENOENT)
			return files_status(errno);
	}
	return ST_OK;
}

static status write_identity(const char *path, struct slice boot_id)
{
	uint8_t marker[16];
	TRY(random_bytes(marker, sizeof marker));
	AUTO_BUF struct buf text = { 0 };
	buf_put(&text, boot_id);
	buf_put_hex(&text, slice_of(marker, sizeof marker));
	TRY(buf_status(&text));
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return files_status(errno);
	bool written = write(fd, text.p, text.n) == (ssize_t)text.n;
	return close(fd) || !written ? ST_UNAVAILABLE : ST_OK;
}

static status open_file(struct embedded *m, const char *dir, size_t map_size, struct error *e)
{
	const struct lmdb_options options = {
		.path = dir,
		.flags = MDB_NOSYNC | MDB_WRITEMAP,
		.map_size = map_size,
		.tables = TABLES,
		.tables_n = EMBEDDED_TABLES,
	};
	size_t slack = map_size / SLACK_PART > SLACK ? map_size / SLACK_PART : SLACK;
	m->pages_max = (map_size - slack) / (size_t)sysconf(_SC_PAGESIZE);
	return lmdb_open(&options, &m->db, e);
}

/* The directory is locked. */
static status open_content(struct embedded *m, const char *dir, size_t map_size,
			   uint8_t ret_identity[CACHE_IDENTITY_SIZE], struct error *e)
{
	char path[FILES_PATH_MAX];
	uint8_t boot_id[BOOT_ID_SIZE], text[IDENTITY_MAX];
	TRY(files_path(dir, "identity", path));
	TRY(files_boot_id(boot_id));
	struct slice identity = read_small(path, text, sizeof text);
	bool ours = identity.n == BOOT_ID_SIZE + 32 &&
		    slice_starts(identity, slice_of(boot_id, sizeof boot_id));
	status s = ours ? open_file(m, dir, map_size, e) : ST_NOT_FOUND;
	if (s == ST_OK)
		return sha256(identity, ret_identity);
	/* Another process may be working with it: only what is of no use is thrown away. */
	if (is_fault(s) && s != ST_CORRUPT)
		return s;

	TRY(discard(dir));
	TRY(open_file(m, dir, map_size, e));
	TRY(write_identity(path, slice_of(boot_id, sizeof boot_id)));
	return sha256(read_small(path, text, sizeof text), ret_identity);
}

/* "DIRECTORY?mib=64" */
static status parse_where(const char *where, char dir[FILES_PATH_MAX], size_t *ret_map_size)
{
	struct slice text = slice_str(where);
	struct slice path = slice_first(text, slice_find(text, '?'));
	unsigned long mib = MIB_DEFAULT;
	if (path.n < text.n) {
		char *end;
		if (!slice_starts(slice_from(text, path.n), SLICE("?mib=")))
			return ST_INVALID;
		mib = strtoul(where + path.n + strlen("?mib="), &end, 10);
		if (*end || mib < MIB_MIN || mib > MIB_MAX)
			return ST_INVALID;
	}
	if (!path.n || path.n >= FILES_PATH_MAX)
		return ST_INVALID;
	snprintf(dir, FILES_PATH_MAX, "%.*s", SLICE_FMT(path));
	*ret_map_size = (size_t)mib << 20;
	return ST_OK;
}

static void auto_embedded(struct embedded **m)
{
	if (*m)
		embedded_free(&(*m)->base);
}

status cache_embedded_open(const char *where, struct cache_host *host, struct cache_backend **ret,
			   struct error *e)
{
	enum { LOCK_WAIT_MS = 2000 };
	char dir[FILES_PATH_MAX];
	size_t map_size;
	if (parse_where(where, dir, &map_size))
		return error_set(e, ST_INVALID, "cache: embedded:%.100s is not embedded:DIRECTORY",
				 where);
	AUTO(embedded) struct embedded *m = calloc(1, sizeof *m);
	if (!m)
		return ST_NOMEM;
	m->base.calls = &CALLS;
	int lock;
	status s = files_lock_dir(dir, LOCK_WAIT_MS, &lock);
	if (s)
		return error_set(e, s == ST_BUSY ? ST_UNAVAILABLE : s, "cache: %s: %s", dir,
				 s == ST_NOT_FOUND ? "no such directory" : status_name(s));
	uint8_t identity[CACHE_IDENTITY_SIZE];
	s = open_content(m, dir, map_size, identity, e);
	close(lock);
	if (s)
		return error_set(e, s, "cache: %s cannot be opened: %s", dir, status_name(s));
	s = host->epoch(host, identity, &m->epoch);
	if (s)
		return error_set(e, s, "cache: no epoch for %s: %s", dir, status_name(s));
	*ret = &TAKE(m)->base;
	return ST_OK;
}
