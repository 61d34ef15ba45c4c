#include "authd/service/notice.h"

#include "authd/service/fetch.h"

enum { TRIES_MAX = 3, SERVER_ERROR = 500 };

struct notice {
	struct op op;
	struct issuer *issuer;
	struct arena arena;
	struct fetch fetch;
	unsigned tries;
};

/* A redirect is not followed, and a refusal is an answer. */
static bool is_worth_another(const struct notice *n)
{
	return n->op.status == ST_UNAVAILABLE ||
	       (n->op.status == ST_OK && n->fetch.ret_status >= SERVER_ERROR);
}

static void submit(struct notice *n)
{
	n->tries++;
	fetch_submit(n->issuer, &n->fetch, &n->arena, &n->op);
}

static void sent(struct op *op)
{
	struct notice *n = CONTAINER_OF(op, struct notice, op);
	if (is_worth_another(n) && n->tries < TRIES_MAX) {
		submit(n);
		return;
	}
	arena_done(&n->arena);
	free(n);
}

void notice_send(struct issuer *is, struct slice url, struct slice token, struct slice json)
{
	struct notice *n = calloc(1, sizeof *n);
	if (!n)
		return;
	n->op.done = sent;
	n->issuer = is;
	n->fetch.url = arena_copy(&n->arena, url);
	n->fetch.authorization = arena_format(&n->arena, "Bearer %.*s", SLICE_FMT(token));
	n->fetch.content_type = SLICE("application/json");
	n->fetch.body = arena_copy(&n->arena, json);
	if (n->fetch.url.p && n->fetch.authorization.p && n->fetch.body.p) {
		submit(n);
		return;
	}
	arena_done(&n->arena);
	free(n);
}
