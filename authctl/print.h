/*
 * Tables and cards for people. Columns are aligned by the width of the characters on a terminal,
 * where a Chinese one takes two cells; control characters are shown as "?".     Threads: there is one.
 */
#pragma once

#include "libauth/base/slice.h"

#include <jansson.h>
#include <stdio.h>

/* The cells that UTF-8 text takes. */
size_t print_width(const char *text);
/* The text, without what a terminal would obey. */
void print_text(FILE *out, const char *text);

struct grid {
	const char *const *heads;
	size_t columns;
	char **cells; /* row by row */
	size_t n, capacity;
	bool failed;
};
void grid_done(struct grid *t);
/* One more cell, copied. */
void grid_put(struct grid *t, const char *text);
/* All of it; `empty` instead of a table without rows. */
void grid_print(const struct grid *t, FILE *out, const char *empty);

/* "Name:   value", aligned; nothing where there is no value, nor for a warning that is false. */
struct card_line {
	const char *member; /* of the object */
	const char *label;
	enum { CARD_TEXT, CARD_TIME, CARD_BOOL, CARD_WARNING, CARD_LIST, CARD_NUMBER } form;
};
void card_print(FILE *out, const json_t *object, const struct card_line *lines, size_t n);

/* Local time, ISO 8601: 2026-11-23T09:30:00+08:00; "-" for zero. */
enum { TIME_TEXT_SIZE = 32 };
const char *time_text(int64_t at, char room[TIME_TEXT_SIZE]);

/* JSON on standard output, indented. */
void print_json(const json_t *value);
