#include "authd/service/status_lists_claims.h"

#include "libauth/base/encode.h"
#include "libauth/base/json_writer.h"

#include <zlib.h>

/* §4.1: DEFLATE in the ZLIB format (RFC 1950), base64url. */
static status pack(struct slice bits, struct arena *a, struct slice *ret)
{
	uLongf n = compressBound(bits.n);
	uint8_t *packed = arena_alloc(a, n);
	if (!packed)
		return ST_NOMEM;
	int rc = compress2(packed, &n, bits.p, bits.n, Z_BEST_COMPRESSION);
	if (rc != Z_OK)
		return rc == Z_MEM_ERROR ? ST_NOMEM : ST_BUG;
	struct slice text = arena_base64url(a, slice_of(packed, n));
	if (!text.p)
		return ST_NOMEM;
	*ret = text;
	return ST_OK;
}

status status_lists_claims(const struct status_lists_claims *c, struct arena *a, struct slice *ret_json)
{
	struct slice lst;
	TRY(pack(c->bits, a, &lst));
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "iss", c->iss);
	json_text(&w, "sub", c->uri);
	json_number(&w, "iat", c->issued_at);
	json_number(&w, "exp", c->expires_at);
	json_number(&w, "ttl", c->ttl_s);
	json_begin_object(&w, "status_list");
	json_number(&w, "bits", 1);
	json_text(&w, "lst", lst);
	json_end(&w);
	json_end(&w);
	struct slice text = buf_finish(&json, a);
	if (!text.p)
		return ST_NOMEM;
	*ret_json = text;
	return ST_OK;
}
