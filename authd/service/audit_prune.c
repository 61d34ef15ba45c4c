#include "authd/service/audit_prune.h"

#include "authd/service/audit_checkpoints.h"
#include "authd/service/foreign_jwt.h"

/* Of one transaction. */
enum { STEP = 4096 };

static status no_entry(struct error *e, uint64_t seq)
{
	return error_set(e, ST_NOT_FOUND, "there is no entry %llu", (unsigned long long)seq);
}

static status get_line(struct issuer *is, uint64_t seq, struct arena *a, struct slice *ret_value,
		       struct audit_line *ret, struct error *e)
{
	status s = audit_entry_get(is, seq, a, ret_value);
	if (s == ST_NOT_FOUND)
		return no_entry(e, seq);
	TRY(s);
	if (audit_line_parse(*ret_value, ret) != ST_OK)
		return error_set(e, ST_NOT_FOUND, "entry %llu is damaged", (unsigned long long)seq);
	return ST_OK;
}

/* ---- the seal -------------------------------------------------------------------------------- */

status audit_export_seal(struct issuer *is, uint64_t first, uint64_t last, int64_t now, struct arena *a,
			 struct slice *ret_seal, struct error *e)
{
	struct slice value;
	struct audit_line line;
	struct audit_statement s = { .issued_at = now, .last.seq = last, .before.seq = first - 1 };
	TRY(get_line(is, first, a, &value, &line, e));
	s.before.digest = line.prev;
	TRY(get_line(is, last, a, &value, &line, e));
	TRY(audit_digest_of(line.prev.hash, value, &s.last.digest));
	return audit_statement_sign(is, STATEMENT_EXPORT, &s, a, ret_seal);
}

static status open_seal(struct issuer *is, struct slice seal, int64_t now, struct audit_statement *ret,
			struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	AUTO(auth_keyset) struct auth_keyset *keys = NULL;
	AUTO(auth_verifier) struct auth_verifier *v = NULL;
	struct slice archive;
	struct error why = { 0 };
	TRY(keys_archive(is->keys, &a, &archive));
	TRY(status_of_auth(auth_keyset_from_json(archive.p, archive.n, &keys, NULL)));
	TRY(audit_verifier_new(STATEMENT_EXPORT, is->conf->issuer, keys, &v, e));
	status s = audit_statement_verify(v, seal, now, ret, &why);
	if (is_fault(s))
		return s;
	return s == ST_OK ? s : error_set(e, ST_INVALID, "the export's seal is not this issuer's: %s", why.message);
}

/* ---- pruning ---------------------------------------------------------------------------------- */

/* Is the last entry of the export still the one here? */
static status compare(struct issuer *is, const struct audit_statement *s, struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	struct slice value;
	struct audit_line line;
	struct audit_digest digest;
	TRY(get_line(is, s->last.seq, &a, &value, &line, e));
	TRY(audit_digest_of(s->last.digest.hash, value, &digest));
	if (audit_digest_equal(&digest, &s->last.digest))
		return ST_OK;
	return error_set(e, ST_INVALID, "entry %llu is not the exported one", (unsigned long long)s->last.seq);
}

/* The last entry, at most STEP from `from` on and at most `last`, that is old enough; `from` if none is. */
static status find_step(struct issuer *is, uint64_t from, uint64_t last, int64_t before, uint64_t *ret,
			struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	uint64_t at = from;
	for (; at < last && at - from < STEP; at++) {
		struct slice value;
		struct audit_line line;
		arena_reset(&a);
		TRY(get_line(is, at + 1, &a, &value, &line, e));
		if (line.at >= before)
			break;
	}
	*ret = at;
	return ST_OK;
}

static status prune_step(struct issuer *is, uint64_t seq)
{
	AUTO_ARENA struct arena a = { 0 };
	struct batch *b = batch_new(&a);
	if (!b)
		return ST_NOMEM;
	batch_audit_prune(b, seq);
	return records_commit_wait(is->records, b);
}

static status read_head(struct issuer *is, struct audit_head *ret, struct error *e)
{
	status s = audit_head_get(is, ret);
	if (s == ST_NOT_FOUND || s == ST_INVALID)
		return error_set(e, ST_INVALID, "the audit has no head of this issuer: look at it with "
						"\"audit verify\"");
	return s;
}

static status check_place(const struct audit_statement *s, const struct audit_head *head, struct error *e)
{
	unsigned long long first = s->before.seq + 1, last = s->last.seq, pruned = head->pruned.seq;
	if (s->before.seq > head->pruned.seq)
		return error_set(e, ST_INVALID, "the export begins with entry %llu, the audit with %llu", first,
				 pruned + 1);
	if (last <= pruned)
		return error_set(e, ST_INVALID, "entry %llu and all before it have left already", last);
	/* The last entry of all is what the next one goes on from. */
	if (last >= head->last.seq)
		return error_set(e, ST_INVALID, "the export holds the last entry of all, which cannot leave");
	return ST_OK;
}

status audit_prune(struct issuer *is, struct slice seal, int64_t now, struct audit_chain *ret_before,
		   struct audit_chain *ret_after, struct error *e)
{
	struct audit_statement s;
	struct audit_head head;
	int64_t before = now - is->conf->audit.keep_s;
	TRY(open_seal(is, seal, now, &s, e));
	TRY(read_head(is, &head, e));
	TRY(check_place(&s, &head, e));
	TRY(compare(is, &s, e));
	uint64_t first = head.pruned.seq, at = first, next;
	struct audit_chain began = head.pruned;
	for (;; at = next) {
		TRY(find_step(is, at, s.last.seq, before, &next, e));
		if (next == at)
			break;
		TRY(prune_step(is, next));
	}
	if (at == first)
		return error_set(e, ST_INVALID, "nothing in the export is older than %lld days (audit.keep)",
				 (long long)(is->conf->audit.keep_s / 86400));
	TRY(read_head(is, &head, e));
	*ret_before = began;
	*ret_after = head.pruned;
	return ST_OK;
}
