/* authctl client list */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct field COLUMNS[] = {
	{ "client_id", "CLIENT_ID", FIELD_TEXT },
	{ "client_name", "NAME", FIELD_TEXT },
	{ "token_endpoint_auth_method", "AUTHENTICATION", FIELD_TEXT },
	{ "sector", "SECTOR", FIELD_TEXT },
	{ "disabled", "STATE", FIELD_STATE },
};

static enum exit_code client_list(struct ctl *c)
{
	return show_table(c, "/admin/v1/clients", NULL, "clients", COLUMNS, COUNT_OF(COLUMNS),
			  "No clients yet: see authctl client add --help.");
}

const struct command CLIENT_LIST = {
	.words = "client list",
	.summary = "List the registered clients",
	.help = "  $ authctl client list\n"
		"  CLIENT_ID  NAME          AUTHENTICATION       SECTOR                 STATE\n"
		"  portal     省政务服务网  client_secret_basic  portal.example.gov.cn  active\n",
	.run = client_list,
};
