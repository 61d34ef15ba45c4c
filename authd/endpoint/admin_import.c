/*
 * POST /admin/v1/persons/import, /admin/v1/entities/import
 *
 *	{"rows": [{"line": 2, "number": "...", "name": "...", ...}, ...]}
 *	{"taken": 2, "added": 1, "updated": 0, "unchanged": 0, "deregistered": 0, "merged": 0, "split": 0,
 *	 "refused": [{"line": 3, "reason": "..."}]}
 *
 * All rows of a call are written in one batch, or none. A row about somebody whom an earlier row of
 * the same call is about ends it: only the first `taken` rows were dealt with, and the caller sends
 * the others again. So a row always sees what the rows before it have done.
 */
#include "authd/endpoint/admin_subjects.h"

#include "authd/service/registration_batch.h"

/* Rows in one batch, and the memory that they may take before the rest has to wait. */
enum { ROWS_MAX = 2000, MEMORY_MAX = 3 << 20 };

struct import {
	struct registration_batch rows;
	json_t *refused;
};

static status refuse_row(struct import *im, int64_t line, const char *reason)
{
	json_t *entry = json_pack("{s:I, s:s}", "line", (json_int_t)line, "reason", reason);
	return json_array_append_new(im->refused, entry) == 0 ? ST_OK : ST_NOMEM;
}

/* ST_OK: dealt with. ST_BUSY: has to wait for the next call. ST_CONFLICT or a fault: none counts. */
static status import_row(struct request *r, struct import *im, const json_t *object)
{
	struct registration row = { 0 };
	struct error why = { 0 };
	int64_t line = 0;
	status s = admin_row(object, im->rows.kind, &r->arena, &row, &line, &why);
	if (s == ST_OK)
		s = registration_batch_row(&im->rows, &row, NULL, &why);
	return s == ST_INVALID || s == ST_EXISTS ? refuse_row(im, line, why.message) : s;
}

static status import_rows(struct request *r, struct import *im, const json_t *rows, size_t *ret_taken)
{
	size_t k = 0;
	for (; k < json_array_size(rows); k++) {
		if (k && r->arena.used > MEMORY_MAX)
			break;
		status s = import_row(r, im, json_array_get(rows, k));
		if (s == ST_BUSY)
			break;
		TRY(s);
	}
	*ret_taken = k;
	return ST_OK;
}

static status put_counts(struct request *r, const struct import *im, json_t *answer, size_t *ret_written)
{
	size_t written = 0;
	struct slice detail = NO_SLICE;
	for (enum registration_outcome o = 0; o < REGISTRATION_OUTCOMES; o++) {
		const char *name = registration_outcome_name(o);
		size_t n = im->rows.counts[o];
		written += o == REGISTRATION_UNCHANGED ? 0 : n;
		detail = arena_format(&r->arena, "%.*s%s %zu, ", SLICE_FMT(detail), name, n);
		if (json_object_set_new(answer, name, json_integer((json_int_t)n)) != 0 || !detail.p)
			return ST_NOMEM;
	}
	admin_of(r)->entry.detail = arena_format(&r->arena, "%.*srefused %zu", SLICE_FMT(detail),
						 json_array_size(im->refused));
	*ret_written = written;
	return ST_OK;
}

static enum step_result import_done(struct request *r, struct import *im, size_t taken)
{
	size_t written;
	json_t *answer = json_pack("{s:I, s:O}", "taken", (json_int_t)taken, "refused", im->refused);
	status s = answer ? put_counts(r, im, answer, &written) : ST_NOMEM;
	if (s != ST_OK) {
		json_decref(answer);
		return admin_fault(r, s);
	}
	admin_of(r)->entry.count = (int64_t)written;
	return admin_done(r, 200, answer);
}

static enum step_result import(struct request *r, enum subject_kind kind)
{
	AUTO(json) json_t *body = NULL;
	AUTO(json) json_t *refused = json_array();
	struct error why = { 0 };
	struct import im = { .refused = refused };
	status s = json_object_read(r->body, &body, &why);
	if (is_fault(s))
		return admin_fault(r, s);
	json_t *rows = json_object_get(body, "rows");
	size_t n = json_array_size(rows);
	if (s != ST_OK || !json_is_array(rows) || json_object_size(body) != 1 || n > ROWS_MAX)
		return admin_refuse(r, 400, "invalid_request", "%s",
				    s == ST_OK ? "rows: a list of at most 2000 objects" : why.message);
	s = refused ? registration_batch_begin(&im.rows, r->issuer, admin_of(r)->batch, &r->arena, kind,
					       r->now, n)
		    : ST_NOMEM;
	im.rows.operator_name = admin_of(r)->entry.operator_name;
	size_t taken = 0;
	if (s == ST_OK)
		s = import_rows(r, &im, rows, &taken);
	if (s == ST_CONFLICT)
		return admin_refuse(r, 409, "conflict", "somebody else is changing these records");
	return s == ST_OK ? import_done(r, &im, taken) : admin_fault(r, s);
}

static enum step_result person_import(struct request *r)
{
	admin_of(r)->entry.event = "admin.person.import";
	return import(r, SUBJECT_NATURAL);
}

static enum step_result entity_import(struct request *r)
{
	admin_of(r)->entry.event = "admin.entity.import";
	return import(r, SUBJECT_LEGAL);
}

step_fn *const ADMIN_PERSON_IMPORT[] = { admin_write, person_import, admin_commit, admin_answer,
					 NULL };
step_fn *const ADMIN_ENTITY_IMPORT[] = { admin_write, entity_import, admin_commit, admin_answer,
					 NULL };
