/* authctl outbox retry, authctl outbox drop */
#include "authctl/commands.h"
#include "authctl/print.h"

static const struct flag FLAGS[] = {
	{ "client", FLAG_TEXT, "CLIENT_ID", "all that this client has not heard" },
};

static enum exit_code change(struct ctl *c, const char *path, const char *word)
{
	AUTO(json) json_t *answer = NULL;
	const char *id = c->args[0], *client = flag_text(c, "client");
	if (!id == !client)
		return ctl_fail(c, USAGE, "either an ID, as outbox list has it, or --client");
	json_t *body = json_pack("{s:s*, s:s*}", "id", id, "client_id", client);
	if (!body)
		return ctl_fail(c, REFUSED, "an argument is not UTF-8 text");
	enum exit_code code = ctl_call(c, path, body, &answer);
	if (code != DONE)
		return code;
	if (c->json) {
		print_json(answer);
		return DONE;
	}
	printf("%s: %lld.%s\n", word, (long long)json_integer_value(json_object_get(answer, "count")),
	       json_is_true(json_object_get(answer, "more")) ? " There are more; say so again." : "");
	return DONE;
}

static enum exit_code outbox_retry(struct ctl *c) { return change(c, "/admin/v1/outbox/retry", "Due now"); }
static enum exit_code outbox_drop(struct ctl *c) { return change(c, "/admin/v1/outbox/drop", "Dropped"); }

const struct command OUTBOX_RETRY = {
	.words = "outbox retry",
	.arguments = "[ID]",
	.arguments_max = 1,
	.summary = "Try at once what a client has not heard",
	.help = "For a client that answers again, and need not wait for the next try.\n"
		"\n"
		"  $ authctl outbox retry --client portal\n"
		"  Due now: 12.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = outbox_retry,
};

const struct command OUTBOX_DROP = {
	.words = "outbox drop",
	.arguments = "[ID]",
	.arguments_max = 1,
	.summary = "Give up what a client has not heard",
	.help = "The client never learns that the session has ended. Its tokens count no more all the same, and\n"
		"what it keeps of the session itself ends as it says.\n"
		"\n"
		"  $ authctl outbox drop 8a7e4b1f9c0e6a3d2b4f5a670d5c1c6f\n"
		"  Dropped: 1.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = outbox_drop,
};
