/* Secrets that get a version more or less, and the key that seals all of them. */
#include "keys/file.h"
#include "keys/kek.h"
#include "keys/keyfile.h"
#include "keys/seal.h"
#include "keys/state.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const NAMES[SECRET_USE_COUNT] = {
	[SECRET_SUBJECT_WRAP] = "subject-wrap", [SECRET_BLIND_INDEX] = "blind-index",
	[SECRET_PAIRWISE] = "pairwise",         [SECRET_CACHE] = "cache",
	[SECRET_SESSION] = "session",           [SECRET_PAGE] = "page",
	[SECRET_REFRESH] = "refresh",
};

const char *secret_use_name(enum secret_use use)
{
	return NAMES[use];
}

status secret_use_parse(struct slice name, enum secret_use *ret)
{
	for (size_t u = 0; u < SECRET_USE_COUNT; u++) {
		if (!slice_is(name, NAMES[u]))
			continue;
		*ret = (enum secret_use)u;
		return ST_OK;
	}
	return ST_INVALID;
}

/* ---- looking -------------------------------------------------------------------------------- */

status keys_secrets_list(struct keys *k, struct arena *a, struct secret_info **ret, size_t *ret_n)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	struct secret_info *list = arena_array(a, struct secret_info, s->secrets.n);
	if (!list)
		return ST_NOMEM;
	for (size_t i = 0; i < s->secrets.n; i++) {
		const struct secret_entry *e = &s->secrets.entries[i];
		list[i] = (struct secret_info){ e->use, e->version, e->created_at,
						i == 0 || e[-1].use != e->use };
	}
	*ret = list;
	*ret_n = s->secrets.n;
	return ST_OK;
}

status keys_secret_ages(struct keys *k, enum secret_use use, struct secret_ages *ret)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	const struct secret_entry *newest = secrets_find(&s->secrets, use, 0);
	if (!newest)
		return ST_NOT_FOUND;
	bool more = newest + 1 < s->secrets.entries + s->secrets.n && newest[1].use == use;
	*ret = (struct secret_ages){ newest->version, more ? newest[1].version : 0, newest->created_at };
	return ST_OK;
}

/* ---- changing ------------------------------------------------------------------------------- */

/* One change, alone among threads and processes, on top of whatever others have written. */
struct change {
	struct keys *keys;
	int lock;
	struct arena arena;
	struct secret_set set; /* a copy with room for one more */
};

static void change_done(struct change *c)
{
	arena_done(&c->arena);
	file_unlock(c->lock);
	pthread_mutex_unlock(&c->keys->writer);
}
#define AUTO_CHANGE __attribute__((cleanup(change_done)))

/* Sets c up in any case: AUTO_CHANGE ends it. */
static status change_begin(struct change *c, struct keys *k, struct error *e)
{
	pthread_mutex_lock(&k->writer);
	*c = (struct change){ .keys = k, .lock = -1 };
	TRY(file_lock(k->dir, &c->lock, e));
	TRY(keys_refresh(k, e));
	const struct secret_set *now = &k->current->secrets;
	c->set.entries = arena_array(&c->arena, struct secret_entry, now->n + 1);
	if (!c->set.entries)
		return ST_NOMEM;
	memcpy(c->set.entries, now->entries, now->n * sizeof *now->entries);
	c->set.n = now->n;
	return ST_OK;
}

/* Durable first, then in use. */
static status change_commit(struct change *c, struct error *e)
{
	struct keys *k = c->keys;
	AUTO_BUF struct buf secrets = { 0 };
	AUTO(snapshot) struct snapshot *next = NULL;
	TRY(secrets_encode(&c->set, &secrets));
	TRY(snapshot_new(k->current->ring_bytes, buf_slice(&secrets), &next));
	TRY(keyfile_write(k->dir, KEYS_SECRETS_FILE, &k->kek, buf_slice(&secrets), e));
	keys_adopt(k, TAKE(next));
	return ST_OK;
}

static size_t first_of(const struct secret_set *set, enum secret_use use)
{
	size_t i = 0;
	while (i < set->n && set->entries[i].use != use)
		i++;
	return i;
}

status keys_secret_rotate(struct keys *k, enum secret_use use, int64_t now, uint32_t *ret_version,
			  struct error *e)
{
	if ((unsigned)use >= SECRET_USE_COUNT)
		return error_set(e, ST_INVALID, "there is no such secret");
	if (use == SECRET_PAIRWISE)
		return error_set(e, ST_INVALID, "the salt of pairwise subjects never changes: every sub "
						"that a portal knows hangs on it");
	AUTO_CHANGE struct change c;
	TRY(change_begin(&c, k, e));
	size_t i = first_of(&c.set, use);
	struct secret_entry *at = &c.set.entries[i];
	if (i + 1 < c.set.n && at[1].use == use)
		return error_set(e, ST_EXISTS, "version %u of %s is still in use: it was rotated before, and "
				 "that is not over", at[1].version, NAMES[use]);
	memmove(at + 1, at, (c.set.n - i) * sizeof *at);
	c.set.n++;
	at->version = at[1].version + 1;
	at->created_at = now;
	TRY(random_bytes(at->secret.bytes, SECRET_SIZE));
	TRY(change_commit(&c, e));
	*ret_version = at->version;
	return ST_OK;
}

status keys_secret_destroy(struct keys *k, enum secret_use use, uint32_t version, struct error *e)
{
	AUTO_CHANGE struct change c;
	TRY(change_begin(&c, k, e));
	for (size_t i = first_of(&c.set, use) + 1; i < c.set.n && c.set.entries[i].use == use; i++) {
		if (c.set.entries[i].version != version)
			continue;
		memmove(&c.set.entries[i], &c.set.entries[i + 1], (c.set.n - i - 1) * sizeof *c.set.entries);
		c.set.n--;
		return change_commit(&c, e);
	}
	const struct secret_entry *current = secrets_find(&c.set, use, 0);
	return current && current->version == version
		       ? error_set(e, ST_INVALID, "the current version is not destroyed")
		       : ST_OK;
}

/* ---- the key-encryption key ------------------------------------------------------------------- */

static const struct {
	const char *name, *next;
} FILES[] = {
	{ KEYS_RING_FILE, KEYS_RING_FILE KEYS_NEXT },
	{ KEYS_SECRETS_FILE, KEYS_SECRETS_FILE KEYS_NEXT },
};

/* What kek_file holds decides: a copy that it does not open is of a change that did not come about. */
status keys_settle_kek(const char *dir, const struct secret *kek, struct error *e)
{
	for (size_t i = 0; i < COUNT_OF(FILES); i++) {
		bool ours = false;
		status s = keyfile_is_under(dir, FILES[i].name, FILES[i].next, kek, &ours, e);
		if (s == ST_NOT_FOUND)
			continue;
		TRY(s);
		TRY(ours ? keyfile_adopt(dir, FILES[i].next, FILES[i].name, e)
			 : keyfile_remove(dir, FILES[i].next, e));
	}
	return ST_OK;
}

static status write_next(struct keys *k, const struct secret *kek, struct error *e)
{
	const struct slice contents[] = { k->current->ring_bytes, k->current->secrets_bytes };
	for (size_t i = 0; i < COUNT_OF(FILES); i++)
		TRY(keyfile_write_as(k->dir, FILES[i].name, FILES[i].next, kek, contents[i], e));
	return ST_OK;
}

/* kek_file in its directory, symbolic links resolved: they stay. */
static status replace_kek(struct keys *k, const struct secret *kek, struct error *e)
{
	char path[PATH_MAX];
	AUTO_BUF struct buf text = { 0 };
	if (!realpath(k->kek_file, path))
		return error_set(e, ST_IO, "%s: %s", k->kek_file, strerror(errno));
	char *slash = strrchr(path, '/');
	*slash = '\0';
	if (access(*path ? path : "/", W_OK) != 0)
		return error_set(e, ST_FORBIDDEN, "%s cannot be replaced: %s", k->kek_file, strerror(errno));
	TRY(kek_write(kek, &text));
	return file_replace(*path ? path : "/", slash + 1, buf_slice(&text), e);
}

status keys_rekey(struct keys *k, const char *new_kek, struct error *e)
{
	const struct keys_options o = { .dir = k->dir, .kek_file = new_kek, .data_dir = k->data_dir };
	AUTO_SECRET struct secret kek = { 0 };
	AUTO_CHANGE struct change c;
	TRY(change_begin(&c, k, e));
	TRY(kek_read(&o, &kek, e));
	if (slice_equal_secret(secret_slice(&kek), secret_slice(&k->kek)))
		return error_set(e, ST_EXISTS, "%s is the key-encryption key in use", new_kek);
	status s = write_next(k, &kek, e);
	if (s == ST_OK)
		s = replace_kek(k, &kek, e);
	if (s != ST_OK) {
		(void)keys_settle_kek(k->dir, &k->kek, NULL);
		return s;
	}
	k->kek = kek;
	return keys_settle_kek(k->dir, &k->kek, e);
}
