/* Calling authd and showing what it answers: as JSON with --json, else for people. Threads: there is one. */
#pragma once

#include "authctl/ctl.h"
#include "authctl/print.h"

/* In words of the command's own. body is taken over; NULL sends a GET. */
typedef void show_fn(const struct ctl *c, const json_t *answer);
enum exit_code show_call(struct ctl *c, const char *path, json_t *body, show_fn *print);
/* The same, where the body has the command's argument alone, as this member. */
enum exit_code show_call_about(struct ctl *c, const char *path, const char *member, show_fn *print);

/* One object, as a card. body is taken over; NULL sends a GET. */
enum exit_code show_card(struct ctl *c, const char *path, json_t *body, const struct field *fields,
			 size_t n);

/* The objects of the array that this member of the answer is, as a table; `empty` if there are none. */
enum exit_code show_table(struct ctl *c, const char *path, json_t *body, const char *member,
			  const struct field *fields, size_t n, const char *empty);
