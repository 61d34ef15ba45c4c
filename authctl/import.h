/*
 * What `person import`, `entity import` and `init --import` share: the file, the rejects, the bar,
 * and the account at the end. They differ in where the rows go.
 *                                                                          Threads: there is one.
 */
#pragma once

#include "authctl/ctl.h"
#include "authctl/progress.h"
#include "authctl/rejects.h"

struct import {
	struct ctl *ctl;
	struct rows rows;
	struct rejects rejects;
	struct progress progress;
	int64_t lines, counts[REGISTRATION_OUTCOMES];
	bool afresh; /* it counts whole or not at all */
};

/* --format and --rejects. */
#define IMPORT_FLAGS                                                                               \
	{ "format", FLAG_TEXT, "FORMAT", "csv or jsonl (by content)" },                            \
	{ "rejects", FLAG_TEXT, "FILE", "where refused lines go (FILE.rejects; of a pipe, "        \
					"authctl.rejects)" }

/* Open the file, "-" for standard input. On anything but DONE it has said why. */
enum exit_code import_begin(struct import *im, struct ctl *c, const char *path,
			    enum subject_kind kind);
/* The next row, whether it can be read or not. *ret_end at the end. */
enum exit_code import_read(struct import *im, struct arena *a, struct row *ret, bool *ret_end);
/* The next row that can be read; others are refused here. *ret_end at the end. */
enum exit_code import_next(struct import *im, struct arena *a, struct row *ret, bool *ret_end);
enum exit_code import_refuse(struct import *im, int64_t line, const char *reason, struct slice raw);
/* Say what came of it. code: how the import went so far. DONE, PARTLY, or code. */
enum exit_code import_end(struct import *im, enum exit_code code);
