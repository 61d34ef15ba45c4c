/* What the commands about the audit share. */
#include "authctl/audit.h"
#include "authctl/print.h"

#include <time.h>

/* ---- pages ------------------------------------------------------------------------------------- */

void audit_pages_done(struct audit_pages *p)
{
	free(p->ticket);
	json_decref(p->page);
	*p = (struct audit_pages){ 0 };
}

static bool read_end(const json_t *page, const char *name, struct audit_chain *ret)
{
	const json_t *end = json_object_get(page, name);
	ret->seq = (uint64_t)json_integer_value(json_object_get(end, "seq"));
	return audit_digest_parse(slice_str(json_string_value(json_object_get(end, "hash"))), &ret->digest) ==
	       ST_OK;
}

static json_t *ask(const struct audit_pages *p)
{
	const char *name = p->since ? "since" : p->last ? "last" : "after";
	int64_t value = p->since ? p->since : p->last ? p->last : p->after;
	return json_pack("{s:I, s:s*}", name, (json_int_t)value, "ticket", p->ticket);
}

/* Where the next page begins: behind the last line of this one. */
static void go_on(struct audit_pages *p, const json_t *lines)
{
	size_t n = json_array_size(lines);
	struct audit_line line;
	const json_t *last = n ? json_array_get(lines, n - 1) : NULL;
	if (p->since || p->last)
		p->after = p->begun_after;
	p->since = p->last = 0;
	if (last && audit_line_parse(slice_str(json_string_value(last)), &line) == ST_OK &&
	    (int64_t)line.seq > p->after)
		p->after = (int64_t)line.seq;
	else
		p->after += (int64_t)n;
}

enum exit_code audit_next(struct ctl *c, struct audit_pages *p, const json_t **ret_lines)
{
	json_t *page = NULL, *body = ask(p);
	enum exit_code code = body ? ctl_call(c, "/admin/v1/audit/read", body, &page) : ctl_nomem(c);
	if (code != DONE)
		return code;
	json_decref(p->page);
	p->page = page;
	free(p->ticket);
	const char *ticket = json_string_value(json_object_get(page, "ticket"));
	p->ticket = ticket ? strdup(ticket) : NULL;
	p->head_fault = json_string_value(json_object_get(page, "head_fault"));
	if (p->since || p->last || !p->begun_after)
		p->begun_after = json_integer_value(json_object_get(page, "after"));
	if (!read_end(page, "head", &p->head) || !read_end(page, "pruned", &p->pruned))
		return ctl_fail(c, REFUSED, "authd's answer cannot be read");
	*ret_lines = json_object_get(page, "lines");
	go_on(p, *ret_lines);
	return DONE;
}

enum exit_code audit_evidence(struct ctl *c, json_t **ret)
{
	return ctl_call(c, "/admin/v1/audit/evidence", NULL, ret);
}

/* ---- times ------------------------------------------------------------------------------------- */

enum exit_code audit_time(const struct ctl *c, const char *flag, int64_t now, int64_t *ret)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d" };
	const char *text = flag_text(c, flag);
	int64_t ago;
	if (!text)
		return DONE;
	for (size_t k = 0; k < COUNT_OF(forms); k++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, forms[k], &tm);
		if (!end || *end)
			continue;
		*ret = mktime(&tm);
		return DONE;
	}
	if (conf_duration(slice_str(text), &ago, NULL) != ST_OK)
		return ctl_fail(c, USAGE, "--%s is a day, as 2026-11-23, a time, as 2026-11-23T09:30:00, or so long "
				"ago, as 12h", flag);
	*ret = now - ago;
	return DONE;
}

/* ---- what was found ----------------------------------------------------------------------------- */

enum exit_code audit_keys(struct ctl *c, const json_t *jwks, const char *path, struct auth_keyset **ret)
{
	struct auth_error why = { { 0 } };
	AUTO(mem) void *text = path ? NULL : json_dumps(jwks, JSON_COMPACT);
	if (!path && !text)
		return ctl_fail(c, REFUSED, "there are no keys to verify with: --jwks names a file of them");
	enum auth_status s = path ? auth_keyset_from_file(path, ret, &why)
				  : auth_keyset_from_json(text, strlen(text), ret, &why);
	return s == AUTH_OK ? DONE
			    : ctl_fail(c, REFUSED, "%s: %s", path ? path : "the keys",
				       why.message[0] ? why.message : auth_strerror(s));
}

static void say(const struct audit_check_counts *n, uint64_t first, uint64_t last, const char *by)
{
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
	printf("Entries %llu to %llu, %s to %s\n", (unsigned long long)first, (unsigned long long)last,
	       time_text(n->first_at, from), time_text(n->last_at, to));
	printf("%llu checkpoints hold, and %llu that are kept outside; %s.\n", (unsigned long long)n->checkpoints,
	       (unsigned long long)n->outside, by);
	if (n->unknown)
		printf("%llu checkpoints are signed by keys that are not known, revoked ones perhaps: they "
		       "count for nothing.\n",
		       (unsigned long long)n->unknown);
	if (n->broken_noted)
		printf("authd itself noted %llu times that the audit was not as it had left it; the last time "
		       "in entry %llu.\n",
		       (unsigned long long)n->broken_noted, (unsigned long long)n->last_broken);
}

static void say_json(const struct audit_check_counts *n, const struct audit_finding *f, size_t f_n, uint64_t first,
		     uint64_t last, const char *by)
{
	AUTO(json) json_t *list = json_array();
	for (size_t k = 0; k < f_n; k++)
		json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:s}", "kind", audit_finding_name(f[k].kind),
						      "first", (json_int_t)f[k].first, "last",
						      (json_int_t)f[k].last, "text", f[k].text));
	AUTO(json) json_t *all = json_pack(
		"{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:O}", "whole", f_n == 0,
		"entries", (json_int_t)n->entries,
		"first", (json_int_t)first, "last", (json_int_t)last, "checkpoints", (json_int_t)n->checkpoints,
		"outside_checkpoints", (json_int_t)n->outside,
		"unknown_checkpoints", (json_int_t)n->unknown, "noted", (json_int_t)n->broken_noted, "by", by,
		"findings", list);
	print_json(all);
}

enum exit_code audit_report(const struct ctl *c, const struct audit_check *check, uint64_t first, const char *by)
{
	size_t f_n;
	const struct audit_finding *f = audit_check_findings(check, &f_n);
	struct audit_check_counts n = audit_check_counts(check);
	uint64_t last = audit_check_last(check);
	if (c->json) {
		say_json(&n, f, f_n, first, last, by);
		return f_n ? REFUSED : DONE;
	}
	say(&n, first, last, by);
	for (size_t k = 0; k < f_n; k++)
		printf("%-12s  %s\n", audit_finding_name(f[k].kind), f[k].text);
	if (f_n == AUDIT_FINDINGS_MAX)
		printf("There may be more.\n");
	if (!f_n)
		printf("The audit is whole.\n");
	return f_n ? ctl_fail(c, REFUSED, "the audit is not whole: %zu findings", f_n) : DONE;
}
