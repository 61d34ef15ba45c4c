#include "keys/keys.h"

#include "keys/file.h"
#include "keys/kek.h"
#include "keys/jwks.h"
#include "keys/keyfile.h"
#include "keys/planner.h"
#include "keys/state.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

/* ---- making ----------------------------------------------------------------------------- */

static status check_dir(const struct keys_options *o, struct error *e)
{
	TRY(file_check_dir(o->dir, e));
	if (!file_is_within(o->dir, o->data_dir))
		return ST_OK;
	return error_set(e, ST_INVALID, "the keys in %s must not lie in the data directory", o->dir);
}

static status make_dir(const struct keys_options *o, struct error *e)
{
	if (mkdir(o->dir, 0700) != 0 && errno != EEXIST)
		return error_set(e, ST_IO, "cannot make %s: %s", o->dir, strerror(errno));
	return check_dir(o, e);
}

static status write_first_secrets(const struct keys_options *o, const struct secret *kek,
				  int64_t now, struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf b = { 0 };
	struct secret_set set;
	TRY(secrets_generate(o->suite, &a, now, &set));
	TRY(secrets_encode(&set, &b));
	return keyfile_write(o->dir, KEYS_SECRETS_FILE, kek, buf_slice(&b), e);
}

/* Secrets without a ring: a creation that was killed halfway is finished, nothing made anew. */
static status ensure_secrets(const struct keys_options *o, int64_t now, struct secret *ret_kek,
			     struct error *e)
{
	status s = keyfile_exists(o->dir, KEYS_SECRETS_FILE, e);
	if (s == ST_NOT_FOUND) {
		TRY(kek_ensure(o, ret_kek, e));
		return write_first_secrets(o, ret_kek, now, e);
	}
	TRY(s);
	TRY(kek_read(o, ret_kek, e));
	if (ret_kek->suite != o->suite)
		return error_set(e, ST_INVALID, "%s holds secrets of the other suite", o->dir);
	AUTO_ARENA struct arena a = { 0 };
	struct slice there;
	return keyfile_read(o->dir, KEYS_SECRETS_FILE, ret_kek, &a, &there, e);
}

static status write_first_ring(const struct keys_options *o, const struct secret *kek, int64_t now,
			       struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf b = { 0 };
	struct ring ring;
	TRY(ring_copy(&(struct ring){ .generation = 1, .seen_at = now }, KEY_ALGORITHM_COUNT, &a, &ring));
	for (enum key_algorithm alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		struct keypair pair;
		if (!key_algorithms_have(o->algorithms, alg))
			continue;
		TRY(keypair_generate(alg, &a, &pair));
		TRY(ring_announce(&ring, alg, &pair, now, now));
		ring_activate(&ring, ring.n - 1, 0, now);
	}
	TRY(ring_encode(&ring, &b));
	return keyfile_write(o->dir, KEYS_RING_FILE, kek, buf_slice(&b), e);
}

status keys_create(const struct keys_options *o, int64_t now, struct error *e)
{
	TRY(make_dir(o, e));
	AUTO(file_lock) int lock = -1;
	TRY(file_lock(o->dir, &lock, e));
	status s = keyfile_exists(o->dir, KEYS_RING_FILE, e);
	if (s == ST_OK)
		return error_set(e, ST_EXISTS, "%s holds keys already", o->dir);
	if (s != ST_NOT_FOUND)
		return s;

	AUTO_SECRET struct secret kek = { 0 };
	TRY(ensure_secrets(o, now, &kek, e));
	return write_first_ring(o, &kek, now, e);
}

/* ---- opening ---------------------------------------------------------------------------- */

/* One of the two files is not there. Without both, nothing may start. */
static status missing_file(const char *dir, struct error *e)
{
	status ring = keyfile_exists(dir, KEYS_RING_FILE, e);
	status secrets = keyfile_exists(dir, KEYS_SECRETS_FILE, e);
	if (is_fault(ring) || is_fault(secrets))
		return is_fault(ring) ? ring : secrets;
	if (ring == ST_NOT_FOUND && secrets == ST_NOT_FOUND)
		return error_set(e, ST_NOT_FOUND, "there are no keys in %s", dir);
	const char *lost = ring == ST_OK ? KEYS_SECRETS_FILE : KEYS_RING_FILE;
	return error_set(e, ST_CORRUPT, "%s/%s is missing: put it back from a backup", dir, lost);
}

static status read_file(struct keys *k, const char *name, struct arena *a, struct slice *ret,
			struct error *e)
{
	status s = keyfile_read(k->dir, name, &k->kek, a, ret, e);
	return s == ST_NOT_FOUND ? missing_file(k->dir, e) : s;
}

static status read_all(struct keys *k, struct arena *a, struct slice *ret_ring,
		       struct slice *ret_secrets, struct error *e)
{
	TRY(file_check_dir(k->dir, e));
	TRY(read_file(k, KEYS_RING_FILE, a, ret_ring, e));
	return read_file(k, KEYS_SECRETS_FILE, a, ret_secrets, e);
}

void keys_adopt(struct keys *k, struct snapshot *s)
{
	pthread_mutex_lock(&k->current_lock);
	struct snapshot *before = k->current;
	k->current = s;
	pthread_mutex_unlock(&k->current_lock);
	k->seen_at = s->ring.seen_at;
	snapshot_drop(before);
}

/* Another process may have changed the KEK. */
static bool follow_kek(struct keys *k)
{
	const struct keys_options o = { .dir = k->dir, .kek_file = k->kek_file, .data_dir = k->data_dir };
	AUTO_SECRET struct secret kek = { 0 };
	if (kek_read(&o, &kek, NULL) != ST_OK || slice_equal_secret(secret_slice(&kek), secret_slice(&k->kek)))
		return false;
	k->kek = kek;
	return true;
}

status keys_refresh(struct keys *k, struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	AUTO(snapshot) struct snapshot *fresh = NULL;
	struct slice ring, secrets;
	status read = read_all(k, &a, &ring, &secrets, e);
	if (read == ST_INVALID && follow_kek(k))
		read = read_all(k, &a, &ring, &secrets, e);
	TRY(read);
	if (k->current && snapshot_is(k->current, ring, secrets))
		return ST_OK;
	status s = snapshot_new(ring, secrets, &fresh);
	if (s == ST_CORRUPT)
		return error_set(e, s, "the keys in %s do not fit together", k->dir);
	if (s != ST_OK)
		return s;
	/* What another process has just renamed must not be lost after we have signed with it. */
	TRY(file_sync_dir(k->dir, e));
	keys_adopt(k, TAKE(fresh));
	return ST_OK;
}

static struct keys *keys_new(const struct keys_options *o)
{
	AUTO(keys) struct keys *k = calloc(1, sizeof *k);
	if (!k)
		return NULL;
	pthread_mutex_init(&k->current_lock, NULL);
	pthread_mutex_init(&k->writer, NULL);
	k->dir = strdup(o->dir);
	k->kek_file = strdup(o->kek_file ? o->kek_file : "");
	k->data_dir = o->data_dir ? strdup(o->data_dir) : NULL;
	return k->dir && k->kek_file && (k->data_dir || !o->data_dir) ? TAKE(k) : NULL;
}

/* A process that serves may be changing the KEK at this moment: its lock says when it has. */
static status settle(const char *dir, const struct secret *kek, struct error *e)
{
	AUTO(file_lock) int lock = -1;
	if (keyfile_exists(dir, KEYS_RING_FILE KEYS_NEXT, NULL) == ST_NOT_FOUND &&
	    keyfile_exists(dir, KEYS_SECRETS_FILE KEYS_NEXT, NULL) == ST_NOT_FOUND)
		return ST_OK;
	TRY(file_lock(dir, &lock, e));
	return keys_settle_kek(dir, kek, e);
}

status keys_open(const struct keys_options *o, struct keys **ret, struct error *e)
{
	TRY(check_dir(o, e));
	AUTO(keys) struct keys *k = keys_new(o);
	if (!k)
		return ST_NOMEM;
	status s = kek_read(o, &k->kek, e);
	if (s == ST_OK)
		s = settle(o->dir, &k->kek, e);
	if (s == ST_NOT_FOUND && keyfile_exists(o->dir, KEYS_RING_FILE, NULL) == ST_OK)
		s = ST_INVALID; /* keys are there, and what opens them is not: e says so */
	if (s != ST_OK)
		return s;
	TRY(keys_refresh(k, e));
	*ret = TAKE(k);
	return ST_OK;
}

status keys_reload(struct keys *k, struct error *e)
{
	pthread_mutex_lock(&k->writer);
	status s = keys_refresh(k, e);
	pthread_mutex_unlock(&k->writer);
	return s;
}

void keys_free(struct keys *k)
{
	if (!k)
		return;
	snapshot_drop(k->current);
	pthread_mutex_destroy(&k->current_lock);
	pthread_mutex_destroy(&k->writer);
	secret_done(&k->kek);
	free(k->dir);
	free(k->kek_file);
	free(k->data_dir);
	free(k);
}

/* ---- using ------------------------------------------------------------------------------ */

struct snapshot *keys_current(struct keys *k)
{
	pthread_mutex_lock(&k->current_lock);
	struct snapshot *s = k->current;
	atomic_fetch_add(&s->users, 1);
	pthread_mutex_unlock(&k->current_lock);
	return s;
}

static status sign_one(const struct snapshot *s, struct sign_job *job)
{
	struct signer *signer = snapshot_signer(s, job->algorithm);
	if (!signer)
		return ST_NOT_FOUND;
	return signer_sign(signer, job->type, job->payload, &job->token);
}

void keys_sign(struct keys *k, struct sign_job *jobs, size_t n, struct op *op)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	status result = ST_OK;
	for (size_t i = 0; i < n && result == ST_OK; i++)
		result = sign_one(s, &jobs[i]);
	op_complete(op, result);
}

status keys_jwks(struct keys *k, struct arena *a, struct slice *ret_json)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	struct slice json = arena_copy(a, s->jwks);
	if (!json.p)
		return ST_NOMEM;
	*ret_json = json;
	return ST_OK;
}

status keys_jwks_dated(struct keys *k, const struct key_policy *policy, struct arena *a,
		       struct slice *ret_json, int64_t *ret_until)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	TRY(jwks_dated(&s->ring, policy, a, ret_json));
	*ret_until = plan_covered_until(&s->ring, policy);
	return ST_OK;
}

status keys_archive(struct keys *k, struct arena *a, struct slice *ret_json)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	struct slice json = arena_copy(a, s->archive);
	if (!json.p)
		return ST_NOMEM;
	*ret_json = json;
	return ST_OK;
}

uint64_t keys_generation(struct keys *k)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	return s->ring.published;
}

status keys_list(struct keys *k, struct arena *a, struct key_info **ret, size_t *ret_n)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	struct key_info *list = arena_array(a, struct key_info, s->ring.n);
	if (!list)
		return ST_NOMEM;
	for (size_t i = 0; i < s->ring.n; i++)
		list[i] = ring_key_info(&s->ring, i);
	*ret = list;
	*ret_n = s->ring.n;
	return ST_OK;
}

enum suite keys_suite(struct keys *k)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	return secrets_find(&s->secrets, SECRET_SUBJECT_WRAP, 0)->secret.suite; /* each use is there */
}

static bool is_newer(const struct snapshot *s, enum secret_use use, uint32_t version)
{
	const struct secret_entry *newest = secrets_find(&s->secrets, use, 0);
	return newest && version > newest->version;
}

/* Another process may have rotated a secret just now. At most once a second: anybody can write any
 * version into what is shown to us. */
static bool follow(struct keys *k)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&k->writer);
	status s = ST_OK;
	if (now.tv_sec > k->followed_at) {
		k->followed_at = now.tv_sec;
		s = keys_refresh(k, NULL);
	}
	pthread_mutex_unlock(&k->writer);
	return s == ST_OK;
}

status keys_secret(struct keys *k, enum secret_use use, uint32_t version, struct secret *ret,
		   uint32_t *ret_version)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	const struct secret_entry *found = secrets_find(&s->secrets, use, version);
	if (!found && is_newer(s, use, version) && follow(k)) {
		snapshot_drop(s);
		s = keys_current(k);
		found = secrets_find(&s->secrets, use, version);
	}
	if (!found)
		return ST_NOT_FOUND;
	*ret = found->secret;
	if (ret_version)
		*ret_version = found->version;
	return ST_OK;
}

size_t keys_secret_versions(struct keys *k, enum secret_use use, uint32_t *ret, size_t n)
{
	AUTO(snapshot) struct snapshot *s = keys_current(k);
	size_t found = 0;
	for (size_t i = 0; i < s->secrets.n && found < n; i++)
		if (s->secrets.entries[i].use == use)
			ret[found++] = s->secrets.entries[i].version;
	return found;
}
