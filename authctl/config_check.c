/* authctl config check */
#include "authctl/commands.h"
#include "authctl/print.h"
#include "authctl/readable.h"

static enum exit_code config_check(struct ctl *c)
{
	const struct conf *conf = ctl_conf(c);
	bool unknown;
	if (!conf)
		return REFUSED;
	enum exit_code code = readable_check(c, conf, &unknown);
	if (code != DONE)
		return code;
	if (c->json) {
		AUTO(json) json_t *answer =
			json_pack("{s:b, s:s, s:s}", "good", 1, "config", c->config, "issuer", conf->issuer);
		print_json(answer);
		return DONE;
	}
	printf("%s is good.\n", c->config);
	printf("issuer:     %s\n", conf->issuer);
	printf("listens:    %s port %lld%s\n", conf->listen.address, (long long)conf->listen.port,
	       conf->tls.certificate ? ", TLS" : "");
	printf("records:    %s\n", conf->data_dir);
	printf("keys:       %s, sealed under %s\n", conf->keys_dir, conf->kek_file);
	printf("cache:      %s\n", conf->cache);
	printf("operators: ");
	for (size_t k = 0; k < conf->admin.operators_n; k++)
		printf(" %s (%s)", conf->admin.operators[k].user, conf->admin.operators[k].role);
	printf("%s\n", conf->admin.operators_n ? "" : " none: nobody can use authctl with authd");
	if (unknown)
		printf("\nWhether authd's user can read the files that it names, only root and that user can tell.\n");
	return DONE;
}

const struct command CONFIG_CHECK = {
	.words = "config check",
	.summary = "Read the configuration as authd does, and say what is wrong with it",
	.help = "Nothing is started or changed. Root also learns whether authd's user can read the files that the\n"
		"settings name; who authd's user is, the data directory says, or else it is called authd.\n"
		"\n"
		"  $ authctl --config authd.yaml config check\n"
		"  authctl: authd.yaml:12: listen.port: 70000 is not between 0 and 65535\n",
	.run = config_check,
};
