/* The public view of one JSON value: see auth.h. */
#include "libauth/json.h"

enum auth_type auth_value_type(const struct auth_value *value)
{
	return value ? value->type : AUTH_TYPE_NONE;
}

const char *auth_value_name(const struct auth_value *value)
{
	return value ? (const char *)value->name.p : NULL;
}

const char *auth_value_string(const struct auth_value *value)
{
	return (const char *)json_text(value).p;
}

bool auth_value_true(const struct auth_value *value) { return value && value->truth; }

enum auth_status auth_value_integer(const struct auth_value *value, int64_t *ret)
{
	static const int64_t MOST = ((int64_t)1 << 53) - 1; /* RFC 7493 §2.2 */
	if (!value || value->type != AUTH_TYPE_NUMBER)
		return AUTH_NO_CLAIM;
	bool negative = value->text.p[0] == '-';
	int64_t n = 0;
	for (size_t i = negative; i < value->text.n; i++) {
		uint8_t digit = (uint8_t)(value->text.p[i] - '0');
		if (digit > 9)
			return AUTH_NO_CLAIM;
		n = n * 10 + digit;
		if (n > MOST)
			return AUTH_NO_CLAIM;
	}
	*ret = negative ? -n : n;
	return AUTH_OK;
}

const char *auth_value_number(const struct auth_value *value, size_t *ret_n)
{
	if (!value || value->type != AUTH_TYPE_NUMBER)
		return NULL;
	*ret_n = value->text.n;
	return (const char *)value->text.p;
}

size_t auth_value_count(const struct auth_value *value) { return value ? value->count : 0; }

const struct auth_value *auth_value_member(const struct auth_value *object, const char *name)
{
	return json_member(object, slice_str(name));
}

const struct auth_value *auth_value_first(const struct auth_value *container)
{
	return container && container->count ? container + 1 : NULL;
}

const struct auth_value *auth_value_next(const struct auth_value *container,
					 const struct auth_value *value)
{
	const struct auth_value *next = value ? value + value->span : NULL;
	return next && next < container + container->span ? next : NULL;
}
