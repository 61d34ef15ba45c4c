/* authctl init: keys and a new store. Works without authd, and opens the directories itself. */
#include "authctl/commands.h"
#include "authctl/init_import.h"
#include "authctl/offline.h"
#include "authctl/print.h"

#include <time.h>

static enum exit_code make_dirs(struct ctl *c, const struct conf *conf, const char *records_dir)
{
	const char *const dirs[] = { conf->data_dir, records_dir, conf->keys_dir };
	for (size_t k = 0; k < COUNT_OF(dirs); k++) {
		enum exit_code code = offline_make_dir(c, dirs[k]);
		if (code != DONE)
			return code;
	}
	return DONE;
}

static const char *const SUITES[SUITE_COUNT] = { [SUITE_INTERNATIONAL] = "international", [SUITE_SM] = "sm" };

static enum exit_code read_suite(struct ctl *c, enum suite *ret)
{
	struct slice name = slice_str(flag_given(c, "suite") ? flag_text(c, "suite") : SUITES[0]);
	for (enum suite s = 0; s < SUITE_COUNT; s++) {
		if (!slice_is(name, SUITES[s]))
			continue;
		*ret = s;
		return DONE;
	}
	return ctl_fail(c, REFUSED, "--suite: international or sm");
}

/* Keys that are there stay as they are: an interrupted init goes on. */
static enum exit_code make_keys(struct ctl *c, const struct conf *conf, enum suite suite, bool *ret_made)
{
	struct keys_options options = { .dir = conf->keys_dir,
					.kek_file = conf->kek_file,
					.data_dir = conf->data_dir };
	struct error why = { 0 };
	options.suite = suite;
	if (key_algorithms_parse(slice_str(conf->keys.algorithms), &options.algorithms) != ST_OK)
		return ctl_failed(c, ST_BUG, &why); /* the settings have been checked */
	status s = keys_create(&options, time(NULL), &why);
	*ret_made = s == ST_OK;
	return s == ST_OK || s == ST_EXISTS ? DONE : ctl_failed(c, s, &why);
}

static enum exit_code make_store(struct ctl *c, const char *records_dir, bool *ret_made)
{
	struct records_options options = { .dir = records_dir };
	struct records *records = NULL;
	struct error why = { 0 };
	status s = records_open(&options, &records, &why);
	*ret_made = s == ST_NOT_FOUND;
	if (s == ST_NOT_FOUND) {
		options.create = true;
		s = records_open(&options, &records, &why);
	}
	records_free(records);
	return s == ST_OK ? DONE : ctl_failed(c, s, &why);
}

static void say_next(const struct ctl *c, const struct conf *conf)
{
	printf("Made for %s:\n", conf->issuer);
	printf("  keys     %s\n", conf->keys_dir);
	printf("  records  %s\n", conf->data_dir);
	printf("  sealed under %s\n", conf->kek_file);
	printf("\nWhat to do next:\n"
	       "  1. Keep a copy of %s in a safe place, apart from the backups. Without it nothing of\n"
	       "     this can ever be opened again.\n", conf->kek_file);
	if (conf->admin.operators_n == 0)
		printf("  2. List yourself under admin.operators in %s, or nobody can manage authd.\n",
		       c->config);
	else
		printf("  2. Operators are");
	for (size_t k = 0; k < conf->admin.operators_n; k++)
		printf("%s %s", k ? "," : "", conf->admin.operators[k].user);
	printf("%s", conf->admin.operators_n ? ".\n" : "");
	printf("  3. Start authd:           systemctl enable --now authd\n"
	       "  4. Register people:       authctl person import people.csv\n"
	       "  5. Register portals:      authctl client add --help\n");
}

static void say(const struct ctl *c, const struct conf *conf)
{
	if (!c->json) {
		say_next(c, conf);
		return;
	}
	AUTO(json) json_t *answer = json_pack("{s:s, s:s, s:s, s:s}", "issuer", conf->issuer, "data_dir",
					      conf->data_dir, "keys_dir", conf->keys_dir, "kek_file",
					      conf->kek_file);
	print_json(answer);
}

/* Empty, or with what is in the file. */
static enum exit_code fill_store(struct ctl *c, const struct conf *conf, const char *records_dir,
				 bool *ret_made)
{
	if (!flag_given(c, "import"))
		return make_store(c, records_dir, ret_made);
	enum exit_code code = init_import(c, conf, flag_text(c, "import"));
	*ret_made = code == DONE || code == PARTLY;
	return code;
}

static enum exit_code make(struct ctl *c, const struct conf *conf, const char *records_dir)
{
	bool keys_made = false, store_made = false;
	enum suite suite = SUITE_INTERNATIONAL;
	enum exit_code code = read_suite(c, &suite);
	if (code == DONE)
		code = make_keys(c, conf, suite, &keys_made);
	if (code == DONE)
		code = fill_store(c, conf, records_dir, &store_made);
	if (code == DONE && !keys_made && !store_made)
		return ctl_fail(c, REFUSED, "there are keys in %s and records in %s already; nothing was "
				"changed", conf->keys_dir, conf->data_dir);
	return code;
}

static enum exit_code init(struct ctl *c)
{
	const struct conf *conf = ctl_conf(c);
	if (!conf)
		return REFUSED;
	const char *records_dir = layout_records(conf, &c->arena);
	if (!records_dir)
		return ctl_nomem(c);
	enum exit_code code = offline_begin(c, conf);
	if (code == DONE)
		code = make_dirs(c, conf, records_dir);
	if (code == DONE)
		code = offline_take(c, conf);
	if (code != DONE)
		return code;
	code = make(c, conf, records_dir);
	enum exit_code given = offline_end(c, conf);
	if (given != DONE)
		return given;
	if ((code == DONE || code == PARTLY) && !(c->json && flag_given(c, "import")))
		say(c, conf);
	return code;
}

static const struct flag FLAGS[] = {
	{ "suite", FLAG_TEXT, "SUITE", "seal in the suite international (without this option) or sm" },
	{ "import", FLAG_TEXT, "FILE", "fill the new store with natural persons, as person import does" },
	IMPORT_FLAGS,
};

const struct command INIT = {
	.words = "init",
	.summary = "Make the keys and the store of a new issuer",
	.help = "Works without authd, which must not be running. Makes the directories that the\n"
		"configuration names, a signing key of each of keys.algorithms, the secrets that seal\n"
		"records, and the key-encryption key if there is none. Nothing that is there is\n"
		"overwritten. As root, it gives data and keys to the user whom the data directory belongs\n"
		"to; the user authd, where it makes that directory itself. After an interruption, just run\n"
		"it again.\n"
		"\n"
		"  # authctl init\n"
		"\n"
		"With --suite sm secrets, records, cache and cookies are sealed by SM4 and HMAC-SM3; say so\n"
		"again after an interruption. Signatures have settings of their own, keys.algorithms and\n"
		"tokens.algorithm.\n"
		"\n"
		"A whole register is imported quickest into a new store:\n"
		"\n"
		"  # authctl init --import people.csv\n"
		"\n"
		"Lines are refused as by \"authctl person import\", and so is one with the number or the\n"
		"login name of an earlier line. The store is there when all is in it, or not at all: after\n"
		"an interruption, run it again. Meanwhile it needs twice the disk space of the store. What\n"
		"comes from a pipe is kept beside it, sealed, until the end.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = init,
};
