#include "authd/endpoint/admin.h"

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
		else if (!in_string && (c == '{' || c == '[') && ++depth > ADMIN_DEPTH_MAX)
			return false;
		else if (!in_string && (c == '}' || c == ']') && depth)
			depth--;
	}
	return true;
}

status admin_body(const struct request *r, json_t **ret, struct error *e)
{
	if (!is_shallow(r->body))
		return error_set(e, ST_INVALID, "the body nests deeper than %d", ADMIN_DEPTH_MAX);
	json_error_t why;
	AUTO(json) json_t *body =
		json_loadb((const char *)r->body.p, r->body.n, JSON_REJECT_DUPLICATES, &why);
	if (!body && json_error_code(&why) == json_error_out_of_memory)
		return ST_NOMEM;
	if (!json_is_object(body)) /* jansson's own text would quote what was sent */
		return error_set(e, ST_INVALID, "the body is not one JSON object in UTF-8, "
						"with each member once");
	*ret = TAKE(body);
	return ST_OK;
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

static status take_object(const json_t *value, struct arena *a, struct slice *to)
{
	if (!json_is_object(value))
		return ST_INVALID;
	char *text = json_dumps(value, JSON_COMPACT);
	*to = text ? arena_copy(a, slice_str(text)) : NO_SLICE;
	free(text);
	return to->p ? ST_OK : ST_NOMEM;
}

static status take(const json_t *value, const struct admin_field *field, struct arena *a, void *to)
{
	void *place = (char *)to + field->offset;
	switch (field->type) {
	case FIELD_TEXT: return take_text(value, a, place);
	case FIELD_LIST: return take_list(value, a, place);
	case FIELD_OBJECT: return take_object(value, a, place);
	case FIELD_BOOL: break;
	}
	if (!json_is_boolean(value))
		return ST_INVALID;
	*(bool *)place = json_is_true(value);
	return ST_OK;
}

static const char *const SHAPES[] = {
	[FIELD_TEXT] = "a string",
	[FIELD_LIST] = "a list of strings, at most 32",
	[FIELD_BOOL] = "true or false",
	[FIELD_OBJECT] = "an object",
};

static const struct admin_field *field_of(const struct admin_field *fields, size_t n,
					  const char *name)
{
	for (size_t k = 0; k < n; k++)
		if (strcmp(fields[k].name, name) == 0)
			return &fields[k];
	return NULL;
}

status admin_fields(const json_t *object, const struct admin_field *fields, size_t n,
		    struct arena *a, void *to, struct error *e)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)object, name, value) {
		const struct admin_field *field = field_of(fields, n, name);
		if (!field)
			return error_set(e, ST_INVALID, "%.60s: not known here", name);
		status s = take(value, field, a, to);
		if (s == ST_INVALID)
			return error_set(e, s, "%s: not %s", field->name, SHAPES[field->type]);
		TRY(s);
	}
	return ST_OK;
}

status admin_read_body(struct request *r, const struct admin_field *fields, size_t n, void *to,
		       struct error *e)
{
	AUTO(json) json_t *body = NULL;
	TRY(admin_body(r, &body, e));
	return admin_fields(body, fields, n, &r->arena, to, e);
}

json_t *admin_text(struct slice s)
{
	return s.p ? json_stringn((const char *)s.p, s.n) : json_null();
}

json_t *admin_id(struct id id)
{
	AUTO_BUF struct buf hex = { 0 };
	buf_put_hex(&hex, id_slice(&id));
	return buf_status(&hex) == ST_OK ? admin_text(buf_slice(&hex)) : NULL;
}
