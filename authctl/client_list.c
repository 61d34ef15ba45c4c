/* authctl client list */
#include "authctl/commands.h"
#include "authctl/print.h"

static void put_row(struct grid *t, const json_t *client)
{
	static const char *const members[] = { "client_id", "client_name",
					       "token_endpoint_auth_method", "sector" };
	for (size_t k = 0; k < COUNT_OF(members); k++)
		grid_put(t, json_string_value(json_object_get(client, members[k])));
	grid_put(t, json_is_true(json_object_get(client, "disabled")) ? "disabled" : "active");
}

static enum exit_code client_list(struct ctl *c)
{
	static const char *const heads[] = { "CLIENT_ID", "NAME", "AUTHENTICATION", "SECTOR", "STATE" };
	struct grid t = { .heads = heads, .columns = COUNT_OF(heads) };
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = ctl_call(c, "/admin/v1/clients", NULL, &answer);
	if (code != DONE)
		return code;
	if (c->json) {
		print_json(answer);
		return DONE;
	}
	size_t k;
	json_t *client;
	json_array_foreach(json_object_get(answer, "clients"), k, client)
		put_row(&t, client);
	grid_print(&t, stdout, "No clients yet: see authctl client add --help.");
	grid_done(&t);
	return DONE;
}

const struct command CLIENT_LIST = {
	.words = "client list",
	.summary = "List the registered clients",
	.help = "  $ authctl client list\n"
		"  CLIENT_ID  NAME          AUTHENTICATION       SECTOR                 STATE\n"
		"  portal     省政务服务网  client_secret_basic  portal.example.gov.cn  active\n",
	.run = client_list,
};
