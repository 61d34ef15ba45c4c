/* For load balancers and service managers: /healthz and /readyz. */
#include "authd/endpoint/endpoints.h"
#include "authd/service/key_policy.h"
#include "authd/service/status_lists.h"

static enum step_result answer_health(struct request *r)
{
	return answer_json(r, 200, SLICE("{\"status\":\"ok\"}"));
}

/* 200 as long as the process answers at all. */
static step_fn *const HEALTHZ_STEPS[] = { answer_health, NULL };
const struct route HEALTHZ_ROUTE = { .path = "/healthz",
	                             .methods = METHOD_GET,
	                             .steps = HEALTHZ_STEPS };

/* ---- readiness: each check looks, none waits -------------------------------------------------- */

static bool check_serving(struct request *r)
{
	return !atomic_load(&r->issuer->draining);
}

static bool check_records(struct request *r)
{
	bool found;
	return records_has(r->issuer->records, TABLE_META, SLICE("format"), &found) == ST_OK;
}

static bool check_cache(struct request *r)
{
	return cache_ready(r->issuer->cache, NULL) == ST_OK;
}

static bool check_status_lists(struct request *r)
{
	return status_lists_state(r->issuer->status_lists, r->now) == ST_OK;
}

/* Every algorithm that clients may be registered with has a key that signs. */
static bool check_keys(struct request *r)
{
	struct key_info *keys;
	size_t n;
	unsigned active = 0;
	if (keys_list(r->issuer->keys, &r->arena, &keys, &n) != ST_OK)
		return false;
	for (size_t i = 0; i < n; i++)
		if (keys[i].state == KEY_ACTIVE)
			active |= 1u << keys[i].algorithm;
	unsigned served = key_algorithms_of(r->issuer->conf);
	return (active & served) == served;
}

static const struct check {
	const char *name;
	bool (*passes)(struct request *r);
} CHECKS[] = {
	{ "serving", check_serving },
	{ "records", check_records },
	{ "cache", check_cache },
	{ "keys", check_keys },
	{ "status_lists", check_status_lists },
};

static enum step_result answer_ready(struct request *r)
{
	bool ready = true;
	struct slice list = SLICE("");
	for (size_t i = 0; i < COUNT_OF(CHECKS); i++) {
		bool ok = CHECKS[i].passes(r);
		ready = ready && ok;
		if (!ok)
			r->log_reason = slice_str(CHECKS[i].name);
		list = arena_format(&r->arena, "%.*s%s\"%s\":\"%s\"", SLICE_FMT(list), i ? "," : "",
		                    CHECKS[i].name, ok ? "ok" : "failed");
	}
	struct slice json = arena_format(&r->arena, "{\"ready\":%s,\"checks\":{%.*s}}",
	                                 ready ? "true" : "false", SLICE_FMT(list));
	return answer_json(r, ready ? 200 : 503, json);
}

/* 200 when requests can be served, else 503: {"ready":...,"checks":{name:"ok"|"failed"}}. */
static step_fn *const READYZ_STEPS[] = { answer_ready, NULL };
const struct route READYZ_ROUTE = { .path = "/readyz",
	                            .methods = METHOD_GET,
	                            .steps = READYZ_STEPS };
