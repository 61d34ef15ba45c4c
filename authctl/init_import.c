#include "authctl/init_import.h"

#include "authd/service/audit.h"
#include "authd/service/registration_batch.h"

#include <pwd.h>
#include <time.h>
#include <unistd.h>

/* Rows that are durable together. */
enum { BATCH_ROWS = 1000, BATCH_MEMORY = 64 << 20 };

struct filler {
	struct import im;
	struct issuer issuer;
	struct registration_batch rows;
	struct arena arena;
};

static enum exit_code open_store(struct ctl *c, const struct conf *conf, struct issuer *is)
{
	struct keys_options keys = { .dir = conf->keys_dir,
				     .kek_file = conf->kek_file,
				     .data_dir = conf->data_dir };
	struct records_options records = { .dir = layout_records(conf, &c->arena) };
	struct error why = { 0 };
	is->conf = conf;
	is->iss = slice_str(conf->issuer);
	status s = records.dir ? keys_open(&keys, &is->keys, &why) : ST_NOMEM;
	if (s == ST_OK)
		s = records_open(&records, &is->records, &why);
	return s == ST_OK ? DONE : ctl_failed(c, s, &why);
}

static void close_store(struct issuer *is)
{
	records_free(is->records);
	keys_free(is->keys);
}

static status begin_batch(struct filler *f)
{
	arena_reset(&f->arena);
	f->arena.limit = BATCH_MEMORY;
	return registration_batch_begin(&f->rows, &f->issuer, batch_new(&f->arena), &f->arena,
					SUBJECT_NATURAL, time(NULL), BATCH_ROWS);
}

static status audit(struct filler *f)
{
	const size_t *counts = f->rows.counts;
	struct passwd *user = getpwuid(getuid());
	return audit_write(f->rows.batch, &(struct audit_entry){
				   .event = "init.import",
				   .operator_name = slice_str(user ? user->pw_name : "?"),
				   .count = (int64_t)(counts[REGISTRATION_ADDED] +
						      counts[REGISTRATION_UPDATED]),
			   });
}

static status end_batch(struct filler *f)
{
	TRY(audit(f));
	TRY(records_commit_wait(f->issuer.records, f->rows.batch));
	f->im.added += (int64_t)f->rows.counts[REGISTRATION_ADDED];
	f->im.updated += (int64_t)f->rows.counts[REGISTRATION_UPDATED];
	f->im.unchanged += (int64_t)f->rows.counts[REGISTRATION_UNCHANGED];
	return ST_OK;
}

/* The batch copies what it is given, so the row's texts need not outlive the call; those by which it
 * tells who is in it already do. */
static status keep(struct filler *f, const struct row *row, struct registration *ret)
{
	for (enum column k = 0; k < COLUMN_COUNT; k++) {
		struct slice text = row->said.columns[k];
		ret->columns[k] = text.n ? arena_copy(&f->arena, text) : NO_SLICE;
		if (text.n && !ret->columns[k].p)
			return ST_NOMEM;
	}
	return ST_OK;
}

static status put_row(struct filler *f, const struct row *row, struct error *why)
{
	struct registration said;
	TRY(keep(f, row, &said));
	status s = registration_batch_row(&f->rows, &said, why);
	if (s != ST_BUSY)
		return s;
	TRY(end_batch(f));
	TRY(begin_batch(f));
	TRY(keep(f, row, &said));
	return registration_batch_row(&f->rows, &said, why);
}

static enum exit_code fill(struct filler *f, struct arena *a)
{
	struct ctl *c = f->im.ctl;
	for (;;) {
		struct row row;
		bool end;
		struct error why = { 0 };
		arena_reset(a);
		enum exit_code code = import_next(&f->im, a, &row, &end);
		if (code != DONE || end)
			return code;
		status s = put_row(f, &row, &why);
		if (s == ST_INVALID)
			code = import_refuse(&f->im, row.line, why.message, row.raw);
		else if (s != ST_OK)
			code = ctl_failed(c, s, &why);
		if (code != DONE)
			return code;
	}
}

static enum exit_code fill_store(struct filler *f, struct ctl *c, const char *path)
{
	AUTO_ARENA struct arena a = { 0 };
	enum exit_code code = import_begin(&f->im, c, path, SUBJECT_NATURAL);
	if (code != DONE)
		return code;
	if (begin_batch(f) != ST_OK)
		return import_end(&f->im, ctl_nomem(c));
	code = fill(f, &a);
	status s = code == DONE ? end_batch(f) : ST_OK;
	if (s != ST_OK)
		code = ctl_failed(c, s, NULL);
	return import_end(&f->im, code);
}

enum exit_code init_import(struct ctl *c, const struct conf *conf, const char *path)
{
	struct filler f = { .im.ctl = c };
	enum exit_code code = open_store(c, conf, &f.issuer);
	if (code == DONE)
		code = fill_store(&f, c, path);
	close_store(&f.issuer);
	arena_done(&f.arena);
	if (code == REFUSED)
		(void)ctl_fail(c, code, "the store is there, and has what was imported so far: start authd "
			       "and use authctl person import, which goes on");
	return code;
}
