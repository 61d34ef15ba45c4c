#include "authd/store/cache_backend.h"
#include "authd/store/records.h"
#include "authd/store/wait.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { EXPIRES_MAX_S = 10 * 366 * 86400 };

/* Derived from one version of SECRET_CACHE. */
struct cache_secrets {
	uint32_t version; /* 0: none */
	struct secret hash, seal;
};
enum { SECRETS_MAX = 2 };

struct cache {
	struct cache_host host;
	struct cache_backend *backend;
	struct records *records;
	struct keys *keys;
	int64_t settle_s;
	_Atomic uint64_t epoch;

	pthread_mutex_t lock; /* guards what follows */
	struct cache_secrets secrets[SECRETS_MAX];
};

/* ---- the epoch ------------------------------------------------------------------------------ */

static const struct slice EPOCH_KEY = SLICE_INIT("cache-epoch");

/* The record: the epoch, big-endian, and the identity of the content it was given to. */
enum { EPOCH_SIZE = 8, EPOCH_RECORD_SIZE = EPOCH_SIZE + CACHE_IDENTITY_SIZE };

/* ST_CONFLICT if another process was quicker. */
static status adopt_or_raise(struct cache *c, struct slice identity, struct arena *a, uint64_t *ret)
{
	struct record current = { 0 };
	uint64_t epoch = 0;
	status s = records_get(c->records, TABLE_META, EPOCH_KEY, a, &current);
	if (is_fault(s))
		return s;
	if (s == ST_OK && current.value.n != EPOCH_RECORD_SIZE)
		return ST_CORRUPT;
	if (s == ST_OK)
		epoch = get_u64(current.value.p);
	if (s == ST_OK && slice_equal(slice_from(current.value, EPOCH_SIZE), identity)) {
		*ret = epoch;
		return ST_OK;
	}

	uint8_t raised[EPOCH_RECORD_SIZE];
	put_u64(raised, epoch + 1);
	memcpy(raised + EPOCH_SIZE, identity.p, identity.n);
	struct batch *b = batch_new(a);
	if (!b)
		return ST_NOMEM;
	batch_put(b, TABLE_META, EPOCH_KEY, current.version, slice_of(raised, sizeof raised));
	TRY(records_commit_wait(c->records, b));
	*ret = epoch + 1;
	return ST_OK;
}

static status host_epoch(struct cache_host *host, const uint8_t identity[CACHE_IDENTITY_SIZE],
			 uint64_t *ret)
{
	struct cache *c = CONTAINER_OF(host, struct cache, host);
	AUTO_ARENA struct arena a = { 0 };
	status s;
	do
		s = adopt_or_raise(c, slice_of(identity, CACHE_IDENTITY_SIZE), &a, ret);
	while (s == ST_CONFLICT);
	if (!s)
		atomic_store(&c->epoch, *ret);
	return s;
}

uint64_t cache_epoch(struct cache *c) { return atomic_load(&c->epoch); }

/* ---- opening -------------------------------------------------------------------------------- */

static status derive_secrets(struct keys *keys, uint32_t version, struct cache_secrets *ret)
{
	AUTO_SECRET struct secret secret;
	TRY(keys_secret(keys, SECRET_CACHE, version, &secret, &ret->version));
	TRY(derive(&secret, "cache key", &ret->hash));
	return derive(&secret, "cache value", &ret->seal);
}

/* Derived once, then kept. */
static status secrets_of(struct cache *c, uint32_t version, struct cache_secrets *ret)
{
	status s = ST_OK;
	pthread_mutex_lock(&c->lock);
	struct cache_secrets *known = &c->secrets[version % SECRETS_MAX];
	if (known->version != version) {
		known->version = 0;
		s = derive_secrets(c->keys, version, known);
	}
	*ret = *known;
	pthread_mutex_unlock(&c->lock);
	return s;
}

static status open_backend(struct cache *c, const struct cache_options *options, struct error *e)
{
	struct slice url = slice_str(options->url);
	if (slice_starts(url, SLICE("embedded:")))
		return cache_embedded_open(options->url + strlen("embedded:"), &c->host,
					   &c->backend, e);
	return cache_redis_open(options->url, options->deadline_ms, &c->host, &c->backend, e);
}

status cache_open(const struct cache_options *options, struct keys *keys, struct records *records,
		  struct cache **ret, struct error *e)
{
	AUTO(cache) struct cache *c = calloc(1, sizeof *c);
	if (!c)
		return ST_NOMEM;
	c->host.epoch = host_epoch;
	c->records = records;
	c->keys = keys;
	c->settle_s = options->settle_s;
	pthread_mutex_init(&c->lock, NULL);
	struct cache_secrets unused;
	status s = derive_secrets(keys, 0, &unused);
	secret_done(&unused.hash);
	secret_done(&unused.seal);
	if (s)
		return error_set(e, s, "cache: no secret to seal with: %s", status_name(s));
	TRY(open_backend(c, options, e));
	*ret = TAKE(c);
	return ST_OK;
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	if (c->backend)
		c->backend->calls->free(c->backend);
	for (size_t k = 0; k < SECRETS_MAX; k++) {
		secret_done(&c->secrets[k].hash);
		secret_done(&c->secrets[k].seal);
	}
	pthread_mutex_destroy(&c->lock);
	free(c);
}

status cache_ready(struct cache *c, struct error *e)
{
	return c->backend->calls->ready(c->backend, e);
}

/* ---- keys and values ------------------------------------------------------------------------ */

/* One submit on its way through the backend. */
struct round {
	struct op inner;
	struct op *outer;
	struct cache *cache;
	struct arena *arena;
	struct cache_command *commands;
	struct cache_entry *entries; /* of all commands, as often as there are secrets */
	size_t n;
	uint64_t epoch;
	struct cache_secrets secrets[SECRETS_MAX]; /* the first is written under */
	size_t secrets_n;
};

/* A keyed hash of epoch, kind and key. */
static status hash_key(const struct secret *secret, uint64_t epoch,
		       const struct cache_command *command, uint8_t ret[MAC_SIZE])
{
	uint8_t number[8], kind = (uint8_t)command->kind;
	put_u64(number, epoch);
	const struct slice parts[] = { slice_of(number, sizeof number), slice_of(&kind, 1),
				       command->key };
	return mac(secret, parts, COUNT_OF(parts), ret);
}

/* Each entry has a key of its own, which only who knows the bearer value can make again; and no
 * key seals so often that its random nonces might meet (NIST SP 800-38D §8.3). */
static status entry_secret(const struct round *r, const struct cache_secrets *secrets,
			   const struct cache_command *command, struct secret *ret)
{
	ret->suite = secrets->seal.suite;
	return hash_key(&secrets->seal, r->epoch, command, ret->bytes);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum { EXPIRY_SIZE = 8, ASSOCIATED_SIZE = CACHE_KEY_SIZE + EXPIRY_SIZE };

static void associate(const struct cache_entry *entry, const uint8_t expiry[EXPIRY_SIZE],
		      uint8_t ret[ASSOCIATED_SIZE])
{
	memcpy(ret, entry->key, CACHE_KEY_SIZE);
	memcpy(ret + CACHE_KEY_SIZE, expiry, EXPIRY_SIZE);
}

/* expiry | sealed value, bound to the hashed key and the expiry. */
static status seal_entry(const struct round *r, const struct cache_secrets *secrets,
			 const struct cache_command *command, struct cache_entry *entry)
{
	uint8_t expiry[EXPIRY_SIZE], associated[ASSOCIATED_SIZE];
	put_u64(expiry, (uint64_t)(now_ms() + command->expires_in_s * 1000));
	associate(entry, expiry, associated);
	AUTO_SECRET struct secret secret;
	TRY(entry_secret(r, secrets, command, &secret));
	struct slice sealed;
	TRY(seal(&secret, slice_of(associated, sizeof associated), command->value, r->arena,
		 &sealed));
	uint8_t *both = arena_alloc(r->arena, EXPIRY_SIZE + sealed.n);
	if (!both)
		return ST_NOMEM;
	memcpy(both, expiry, EXPIRY_SIZE);
	memcpy(both + EXPIRY_SIZE, sealed.p, sealed.n);
	entry->value = slice_of(both, EXPIRY_SIZE + sealed.n);
	return ST_OK;
}

/* ST_INVALID for bytes that were not sealed for this place, ST_EXPIRED. */
static status open_entry(const struct round *r, const struct cache_secrets *secrets,
			 const struct cache_command *command, const struct cache_entry *entry,
			 struct slice *ret)
{
	if (entry->value.n < EXPIRY_SIZE + SEAL_OVERHEAD)
		return ST_INVALID;
	uint8_t associated[ASSOCIATED_SIZE];
	associate(entry, entry->value.p, associated);
	AUTO_SECRET struct secret secret;
	TRY(entry_secret(r, secrets, command, &secret));
	struct slice plain;
	TRY(unseal(&secret, slice_of(associated, sizeof associated),
		   slice_from(entry->value, EXPIRY_SIZE), r->arena, &plain));
	/* A backend that keeps things too long revives nothing. */
	if ((uint64_t)now_ms() >= get_u64(entry->value.p))
		return ST_EXPIRED;
	*ret = plain;
	return ST_OK;
}

/* ---- submitting ----------------------------------------------------------------------------- */

static bool stores(enum cache_verb verb)
{
	return verb == CACHE_PUT || verb == CACHE_ADD || verb == CACHE_INCREMENT;
}

static status check(const struct cache_command *command)
{
	if ((unsigned)command->kind >= CACHE_KIND_COUNT || slice_empty(command->key))
		return ST_INVALID;
	if (!stores(command->verb))
		return ST_OK;
	if (command->expires_in_s < 1 || command->expires_in_s > EXPIRES_MAX_S)
		return ST_INVALID;
	return command->value.n > CACHE_VALUE_MAX ? ST_TOO_LARGE : ST_OK;
}

static status prepare(struct round *r, size_t i)
{
	const struct cache_command *command = &r->commands[i];
	const struct cache_secrets *secrets = &r->secrets[0];
	struct cache_entry *entry = &r->entries[i * r->secrets_n];
	TRY(check(command));
	entry->verb = command->verb;
	entry->expires_in_s = command->expires_in_s;
	entry->delta = command->delta;
	TRY(hash_key(&secrets->hash, r->epoch, command, entry->key));
	bool sealed = command->verb == CACHE_PUT || command->verb == CACHE_ADD;
	return sealed ? seal_entry(r, secrets, command, entry) : ST_OK;
}

/* Added where an entry would stand, so that one that is there, taken or not, says so. Nobody reads it. */
static const struct slice PROBE = SLICE_INIT("-");

/* The same at the other place, behind the first: what is there counts, what is stored replaces it. */
static status prepare_other(struct round *r, size_t i)
{
	static const enum cache_verb verbs[] = {
		[CACHE_GET] = CACHE_GET,       [CACHE_PUT] = CACHE_DELETE,
		[CACHE_ADD] = CACHE_ADD,       [CACHE_TAKE] = CACHE_TAKE,
		[CACHE_INCREMENT] = CACHE_INCREMENT, [CACHE_DELETE] = CACHE_DELETE,
	};
	const struct cache_command *command = &r->commands[i];
	struct cache_entry *entry = &r->entries[i * r->secrets_n + 1];
	entry->verb = verbs[command->verb];
	entry->expires_in_s = command->verb == CACHE_ADD ? 1 : command->expires_in_s;
	entry->value = command->verb == CACHE_ADD ? PROBE : NO_SLICE;
	entry->delta = 0;
	return hash_key(&r->secrets[1].hash, r->epoch, command, entry->key);
}

/*
 * What does not open was not written here, or is over. To a reader it is not there; to ADD it is,
 * since a replay mark that somebody has spoilt must not let the replay in.
 */
static status finish(struct round *r, const struct cache_secrets *secrets, struct cache_command *command,
		     const struct cache_entry *entry)
{
	command->status = entry->status;
	command->count = entry->count;
	if (command->verb == CACHE_INCREMENT || command->verb == CACHE_PUT ||
	    command->verb == CACHE_DELETE)
		return ST_OK;
	command->value = NO_SLICE;
	bool has_value = entry->value.p && entry->status != ST_NOT_FOUND &&
			 !(command->verb == CACHE_ADD && entry->status == ST_OK);
	if (!has_value)
		return ST_OK;
	status s = open_entry(r, secrets, command, entry, &command->value);
	if (s > 0 && command->verb != CACHE_ADD)
		command->status = ST_NOT_FOUND;
	return is_fault(s) ? s : ST_OK;
}

/* What stands at the other place goes first: a PUT leaves nothing there, and of two ADDs it was the
 * one that came before. */
static status finish_other(struct round *r, struct cache_command *command, const struct cache_entry *other)
{
	if (command->verb == CACHE_INCREMENT)
		command->count += other->count;
	bool reads = command->verb == CACHE_GET || command->verb == CACHE_TAKE;
	bool exists = command->verb == CACHE_ADD && other->status == ST_EXISTS &&
		      !slice_equal(other->value, PROBE);
	if (!exists && !reads)
		return ST_OK;
	struct cache_command there = *command;
	TRY(finish(r, &r->secrets[1], &there, other));
	if (there.status == ST_NOT_FOUND)
		return ST_OK;
	command->status = there.status;
	command->value = there.value;
	return ST_OK;
}

static void round_done(struct op *op)
{
	struct round *r = CONTAINER_OF(op, struct round, inner);
	status s = op->status;
	for (size_t i = 0; !s && i < r->n; i++) {
		const struct cache_entry *entry = &r->entries[i * r->secrets_n];
		s = finish(r, &r->secrets[0], &r->commands[i], entry);
		if (!s && r->secrets_n > 1)
			s = finish_other(r, &r->commands[i], entry + 1);
	}
	op_complete(r->outer, s);
}

/* Which versions live, and under which of two is written: the older one until every process must have
 * read the newer. */
static status choose_secrets(struct cache *c, struct round *r)
{
	struct secret_ages ages;
	TRY(keys_secret_ages(c->keys, SECRET_CACHE, &ages));
	bool settled = now_ms() / 1000 >= ages.newest_at + c->settle_s;
	uint32_t first = ages.before && !settled ? ages.before : ages.newest;
	uint32_t second = first == ages.newest ? ages.before : ages.newest;
	TRY(secrets_of(c, first, &r->secrets[0]));
	if (second)
		TRY(secrets_of(c, second, &r->secrets[1]));
	r->secrets_n = second ? 2 : 1;
	return ST_OK;
}

static status prepare_round(struct cache *c, struct cache_command *commands, size_t n,
			    struct arena *a, struct round **ret)
{
	struct round *r = arena_new(a, struct round);
	if (!r)
		return ST_NOMEM;
	*r = (struct round){ .inner.done = round_done,
			     .cache = c,
			     .arena = a,
			     .commands = commands,
			     .n = n,
			     .epoch = cache_epoch(c) };
	TRY(choose_secrets(c, r));
	r->entries = arena_array(a, struct cache_entry, n * r->secrets_n);
	if (!r->entries)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++) {
		TRY(prepare(r, i));
		if (r->secrets_n > 1)
			TRY(prepare_other(r, i));
	}
	*ret = r;
	return ST_OK;
}

void cache_submit(struct cache *c, struct cache_command *commands, size_t n, struct arena *a,
		  struct op *op)
{
	struct round *r;
	status s = n ? prepare_round(c, commands, n, a, &r) : ST_OK;
	if (s || !n)
		return op_complete(op, s);
	r->outer = op;
	c->backend->calls->submit(c->backend, r->epoch, r->entries, n * r->secrets_n, a, &r->inner);
}

status cache_submit_wait(struct cache *c, struct cache_command *commands, size_t n, struct arena *a)
{
	struct waiter w;
	waiter_init(&w);
	cache_submit(c, commands, n, a, &w.op);
	return waiter_wait(&w);
}
