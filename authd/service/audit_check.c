#include "authd/service/audit_check_parts.h"

#include <stdio.h>
#include <stdlib.h>

#define NUMBER(n) ((unsigned long long)(n))

static const char *const NAMES[] = {
	[AUDIT_ALTERED] = "altered",
	[AUDIT_MISSING] = "missing",
	[AUDIT_MISPLACED] = "misplaced",
	[AUDIT_REPEATED] = "repeated",
	[AUDIT_CUT_OFF] = "cut off",
	[AUDIT_UNSIGNED] = "unsigned",
	[AUDIT_CONTRADICTED] = "contradicted",
};

const char *audit_finding_name(enum audit_finding_kind kind) { return NAMES[kind]; }

void audit_find(struct audit_check *c, enum audit_finding_kind kind, uint64_t first, uint64_t last,
		const char *format, ...)
{
	if (c->findings_n == AUDIT_FINDINGS_MAX)
		return;
	struct audit_finding *f = &c->findings[c->findings_n++];
	*f = (struct audit_finding){ .kind = kind, .first = first, .last = last };
	va_list args;
	va_start(args, format);
	vsnprintf(f->text, sizeof f->text, format, args);
	va_end(args);
}

static void altered(struct audit_check *c, uint64_t seq)
{
	if (seq > c->begin)
		audit_find(c, AUDIT_ALTERED, seq, seq, "entry %llu was altered", NUMBER(seq));
	else
		audit_find(c, AUDIT_ALTERED, seq + 1, seq + 1, "entry %llu does not follow what came before it",
			   NUMBER(seq + 1));
}

/* ---- life ------------------------------------------------------------------------------------- */

status audit_check_new(const char *issuer, struct auth_keyset *keys, int64_t now, struct audit_check **ret,
		       struct error *e)
{
	AUTO(audit_check) struct audit_check *c = calloc(1, sizeof *c);
	if (!c)
		return ST_NOMEM;
	c->now = now;
	c->findings = calloc(AUDIT_FINDINGS_MAX, sizeof *c->findings);
	if (!c->findings)
		return ST_NOMEM;
	TRY(audit_verifier_new(STATEMENT_CHECKPOINT, issuer, keys, &c->verifier, e));
	*ret = TAKE(c);
	return ST_OK;
}

void audit_check_free(struct audit_check *c)
{
	if (!c)
		return;
	auth_verifier_free(c->verifier);
	buf_done(&c->value);
	buf_done(&c->held);
	free(c->findings);
	free(c->outside);
	free(c);
}

/* ---- checkpoints ------------------------------------------------------------------------------ */

static void agree(struct audit_check *c, const struct audit_statement *said, const struct audit_digest *is)
{
	if (audit_digest_equal(&said->last.digest, is)) {
		if (said->last.seq > c->agreed)
			c->agreed = said->last.seq;
		return;
	}
	if (!c->contradicted)
		audit_find(c, AUDIT_CONTRADICTED, c->agreed + 1, said->last.seq,
			   "entry %llu is not the one that was signed at %lld: something between entry %llu and "
			   "it was changed, and the chain made anew", NUMBER(said->last.seq),
			   (long long)said->issued_at, NUMBER(c->agreed + 1));
	c->contradicted = true;
}

static status verify(struct audit_check *c, struct slice token, const char *where, uint64_t seq,
		     struct audit_statement *ret, uint64_t *counted, bool *ret_good)
{
	struct error why = { 0 };
	status s = audit_statement_verify(c->verifier, token, c->now, ret, &why);
	*ret_good = s == ST_OK;
	*counted += s == ST_OK;
	c->counts.unknown += s == ST_NOT_FOUND;
	if (s == ST_INVALID)
		audit_find(c, AUDIT_CONTRADICTED, seq, seq, "the checkpoint %s %llu is not the issuer's: %s", where,
			   NUMBER(seq), why.message);
	return is_fault(s) ? s : ST_OK;
}

static status check_checkpoint(struct audit_check *c, const struct audit_line *line)
{
	static const struct slice member = SLICE_INIT("\"checkpoint\":\"");
	struct audit_statement said;
	bool good;
	const uint8_t *at = memmem(line->entry.p, line->entry.n, member.p, member.n);
	struct slice token = at ? slice_from(line->entry, (size_t)(at - line->entry.p) + member.n) : NO_SLICE;
	token = slice_first(token, slice_find(token, '"'));
	TRY(verify(c, token, "in entry", line->seq, &said, &c->counts.checkpoints, &good));
	uint64_t seq = said.last.seq;
	if (!good || seq < c->begin || (seq == c->begin && c->begin == line->seq - 1 && !c->linked))
		return ST_OK;
	if (seq >= line->seq)
		audit_find(c, AUDIT_CONTRADICTED, line->seq, line->seq,
			   "the checkpoint in entry %llu is over a later one", NUMBER(line->seq));
	else if (line->seq - seq < AUDIT_REMEMBERED && seq > c->begin)
		agree(c, &said, &c->remembered[seq % AUDIT_REMEMBERED]);
	return ST_OK;
}

status audit_check_outside(struct audit_check *c, struct slice token)
{
	struct audit_statement said;
	bool good;
	TRY(verify(c, token, "outside, line", c->outside_n + 1, &said, &c->counts.outside, &good));
	if (!good)
		return ST_OK;
	if (c->outside_n == c->outside_room) {
		size_t room = c->outside_room ? 2 * c->outside_room : 64;
		struct audit_statement *grown = reallocarray(c->outside, room, sizeof *grown);
		if (!grown)
			return ST_NOMEM;
		c->outside = grown;
		c->outside_room = room;
	}
	c->outside[c->outside_n++] = said;
	return ST_OK;
}

static int compare_statements(const void *left, const void *right)
{
	const struct audit_statement *a = left, *b = right;
	return (a->last.seq > b->last.seq) - (a->last.seq < b->last.seq);
}

/* This entry's digest is known now. */
static void compare_outside(struct audit_check *c, uint64_t seq, const struct audit_digest *digest)
{
	while (c->outside_next < c->outside_n && c->outside[c->outside_next].last.seq < seq)
		c->outside_next++;
	for (; c->outside_next < c->outside_n && c->outside[c->outside_next].last.seq == seq; c->outside_next++)
		agree(c, &c->outside[c->outside_next], digest);
}

/* ---- links ------------------------------------------------------------------------------------ */

/* Does the last entry have this digest? */
static status link_holds(struct audit_check *c, const struct audit_digest *prev, bool *ret)
{
	struct audit_digest d = c->digest;
	if (c->value.n)
		TRY(audit_digest_of(prev->hash, buf_slice(&c->value), &d));
	*ret = audit_digest_equal(&d, prev);
	return ST_OK;
}

/*
 * A link that does not hold says that one of its two entries was altered; the next link says which. If that
 * holds, it was the first one. If not, the second: its `prev` was altered, too.
 */
static void judge(struct audit_check *c, bool holds, uint64_t next)
{
	if (c->doubtful == c->last && c->doubtful) {
		altered(c, holds ? c->last - 1 : c->last);
		c->doubtful = 0;
	} else if (!holds) {
		c->doubtful = next;
	}
}

static void unlink_last(struct audit_check *c)
{
	if (c->doubtful)
		altered(c, c->doubtful - 1);
	c->doubtful = 0;
}

static status keep(struct audit_check *c, uint64_t seq, struct slice value)
{
	c->last = seq;
	c->linked = true;
	buf_reset(&c->value);
	buf_put(&c->value, value);
	return buf_status(&c->value);
}

status audit_check_in_order(struct audit_check *c, const struct audit_line *line, struct slice value)
{
	bool holds = true;
	if (c->linked)
		TRY(link_holds(c, &line->prev, &holds));
	if (c->linked)
		judge(c, holds, line->seq);
	else
		unlink_last(c);
	c->remembered[(line->seq - 1) % AUDIT_REMEMBERED] = line->prev;
	compare_outside(c, line->seq - 1, &line->prev);
	if (slice_starts(line->entry, SLICE("{\"event\":\"audit.checkpoint\"")))
		TRY(check_checkpoint(c, line));
	if (slice_starts(line->entry, SLICE("{\"event\":\"audit.broken\""))) {
		c->counts.broken_noted++;
		c->counts.last_broken = line->seq;
	}
	return keep(c, line->seq, value);
}

/* ---- the whole -------------------------------------------------------------------------------- */

void audit_check_begin(struct audit_check *c, struct audit_chain before, bool known)
{
	c->begin = c->last = before.seq;
	c->agreed = before.seq;
	c->digest = before.digest;
	c->linked = known;
	if (c->outside_n)
		qsort(c->outside, c->outside_n, sizeof *c->outside, compare_statements);
}

/* It stands where the next entry should. */
static status unreadable(struct audit_check *c)
{
	TRY(audit_check_order_end(c));
	unlink_last(c);
	c->last++;
	c->linked = false;
	audit_find(c, AUDIT_ALTERED, c->last, c->last, "entry %llu was altered: it is no entry any more",
		   NUMBER(c->last));
	return ST_OK;
}

status audit_check_entry(struct audit_check *c, struct slice value)
{
	struct audit_line line;
	status s = audit_line_parse(value, &line);
	c->counts.entries++;
	if (s == ST_INVALID)
		return unreadable(c);
	TRY(s);
	c->counts.first_at = c->counts.first_at ? c->counts.first_at : line.at;
	c->counts.last_at = line.at;
	return audit_check_order(c, &line, value);
}

static status check_end(struct audit_check *c, const struct audit_chain *end)
{
	bool holds = true;
	if (end->seq > c->last)
		audit_find(c, AUDIT_CUT_OFF, c->last + 1, end->seq,
			   "the end was cut off: entries %llu to %llu are missing", NUMBER(c->last + 1),
			   NUMBER(end->seq));
	if (end->seq < c->last)
		audit_find(c, AUDIT_UNSIGNED, end->seq + 1, c->last,
			   "entries %llu to %llu stand behind the end, which is entry %llu", NUMBER(end->seq + 1),
			   NUMBER(c->last), NUMBER(end->seq));
	if (end->seq != c->last || !c->linked) {
		unlink_last(c);
		return ST_OK;
	}
	TRY(link_holds(c, &end->digest, &holds));
	bool judged = c->doubtful;
	judge(c, holds, 0);
	if (!holds && !judged)
		altered(c, c->last);
	return ST_OK;
}

/* Those over the last entry, and those over entries that are not there. */
static status end_outside(struct audit_check *c, bool all)
{
	while (c->outside_next < c->outside_n) {
		const struct audit_statement *said = &c->outside[c->outside_next++];
		struct audit_digest d = c->digest;
		if (said->last.seq > c->last && !all)
			return ST_OK;
		if (said->last.seq > c->last) {
			audit_find(c, AUDIT_CONTRADICTED, c->last + 1, said->last.seq,
				   "older records were put back: entry %llu was signed at %lld, the last one is %llu",
				   NUMBER(said->last.seq), (long long)said->issued_at, NUMBER(c->last));
			return ST_OK;
		}
		if (said->last.seq < c->last || !c->linked)
			continue;
		if (c->value.n)
			TRY(audit_digest_of(said->last.digest.hash, buf_slice(&c->value), &d));
		agree(c, said, &d);
	}
	return ST_OK;
}

static int compare_findings(const void *left, const void *right)
{
	const struct audit_finding *a = left, *b = right;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (int)a->kind - (int)b->kind;
}

status audit_check_end(struct audit_check *c, const struct audit_chain *end, bool all)
{
	TRY(audit_check_order_end(c));
	if (end)
		TRY(check_end(c, end));
	unlink_last(c);
	if (end)
		TRY(end_outside(c, all));
	qsort(c->findings, c->findings_n, sizeof *c->findings, compare_findings);
	return ST_OK;
}

const struct audit_finding *audit_check_findings(const struct audit_check *c, size_t *ret_n)
{
	*ret_n = c->findings_n;
	return c->findings;
}

struct audit_check_counts audit_check_counts(const struct audit_check *c) { return c->counts; }
uint64_t audit_check_last(const struct audit_check *c) { return c->last; }
