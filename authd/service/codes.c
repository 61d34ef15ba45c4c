#include "authd/service/codes.h"

#include "keys/seal.h"
#include "libauth/base/encode.h"

enum { CODE_SIZE = 32, CODE_TEXT = 43 };

/* The backend hashes keys anyway; this puts the client into the key. */
static status code_key(struct slice code, struct slice client_id, struct arena *a, struct slice *ret)
{
	struct slice key = arena_format(a, "%.*s %.*s", SLICE_FMT(code), SLICE_FMT(client_id));
	if (!key.p)
		return ST_NOMEM;
	*ret = key;
	return ST_OK;
}

status code_issue(struct issuer *is, const struct code *c, struct arena *a, struct slice *ret_code,
		  struct cache_command *ret)
{
	uint8_t random[CODE_SIZE];
	TRY(random_bytes(random, sizeof random));
	struct slice code = arena_base64url(a, slice_of(random, sizeof random)), key;
	if (!code.p)
		return ST_NOMEM;
	TRY(code_key(code, c->grant.client_id, a, &key));

	AUTO_BUF struct buf encoded = { 0 };
	TRY(code_encode(c, &encoded));
	struct slice value = buf_finish(&encoded, a);
	if (!value.p)
		return ST_NOMEM;

	*ret_code = code;
	*ret = (struct cache_command){
		.verb = CACHE_PUT,
		.kind = CACHE_CODE,
		.key = key,
		.value = value,
		/* For as long as a token of the first exchange can live, a replay ends it. */
		.expires_in_s = is->conf->life.code_s + is->conf->life.access_token_s,
	};
	return ST_OK;
}

status code_take_command(struct slice code, struct slice client_id, struct arena *a,
			 struct cache_command *ret)
{
	uint8_t random[CODE_SIZE + 1];
	size_t n;
	if (code.n != CODE_TEXT || base64url_decode(code, random, &n) != ST_OK || n != CODE_SIZE)
		return ST_INVALID;
	struct slice key;
	TRY(code_key(code, client_id, a, &key));
	*ret = (struct cache_command){ .verb = CACHE_TAKE, .kind = CACHE_CODE, .key = key };
	return ST_OK;
}

status code_from_answer(const struct cache_command *answer, int64_t now, struct code *ret)
{
	if (answer->status != ST_OK && answer->status != ST_USED)
		return answer->status;
	struct code c;
	TRY(code_decode(answer->value, &c));
	if (answer->status == ST_OK && now >= c.expires_at)
		return ST_EXPIRED;
	*ret = c;
	return answer->status;
}

status code_verifier_matches(struct slice verifier, struct slice challenge, bool *ret)
{
	uint8_t hash[32];
	char text[43];
	if (slice_empty(verifier) || slice_empty(challenge)) {
		*ret = slice_empty(verifier) && slice_empty(challenge);
		return ST_OK;
	}
	TRY(sha256(verifier, hash));
	base64url_encode(slice_of(hash, sizeof hash), text);
	*ret = slice_equal_secret(slice_of(text, sizeof text), challenge);
	return ST_OK;
}
