/* GET /admin/v1/status-lists: all that are published now, of every node, signed. */
#include "authd/endpoint/admin.h"

#include "authd/service/status_lists.h"

struct collecting {
	struct issuer *issuer;
	int64_t now;
	struct arena *arena;
	struct slice *tokens;
	size_t n;
};

static status collect(void *context)
{
	struct collecting *w = context;
	return status_lists_all(w->issuer, w->now, w->arena, &w->tokens, &w->n);
}

static enum step_result collect_begin(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct collecting *w = ad->work = arena_new(&r->arena, struct collecting);
	ad->entry.event = "admin.status-lists";
	if (!w)
		return admin_fault(r, ST_NOMEM);
	*w = (struct collecting){ .issuer = r->issuer, .now = r->now, .arena = &r->arena };
	return admin_run(r, collect, w);
}

static enum step_result collect_end(struct request *r)
{
	const struct collecting *w = admin_of(r)->work;
	if (r->op.status != ST_OK)
		return admin_fault(r, r->op.status);
	AUTO(json) json_t *list = json_array();
	for (size_t i = 0; i < w->n; i++)
		if (json_array_append_new(list, json_of_text(w->tokens[i])) != 0)
			return admin_fault(r, ST_NOMEM);
	return admin_done(r, 200, json_pack("{s:O}", "status_lists", list));
}

step_fn *const ADMIN_STATUS_LISTS[] = { admin_read, collect_begin, collect_end, admin_commit,
					admin_answer, NULL };
