/*
 * Manual pages in mdoc(7), from the texts that --help prints.
 *                                                                          Threads: one per FILE.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* .Dd, .Dt, .Os and NAME. */
void roff_begin(FILE *out, const char *title, const char *section, const char *name,
		const char *summary);
/* Text as --help has it: blank lines part paragraphs, indented lines are examples and stay as they
 * are. */
void roff_text(FILE *out, const char *text);
/* All of it stays as it is. */
void roff_literal(FILE *out, const char *text);
/* An argument of a macro: nothing of it is taken for a macro or a full stop. */
void roff_argument(FILE *out, const char *text);
