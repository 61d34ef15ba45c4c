#include "authd/service/key_policy.h"
#include "authd/service/status_lists_claims.h"
#include "authd/service/status_lists_parts.h"

#include "authd/store/wait.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

/* A cached list: when it was signed, its ttl, the token. */
enum { CACHED_HEADER = 16 };

int64_t issued_list_ttl(const struct issuer *is)
{
	int64_t half = is->conf->life.access_token_s / 2;
	return half ? half : 1;
}

/* Also when the clock was set back, so that no list comes from the future; and when the keys have
 * changed, since the one that it was signed with may have been revoked. */
bool issued_list_is_due(const struct status_lists *l, const struct issued_list *list, int64_t now)
{
	return !list->token.n || list->changed || now < list->signed_at ||
	       now - list->signed_at >= (issued_list_ttl(l->issuer) + 1) / 2 ||
	       list->generation != keys_generation(l->issuer->keys);
}

struct slice status_lists_uri(struct issuer *is, struct id id, struct arena *a)
{
	struct slice text = id_text(a, id);
	if (!text.p)
		return text;
	return arena_format(a, "%.*s/statuslists/%.*s", SLICE_FMT(is->iss), SLICE_FMT(text));
}

static status sign(struct issuer *is, const struct issued_list *list, int64_t now, struct arena *a,
		   struct buf *ret_token)
{
	const struct status_lists_claims claims = {
		.iss = is->iss,
		.uri = status_lists_uri(is, list->slots->id, a),
		.issued_at = now,
		.expires_at = list->slots->times.ends_at,
		.ttl_s = issued_list_ttl(is),
		.bits = slice_of(list->bits, sizeof list->bits),
	};
	struct sign_job job = { .algorithm = token_algorithm_of(is->conf), .type = "statuslist+jwt" };
	if (!claims.uri.p)
		return ST_NOMEM;
	TRY(status_lists_claims(&claims, a, &job.payload));
	struct waiter w;
	waiter_init(&w);
	keys_sign(is->keys, &job, 1, &w.op);
	status s = waiter_wait(&w);
	if (s != ST_OK) {
		buf_done(&job.token);
		return s;
	}
	*ret_token = job.token;
	return ST_OK;
}

status issued_list_sign(struct status_lists *l, struct issued_list *list, int64_t now)
{
	AUTO_ARENA struct arena a = { 0 };
	struct buf token;
	uint64_t generation = keys_generation(l->issuer->keys);
	TRY(sign(l->issuer, list, now, &a, &token));
	pthread_mutex_lock(&l->lock);
	struct buf before = list->token;
	list->token = token;
	list->signed_at = now;
	pthread_mutex_unlock(&l->lock);
	buf_done(&before);
	list->generation = generation;
	list->changed = list->cached = false;
	return ST_OK;
}

/* ---- the cache ------------------------------------------------------------------------------ */

struct cache_command status_lists_command(const struct id *id)
{
	return (struct cache_command){ .verb = CACHE_GET, .kind = CACHE_STATUS_LIST, .key = id_slice(id) };
}

status status_lists_from_answer(const struct cache_command *answer, struct signed_list *ret)
{
	TRY(answer->status);
	if (answer->value.n <= CACHED_HEADER)
		return ST_CORRUPT;
	*ret = (struct signed_list){
		.token = slice_from(answer->value, CACHED_HEADER),
		.issued_at = (int64_t)get_u64(answer->value.p),
		.ttl_s = (int64_t)get_u64(answer->value.p + 8),
	};
	return ST_OK;
}

static status put_command(const struct issuer *is, const struct issued_list *list, int64_t now,
			  struct arena *a, struct cache_command *ret)
{
	int64_t left = list->slots->times.ends_at - now;
	struct slice value = { .n = CACHED_HEADER + list->token.n };
	uint8_t *p = arena_alloc(a, value.n);
	if (!p)
		return ST_NOMEM;
	put_u64(p, (uint64_t)list->signed_at);
	put_u64(p + 8, (uint64_t)issued_list_ttl(is));
	memcpy(p + CACHED_HEADER, list->token.p, list->token.n);
	value.p = p;
	*ret = (struct cache_command){
		.verb = CACHE_PUT,
		.kind = CACHE_STATUS_LIST,
		.key = id_slice(&list->slots->id),
		.value = value,
		.expires_in_s = left > 0 ? left : 1,
	};
	return ST_OK;
}

/* In one round trip, as far as one goes. */
status status_lists_cache(struct status_lists *l, int64_t now)
{
	enum { AT_ONCE = 64 };
	AUTO_ARENA struct arena a = { 0 };
	struct cache_command commands[AT_ONCE];
	struct issued_list *lists[AT_ONCE];
	size_t n = 0;
	for (struct issued_list *list = l->first; list && n < AT_ONCE; list = list->next) {
		if (list->cached || !list->token.n)
			continue;
		TRY(put_command(l->issuer, list, now, &a, &commands[n]));
		lists[n++] = list;
	}
	TRY(cache_submit_wait(l->issuer->cache, commands, n, &a));
	for (size_t i = 0; i < n; i++) {
		TRY(commands[i].status);
		lists[i]->cached = true;
	}
	return ST_OK;
}
