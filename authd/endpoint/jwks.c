/* /jwks: the public keys (RFC 7517 §5). A key stands here long before it signs. */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/json_answer.h"

static enum step_result jwks(struct request *r)
{
	struct slice json;
	struct slice etag = arena_format(&r->arena, "\"%llx\"",
					 (unsigned long long)keys_generation(r->issuer->keys));
	status s = keys_jwks(r->issuer->keys, &r->arena, &json);
	if (s != ST_OK || !etag.p)
		return answer_fault(r, s != ST_OK ? s : ST_NOMEM, "jwks");
	response_header(r, "Cache-Control", SLICE("public, max-age=300"));
	response_header(r, "Access-Control-Allow-Origin", SLICE("*"));
	response_header(r, "ETag", etag);
	if (slice_equal(r->if_none_match, etag))
		return answer_empty(r, 304);
	return answer(r, 200, "application/jwk-set+json", json);
}

static step_fn *const JWKS_STEPS[] = { jwks, NULL };
const struct route JWKS_ROUTE = {
	.path = "/jwks",
	.methods = METHOD_GET,
	.steps = JWKS_STEPS,
	.metadata = "jwks_uri",
};
