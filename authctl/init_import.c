/*
 * Each thread takes some rows from the file, checks and seals them, and gives them to its part of
 * the build; then all are merged. What threads share is `struct filler`.
 */
#include "authctl/init_import.h"
#include "authctl/init_refused.h"

#include "authd/service/audit.h"
#include "authd/service/audit_guard.h"
#include "authd/service/layout.h"
#include "authd/service/registration_bulk.h"
#include "authd/store/thread.h"

#include <pwd.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_ROWS = 256, BATCH_BYTES = 256 << 10, HANDS_MAX = 16 };

struct filler {
	struct keys *keys;
	struct audit_guard guard;
	struct records_bulk *bulk;
	int64_t now;

	pthread_mutex_t reading; /* guards what follows */
	struct import im;
	struct refused refused;
	struct arena arena; /* of the row that is being read */
	bool ended;
	enum exit_code code; /* the first that is not DONE */
};

/* A thread, and what it is working on. */
struct hand {
	pthread_t thread;
	struct filler *filler;
	struct records_bulk_part *part;
	struct arena texts, arena;
	struct sealer sealer;
	struct row rows[BATCH_ROWS];
	size_t n;
	int64_t refused[BATCH_ROWS];
	size_t refused_n;
};

/* ---- reading: one thread at a time ---------------------------------------------------------- */

/* The columns alone: a line that is refused is read again. */
static status keep(struct hand *h, const struct row *row)
{
	struct row *kept = &h->rows[h->n];
	kept->line = row->line;
	for (enum column k = 0; k < COLUMN_COUNT; k++) {
		struct slice text = row->said.columns[k];
		kept->said.columns[k] = text.n ? arena_copy(&h->texts, text) : NO_SLICE;
		if (text.n && !kept->said.columns[k].p)
			return ST_NOMEM;
	}
	h->n++;
	return ST_OK;
}

static enum exit_code read_row(struct filler *f, struct hand *h)
{
	struct row row;
	arena_reset(&f->arena);
	enum exit_code code = import_read(&f->im, &f->arena, &row, &f->ended);
	if (code != DONE || f->ended)
		return code;
	status s = row.why.message[0] ? refused_note(&f->refused, row.line) : keep(h, &row);
	return s == ST_OK ? DONE : ctl_failed(f->im.ctl, s, NULL);
}

static enum exit_code note_refused(struct filler *f, struct hand *h)
{
	for (size_t k = 0; k < h->refused_n; k++)
		if (refused_note(&f->refused, h->refused[k]) != ST_OK)
			return ctl_nomem(f->im.ctl);
	h->refused_n = 0;
	return DONE;
}

static bool take_rows(struct hand *h)
{
	struct filler *f = h->filler;
	h->n = 0;
	arena_reset(&h->texts);
	pthread_mutex_lock(&f->reading);
	enum exit_code code = note_refused(f, h);
	while (code == DONE && f->code == DONE && !f->ended && h->n < BATCH_ROWS &&
	       h->texts.used < BATCH_BYTES)
		code = read_row(f, h);
	f->code = f->code == DONE ? code : f->code;
	bool go_on = f->code == DONE && h->n;
	pthread_mutex_unlock(&f->reading);
	return go_on;
}

/* ---- checking and sealing: all threads ------------------------------------------------------ */

static status put_row(struct hand *h, const struct row *row)
{
	struct filler *f = h->filler;
	struct subject said;
	struct error why = { 0 };
	arena_reset(&h->arena);
	status s = registration_check_first(SUBJECT_NATURAL, &row->said, f->now, &h->arena, &said, &why);
	if (s == ST_INVALID) {
		h->refused[h->refused_n++] = row->line;
		return ST_OK;
	}
	TRY(s);
	return registration_bulk_put(f->keys, h->part, (uint64_t)row->line, f->now, &said, &h->sealer,
				     &h->arena);
}

static status put_rows(struct hand *h)
{
	for (size_t k = 0; k < h->n; k++)
		TRY(put_row(h, &h->rows[k]));
	return ST_OK;
}

static void *work(void *argument)
{
	struct hand *h = argument;
	struct filler *f = h->filler;
	status s = ST_OK;
	while (s == ST_OK && take_rows(h))
		s = put_rows(h);
	if (s == ST_OK)
		s = records_bulk_part_end(h->part);
	if (s != ST_OK) {
		pthread_mutex_lock(&f->reading);
		if (f->code == DONE)
			f->code = ctl_failed(f->im.ctl, s, NULL);
		pthread_mutex_unlock(&f->reading);
	}
	return NULL;
}

/* ---- threads -------------------------------------------------------------------------------- */

static size_t hands_wanted(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > HANDS_MAX ? HANDS_MAX : (size_t)n;
}

static struct hand *hand_new(struct filler *f)
{
	struct hand *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->filler = f;
	h->texts.limit = 2 * BATCH_BYTES;
	if (records_bulk_part_new(f->bulk, &h->part) == ST_OK &&
	    thread_start(&h->thread, work, h) == ST_OK)
		return h;
	records_bulk_part_free(h->part);
	free(h);
	return NULL;
}

static void hand_join(struct hand *h)
{
	pthread_join(h->thread, NULL);
	records_bulk_part_free(h->part);
	arena_done(&h->texts);
	arena_done(&h->arena);
	sealer_done(&h->sealer);
	free(h);
}

static enum exit_code read_all(struct filler *f)
{
	struct hand *hands[HANDS_MAX];
	size_t n = 0, wanted = hands_wanted();
	while (n < wanted && (hands[n] = hand_new(f)))
		n++;
	for (size_t k = 0; k < n; k++)
		hand_join(hands[k]);
	return n == wanted ? f->code : ctl_nomem(f->im.ctl);
}

/* ---- merging -------------------------------------------------------------------------------- */

static void show_merging(void *context, uint64_t done, uint64_t total)
{
	struct filler *f = context;
	if (!f->im.progress.step)
		progress_step(&f->im.progress, "sorting", (int64_t)total);
	progress_show(&f->im.progress, (int64_t)done, f->im.lines);
}

static status refuse_second(void *context, uint64_t row, enum index i)
{
	struct filler *f = context;
	f->code = refused_write(&f->refused, (int64_t)row,
				i == INDEX_IDENTIFIER ? "number: an earlier line has it, too" :
							"login_name: an earlier line has it, too");
	return f->code == DONE ? ST_OK : ST_IO;
}

static status audit(struct filler *f)
{
	struct passwd *user = getpwuid(getuid());
	AUTO_BUF struct buf entry = { 0 };
	TRY(audit_encode(&(struct audit_entry){ .event = "init.import",
						.operator_name = slice_str(user ? user->pw_name : "?"),
						.count = f->im.lines - f->im.rejects.n },
			 &entry));
	return records_bulk_audit(f->bulk, buf_slice(&entry));
}

/* The rejects are durable before the store is there: with it, nobody would import again. */
static enum exit_code merge_all(struct filler *f)
{
	struct error why = { 0 };
	status s = records_bulk_merge(f->bulk, &why);
	if (f->code == DONE && s == ST_OK)
		f->code = refused_end(&f->refused);
	if (f->code != DONE)
		return f->code;
	if (s == ST_OK)
		s = audit(f);
	if (s == ST_OK)
		s = records_bulk_finish(f->bulk, &why);
	if (s != ST_OK)
		return ctl_failed(f->im.ctl, s, &why);
	f->im.counts[REGISTRATION_ADDED] = f->im.lines - f->im.rejects.n;
	return DONE;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static enum exit_code open_build(struct filler *f, struct ctl *c, const struct conf *conf)
{
	struct error why = { 0 };
	struct keys_options keys = { .dir = conf->keys_dir,
				     .kek_file = conf->kek_file,
				     .data_dir = conf->data_dir };
	struct records_bulk_options options = { .dir = layout_records(conf, &c->arena),
						.parts = hands_wanted(),
						.progress = show_merging,
						.refused = refuse_second,
						.context = f,
						.guard = &f->guard };
	status s = options.dir ? keys_open(&keys, &f->keys, &why) : ST_NOMEM;
	if (s == ST_OK)
		f->guard = audit_guard_of(f->keys);
	if (s == ST_OK)
		s = records_bulk_open(&options, &f->bulk, &why);
	if (s == ST_EXISTS)
		return ctl_fail(c, REFUSED, "there are records in %s already: start authd and use authctl "
				"person import", conf->data_dir);
	return s == ST_OK ? DONE : ctl_failed(c, s, &why);
}

static enum exit_code fill_store(struct filler *f, struct ctl *c, const struct conf *conf,
				 const char *path)
{
	enum exit_code code = import_begin(&f->im, c, path, SUBJECT_NATURAL);
	if (code != DONE)
		return code;
	f->im.afresh = true;
	f->refused.import = &f->im;
	f->refused.now = f->now;
	status s = rows_keep(&f->im.rows, conf->data_dir, keys_suite(f->keys));
	if (s != ST_OK)
		return import_end(&f->im, ctl_failed(c, s, NULL));
	code = read_all(f);
	if (code == DONE)
		code = merge_all(f);
	return import_end(&f->im, code);
}

enum exit_code init_import(struct ctl *c, const struct conf *conf, const char *path)
{
	struct filler f = { .now = time(NULL), .reading = PTHREAD_MUTEX_INITIALIZER };
	enum exit_code code = open_build(&f, c, conf);
	bool begun = code == DONE;
	if (begun)
		code = fill_store(&f, c, conf, path);
	records_bulk_free(f.bulk);
	keys_free(f.keys);
	refused_done(&f.refused);
	arena_done(&f.arena);
	if (begun && code == REFUSED)
		(void)ctl_fail(c, code, "no store was made");
	return code;
}
