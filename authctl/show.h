/* Calling authd and showing what it answers: as JSON with --json, else for people. Threads: there is one. */
#pragma once

#include "authctl/ctl.h"
#include "authctl/print.h"

/* One object, as a card. body is taken over; NULL sends a GET. */
enum exit_code show_card(struct ctl *c, const char *path, json_t *body, const struct field *fields,
			 size_t n);

/* The objects of the array that this member of the answer is, as a table; `empty` if there are none. */
enum exit_code show_table(struct ctl *c, const char *path, json_t *body, const char *member,
			  const struct field *fields, size_t n, const char *empty);
