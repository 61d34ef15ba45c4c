#include "authd/store/cache_backend.h"
#include "authd/store/records.h"
#include "authd/store/wait.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { EXPIRES_MAX_S = 10 * 366 * 86400 };

struct cache {
	struct cache_host host;
	struct cache_backend *backend;
	struct records *records;
	struct secret hash_secret, seal_secret;
	_Atomic uint64_t epoch;
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

static status derive_secrets(struct cache *c, struct keys *keys)
{
	AUTO_SECRET struct secret secret;
	uint32_t version;
	TRY(keys_secret(keys, SECRET_CACHE, 0, &secret, &version));
	TRY(derive(&secret, "cache key", &c->hash_secret));
	return derive(&secret, "cache value", &c->seal_secret);
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
	status s = derive_secrets(c, keys);
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
	secret_done(&c->hash_secret);
	secret_done(&c->seal_secret);
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
	struct cache_entry *entries;
	size_t n;
	uint64_t epoch;
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
static status entry_secret(const struct round *r, const struct cache_command *command,
			   struct secret *ret)
{
	ret->suite = r->cache->seal_secret.suite;
	return hash_key(&r->cache->seal_secret, r->epoch, command, ret->bytes);
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
static status seal_entry(const struct round *r, const struct cache_command *command,
			 struct cache_entry *entry)
{
	uint8_t expiry[EXPIRY_SIZE], associated[ASSOCIATED_SIZE];
	put_u64(expiry, (uint64_t)(now_ms() + command->expires_in_s * 1000));
	associate(entry, expiry, associated);
	AUTO_SECRET struct secret secret;
	TRY(entry_secret(r, command, &secret));
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
static status open_entry(const struct round *r, const struct cache_command *command,
			 const struct cache_entry *entry, struct slice *ret)
{
	if (entry->value.n < EXPIRY_SIZE + SEAL_OVERHEAD)
		return ST_INVALID;
	uint8_t associated[ASSOCIATED_SIZE];
	associate(entry, entry->value.p, associated);
	AUTO_SECRET struct secret secret;
	TRY(entry_secret(r, command, &secret));
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
	struct cache_entry *entry = &r->entries[i];
	TRY(check(command));
	entry->verb = command->verb;
	entry->expires_in_s = command->expires_in_s;
	entry->delta = command->delta;
	TRY(hash_key(&r->cache->hash_secret, r->epoch, command, entry->key));
	bool sealed = command->verb == CACHE_PUT || command->verb == CACHE_ADD;
	return sealed ? seal_entry(r, command, entry) : ST_OK;
}

/*
 * What does not open was not written here, or is over. To a reader it is not there; to ADD it is,
 * since a replay mark that somebody has spoilt must not let the replay in.
 */
static status finish(struct round *r, size_t i)
{
	struct cache_command *command = &r->commands[i];
	const struct cache_entry *entry = &r->entries[i];
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
	status s = open_entry(r, command, entry, &command->value);
	if (s > 0 && command->verb != CACHE_ADD)
		command->status = ST_NOT_FOUND;
	return is_fault(s) ? s : ST_OK;
}

static void round_done(struct op *op)
{
	struct round *r = CONTAINER_OF(op, struct round, inner);
	status s = op->status;
	for (size_t i = 0; !s && i < r->n; i++)
		s = finish(r, i);
	op_complete(r->outer, s);
}

static status prepare_round(struct cache *c, struct cache_command *commands, size_t n,
			    struct arena *a, struct round **ret)
{
	struct round *r = arena_new(a, struct round);
	struct cache_entry *entries = arena_array(a, struct cache_entry, n);
	if (!r || !entries)
		return ST_NOMEM;
	*r = (struct round){ .inner.done = round_done,
			     .cache = c,
			     .arena = a,
			     .commands = commands,
			     .entries = entries,
			     .n = n,
			     .epoch = cache_epoch(c) };
	for (size_t i = 0; i < n; i++)
		TRY(prepare(r, i));
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
	c->backend->calls->submit(c->backend, r->epoch, r->entries, n, a, &r->inner);
}

status cache_submit_wait(struct cache *c, struct cache_command *commands, size_t n, struct arena *a)
{
	struct waiter w;
	waiter_init(&w);
	cache_submit(c, commands, n, a, &w.op);
	return waiter_wait(&w);
}
