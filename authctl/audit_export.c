/* authctl audit export */
#include "authctl/audit.h"
#include "authctl/commands.h"
#include "authctl/print.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static const struct flag FLAGS[] = {
	{ "since", FLAG_TEXT, "TIME", "the first entries of this time (all that there are)" },
	{ "until", FLAG_TEXT, "TIME", "up to entries of this time (now)" },
};

struct export {
	struct audit_pages pages;
	FILE *out;
	const char *path, *temporary;
	int64_t until;
	uint64_t first, last; /* 0: nothing yet */
};

static enum exit_code put(struct ctl *c, struct export *x, struct slice text)
{
	bool good = fwrite(text.p, 1, text.n, x->out) == text.n && putc('\n', x->out) != EOF;
	return good ? DONE : ctl_fail(c, REFUSED, "%s: %s", x->temporary, strerror(errno));
}

/* Takes it over. */
static enum exit_code put_json(struct ctl *c, struct export *x, json_t *json)
{
	AUTO(json) json_t *taken = json;
	AUTO(mem) void *text = taken ? json_dumps(taken, JSON_COMPACT) : NULL;
	return text ? put(c, x, slice_str(text)) : ctl_nomem(c);
}

static enum exit_code put_line(struct ctl *c, struct export *x, const char *issuer, struct slice line, bool *ret_end)
{
	struct audit_line parsed;
	if (audit_line_parse(line, &parsed) != ST_OK && !x->first)
		return ctl_fail(c, REFUSED, "the first entry is damaged: see \"audit verify\"");
	if (audit_line_parse(line, &parsed) == ST_OK) {
		*ret_end = parsed.at >= x->until;
		if (*ret_end)
			return DONE;
		if (!x->first) {
			enum exit_code code = put_json(c, x, json_pack("{s:i, s:s, s:I}", "audit_export", 1, "issuer",
								      issuer, "first", (json_int_t)parsed.seq));
			if (code != DONE)
				return code;
			x->first = parsed.seq;
		}
		x->last = parsed.seq;
	}
	return put(c, x, line);
}

static enum exit_code put_entries(struct ctl *c, struct export *x, const char *issuer)
{
	struct progress progress;
	const json_t *lines = NULL;
	int64_t n = 0;
	bool end = false;
	enum exit_code code = DONE;
	progress_begin(&progress, -1);
	while (code == DONE && !end && (code = audit_next(c, &x->pages, &lines)) == DONE && json_array_size(lines)) {
		json_t *line;
		size_t i;
		progress_step(&progress, "exporting", (int64_t)x->pages.head.seq - x->pages.begun_after);
		json_array_foreach(lines, i, line) {
			struct slice text = slice_of(json_string_value(line), json_string_length(line));
			if (code == DONE && !end)
				code = put_line(c, x, issuer, text, &end);
			n++;
		}
		progress_show(&progress, n, n);
	}
	progress_end(&progress);
	if (code == DONE && !x->first)
		return ctl_fail(c, REFUSED, "there are no entries of that time");
	return code;
}

static enum exit_code put_seal(struct ctl *c, struct export *x, json_t *jwks)
{
	AUTO(json) json_t *answer = NULL;
	json_t *body = json_pack("{s:I, s:I}", "first", (json_int_t)x->first, "last", (json_int_t)x->last);
	enum exit_code code = body ? ctl_call(c, "/admin/v1/audit/seal", body, &answer) : ctl_nomem(c);
	if (code != DONE)
		return code;
	code = put_json(c, x, json_pack("{s:O, s:O}", "seal", json_object_get(answer, "seal"), "jwks", jwks));
	if (code == DONE && (fflush(x->out) != 0 || fsync(fileno(x->out)) != 0))
		code = ctl_fail(c, REFUSED, "%s: %s", x->temporary, strerror(errno));
	return code;
}

static enum exit_code fill(struct ctl *c, struct export *x)
{
	AUTO(json) json_t *evidence = NULL;
	enum exit_code code = audit_evidence(c, &evidence);
	if (code == DONE)
		code = put_entries(c, x, json_string_value(json_object_get(evidence, "issuer")));
	return code == DONE ? put_seal(c, x, json_object_get(evidence, "jwks")) : code;
}

/* What cannot be verified is of use to an auditor all the same: the file stays, and the end says so. */
static enum exit_code look(struct ctl *c, const struct export *x)
{
	AUTO_AUDIT_FILE struct audit_file f = { 0 };
	AUTO(audit_check) struct audit_check *check = NULL;
	size_t findings;
	enum exit_code code = audit_file_open(c, x->path, &f);
	if (code == DONE)
		code = audit_file_check(c, &f, NULL, NULL, &check);
	if (code != DONE)
		return code;
	(void)audit_check_findings(check, &findings);
	if (findings)
		return ctl_fail(c, REFUSED, "%s is written, but the audit is not whole: see "
				"\"audit verify --file\"", x->path);
	struct audit_check_counts n = audit_check_counts(check);
	if (c->json) {
		AUTO(json) json_t *answer = json_pack("{s:s, s:I, s:I, s:I}", "file", x->path, "entries",
						      (json_int_t)n.entries, "first", (json_int_t)x->first, "last",
						      (json_int_t)x->last);
		print_json(answer);
		return DONE;
	}
	printf("Exported entries %llu to %llu to %s; they verify.\n", (unsigned long long)x->first,
	       (unsigned long long)x->last, x->path);
	return DONE;
}

static enum exit_code write_file(struct ctl *c, struct export *x)
{
	int fd = open(x->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	x->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!x->out)
		return ctl_fail(c, REFUSED, "%s: %s", x->temporary, strerror(errno));
	enum exit_code code = fill(c, x);
	if (fclose(x->out) != 0 && code == DONE)
		code = ctl_fail(c, REFUSED, "%s: %s", x->temporary, strerror(errno));
	if (code == DONE && rename(x->temporary, x->path) != 0)
		code = ctl_fail(c, REFUSED, "%s: %s", x->path, strerror(errno));
	if (code != DONE)
		(void)unlink(x->temporary);
	return code;
}

static enum exit_code audit_export(struct ctl *c)
{
	struct export x = { .path = c->args[0], .until = time(NULL) + 1 };
	int64_t now = time(NULL);
	enum exit_code code = audit_time(c, "since", now, &x.pages.since);
	if (code == DONE)
		code = audit_time(c, "until", now, &x.until);
	if (code != DONE)
		return code;
	x.temporary = (const char *)arena_format(&c->arena, "%s.%ld", x.path, (long)getpid()).p;
	if (!x.temporary)
		return ctl_nomem(c);
	code = write_file(c, &x);
	audit_pages_done(&x.pages);
	return code == DONE ? look(c, &x) : code;
}

const struct command AUDIT_EXPORT = {
	.words = "audit export",
	.arguments = "FILE",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Write entries of the audit to a signed file that can be verified alone",
	.help = "A line each, as they are stored, checkpoints among them; then a seal by the issuer's key over\n"
		"where they begin and end, and the keys. It is verified before it is called done. Archives take\n"
		"it; \"audit prune\" asks for it.\n"
		"\n"
		"  $ authctl audit export --since 2026-10-01 --until 2026-11-01 audit-2026-10.jsonl\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = audit_export,
};
