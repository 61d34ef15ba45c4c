/* authctl restore: puts a backup back, while authd does not run. */
#include "authctl/commands.h"
#include "authctl/offline.h"
#include "authctl/print.h"

#include "authd/service/backup.h"
#include "authd/store/files.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct flag FLAGS[] = {
	{ "force", FLAG_SWITCH, NULL, "although there are records already: they are moved aside" },
};

/* Where the parts are put together, and where they go. All beside one another, so a rename does. */
struct restore {
	const char *records, *keys;         /* as the configuration has them */
	const char *new_records, *new_keys; /* until everything has been looked at */
	const char *old_records, *old_keys; /* what was there, with --force */
	bool records_there, keys_there;
	size_t revoked; /* keys taken back since the backup, and now again */
};

static bool name_all(struct arena *a, const struct conf *conf, struct restore *r)
{
	long long now = (long long)time(NULL);
	const char *records = layout_records(conf, a);
	if (!records)
		return false;
	*r = (struct restore){
		.records = records,
		.keys = conf->keys_dir,
		.new_records = (const char *)arena_format(a, "%s.restoring", records).p,
		.new_keys = (const char *)arena_format(a, "%s.restoring", conf->keys_dir).p,
		.old_records = (const char *)arena_format(a, "%s.before-%lld", records, now).p,
		.old_keys = (const char *)arena_format(a, "%s.before-%lld", conf->keys_dir, now).p,
	};
	return r->new_records && r->new_keys && r->old_records && r->old_keys;
}

static bool is_there(const char *dir)
{
	struct stat st;
	/* An empty directory, as a package or systemd makes it, is no store. */
	return stat(dir, &st) == 0 && rmdir(dir) != 0 && errno != ENOENT;
}

/* ---- keys that were taken back --------------------------------------------------------------- */

static enum exit_code revoke_in(struct ctl *c, struct keys *was, struct keys *restored, size_t *ret_n)
{
	struct key_info *list;
	size_t n, again = 0;
	struct error why = { 0 };
	status s = keys_list(was, &c->arena, &list, &n);
	for (size_t i = 0; s == ST_OK && i < n; i++) {
		if (list[i].state != KEY_REVOKED)
			continue;
		s = keys_revoke(restored, slice_str(list[i].kid), (int64_t)time(NULL), &why);
		again += s == ST_OK;
		if (s == ST_NOT_FOUND) /* younger than the backup */
			s = ST_OK;
	}
	if (s != ST_OK)
		return ctl_failed(c, s, &why);
	*ret_n = again;
	return DONE;
}

/* A key that others may have must not sign again because a backup is older than its revocation. The
 * keys that are there know; where they cannot say, nothing is put back. */
static enum exit_code revoke_again(struct ctl *c, const struct conf *conf, struct keys *restored,
				   struct restore *r)
{
	struct keys_options options = { .dir = r->keys, .kek_file = conf->kek_file };
	AUTO(keys) struct keys *was = NULL;
	struct error why = { 0 };
	enum exit_code code = offline_take(c, conf);
	if (code != DONE)
		return code;
	if (keys_open(&options, &was, &why) != ST_OK)
		return ctl_fail(c, REFUSED, "the keys that are there do not open, so that nobody can see "
				"which were revoked: %s. Move %s away to restore without them, and then "
				"revoke again what was", why.message, r->keys);
	return revoke_in(c, was, restored, &r->revoked);
}

/* ---- looking at it --------------------------------------------------------------------------- */

/* Does what was unpacked open? As authd would do it. */
static enum exit_code verify(struct ctl *c, const struct conf *conf, struct restore *r)
{
	struct keys_options keys_options = { .dir = r->new_keys, .kek_file = conf->kek_file };
	struct records_options options = { .dir = r->new_records };
	AUTO(keys) struct keys *keys = NULL;
	AUTO(records) struct records *records = NULL;
	struct error why = { 0 };
	status s = keys_open(&keys_options, &keys, &why);
	if (s != ST_OK)
		return ctl_fail(c, REFUSED, "the keys of the backup do not open: %s", why.message);
	s = records_open(&options, &records, &why);
	if (s != ST_OK)
		return ctl_fail(c, REFUSED, "the records of the backup do not open: %s", why.message);
	return r->keys_there ? revoke_again(c, conf, keys, r) : DONE;
}

static enum exit_code unpack(struct ctl *c, const struct conf *conf, const struct backup *b,
			     struct restore *r)
{
	struct error why = { 0 };
	(void)files_remove_dir(r->new_records); /* of a restore that was interrupted */
	(void)files_remove_dir(r->new_keys);
	status s = backup_unpack(c->args[0], b, r->new_records, r->new_keys, &why);
	enum exit_code code = s == ST_OK ? verify(c, conf, r) : ctl_failed(c, s, &why);
	if (code != DONE) {
		(void)files_remove_dir(r->new_records);
		(void)files_remove_dir(r->new_keys);
	}
	return code;
}

static enum exit_code move(struct ctl *c, const char *from, const char *to)
{
	if (rename(from, to) == 0)
		return DONE;
	return ctl_fail(c, REFUSED, "%s: cannot be moved to %s: %s", from, to, strerror(errno));
}

/* What was signed since stays: the audit is to say that older records were put back. */
static enum exit_code keep_checkpoints(struct ctl *c, const struct restore *r)
{
	const char *from = (const char *)arena_format(&c->arena, "%s/audit", r->old_keys).p;
	const char *to = (const char *)arena_format(&c->arena, "%s/audit", r->keys).p;
	if (!from || !to)
		return ctl_nomem(c);
	return access(from, F_OK) == 0 ? move(c, from, to) : DONE;
}

static enum exit_code put_in_place(struct ctl *c, const struct restore *r)
{
	enum exit_code code = DONE;
	if (r->records_there)
		code = move(c, r->records, r->old_records);
	if (code == DONE && r->keys_there)
		code = move(c, r->keys, r->old_keys);
	if (code == DONE)
		code = move(c, r->new_keys, r->keys);
	if (code == DONE)
		code = move(c, r->new_records, r->records);
	if (code == DONE && r->keys_there)
		code = keep_checkpoints(c, r);
	return code;
}

static void say(const struct ctl *c, const struct backup *b, const struct restore *r)
{
	char room[TIME_TEXT_SIZE];
	bool moved = r->records_there || r->keys_there;
	if (c->json) {
		AUTO(json) json_t *answer =
			json_pack("{s:s, s:I, s:I, s:s*}", "issuer", b->issuer, "created_at",
				  (json_int_t)b->created_at, "keys_revoked", (json_int_t)r->revoked,
				  "moved_to", moved ? r->old_records : NULL);
		print_json(answer);
		return;
	}
	printf("Restored %s as of %s.\n", b->issuer, time_text(b->created_at, room));
	if (moved)
		printf("What was there is in %s and %s.\n", r->old_records, r->old_keys);
	if (r->keys_there)
		printf("Keys revoked before, and so again: %zu.\n", r->revoked);
	printf("What happened after the backup is not in it: people registered since have to be\n"
	       "imported again, and what was revoked since has to be revoked again%s.\n",
	       r->keys_there ? "" : ", keys first of all");
}

static enum exit_code restore_to(struct ctl *c, const struct conf *conf, const struct backup *b,
				 struct restore *r)
{
	r->records_there = is_there(r->records);
	r->keys_there = is_there(r->keys);
	if ((r->records_there || r->keys_there) && !flag_given(c, "force"))
		return ctl_fail(c, REFUSED, "there are records or keys in %s and %s already; --force "
				"moves them aside", r->records, r->keys);
	enum exit_code code = unpack(c, conf, b, r);
	if (code == DONE)
		code = put_in_place(c, r);
	/* People sign in again: the cache is of another time. */
	const char *cache = layout_cache(conf, &c->arena);
	if (code == DONE && (!cache || files_remove_dir(cache) != ST_OK))
		code = ctl_fail(c, REFUSED, "%s/cache: cannot be removed", conf->data_dir);
	/* revoke_again() may have taken the keys of today: they are given back also after a failure. */
	enum exit_code given = code == DONE || r->keys_there ? offline_end(c, conf) : DONE;
	if (code == DONE)
		code = given;
	if (code == DONE)
		say(c, b, r);
	return code;
}

static enum exit_code restore(struct ctl *c)
{
	struct restore r;
	struct backup b;
	struct error why = { 0 };
	const struct conf *conf = ctl_conf(c);
	if (!conf)
		return REFUSED;
	if (!name_all(&c->arena, conf, &r))
		return ctl_nomem(c);
	enum exit_code code = offline_begin(c, conf);
	if (code != DONE)
		return code;
	status s = backup_read(c->args[0], &c->arena, &b, &why);
	if (s != ST_OK)
		return ctl_failed(c, s, &why);
	if (strcmp(b.issuer, conf->issuer) != 0)
		return ctl_fail(c, REFUSED, "the backup is of %s, the configuration of %s", b.issuer,
				conf->issuer);
	code = offline_make_dir(c, conf->data_dir);
	return code == DONE ? restore_to(c, conf, &b, &r) : code;
}

const struct command RESTORE = {
	.words = "restore",
	.arguments = "DIR",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "Put a backup back, while authd does not run",
	.help = "The key-encryption key has to be in its place first; it is in no backup. Records and keys\n"
		"are unpacked beside the configured directories, opened to see that they are sound, and\n"
		"only then put in place. Everybody has to sign in again.\n"
		"\n"
		"A key that was revoked since the backup is revoked in what is put back, if the keys of today\n"
		"are still there. On an empty machine nobody knows: then let no client reach authd before\n"
		"`authctl keys revoke` has taken back what was taken back, and restore from the newest backup.\n"
		"Make a backup after each `keys revoke`.\n"
		"\n"
		"  # systemctl stop authd\n"
		"  # authctl restore /var/backups/authd/2026-11-23\n"
		"  # systemctl start authd\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = restore,
};
