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

/* A member of an object and how it is shown: a line of a card, or a column of a table. */
struct field {
	const char *member;
	const char *label;
	enum {
		FIELD_TEXT,
		FIELD_TIME,
		FIELD_NUMBER,
		FIELD_LIMIT,   /* a number; 0 is none */
		FIELD_BOOL,    /* yes, no */
		FIELD_STATE,   /* of `disabled`: disabled, active */
		FIELD_YES,     /* in a card: yes, or left out */
		FIELD_LIST,    /* of texts; in a card */
		FIELD_KEYS,    /* a JWK set: how many keys */
	} form;
};

/* "Name:   value", aligned; nothing where there is no value. */
void print_card(FILE *out, const json_t *object, const struct field *fields, size_t n);
/* A row for each object of the array, "-" where a value is absent; `empty` instead of a table without rows. */
void print_table(FILE *out, const json_t *array, const struct field *fields, size_t n, const char *empty);

/* Local time, ISO 8601: 2026-11-23T09:30:00+08:00; "-" for zero. */
enum { TIME_TEXT_SIZE = 32 };
const char *time_text(int64_t at, char room[TIME_TEXT_SIZE]);

/* JSON on standard output, indented. */
void print_json(const json_t *value);
