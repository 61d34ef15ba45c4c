/* authctl keys list */
#include "authctl/commands.h"
#include "authctl/print.h"

static void put_time(struct grid *t, const json_t *key, const char *member)
{
	char room[TIME_TEXT_SIZE];
	grid_put(t, time_text(json_integer_value(json_object_get(key, member)), room));
}

static enum exit_code keys_list(struct ctl *c)
{
	static const char *const heads[] = { "KID", "ALGORITHM", "STATE", "SIGNS FROM", "UNTIL",
					     "PUBLISHED UNTIL" };
	struct grid t = { .heads = heads, .columns = COUNT_OF(heads) };
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = ctl_call(c, "/admin/v1/keys", NULL, &answer);
	if (code != DONE)
		return code;
	if (c->json) {
		print_json(answer);
		return DONE;
	}
	size_t k;
	json_t *key;
	json_array_foreach(json_object_get(answer, "keys"), k, key) {
		grid_put(&t, json_string_value(json_object_get(key, "kid")));
		grid_put(&t, json_string_value(json_object_get(key, "algorithm")));
		grid_put(&t, json_string_value(json_object_get(key, "state")));
		put_time(&t, key, "activates_at");
		put_time(&t, key, "retires_at");
		put_time(&t, key, "drops_at");
	}
	grid_print(&t, stdout, "No keys.");
	grid_done(&t);
	return DONE;
}

const struct command KEYS_LIST = {
	.words = "keys list",
	.summary = "List the signing keys and where in their life they stand",
	.help = "A key is announced in the JWKS before it signs, active while it signs, then retired\n"
		"but published until the last token that it signed has expired.\n"
		"\n"
		"  $ authctl keys list\n",
	.run = keys_list,
};
