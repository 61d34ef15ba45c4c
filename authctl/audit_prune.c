/* authctl audit prune */
#include "authctl/audit.h"
#include "authctl/commands.h"
#include "authctl/print.h"

static const struct flag FLAGS[] = {
	{ "exported", FLAG_TEXT, "FILE", "what \"audit export\" has written: only what it holds leaves" },
};

/* The file itself: authd sees its seal alone. */
static enum exit_code look(struct ctl *c, const struct audit_file *f)
{
	AUTO(audit_check) struct audit_check *check = NULL;
	size_t findings;
	enum exit_code code = audit_file_check(c, f, NULL, NULL, &check);
	if (code != DONE)
		return code;
	(void)audit_check_findings(check, &findings);
	return findings ? ctl_fail(c, REFUSED, "the export is not whole: see \"audit verify --file\"; nothing has left")
			: DONE;
}

static enum exit_code audit_prune(struct ctl *c)
{
	AUTO_AUDIT_FILE struct audit_file f = { 0 };
	AUTO(json) json_t *answer = NULL;
	const char *path = flag_text(c, "exported");
	if (!path)
		return ctl_fail(c, USAGE, "--exported names the file of \"audit export\"");
	enum exit_code code = audit_file_open(c, path, &f);
	if (code == DONE)
		code = look(c, &f);
	if (code != DONE)
		return code;
	json_t *body = json_pack("{s:O}", "seal", json_object_get(f.trailer, "seal"));
	code = body ? ctl_call(c, "/admin/v1/audit/prune", body, &answer) : ctl_nomem(c);
	if (code != DONE)
		return code;
	if (c->json) {
		print_json(answer);
		return DONE;
	}
	const json_t *pruned = json_object_get(answer, "pruned");
	printf("%lld entries have left, the last of them %lld. Keep %s: nothing else has them now.\n",
	       (long long)json_integer_value(json_object_get(answer, "count")),
	       (long long)json_integer_value(json_object_get(pruned, "seq")), path);
	return DONE;
}

const struct command AUDIT_PRUNE = {
	.words = "audit prune",
	.summary = "Take exported entries out of the audit, once they are old enough",
	.help = "What is younger than audit.keep (three years; no fewer than 184 days) stays, exported or not.\n"
		"The audit keeps the hash of the last entry that has left, so that the rest goes on verifying.\n"
		"The export must begin where the audit does. Copy it elsewhere first.\n"
		"\n"
		"  # authctl audit prune --exported audit-2023.jsonl\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = audit_prune,
};
