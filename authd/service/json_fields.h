/*
 * Members of a JSON object and their places in a struct, by const tables.   Threads: pure functions.
 */
#pragma once

#include <jansson.h>

#include "authd/model/client.h"
#include "libauth/base/mem.h"
#include "libauth/base/status.h"

DEFINE_AUTO(json, json_t *, json_decref)

/* One member of an object, and its place in a struct. */
struct json_field {
	const char *name;
	enum { FIELD_TEXT, FIELD_LIST, FIELD_BOOL, FIELD_OBJECT, FIELD_SECONDS } type;
	/* FIELD_TEXT: struct slice; FIELD_LIST: struct client_list; FIELD_BOOL: bool; FIELD_OBJECT:
	 * struct slice with its JSON text; FIELD_SECONDS: int64_t, not below 0 */
	size_t offset;
};

enum { JSON_DEPTH_MAX = 8 };

/* text as one object with each member once; ST_INVALID with the reason in e, ST_NOMEM. */
status json_object_read(struct slice text, json_t **ret, struct error *e);
/* The same of an array. */
status json_array_read(struct slice text, json_t **ret, struct error *e);

enum json_unknown { JSON_UNKNOWN_REFUSED, JSON_UNKNOWN_IGNORED };
/* Read the members of object into the struct at `to`, what they hold into the arena; ST_INVALID for
 * a wrong type. */
status json_fields_read(const json_t *object, const struct json_field *fields, size_t n,
			enum json_unknown unknown, struct arena *a, void *to, struct error *e);

/* The member's value; JSON null for what is absent, empty or no seconds. NULL: no memory. */
json_t *json_field_write(const struct json_field *field, const void *from);

/* As if it had never been read. */
void json_field_clear(const struct json_field *field, void *to);

/* What a JSON string says; absent for all else. It lives as long as the string. */
struct slice json_text_of(const json_t *string);
/* A value as JSON text, with jansson's flags; in the arena. Absent: no memory. */
struct slice json_dump(const json_t *value, size_t flags, struct arena *a);

/* A JSON string of a slice; JSON null where it is absent. */
json_t *json_of_text(struct slice s);
json_t *json_of_list(const struct client_list *l);
