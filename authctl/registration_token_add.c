/* authctl registration-token add */
#include "authctl/client.h"
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = {
	{ "label", FLAG_TEXT, "WORDS", "for whom it is" },
	{ "lifetime", FLAG_TEXT, "DURATION", "how long it serves: 90s, 5min, 12h, 30d (30d)" },
	{ "uses", FLAG_TEXT, "N", "how many clients may be registered with it (without a limit)" },
	{ "scope", FLAG_TEXT, "WORDS", "all that they may ask for (as registration.scope says)" },
	{ "grant-type", FLAG_LIST, "TYPE", "that they may have, as in client add (those in which a person is asked)" },
};

static enum exit_code put_grant_types(const struct ctl *c, json_t *body)
{
	struct flag_values types = flag_list(c, "grant-type");
	json_t *list = json_array();
	for (size_t k = 0; k < types.n; k++)
		json_array_append_new(list, json_string(grant_type_name(types.items[k])));
	return json_object_set_new(body, "grant_types", list) == 0 ? DONE : ctl_nomem(c);
}

static void print_added(const struct ctl *c, const json_t *answer)
{
	(void)c;
	printf("id:     %s\n", json_string_value(json_object_get(answer, "id")));
	printf("token:  %s\n", json_string_value(json_object_get(answer, "token")));
	printf("\nHand the token over now: only its hash is stored, and it is not shown again.\n");
}

static enum exit_code token_add(struct ctl *c)
{
	static const char *const NAMES[] = { "label", "lifetime", "uses", "scope" };
	AUTO(json) json_t *body = json_object();
	if (!flag_given(c, "label"))
		return ctl_fail(c, USAGE, "--label is needed: it says for whom the token is");
	if (ctl_put_flags(c, body, NAMES, COUNT_OF(NAMES)) != ST_OK)
		return ctl_fail(c, REFUSED, "an option's value is not UTF-8 text");
	enum exit_code code = put_grant_types(c, body);
	return code == DONE ? show_call(c, "/admin/v1/registration-tokens", TAKE(body), print_added) : code;
}

const struct command REGISTRATION_TOKEN_ADD = {
	.words = "registration-token add",
	.summary = "Let a developer register clients",
	.help = "The developer's software sends it to /register as an initial access token (RFC 7591 §3).\n"
		"It counts where registration.mode is token or open.\n"
		"\n"
		"  $ authctl registration-token add --label 省大数据局 --uses 3 --lifetime 7d\n"
		"  id:     5a670d5c1c6f8a7e4b1f9c0e6a3d2b4f\n"
		"  token:  WmcNXBxvin5LH5wOaj0rT2...\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = token_add,
};
