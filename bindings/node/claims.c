/* Verified claims as JavaScript's values. */
#include "bindings/node/convert.h"

static bool convert(napi_env env, const struct auth_value *value, napi_value *ret);

static bool text_or_null(napi_env env, const char *text, napi_value *ret)
{
	return (text ? napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, ret)
	             : napi_get_null(env, ret)) == napi_ok;
}

/* By JavaScript's own reading of the digits, whatever the locale. */
static bool number(napi_env env, const struct auth_value *value, napi_value *ret)
{
	size_t n;
	napi_value text;
	const char *digits = auth_value_number(value, &n);
	return napi_create_string_latin1(env, digits, n, &text) == napi_ok &&
	       napi_coerce_to_number(env, text, ret) == napi_ok;
}

static bool array(napi_env env, const struct auth_value *value, napi_value *ret)
{
	uint32_t i = 0;
	napi_value item;
	if (napi_create_array_with_length(env, auth_value_count(value), ret) != napi_ok)
		return false;
	for (const struct auth_value *v = auth_value_first(value); v; v = auth_value_next(value, v))
		if (!convert(env, v, &item) || napi_set_element(env, *ret, i++, item) != napi_ok)
			return false;
	return napi_object_freeze(env, *ret) == napi_ok;
}

/* Defined, not set: a member named __proto__ is a member like any other. */
static bool define(napi_env env, napi_value object, const char *name, napi_value value)
{
	napi_property_descriptor d = {.value = value, .attributes = napi_enumerable};
	return napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &d.name) == napi_ok &&
	       napi_define_properties(env, object, 1, &d) == napi_ok;
}

static bool object(napi_env env, const struct auth_value *value, napi_value *ret)
{
	napi_value item;
	if (napi_create_object(env, ret) != napi_ok)
		return false;
	for (const struct auth_value *v = auth_value_first(value); v; v = auth_value_next(value, v))
		if (!convert(env, v, &item) || !define(env, *ret, auth_value_name(v), item))
			return false;
	return napi_object_freeze(env, *ret) == napi_ok;
}

/* As deep as the reader of tokens allows, and no deeper. */
static bool convert(napi_env env, const struct auth_value *value, napi_value *ret)
{
	switch (auth_value_type(value)) {
	case AUTH_TYPE_NONE:
	case AUTH_TYPE_NULL: return napi_get_null(env, ret) == napi_ok;
	case AUTH_TYPE_BOOLEAN:
		return napi_get_boolean(env, auth_value_true(value), ret) == napi_ok;
	case AUTH_TYPE_NUMBER: return number(env, value, ret);
	case AUTH_TYPE_STRING: return text_or_null(env, auth_value_string(value), ret);
	case AUTH_TYPE_ARRAY: return array(env, value, ret);
	case AUTH_TYPE_OBJECT: return object(env, value, ret);
	}
	return false;
}

static bool define_text(napi_env env, napi_value to, const char *name, const char *text)
{
	napi_value value;
	return text_or_null(env, text, &value) && define(env, to, name, value);
}

napi_value verified(napi_env env, const struct auth_claims *claims)
{
	napi_value all, checked, ret;
	if (object(env, auth_claims_value(claims, NULL), &all) &&
	    napi_get_boolean(env, auth_claims_status_checked(claims), &checked) == napi_ok &&
	    napi_create_object(env, &ret) == napi_ok && define(env, ret, "claims", all) &&
	    define_text(env, ret, "alg", auth_claims_alg(claims)) &&
	    define_text(env, ret, "kid", auth_claims_kid(claims)) &&
	    define_text(env, ret, "jkt", auth_claims_jkt(claims)) &&
	    define(env, ret, "status_checked", checked) && napi_object_freeze(env, ret) == napi_ok)
		return ret;
	napi_throw_error(env, NULL, "no memory");
	return NULL;
}
