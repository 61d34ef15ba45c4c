/*
 * POST /admin/v1/audit/read      {"after": entry} or {"since": time} or {"last": how many}, "ticket": ...
 * GET  /admin/v1/audit/evidence  what verifies it: issuer, keys, the checkpoints that are kept outside
 * POST /admin/v1/audit/seal      {"first": entry, "last": entry}: signed, for an export
 * POST /admin/v1/audit/prune     {"seal": ...}: what was exported and is old enough leaves
 *
 * Who reads on shows the ticket of the answer before, and that is not in the audit again for a while:
 * else to watch the audit would fill it.
 */
#include "authd/endpoint/admin.h"

#include "authd/service/audit_checkpoints.h"
#include "authd/service/audit_prune.h"
#include "authd/service/audit_ticket.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

enum { PAGE_BYTES = 1 << 20, CHECKPOINTS_BYTES = 1 << 20 };

static json_t *json_of_end(const struct audit_chain *end)
{
	AUTO_BUF struct buf digest = { 0 };
	audit_digest_put(&digest, &end->digest);
	return json_pack("{s:I, s:o}", "seq", (json_int_t)end->seq, "hash", json_of_text(buf_slice(&digest)));
}

static enum step_result failed(struct request *r, status s, const struct error *why)
{
	if (s == ST_INVALID || s == ST_NOT_FOUND)
		return admin_refuse(r, 400, "invalid_request", "%s", why->message);
	return admin_fault(r, s);
}

/* ---- reading ---------------------------------------------------------------------------------- */

struct reading {
	int64_t after, since, last;
	struct slice ticket;
	bool known; /* by the ticket: goes on with what is in the audit already */
};

static const struct json_field READING[] = {
	{ "after", FIELD_SECONDS, offsetof(struct reading, after) },
	{ "since", FIELD_SECONDS, offsetof(struct reading, since) },
	{ "last", FIELD_SECONDS, offsetof(struct reading, last) },
	{ "ticket", FIELD_TEXT, offsetof(struct reading, ticket) },
};

struct page {
	json_t *lines;
	size_t bytes;
	bool failed;
};

static bool add_line(void *context, struct slice key, struct record record)
{
	struct page *p = context;
	(void)key;
	json_t *line = json_stringn((const char *)record.value.p, record.value.n);
	p->failed = json_array_append_new(p->lines, line) != 0;
	p->bytes += record.value.n;
	return !p->failed && p->bytes < PAGE_BYTES;
}

/* The entry before the first that is at least so young; the clock goes forward. */
static status find_since(struct issuer *is, const struct audit_head *head, int64_t since, uint64_t *ret)
{
	AUTO_ARENA struct arena a = { 0 };
	uint64_t low = head->pruned.seq, high = head->last.seq;
	while (low < high) {
		uint64_t middle = low + (high - low + 1) / 2;
		struct slice value;
		struct audit_line line = { 0 };
		arena_reset(&a);
		status s = audit_entry_get(is, middle, &a, &value);
		if (is_fault(s))
			return s;
		bool young = s == ST_OK && audit_line_parse(value, &line) == ST_OK && line.at >= since;
		if (young)
			high = middle - 1;
		else
			low = middle;
	}
	*ret = low;
	return ST_OK;
}

static status find_start(struct request *r, const struct reading *in, uint64_t *ret)
{
	struct audit_head head = { 0 };
	status s = audit_head_get(r->issuer, &head);
	if (is_fault(s))
		return s;
	*ret = (uint64_t)in->after;
	if (in->since)
		return find_since(r->issuer, &head, in->since, ret);
	if (in->last)
		*ret = head.last.seq > (uint64_t)in->last ? head.last.seq - (uint64_t)in->last : 0;
	return ST_OK;
}

/* The head is read behind the entries, so that none of them can be younger. */
static status read_page(struct request *r, const struct reading *in, json_t **ret)
{
	uint64_t start;
	uint8_t after[AUDIT_KEY_SIZE];
	struct audit_head head = { 0 };
	AUTO(json) json_t *lines = json_array();
	struct page p = { .lines = lines };
	struct slice ticket;
	if (!lines)
		return ST_NOMEM;
	TRY(find_start(r, in, &start));
	put_u64(after, start);
	TRY(records_scan(r->issuer->records, TABLE_AUDIT, NO_SLICE, slice_of(after, sizeof after), SIZE_MAX, add_line,
			 &p));
	if (p.failed)
		return ST_NOMEM;
	status s = audit_head_get(r->issuer, &head);
	if (is_fault(s))
		return s;
	TRY(audit_ticket_make(r->issuer, r->peer_uid, r->now, &r->arena, &ticket));
	*ret = json_pack("{s:O, s:I, s:s*, s:o, s:o, s:o}", "lines", lines, "after", (json_int_t)start, "head_fault",
			 s == ST_OK ? NULL : s == ST_NOT_FOUND ? "missing" : "forged", "head", json_of_end(&head.last),
			 "pruned", json_of_end(&head.pruned), "ticket",
			 json_of_text(in->known ? in->ticket : ticket));
	return *ret ? ST_OK : ST_NOMEM;
}

static enum step_result audit_read(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct reading *in = ad->work = arena_new(&r->arena, struct reading);
	struct error why = { 0 };
	json_t *answer = NULL;
	ad->entry.event = "admin.audit.read";
	if (!in)
		return admin_fault(r, ST_NOMEM);
	status s = admin_read_body(r, READING, COUNT_OF(READING), in, &why);
	if (s == ST_OK)
		s = audit_ticket_check(r->issuer, r->peer_uid, r->now, in->ticket, &in->known);
	if (s == ST_OK)
		s = read_page(r, in, &answer);
	if (s != ST_OK)
		return failed(r, s, &why);
	return admin_done(r, 200, answer);
}

static enum step_result commit_unless_known(struct request *r)
{
	struct reading *in = admin_of(r)->work;
	if (!in->known)
		return admin_commit(r);
	r->op.status = ST_OK;
	return STEP_NEXT;
}

/* ---- evidence --------------------------------------------------------------------------------- */

static status put_checkpoints(struct request *r, json_t *list, struct error *e)
{
	AUTO_BUF struct buf text = { 0 };
	TRY(audit_checkpoints_read(r->issuer, CHECKPOINTS_BYTES, &text, e));
	for (struct slice rest = buf_slice(&text); rest.n;) {
		struct slice line = slice_first(rest, slice_find(rest, '\n'));
		rest = slice_from(rest, line.n + 1);
		if (json_array_append_new(list, json_stringn((const char *)line.p, line.n)) != 0)
			return ST_INVALID;
	}
	return ST_OK;
}

static enum step_result audit_evidence(struct request *r)
{
	AUTO(json) json_t *list = json_array(), *jwks = NULL;
	struct error why = { 0 };
	struct slice archive;
	admin_of(r)->entry.event = "admin.audit.evidence";
	status s = list ? put_checkpoints(r, list, &why) : ST_NOMEM;
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "the file of checkpoints is no text");
	if (s == ST_OK)
		s = keys_archive(r->issuer->keys, &r->arena, &archive);
	if (s == ST_OK)
		s = json_object_read(archive, &jwks, &why);
	if (s != ST_OK)
		return admin_fault(r, s == ST_INVALID ? ST_CORRUPT : s);
	return admin_done(r, 200, json_pack("{s:o, s:O, s:O}", "issuer", json_of_text(r->issuer->iss), "jwks", jwks,
					    "checkpoints", list));
}

/* ---- an export's seal --------------------------------------------------------------------------- */

struct sealing {
	int64_t first, last;
};

static const struct json_field SEALING[] = {
	{ "first", FIELD_SECONDS, offsetof(struct sealing, first) },
	{ "last", FIELD_SECONDS, offsetof(struct sealing, last) },
};

static enum step_result audit_seal(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct sealing in = { 0 };
	struct error why = { 0 };
	struct slice seal;
	ad->entry.event = "admin.audit.export";
	status s = admin_read_body(r, SEALING, COUNT_OF(SEALING), &in, &why);
	if (s == ST_OK && (in.first < 1 || in.last < in.first))
		s = error_set(&why, ST_INVALID, "first and last: the numbers of two entries");
	ad->entry.count = in.last - in.first + 1;
	if (s == ST_OK)
		s = audit_export_seal(r->issuer, (uint64_t)in.first, (uint64_t)in.last, r->now, &r->arena, &seal, &why);
	if (s != ST_OK)
		return failed(r, s, &why);
	ad->entry.detail = arena_format(&r->arena, "entries %lld to %lld", (long long)in.first, (long long)in.last);
	return admin_done(r, 200, json_pack("{s:o}", "seal", json_of_text(seal)));
}

/* ---- pruning ------------------------------------------------------------------------------------ */

struct pruning {
	struct slice seal;

	struct issuer *issuer;
	int64_t now;
	struct audit_chain before, after;
	struct error why;
};

static const struct json_field PRUNING[] = {
	{ "seal", FIELD_TEXT, offsetof(struct pruning, seal) },
};

static status prune(void *context)
{
	struct pruning *p = context;
	return audit_prune(p->issuer, p->seal, p->now, &p->before, &p->after, &p->why);
}

static enum step_result prune_begin(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct pruning *p = ad->work = arena_new(&r->arena, struct pruning);
	struct error why = { 0 };
	ad->entry.event = "admin.audit.prune";
	if (!p)
		return admin_fault(r, ST_NOMEM);
	status s = admin_read_body(r, PRUNING, COUNT_OF(PRUNING), p, &why);
	if (s != ST_OK)
		return failed(r, s, &why);
	p->issuer = r->issuer;
	p->now = r->now;
	return admin_run(r, prune, p);
}

static enum step_result prune_end(struct request *r)
{
	struct admin *ad = admin_of(r);
	struct pruning *p = ad->work;
	AUTO_BUF struct buf digest = { 0 };
	ad->entry.count = (int64_t)(p->after.seq - p->before.seq);
	if (r->op.status != ST_OK)
		return failed(r, r->op.status, &p->why);
	audit_digest_put(&digest, &p->after.digest);
	ad->entry.detail = arena_format(&r->arena, "until entry %llu, %.*s", (unsigned long long)p->after.seq,
					SLICE_FMT(buf_slice(&digest)));
	return admin_done(r, 200, json_pack("{s:I, s:o}", "count", (json_int_t)ad->entry.count, "pruned",
					    json_of_end(&p->after)));
}

step_fn *const ADMIN_AUDIT_READ[] = { admin_read, audit_read, commit_unless_known, admin_answer, NULL };
step_fn *const ADMIN_AUDIT_EVIDENCE[] = { admin_read, audit_evidence, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_AUDIT_SEAL[] = { admin_read, audit_seal, admin_commit, admin_answer, NULL };
step_fn *const ADMIN_AUDIT_PRUNE[] = { admin_write, prune_begin, prune_end, admin_commit, admin_answer, NULL };
