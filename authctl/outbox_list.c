/* authctl outbox list */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = {
	{ "client", FLAG_TEXT, "CLIENT_ID", "what this client has not heard" },
};

static const struct field COLUMNS[] = {
	{ "id", "ID", FIELD_TEXT },
	{ "client_id", "CLIENT_ID", FIELD_TEXT },
	{ "created_at", "SINCE", FIELD_TIME },
	{ "tries", "TRIES", FIELD_NUMBER },
	{ "due_at", "NEXT TRY", FIELD_TIME },
	{ "error", "LAST ERROR", FIELD_TEXT },
};

static void print_entries(const struct ctl *c, const json_t *answer)
{
	(void)c;
	print_table(stdout, json_object_get(answer, "entries"), COLUMNS, COUNT_OF(COLUMNS),
		    "Nothing waits: every client has heard.");
	if (json_is_true(json_object_get(answer, "more")))
		printf("There are more; --client shows those of one client.\n");
}

static enum exit_code outbox_list(struct ctl *c)
{
	json_t *body = json_pack("{s:s*}", "client_id", flag_text(c, "client"));
	return body ? show_call(c, "/admin/v1/outbox/list", body, print_entries)
		    : ctl_fail(c, REFUSED, "the client_id is not UTF-8 text");
}

const struct command OUTBOX_LIST = {
	.words = "outbox list",
	.summary = "List what clients have not heard of yet: sessions that have ended",
	.help = "A client's backchannel_logout_uri is posted a logout token for each session that ends. What\n"
		"does not answer is tried again after seconds, then minutes, then each hour, for a day;\n"
		"an answer of 400 is final. Here stands what waits, the next to be tried first.\n"
		"\n"
		"  $ authctl outbox list\n"
		"  ID         CLIENT_ID  SINCE       TRIES  NEXT TRY    LAST ERROR\n"
		"  8a7e4b...  portal     2026-11...  4      2026-11...  it answered 503\n"
		"\n"
		"The audit has what became of each, as logout.notify.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = outbox_list,
};
