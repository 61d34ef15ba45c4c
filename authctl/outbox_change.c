/* authctl outbox retry, authctl outbox drop */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = {
	{ "client", FLAG_TEXT, "CLIENT_ID", "all that this client has not heard" },
};

static void print_changed(const struct ctl *c, const json_t *answer)
{
	printf("%s: %lld.%s\n", c->command == &OUTBOX_RETRY ? "Due now" : "Dropped",
	       (long long)json_integer_value(json_object_get(answer, "count")),
	       json_is_true(json_object_get(answer, "more")) ? " There are more; say so again." : "");
}

static enum exit_code change(struct ctl *c, const char *path)
{
	const char *id = c->args[0], *client = flag_text(c, "client");
	if (!id == !client)
		return ctl_fail(c, USAGE, "either an ID, as outbox list has it, or --client");
	json_t *body = json_pack("{s:s*, s:s*}", "id", id, "client_id", client);
	return body ? show_call(c, path, body, print_changed)
		    : ctl_fail(c, REFUSED, "an argument is not UTF-8 text");
}

static enum exit_code outbox_retry(struct ctl *c) { return change(c, "/admin/v1/outbox/retry"); }
static enum exit_code outbox_drop(struct ctl *c) { return change(c, "/admin/v1/outbox/drop"); }

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
