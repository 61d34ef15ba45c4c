#include "authd/service/json_fields.h"

/* jansson would follow 2048 levels down. */
static bool is_shallow(struct slice text)
{
	size_t depth = 0;
	bool in_string = false;
	for (size_t k = 0; k < text.n; k++) {
		uint8_t c = text.p[k];
		if (in_string && c == '\\')
			k++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[') && ++depth > JSON_DEPTH_MAX)
			return false;
		else if (!in_string && (c == '}' || c == ']') && depth)
			depth--;
	}
	return true;
}

static status read_text(struct slice text, json_type type, const char *what, json_t **ret, struct error *e)
{
	if (!is_shallow(text))
		return error_set(e, ST_INVALID, "it nests deeper than %d", JSON_DEPTH_MAX);
	json_error_t why;
	AUTO(json) json_t *body =
		json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &why);
	if (!body && json_error_code(&why) == json_error_out_of_memory)
		return ST_NOMEM;
	if (!body || json_typeof(body) != type) /* jansson's own text would quote what was sent */
		return error_set(e, ST_INVALID, "it is not one JSON %s in UTF-8, with each member once", what);
	*ret = TAKE(body);
	return ST_OK;
}

status json_object_read(struct slice text, json_t **ret, struct error *e)
{
	return read_text(text, JSON_OBJECT, "object", ret, e);
}

status json_array_read(struct slice text, json_t **ret, struct error *e)
{
	return read_text(text, JSON_ARRAY, "array", ret, e);
}

static status take_text(const json_t *value, struct arena *a, struct slice *to)
{
	if (json_is_null(value))
		return ST_OK;
	if (!json_is_string(value))
		return ST_INVALID;
	*to = arena_copy(a, slice_of(json_string_value(value), json_string_length(value)));
	return to->p ? ST_OK : ST_NOMEM;
}

static status take_list(const json_t *value, struct arena *a, struct client_list *to)
{
	size_t n = json_array_size(value);
	if (!json_is_array(value) || n > CLIENT_LIST_MAX)
		return ST_INVALID;
	struct client_list list = { arena_array(a, struct slice, n ? n : 1), n };
	if (!list.items)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++) {
		TRY(take_text(json_array_get(value, k), a, &list.items[k]));
		if (!list.items[k].n)
			return ST_INVALID;
	}
	*to = list;
	return ST_OK;
}

struct slice json_text_of(const json_t *string)
{
	return slice_of(json_string_value(string), json_string_length(string));
}

struct slice json_dump(const json_t *value, size_t flags, struct arena *a)
{
	char *text = json_dumps(value, flags);
	struct slice copy = text ? arena_copy(a, slice_str(text)) : NO_SLICE;
	free(text);
	return copy;
}

static status take_object(const json_t *value, struct arena *a, struct slice *to)
{
	if (!json_is_object(value))
		return ST_INVALID;
	*to = json_dump(value, JSON_COMPACT, a);
	return to->p ? ST_OK : ST_NOMEM;
}

static status take_bool(const json_t *value, bool *to)
{
	if (!json_is_boolean(value))
		return ST_INVALID;
	*to = json_is_true(value);
	return ST_OK;
}

static status take_seconds(const json_t *value, int64_t *to)
{
	json_int_t n = json_integer_value(value);
	if (!json_is_integer(value) || n < 0 || n > INT32_MAX)
		return ST_INVALID;
	*to = n;
	return ST_OK;
}

static status take(const json_t *value, const struct json_field *field, struct arena *a, void *to)
{
	void *place = (char *)to + field->offset;
	switch (field->type) {
	case FIELD_TEXT: return take_text(value, a, place);
	case FIELD_LIST: return take_list(value, a, place);
	case FIELD_OBJECT: return take_object(value, a, place);
	case FIELD_BOOL: return take_bool(value, place);
	case FIELD_SECONDS: return take_seconds(value, place);
	}
	return ST_BUG;
}

static const char *const SHAPES[] = {
	[FIELD_TEXT] = "a string",
	[FIELD_LIST] = "a list of strings, at most 32",
	[FIELD_BOOL] = "true or false",
	[FIELD_OBJECT] = "an object",
	[FIELD_SECONDS] = "a whole number of seconds",
};

static const struct json_field *field_of(const struct json_field *fields, size_t n, const char *name)
{
	for (size_t k = 0; k < n; k++)
		if (strcmp(fields[k].name, name) == 0)
			return &fields[k];
	return NULL;
}

status json_fields_read(const json_t *object, const struct json_field *fields, size_t n,
			enum json_unknown unknown, struct arena *a, void *to, struct error *e)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)object, name, value) {
		const struct json_field *field = field_of(fields, n, name);
		if (!field && unknown == JSON_UNKNOWN_IGNORED)
			continue;
		if (!field)
			return error_set(e, ST_INVALID, "%.60s: not known here", name);
		status s = take(value, field, a, to);
		if (s == ST_INVALID)
			return error_set(e, s, "%s: not %s", field->name, SHAPES[field->type]);
		TRY(s);
	}
	return ST_OK;
}

void json_field_clear(const struct json_field *field, void *to)
{
	void *place = (char *)to + field->offset;
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_OBJECT: *(struct slice *)place = NO_SLICE; return;
	case FIELD_LIST: *(struct client_list *)place = (struct client_list){ 0 }; return;
	case FIELD_BOOL: *(bool *)place = false; return;
	case FIELD_SECONDS: *(int64_t *)place = 0; return;
	}
}

/* ---- writing -------------------------------------------------------------------------------- */

json_t *json_of_text(struct slice s)
{
	return s.p ? json_stringn((const char *)s.p, s.n) : json_null();
}

json_t *json_of_list(const struct client_list *l)
{
	json_t *array = json_array();
	for (size_t k = 0; k < l->n; k++)
		json_array_append_new(array, json_of_text(l->items[k]));
	return array;
}

json_t *json_field_write(const struct json_field *field, const void *from)
{
	const void *place = (const char *)from + field->offset;
	const struct slice *text = place;
	const struct client_list *list = place;
	switch (field->type) {
	case FIELD_TEXT: return text->n ? json_of_text(*text) : json_null();
	case FIELD_LIST: return list->n ? json_of_list(list) : json_null();
	case FIELD_OBJECT:
		return text->n ? json_loadb((const char *)text->p, text->n, 0, NULL) : json_null();
	case FIELD_BOOL: return json_boolean(*(const bool *)place);
	case FIELD_SECONDS:
		return *(const int64_t *)place ? json_integer(*(const int64_t *)place) : json_null();
	}
	return NULL;
}
