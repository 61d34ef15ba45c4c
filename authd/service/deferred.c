#include "authd/service/deferred.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

enum {
	CODE_SIZE = 32,
	CODE_TEXT = 43,
	HANDLE_SIZE = 32,
	AFTER_S = 10 * 60, /* for so long, a client is told that its request has expired */
	RAISE_S = 5,
	INTERVAL_MAX_S = 60,
};

static status handle_of(const char *grant_type, struct slice code, struct slice client_id, struct arena *a,
			struct slice *ret)
{
	struct slice text = arena_format(a, "%s %.*s %.*s", grant_type, SLICE_FMT(code), SLICE_FMT(client_id));
	uint8_t *hash = arena_alloc(a, HANDLE_SIZE);
	if (!text.p || !hash)
		return ST_NOMEM;
	TRY(sha256(text, hash));
	*ret = slice_of(hash, HANDLE_SIZE);
	return ST_OK;
}

status deferred_new(const char *grant_type, struct deferred *d, struct arena *a, struct slice *ret_code)
{
	uint8_t random[CODE_SIZE];
	TRY(random_bytes(random, sizeof random));
	TRY(random_bytes(d->grant.id.bytes, sizeof d->grant.id.bytes));
	struct slice code = arena_base64url(a, slice_of(random, sizeof random));
	if (!code.p)
		return ST_NOMEM;
	TRY(handle_of(grant_type, code, d->grant.client_id, a, &d->handle));
	*ret_code = code;
	return ST_OK;
}

static int64_t kept_for(const struct deferred *d, int64_t now)
{
	return d->expires_at > now ? d->expires_at - now + AFTER_S : AFTER_S;
}

static status store(enum cache_verb verb, enum cache_kind kind, const struct deferred *d, int64_t now,
		    struct arena *a, struct cache_command *ret)
{
	AUTO_BUF struct buf encoded = { 0 };
	TRY(deferred_encode(d, &encoded));
	struct slice value = buf_finish(&encoded, a);
	if (!value.p)
		return ST_NOMEM;
	*ret = (struct cache_command){ .verb = verb,
				       .kind = kind,
				       .key = d->handle,
				       .value = value,
				       .expires_in_s = kept_for(d, now) };
	return ST_OK;
}

status deferred_put(const struct deferred *d, int64_t now, struct arena *a, struct cache_command *ret)
{
	return store(CACHE_PUT, CACHE_DEFERRED, d, now, a, ret);
}

/* ---- the client ------------------------------------------------------------------------------ */

static struct cache_command get(enum cache_kind kind, struct slice handle)
{
	return (struct cache_command){ .verb = CACHE_GET, .kind = kind, .key = handle };
}

status deferred_ask(const char *grant_type, struct slice code, struct slice client_id, struct arena *a,
		    struct deferred_poll *p)
{
	uint8_t random[CODE_SIZE + 1];
	size_t n;
	if (code.n != CODE_TEXT || base64url_decode(code, random, &n) != ST_OK || n != CODE_SIZE)
		return ST_INVALID;
	struct slice handle;
	TRY(handle_of(grant_type, code, client_id, a, &handle));
	p->commands[0] = get(CACHE_DEFERRED, handle);
	p->commands[1] = (struct cache_command){ .verb = CACHE_TAKE, .kind = CACHE_DECISION, .key = handle };
	p->commands[2] = get(CACHE_INTERVAL, handle);
	return ST_OK;
}

status deferred_answer(int64_t now, struct deferred_poll *p)
{
	const struct cache_command *request = &p->commands[0], *decision = &p->commands[1],
				   *raised = &p->commands[2];
	struct deferred d;
	TRY(deferred_from(request, now, &d));
	if (decision->status == ST_OK)
		TRY(deferred_decode(decision->value, &d));
	p->deferred = d;
	p->interval_s = d.interval_s;
	if (raised->status == ST_OK && raised->value.n == 8)
		p->interval_s = (int64_t)get_u64(raised->value.p);
	return decision->status == ST_NOT_FOUND ? ST_BUSY : decision->status;
}

void deferred_wait(struct deferred_poll *p)
{
	p->commands[0] = (struct cache_command){ .verb = CACHE_ADD,
						 .kind = CACHE_POLL,
						 .key = p->deferred.handle,
						 .value = SLICE("polled"),
						 .expires_in_s = p->interval_s };
}

bool deferred_too_soon(const struct deferred_poll *p) { return p->commands[0].status == ST_EXISTS; }

void deferred_slow_down(int64_t now, struct deferred_poll *p)
{
	if (p->interval_s < INTERVAL_MAX_S)
		p->interval_s += RAISE_S;
	put_u64(p->raised, (uint64_t)p->interval_s);
	p->commands[0].verb = CACHE_PUT;
	p->commands[0].expires_in_s = p->interval_s;
	p->commands[1] = (struct cache_command){ .verb = CACHE_PUT,
						 .kind = CACHE_INTERVAL,
						 .key = p->deferred.handle,
						 .value = slice_of(p->raised, sizeof p->raised),
						 .expires_in_s = kept_for(&p->deferred, now) };
}

/* ---- the person ------------------------------------------------------------------------------ */

struct cache_command deferred_get(struct slice handle) { return get(CACHE_DEFERRED, handle); }
struct cache_command deferred_decided(struct slice handle) { return get(CACHE_DECISION, handle); }

status deferred_from(const struct cache_command *answer, int64_t now, struct deferred *ret)
{
	if (answer->status != ST_OK)
		return answer->status;
	struct deferred d;
	TRY(deferred_decode(answer->value, &d));
	if (now >= d.expires_at)
		return ST_EXPIRED;
	*ret = d;
	return ST_OK;
}

status deferred_decide(const struct deferred *d, int64_t now, struct arena *a, struct cache_command *ret)
{
	return store(CACHE_ADD, CACHE_DECISION, d, now, a, ret);
}
