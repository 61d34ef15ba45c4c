#include "authd/endpoint/admin_subjects.h"

#include "authd/service/subjects.h"
#include "authd/service/login_name.h"

static status find_by_id(struct request *r, struct slice text, struct subject *ret, struct error *e)
{
	struct id id;
	if (id_parse(text, &id) != ST_OK)
		return error_set(e, ST_INVALID, "id: 32 hexadecimal digits");
	return subjects_get(r->issuer, id, &r->arena, ret);
}

static status find_by_number(struct request *r, const struct admin_who *who, enum subject_kind kind,
			     struct subject *ret, struct error *e)
{
	enum number_type type = kind == SUBJECT_LEGAL ? NUMBER_CREDIT : NUMBER_RESIDENT;
	struct slice number;
	struct number_facts facts;
	struct error why = { 0 };
	if (who->type.n && number_type_parse(who->type, &type) != ST_OK)
		return error_set(e, ST_INVALID, "type: not a type of document");
	status s = number_check(type, who->number, true, r->now, &r->arena, &number, &facts, &why);
	if (s == ST_INVALID)
		return error_set(e, ST_INVALID, "number: %s", why.message);
	TRY(s);
	return subjects_find(r->issuer, type, number, &r->arena, ret);
}

static status find_by_login_name(struct request *r, struct slice name, struct subject *ret,
				 struct error *e)
{
	struct slice folded;
	TRY(login_name_check(name, &r->arena, &folded, e));
	return subjects_find_login_name(r->issuer, folded, &r->arena, ret);
}

status admin_find(struct request *r, const struct admin_who *who, enum subject_kind kind,
		  struct subject *ret, struct error *e)
{
	struct subject s;
	if (!!who->id.n + !!who->login_name.n + !!who->number.n != 1)
		return error_set(e, ST_INVALID, "name one of number, login_name and id");
	if (who->id.n)
		TRY(find_by_id(r, who->id, &s, e));
	else if (who->login_name.n)
		TRY(find_by_login_name(r, who->login_name, &s, e));
	else
		TRY(find_by_number(r, who, kind, &s, e));
	if (kind && s.kind != kind)
		return ST_NOT_FOUND;
	*ret = s;
	return ST_OK;
}

enum step_result admin_not_found(struct request *r, status s, const struct error *e)
{
	if (s == ST_NOT_FOUND)
		return admin_refuse(r, 404, "not_found", "nobody is registered under this");
	if (s == ST_INVALID)
		return admin_refuse(r, 400, "invalid_request", "%s", e->message);
	return admin_fault(r, s);
}

status admin_row(const json_t *object, enum subject_kind kind, struct arena *a,
		 struct registration *ret, int64_t *ret_line, struct error *e)
{
	const char *name;
	json_t *value;
	if (!json_is_object(object))
		return error_set(e, ST_INVALID, "not an object");
	json_object_foreach((json_t *)object, name, value) {
		enum column c;
		if (ret_line && strcmp(name, "line") == 0 && json_is_integer(value)) {
			*ret_line = json_integer_value(value);
			continue;
		}
		if (column_parse(kind, slice_str(name), &c) != ST_OK)
			return error_set(e, ST_INVALID, "%.60s: not a column known here", name);
		if (json_is_null(value))
			continue;
		if (!json_is_string(value))
			return error_set(e, ST_INVALID, "%s: not a string", column_name(c));
		ret->columns[c] = arena_copy(a, slice_of(json_string_value(value),
							 json_string_length(value)));
		if (!ret->columns[c].p)
			return ST_NOMEM;
	}
	return ST_OK;
}
