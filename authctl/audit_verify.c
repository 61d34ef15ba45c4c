/* authctl audit verify */
#include "authctl/audit.h"
#include "authctl/commands.h"

#include <stdlib.h>
#include <time.h>

static const struct flag FLAGS[] = {
	{ "from", FLAG_TEXT, "N", "the first entry to look at (the first that there is)" },
	{ "to", FLAG_TEXT, "N", "the last one (the last that there is)" },
	{ "file", FLAG_TEXT, "EXPORT", "verify what \"audit export\" has written: no authd, no network" },
	{ "jwks", FLAG_TEXT, "FILE", "the issuer's keys, from a source that you trust (the export's own; authd's)" },
	{ "checkpoints", FLAG_TEXT, "FILE", "with --file: a copy of the file of checkpoints" },
};

/* ---- an export ---------------------------------------------------------------------------------- */

static enum exit_code verify_file(struct ctl *c, const char *path)
{
	AUTO_AUDIT_FILE struct audit_file f = { 0 };
	AUTO(audit_check) struct audit_check *check = NULL;
	const char *jwks = flag_text(c, "jwks");
	if (flag_given(c, "from") || flag_given(c, "to"))
		return ctl_fail(c, USAGE, "--from and --to go without --file");
	enum exit_code code = audit_file_open(c, path, &f);
	if (code == DONE)
		code = audit_file_check(c, &f, jwks, flag_text(c, "checkpoints"), &check);
	if (code != DONE)
		return code;
	return audit_report(c, check, (uint64_t)json_integer_value(json_object_get(f.header, "first")),
			    jwks ? "the end is sealed by the issuer"
				 : "the end is sealed by a key that stands in the export itself: --jwks names "
				   "better ones");
}

/* ---- the running authd ---------------------------------------------------------------------------- */

static enum exit_code number(const struct ctl *c, const char *flag, uint64_t absent, uint64_t *ret)
{
	const char *text = flag_text(c, flag);
	char *end;
	*ret = absent;
	if (!text)
		return DONE;
	unsigned long long n = strtoull(text, &end, 10);
	*ret = n;
	return *end || !n || text[0] == '-' ? ctl_fail(c, USAGE, "--%s is the number of an entry", flag) : DONE;
}

static enum exit_code begin(struct ctl *c, struct audit_check **ret)
{
	AUTO(json) json_t *evidence = NULL;
	AUTO(auth_keyset) struct auth_keyset *keys = NULL;
	struct error why = { 0 };
	json_t *token;
	size_t i;
	enum exit_code code = audit_evidence(c, &evidence);
	if (code == DONE)
		code = audit_keys(c, json_object_get(evidence, "jwks"), flag_text(c, "jwks"), &keys);
	if (code != DONE)
		return code;
	const char *issuer = json_string_value(json_object_get(evidence, "issuer"));
	status s = audit_check_new(issuer, keys, time(NULL), ret, &why);
	json_array_foreach(json_object_get(evidence, "checkpoints"), i, token)
		if (s == ST_OK && !flag_given(c, "to"))
			s = audit_check_outside(*ret, slice_str(json_string_value(token)));
	return s == ST_OK ? DONE : ctl_failed(c, s, &why);
}

/* Give the lines of a page to the check. *ret_end: --to is reached. */
static enum exit_code take_page(struct ctl *c, struct audit_check *check, const json_t *lines, uint64_t to,
				bool *ret_end)
{
	json_t *line;
	size_t i;
	json_array_foreach(lines, i, line) {
		struct audit_line parsed;
		struct slice text = slice_of(json_string_value(line), json_string_length(line));
		*ret_end = audit_line_parse(text, &parsed) == ST_OK && parsed.seq > to;
		if (*ret_end)
			return DONE;
		if (audit_check_entry(check, text) != ST_OK)
			return ctl_nomem(c);
	}
	return DONE;
}

/* With a first entry in the middle, the one before it is not there to be compared. */
static void begin_at(struct audit_check *check, const struct audit_pages *p, uint64_t from)
{
	bool whole = from <= p->pruned.seq + 1;
	struct audit_chain before = p->pruned;
	if (!whole)
		before = (struct audit_chain){ .seq = from - 1 };
	audit_check_begin(check, before, whole && !p->head_fault);
}

static enum exit_code read_all(struct ctl *c, struct audit_check *check, struct audit_pages *p, uint64_t from,
			       uint64_t to)
{
	struct progress progress;
	const json_t *lines = NULL;
	bool begun = false, end = false;
	enum exit_code code;
	progress_begin(&progress, -1);
	while ((code = audit_next(c, p, &lines)) == DONE) {
		uint64_t first = p->pruned.seq;
		if (!begun) {
			begin_at(check, p, from);
			uint64_t last = to < p->head.seq ? to : p->head.seq;
			progress_step(&progress, "verifying", (int64_t)(last - first));
		}
		begun = true;
		code = take_page(c, check, lines, to, &end);
		progress_show(&progress, (int64_t)(audit_check_last(check) - first),
			      (int64_t)audit_check_counts(check).entries);
		if (code != DONE || end || !json_array_size(lines))
			break;
	}
	progress_end(&progress);
	return code;
}

static enum exit_code verify_running(struct ctl *c)
{
	AUTO_AUDIT_PAGES struct audit_pages p = { 0 };
	AUTO(audit_check) struct audit_check *check = NULL;
	uint64_t from, to;
	enum exit_code code = number(c, "from", 1, &from);
	if (code == DONE)
		code = number(c, "to", UINT64_MAX, &to);
	if (code == DONE && flag_given(c, "checkpoints"))
		code = ctl_fail(c, USAGE, "--checkpoints goes with --file: authd has its own");
	if (code == DONE)
		code = begin(c, &check);
	p.after = (int64_t)from - 1;
	if (code == DONE)
		code = read_all(c, check, &p, from, to);
	if (code != DONE)
		return code;
	bool ends = to == UINT64_MAX && !p.head_fault;
	status s = audit_check_end(check, ends ? &p.head : NULL, ends);
	if (s != ST_OK)
		return ctl_failed(c, s, NULL);
	uint64_t first = from > p.pruned.seq ? from : p.pruned.seq + 1;
	const char *by = ends ? "authd's head agrees with the end" : "the end was not looked at";
	code = audit_report(c, check, first, by);
	if (!p.head_fault)
		return code;
	return ctl_fail(c, REFUSED, "the head is %s: whether the end was cut off, only the checkpoints can tell",
			p.head_fault);
}

static enum exit_code audit_verify(struct ctl *c)
{
	const char *path = flag_text(c, "file");
	return path ? verify_file(c, path) : verify_running(c);
}

const struct command AUDIT_VERIFY = {
	.words = "audit verify",
	.summary = "See whether the audit is whole, and where it is not",
	.help = "Each entry holds the hash of the one before. What was altered, taken out, moved or put in is\n"
		"named with its number; so is an end that was cut off, by the head that authd keeps, and records\n"
		"that were put back as a whole, by the checkpoints in audit.checkpoints_file, of which the newest\n"
		"thousand or so are looked at. Then it ends with 1. It reads while authd serves.\n"
		"\n"
		"  $ authctl audit verify\n"
		"  Entries 1 to 104233, 2026-11-01T00:00:00+08:00 to 2026-11-23T09:30:00+08:00\n"
		"  541 checkpoints hold, and 541 that are kept outside; authd's head agrees with the end.\n"
		"  The audit is whole.\n"
		"\n"
		"An export is verified anywhere. Whose keys they are, no file can say of itself: bring them.\n"
		"\n"
		"  $ authctl audit verify --file audit-2026-10.jsonl --jwks archive.json\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = audit_verify,
};
