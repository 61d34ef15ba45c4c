/*
 * /statuslists: revocation for those who verify offline (Token Status List §8.1, §9.1).
 *
 * Its own lists a node answers from memory, so also while the cache cannot be reached.
 */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/status_lists.h"

/* ---- one list ------------------------------------------------------------------------------- */

struct fetching {
	struct id id;
	struct cache_command command;
};

/* For each signature another; its end is as good as a hash. */
static struct slice etag_of(struct request *r, struct slice token)
{
	enum { TAG = 22 };
	struct slice tag = slice_from(token, token.n > TAG ? token.n - TAG : 0);
	return arena_format(&r->arena, "\"%.*s\"", SLICE_FMT(tag));
}

static enum step_result answer_list(struct request *r, const struct signed_list *list)
{
	int64_t left_s = list->issued_at + list->ttl_s - r->now;
	struct slice etag = etag_of(r, list->token);
	struct slice control = arena_format(&r->arena, "public, max-age=%lld",
					    (long long)(left_s > 0 ? left_s : 0));
	if (!etag.p || !control.p)
		return answer_fault(r, ST_NOMEM, "status list");
	response_header(r, "Cache-Control", control);
	response_header(r, "Access-Control-Allow-Origin", SLICE("*"));
	response_header(r, "ETag", etag);
	if (slice_equal(r->if_none_match, etag))
		return answer_empty(r, 304);
	return answer(r, 200, "application/statuslist+jwt", list->token);
}

static enum step_result begin_list(struct request *r)
{
	struct fetching *f = r->state;
	struct signed_list list;
	if (id_parse(r->segment, &f->id) != ST_OK)
		return answer_empty(r, 404);
	status s = status_lists_get(r->issuer->status_lists, f->id, &r->arena, &list);
	if (s == ST_OK)
		return answer_list(r, &list);
	if (s != ST_NOT_FOUND)
		return answer_fault(r, s, "status list");
	f->command = status_lists_command(&f->id);
	cache_submit(r->issuer->cache, &f->command, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result end_list(struct request *r)
{
	struct fetching *f = r->state;
	struct signed_list list;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "status list");
	status s = status_lists_from_answer(&f->command, &list);
	if (s == ST_NOT_FOUND)
		return answer_empty(r, 404);
	return s == ST_OK ? answer_list(r, &list) : answer_fault(r, s, "status list");
}

static step_fn *const LIST_STEPS[] = { begin_list, end_list, NULL };
const struct route STATUS_LIST_ROUTE = {
	.path = "/statuslists/*",
	.methods = METHOD_GET,
	.steps = LIST_STEPS,
	.state_size = sizeof(struct fetching),
};

/* ---- all of them ---------------------------------------------------------------------------- */

static enum step_result answer_uris(struct request *r)
{
	struct id *ids;
	size_t n;
	status s = status_lists_ids(r->issuer, r->now, &r->arena, &ids, &n);
	if (s != ST_OK)
		return answer_fault(r, s, "status lists");
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_begin_array(&w, "status_lists");
	for (size_t i = 0; i < n; i++)
		json_text(&w, NULL, status_lists_uri(r->issuer, ids[i], &r->arena));
	json_end(&w);
	json_end(&w);
	response_header(r, "Cache-Control", SLICE("public, max-age=10"));
	response_header(r, "Access-Control-Allow-Origin", SLICE("*"));
	return answer_buf(r, 200, &json);
}

static step_fn *const LISTS_STEPS[] = { answer_uris, NULL };
const struct route STATUS_LISTS_ROUTE = {
	.path = "/statuslists", /* as status_lists_uri() has it */
	.methods = METHOD_GET,
	.steps = LISTS_STEPS,
	.metadata = "status_list_aggregation_endpoint",
};
