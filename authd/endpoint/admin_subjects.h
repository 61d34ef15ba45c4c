/* What the routes of persons and entities share: rows, and naming one that is there. */
#pragma once

#include "authd/endpoint/admin.h"
#include "authd/service/registration.h"

/* How a request names somebody: by id, by login name, or by type and number. */
struct admin_who {
	struct slice id, login_name, type, number;
};
#define ADMIN_WHO_FIELDS(structure, member)                                                        \
	{ "id", FIELD_TEXT, offsetof(structure, member.id) },                                      \
	{ "login_name", FIELD_TEXT, offsetof(structure, member.login_name) },                      \
	{ "type", FIELD_TEXT, offsetof(structure, member.type) },                                  \
	{ "number", FIELD_TEXT, offsetof(structure, member.number) }

/* ST_NOT_FOUND; ST_INVALID with the reason in e. kind 0: either. */
status admin_find(struct request *r, const struct admin_who *who, enum subject_kind kind,
		  struct subject *ret, struct error *e);
/* Refuse with what admin_find() answered. */
enum step_result admin_not_found(struct request *r, status s, const struct error *e);

/* A row as an object of columns; "line", where allowed, is read into ret_line. */
status admin_row(const json_t *object, enum subject_kind kind, struct arena *a,
		 struct registration *ret, int64_t *ret_line, struct error *e);

/* All columns of a subject, as `person show` has them. The caller's. */
status admin_subject_json(struct request *r, const struct subject *s, json_t **ret);
