/*
 * POST /admin/v1/outbox/list   {"client_id": ...}, or {}: what clients have not heard of yet
 * POST /admin/v1/outbox/retry  {"id": one}, or {"client_id": ...}: due now
 * POST /admin/v1/outbox/drop   the same: it goes unheard
 */
#include "authd/endpoint/admin.h"

#include "authd/service/outbox_queue.h"
#include "libauth/base/big_endian.h"

enum { ENTRIES_MAX = 1000 };

struct asked {
	struct slice id, client_id;
};

static const struct json_field FIELDS[] = {
	{ "client_id", FIELD_TEXT, offsetof(struct asked, client_id) },
	{ "id", FIELD_TEXT, offsetof(struct asked, id) },
};
enum { OF_LIST = 1, OF_CHANGE = COUNT_OF(FIELDS) };

struct found {
	struct outbox_item *items;
	size_t n;
	bool more;
};

/* What the body asks for. ST_INVALID with the reason in e. */
static status find(struct request *r, size_t fields, struct found *ret, struct error *e)
{
	struct audit_entry *entry = &admin_of(r)->entry;
	struct asked in = { 0 };
	struct id id;
	TRY(admin_read_body(r, FIELDS, fields, &in, e));
	entry->client_id = in.client_id;
	if (in.id.n && id_parse(in.id, &id) != ST_OK)
		return error_set(e, ST_INVALID, "id: 32 hexadecimal digits");
	if (fields == OF_CHANGE && !in.id.n == !in.client_id.n)
		return error_set(e, ST_INVALID, "either id or client_id");
	const struct outbox_filter filter = { in.client_id, in.id.n ? &id : NULL };
	TRY(outbox_list(r->issuer, &filter, ENTRIES_MAX, &r->arena, &ret->items, &ret->n, &ret->more));
	entry->count = (int64_t)ret->n;
	if (!in.id.n || !ret->n)
		return ST_OK;
	entry->client_id = ret->items[0].entry.client_id;
	entry->session = ret->items[0].entry.session_id;
	return ST_OK;
}

static enum step_result failed(struct request *r, status s, const struct error *why)
{
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", why->message);
	return admin_fault(r, s);
}

/* ---- the list ------------------------------------------------------------------------------- */

static json_t *item_json(const struct outbox_item *item)
{
	const struct outbox_entry *e = &item->entry;
	int64_t due_us = (int64_t)get_u64(item->key);
	return json_pack("{s:o, s:o, s:o, s:I, s:i, s:I, s:o}", "id", admin_id(outbox_item_id(item)), "client_id",
			 json_of_text(e->client_id), "session", admin_id(e->session_id), "created_at",
			 (json_int_t)e->created_at, "tries", e->tries, "due_at",
			 (json_int_t)(due_us / OUTBOX_SECOND_US), "error", json_of_text(e->error));
}

static enum step_result outbox_show(struct request *r)
{
	struct found found;
	struct error why = { 0 };
	AUTO(json) json_t *list = json_array();
	admin_of(r)->entry.event = "admin.outbox.list";
	status s = list ? find(r, OF_LIST, &found, &why) : ST_NOMEM;
	if (s != ST_OK)
		return failed(r, s, &why);
	for (size_t k = 0; k < found.n; k++)
		if (json_array_append_new(list, item_json(&found.items[k])) != 0)
			return admin_fault(r, ST_NOMEM);
	return admin_done(r, 200, json_pack("{s:O, s:b}", "entries", list, "more", (int)found.more));
}

/* ---- changing ------------------------------------------------------------------------------- */

static enum step_result change(struct request *r, bool drop)
{
	struct batch *b = admin_of(r)->batch;
	struct found found;
	struct error why = { 0 };
	status s = find(r, OF_CHANGE, &found, &why);
	if (s != ST_OK)
		return failed(r, s, &why);
	if (!found.n)
		return admin_refuse(r, 404, "not_found", "nothing waits so: it may have been heard meanwhile");
	for (size_t k = 0; k < found.n && s == ST_OK; k++) {
		if (drop)
			outbox_batch_remove(b, &found.items[k]);
		else
			s = outbox_batch_move(b, &found.items[k], r->now * OUTBOX_SECOND_US);
	}
	if (s != ST_OK)
		return admin_fault(r, s);
	return admin_done(r, 200, json_pack("{s:I, s:b}", "count", (json_int_t)found.n, "more", (int)found.more));
}

static enum step_result outbox_retry(struct request *r)
{
	admin_of(r)->entry.event = "admin.outbox.retry";
	return change(r, false);
}

static enum step_result outbox_drop(struct request *r)
{
	admin_of(r)->entry.event = "admin.outbox.drop";
	return change(r, true);
}

step_fn *const ADMIN_OUTBOX_LIST[] = { admin_read, outbox_show, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_OUTBOX_RETRY[] = { admin_write, outbox_retry, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_OUTBOX_DROP[] = { admin_write, outbox_drop, admin_commit, admin_answer, NULL };
