#include "authd/service/distinguished_name.h"

#include "libauth/base/encode.h"

#include <openssl/objects.h>

enum { VALUE_MAX = 512 };

/* One attribute; `more` says that the next one belongs to the same relative name (a plus sign). */
struct attribute {
	int nid;
	uint8_t value[VALUE_MAX];
	size_t n;
	bool more;
};

static void skip_spaces(struct slice *rest)
{
	while (rest->n && rest->p[0] == ' ')
		*rest = slice_from(*rest, 1);
}

/* Short names go without case (RFC 4514 §2.3). OpenSSL has them in capitals, and in small letters
 * others of that name: uid is not UID. */
static int find_type(const char *name)
{
	char capitals[64];
	size_t i;
	for (i = 0; name[i]; i++)
		capitals[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 0x20) : name[i];
	capitals[i] = '\0';
	int nid = OBJ_txt2nid(capitals);
	return nid == NID_undef ? OBJ_txt2nid(name) : nid;
}

static bool read_type(struct slice *rest, int *ret)
{
	char name[64];
	size_t equals = slice_find(*rest, '='), n = equals;
	if (!n || n == rest->n || n >= sizeof name)
		return false;
	memcpy(name, rest->p, n);
	while (n && name[n - 1] == ' ')
		n--;
	name[n] = '\0';
	*ret = find_type(name);
	*rest = slice_from(*rest, equals + 1);
	return *ret != NID_undef;
}

/* RFC 4514 §2.4: a backslash before a special character, or before two hexadecimal digits. */
static bool read_escape(struct slice *rest, uint8_t *ret)
{
	if (rest->n < 2)
		return false;
	size_t length = 3;
	if (hex_decode(slice_first(slice_from(*rest, 1), 2), ret, 1) != ST_OK) {
		if (!strchr(" \"#+,;<=>\\", rest->p[1]))
			return false;
		*ret = rest->p[1];
		length = 2;
	}
	*rest = slice_from(*rest, length);
	return true;
}

static bool read_value(struct slice *rest, struct attribute *a)
{
	size_t end = 0; /* behind the last character that is no bare space */
	a->n = 0;
	while (rest->n && rest->p[0] != ',' && rest->p[0] != '+') {
		uint8_t c = rest->p[0];
		if (a->n == VALUE_MAX || strchr("\";<>", c))
			return false;
		if (c == '\\') {
			if (!read_escape(rest, &a->value[a->n++]))
				return false;
			end = a->n;
			continue;
		}
		a->value[a->n++] = c;
		end = c == ' ' ? end : a->n;
		*rest = slice_from(*rest, 1);
	}
	a->n = end;
	return a->n > 0;
}

/* False: malformed. */
static bool read_attribute(struct slice *rest, struct attribute *ret)
{
	skip_spaces(rest);
	if (!read_type(rest, &ret->nid))
		return false;
	skip_spaces(rest);
	/* The form #hex is for types that have no text: none of those that we take. */
	if (rest->n && rest->p[0] == '#')
		return false;
	if (!read_value(rest, ret))
		return false;
	ret->more = rest->n && rest->p[0] == '+';
	if (!rest->n)
		return true;
	*rest = slice_from(*rest, 1);
	return rest->n > 0;
}

status distinguished_name_check(struct slice text)
{
	struct slice rest = text;
	struct attribute a;
	if (slice_find(text, '\0') < text.n || !slice_is_utf8(text) || !text.n)
		return ST_INVALID;
	while (rest.n)
		if (!read_attribute(&rest, &a))
			return ST_INVALID;
	return ST_OK;
}

static bool same_value(const struct attribute *a, const X509_NAME_ENTRY *entry)
{
	uint8_t *utf8 = NULL;
	int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
	bool same = n >= 0 && slice_equal(slice_of(utf8, (size_t)n), slice_of(a->value, a->n));
	OPENSSL_free(utf8);
	return same && OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == a->nid;
}

bool distinguished_name_is(struct slice text, const X509_NAME *name)
{
	struct slice rest = text;
	struct attribute a = { 0 };
	int set = -1;
	bool more = false;
	for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		bool same_set = X509_NAME_ENTRY_set(entry) == set;
		if (!rest.n || !read_attribute(&rest, &a) || more != same_set || !same_value(&a, entry))
			return false;
		set = X509_NAME_ENTRY_set(entry);
		more = a.more;
	}
	return !rest.n && !more && text.n;
}
