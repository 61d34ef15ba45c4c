/* Any bytes as a file of settings: refused with a reason that names the file, or wholly read. */
#include "conf/settings.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool is_whole(const struct conf *c)
{
	return c->issuer && c->listen.address && c->data_dir && c->keys_dir && c->kek_file &&
	       c->cache && c->admin.socket && c->log_level && c->life.code_s > 0 &&
	       c->life.code_s <= 60 && c->admin.operators_n <= SETTING_LIST_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_ARENA struct arena a = {0};
	struct conf *c = NULL;
	struct error e = {0};
	status s = conf_parse(slice_of(data, n), "authd.yaml", "/etc/authd", &a, &c, &e);
	if (s == ST_OK ? !is_whole(c) : c || strncmp(e.message, "authd.yaml:", 11) != 0)
		abort();
	return 0;
}
