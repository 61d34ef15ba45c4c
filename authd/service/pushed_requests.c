#include "authd/service/pushed_requests.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

static const struct slice PREFIX = SLICE_INIT(PUSHED_REQUEST_PREFIX);

/* The backend hashes keys anyway; this puts the client into the key. */
static status request_key(struct slice uri, struct slice client_id, struct arena *a, struct slice *ret)
{
	struct slice key = arena_format(a, "%.*s %.*s", SLICE_FMT(slice_from(uri, PREFIX.n)),
					SLICE_FMT(client_id));
	if (!key.p)
		return ST_NOMEM;
	*ret = key;
	return ST_OK;
}

/* The end of the request_uri's life, then the parameters. */
enum { EXPIRY_SIZE = 8 };

static struct slice pack(int64_t expires_at, struct slice parameters, struct arena *a)
{
	uint8_t *value = arena_alloc(a, EXPIRY_SIZE + parameters.n);
	if (!value)
		return NO_SLICE;
	put_u64(value, (uint64_t)expires_at);
	if (parameters.n)
		memcpy(value + EXPIRY_SIZE, parameters.p, parameters.n);
	return slice_of(value, EXPIRY_SIZE + parameters.n);
}

status pushed_request_make(struct issuer *is, struct slice client_id, struct slice parameters,
			   int64_t now, struct arena *a, struct slice *ret_uri,
			   struct cache_command *ret)
{
	enum { RANDOM_SIZE = 32, PAGES = 2 }; /* one to sign in, one to consent */
	uint8_t random[RANDOM_SIZE];
	TRY(random_bytes(random, sizeof random));
	struct slice text = arena_base64url(a, slice_of(random, sizeof random)), key;
	if (!text.p)
		return ST_NOMEM;
	struct slice uri = arena_format(a, "%s%.*s", PUSHED_REQUEST_PREFIX, SLICE_FMT(text));
	if (!uri.p)
		return ST_NOMEM;
	TRY(request_key(uri, client_id, a, &key));
	int64_t life_s = is->conf->life.pushed_request_s;
	struct slice value = pack(now + life_s, parameters, a);
	if (!value.p)
		return ST_NOMEM;
	*ret_uri = uri;
	*ret = (struct cache_command){
		.verb = CACHE_PUT,
		.kind = CACHE_PUSHED_REQUEST,
		.key = key,
		.value = value,
		.expires_in_s = life_s + PAGES * is->conf->life.sign_in_s,
	};
	return ST_OK;
}

status pushed_request_command(struct slice uri, struct slice client_id, bool spend, struct arena *a,
			      struct cache_command *ret)
{
	enum { RANDOM_TEXT = 43 };
	if (!slice_starts(uri, PREFIX) || uri.n != PREFIX.n + RANDOM_TEXT)
		return ST_INVALID;
	struct slice key;
	TRY(request_key(uri, client_id, a, &key));
	*ret = (struct cache_command){
		.verb = spend ? CACHE_TAKE : CACHE_GET,
		.kind = CACHE_PUSHED_REQUEST,
		.key = key,
	};
	return ST_OK;
}

status pushed_request_from_answer(const struct cache_command *answer, int64_t now,
				  struct slice *ret_parameters)
{
	TRY(answer->status);
	if (answer->value.n < EXPIRY_SIZE)
		return ST_CORRUPT;
	if (now >= (int64_t)get_u64(answer->value.p))
		return ST_EXPIRED;
	*ret_parameters = slice_from(answer->value, EXPIRY_SIZE);
	return ST_OK;
}
