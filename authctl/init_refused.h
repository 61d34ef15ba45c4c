/*
 * The refused lines of an import into a new store. While the file is read, only their line numbers
 * are noted; when all of them are known it is read once more, and each goes into the rejects file
 * as it stands there, in the order of lines.
 *                                                                          Threads: one at a time.
 */
#pragma once

#include "authctl/import.h"

struct refused {
	struct import *import;
	int64_t now;
	struct arena arena;
	uint8_t *lines; /* a bit each */
	size_t size;    /* in bytes */
	int64_t at;     /* the first line that was not looked at the second time */
	bool again;     /* the second time has begun */
};

void refused_done(struct refused *r);
/* This line cannot be read, or registration_check() refuses it: found out again the second time. */
status refused_note(struct refused *r, int64_t line);
/* Write all up to this line, and it with this reason. Lines come in their order. */
enum exit_code refused_write(struct refused *r, int64_t line, const char *reason);
/* Write the rest, durably. */
enum exit_code refused_end(struct refused *r);
