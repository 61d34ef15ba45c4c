#include "authd/endpoint/admin.h"

#include "authd/oauth/json_answer.h"

#include <pthread.h>
#include <stdio.h>

/* Where a refusal turns to: the audit entry is written all the same. */
static step_fn *const END[] = { admin_commit, admin_answer, NULL };

static const struct conf_operator *operator_of(const struct request *r)
{
	const struct conf *conf = r->issuer->conf;
	for (size_t k = 0; k < conf->admin.operators_n; k++)
		if (r->peer_uid >= 0 && conf->admin.operators[k].uid == r->peer_uid)
			return &conf->admin.operators[k];
	return NULL;
}

static enum step_result begin(struct request *r, bool write)
{
	struct admin *ad = admin_of(r);
	ad->operator = operator_of(r);
	ad->entry.event = "admin.refused";
	if (!ad->operator) {
		ad->entry.detail = arena_format(&r->arena, "uid %lld is no operator: %.*s",
						(long long)r->peer_uid, SLICE_FMT(r->path));
		return admin_refuse(r, 403, "access_denied",
				    "your user is not listed under admin.operators");
	}
	ad->entry.operator_name = slice_str(ad->operator->user);
	if (write && strcmp(ad->operator->role, "admin") != 0) {
		ad->entry.detail = r->path;
		return admin_refuse(r, 403, "access_denied", "this needs the role admin; yours is %s",
				    ad->operator->role);
	}
	ad->batch = batch_new(&r->arena);
	return ad->batch ? STEP_NEXT : admin_fault(r, ST_NOMEM);
}

enum step_result admin_read(struct request *r) { return begin(r, false); }
enum step_result admin_write(struct request *r) { return begin(r, true); }

enum step_result admin_commit(struct request *r)
{
	struct admin *ad = admin_of(r);
	if (!ad->batch)
		return admin_fault(r, ST_NOMEM);
	status s = audit_write(ad->batch, &ad->entry);
	if (s != ST_OK)
		return admin_fault(r, s);
	records_commit(r->issuer->records, ad->batch, &r->op);
	return STEP_WAIT;
}

static enum step_result answer_error(struct request *r, int http, const char *error, const char *why)
{
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "error", slice_str(error));
	json_text(&w, "error_description", slice_str(why));
	json_end(&w);
	return answer_buf(r, http, &json);
}

enum step_result admin_answer(struct request *r)
{
	struct admin *ad = admin_of(r);
	if (r->op.status == ST_CONFLICT || r->op.status == ST_EXISTS)
		return answer_error(r, 409, "conflict",
				    "somebody else changed this at the same time; try again");
	if (r->op.status != ST_OK)
		return admin_fault(r, r->op.status);
	return answer_json(r, ad->http, ad->json);
}

enum step_result admin_done(struct request *r, int http, json_t *json)
{
	struct admin *ad = admin_of(r);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	ad->http = http;
	ad->json = text ? arena_copy(&r->arena, slice_str(text)) : NO_SLICE;
	if (text)
		secret_wipe(text, strlen(text));
	free(text);
	return ad->json.p ? STEP_NEXT : admin_fault(r, ST_NOMEM);
}

enum step_result admin_refuse(struct request *r, int http, const char *error, const char *format, ...)
{
	struct admin *ad = admin_of(r);
	char why[512];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);

	ad->entry.outcome = "refused";
	if (!ad->entry.detail.p)
		ad->entry.detail = slice_str(error);
	ad->batch = batch_new(&r->arena);
	r->next = END;
	return admin_done(r, http, json_pack("{s:s, s:s}", "error", error, "error_description", why));
}

enum step_result admin_fault(struct request *r, status s)
{
	if (s == ST_CORRUPT || s == ST_BUG) {
		r->log_reason = slice_str(status_name(s));
		return answer_error(r, 500, "server_error",
				    s == ST_CORRUPT ? "a stored record cannot be read"
						    : "an error in authd");
	}
	return answer_unavailable(r, status_name(s));
}

/* ---- long work ------------------------------------------------------------------------------ */

struct errand {
	status (*work)(void *context);
	void *context;
	struct op *op;
};

static void *errand_run(void *p)
{
	struct errand errand = *(struct errand *)p;
	free(p);
	op_complete(errand.op, errand.work(errand.context));
	return NULL;
}

enum step_result admin_run(struct request *r, status (*work)(void *context), void *context)
{
	struct errand *errand = malloc(sizeof *errand);
	if (!errand)
		return admin_fault(r, ST_NOMEM);
	*errand = (struct errand){ work, context, &r->op };
	pthread_t thread;
	if (pthread_create(&thread, NULL, errand_run, errand) != 0) {
		free(errand);
		return admin_fault(r, ST_UNAVAILABLE);
	}
	pthread_detach(thread);
	return STEP_WAIT;
}
