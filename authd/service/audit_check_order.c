/* The numbers of entries: which are missing, which stand elsewhere, which come twice. */
#include "authd/service/audit_check_parts.h"

#include <stdio.h>

#define NUMBER(n) ((unsigned long long)(n))

/* ---- numbers that stood too early ------------------------------------------------------------ */

static bool take_stray(struct audit_check *c, uint64_t seq)
{
	for (size_t k = 0; k < c->strays_n; k++) {
		if (c->strays[k] != seq)
			continue;
		c->strays[k] = c->strays[--c->strays_n];
		return true;
	}
	return false;
}

static void add_stray(struct audit_check *c, uint64_t seq, uint64_t before)
{
	audit_find(c, AUDIT_MISPLACED, seq, seq, "entry %llu stands before entry %llu", NUMBER(seq),
		   NUMBER(before));
	if (c->strays_n < AUDIT_STRAYS_MAX)
		c->strays[c->strays_n++] = seq;
}

/* ---- gaps: findings that may be filled yet ----------------------------------------------------- */

static void say_missing(struct audit_finding *f)
{
	if (f->first == f->last)
		snprintf(f->text, sizeof f->text, "entry %llu is missing", NUMBER(f->first));
	else
		snprintf(f->text, sizeof f->text, "entries %llu to %llu are missing", NUMBER(f->first),
			 NUMBER(f->last));
}

static void add_gap(struct audit_check *c, uint64_t first, uint64_t last)
{
	size_t n = c->findings_n;
	audit_find(c, AUDIT_MISSING, first, last, "missing");
	if (c->findings_n > n)
		say_missing(&c->findings[n]);
}

/* From `first` on, but for those that stood too early. */
static void skip_to(struct audit_check *c, uint64_t first, uint64_t next)
{
	uint64_t at = first;
	if (next - first > AUDIT_STRAYS_MAX) {
		add_gap(c, first, next - 1);
		return;
	}
	for (uint64_t seq = first; seq < next; seq++) {
		if (!take_stray(c, seq))
			continue;
		if (at < seq)
			add_gap(c, at, seq - 1);
		at = seq + 1;
	}
	if (at < next)
		add_gap(c, at, next - 1);
}

/* Was it missing? Then it is no more, and the gap shrinks, or falls into two. */
static bool fill_gap(struct audit_check *c, uint64_t seq)
{
	for (size_t k = 0; k < c->findings_n; k++) {
		struct audit_finding *f = &c->findings[k];
		if (f->kind != AUDIT_MISSING || seq < f->first || seq > f->last)
			continue;
		uint64_t first = f->first, last = f->last;
		*f = c->findings[--c->findings_n];
		if (first < seq)
			add_gap(c, first, seq - 1);
		if (seq < last)
			add_gap(c, seq + 1, last);
		return true;
	}
	return false;
}

/* ---- one entry -------------------------------------------------------------------------------- */

/* It follows, with others missing in between. */
static status jump(struct audit_check *c, const struct audit_line *line, struct slice value)
{
	skip_to(c, c->last + 1, line->seq);
	c->linked = false;
	return audit_check_in_order(c, line, value);
}

static status behind(struct audit_check *c, uint64_t seq)
{
	if (fill_gap(c, seq))
		audit_find(c, AUDIT_MISPLACED, seq, seq, "entry %llu stands behind entry %llu", NUMBER(seq),
			   NUMBER(c->last));
	else
		audit_find(c, AUDIT_REPEATED, seq, seq, "a second entry %llu stands behind entry %llu",
			   NUMBER(seq), NUMBER(c->last));
	return ST_OK;
}

static bool all_strayed(struct audit_check *c, uint64_t first, uint64_t next)
{
	for (uint64_t seq = first; seq < next; seq++) {
		bool found = false;
		for (size_t k = 0; k < c->strays_n && !found; k++)
			found = c->strays[k] == seq;
		if (!found)
			return false;
	}
	return true;
}

static status hold(struct audit_check *c, struct slice value)
{
	buf_reset(&c->held);
	buf_put(&c->held, value);
	c->is_held = true;
	return buf_status(&c->held);
}

/* The held entry goes where it stands; those before it are missing. */
static status release(struct audit_check *c)
{
	struct audit_line line;
	if (!c->is_held)
		return ST_OK;
	c->is_held = false;
	TRY(audit_line_parse(buf_slice(&c->held), &line));
	return jump(c, &line, buf_slice(&c->held));
}

/* Is this where the chain goes on, so that the held entry was out of its place? */
static status settle(struct audit_check *c, uint64_t seq)
{
	struct audit_line held;
	if (!c->is_held)
		return ST_OK;
	TRY(audit_line_parse(buf_slice(&c->held), &held));
	if (seq == held.seq + 1 || seq <= c->last || seq > c->last + 2)
		return release(c);
	c->is_held = false;
	add_stray(c, held.seq, seq);
	return ST_OK;
}

status audit_check_order(struct audit_check *c, const struct audit_line *line, struct slice value)
{
	bool was_held = c->is_held;
	TRY(settle(c, line->seq));
	if (line->seq <= c->last)
		return behind(c, line->seq);
	if (line->seq == c->last + 1)
		return audit_check_in_order(c, line, value);
	if (was_held || all_strayed(c, c->last + 1, line->seq))
		return jump(c, line, value);
	return hold(c, value);
}

status audit_check_order_end(struct audit_check *c) { return release(c); }
