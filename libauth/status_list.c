#include "libauth/status_list.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"
#include "libauth/json.h"

#include <stdlib.h>
#include <zlib.h>

enum { LIST_VALUES_MAX = 64 };

struct status_list *status_list_share(struct status_list *list)
{
	atomic_fetch_add(&list->shares, 1);
	return list;
}

void status_list_free(struct status_list *list)
{
	if (!list || atomic_fetch_sub(&list->shares, 1) > 1)
		return;
	free(list->bytes);
	free(list);
}

bool status_list_get(const struct status_list *list, int64_t index, unsigned *ret)
{
	/* §4.1: from the least significant bit of each byte on. */
	unsigned per_byte = 8 / list->bits;
	if (index < 0 || (uint64_t)index / per_byte >= list->n)
		return false;
	unsigned shift = (unsigned)((uint64_t)index % per_byte) * list->bits;
	*ret = list->bytes[(uint64_t)index / per_byte] >> shift & ((1U << list->bits) - 1);
	return true;
}

static enum auth_status refuse(struct error *e, enum auth_status s, const char *why)
{
	(void)error_set(e, ST_INVALID, "%s", why);
	return s;
}

/* ---- its statuses --------------------------------------------------------------------------- */

/* §4.1: a ZLIB stream (RFC 1950), and nothing behind it. Memory grows with what comes out. */
static enum auth_status inflate_bytes(struct slice packed, struct status_list *list, struct error *e)
{
	z_stream z = { .next_in = (uint8_t *)packed.p, .avail_in = (uInt)packed.n };
	size_t room = 4096;
	enum auth_status s = AUTH_OK;
	int more = inflateInit(&z);
	if (more != Z_OK)
		return AUTH_NOMEM;
	while (more == Z_OK && s == AUTH_OK) {
		uint8_t *grown = realloc(list->bytes, room);
		if (!grown) {
			s = AUTH_NOMEM;
			break;
		}
		list->bytes = grown;
		z.next_out = grown + list->n;
		z.avail_out = (uInt)(room - list->n);
		more = inflate(&z, Z_NO_FLUSH);
		list->n = room - z.avail_out;
		if (list->n > AUTH_STATUSES_MAX)
			s = refuse(e, AUTH_TOO_LARGE, "the list inflates to too much");
		/* One more than allowed, so that too much can be told from just enough. */
		room = list->n < room ? room : room * 2;
		room = room > AUTH_STATUSES_MAX + 1 ? AUTH_STATUSES_MAX + 1 : room;
	}
	bool whole = more == Z_STREAM_END && !z.avail_in;
	inflateEnd(&z);
	if (s == AUTH_OK && more == Z_MEM_ERROR)
		return AUTH_NOMEM;
	if (s == AUTH_OK && (!whole || !list->n))
		return refuse(e, AUTH_BAD_LIST, "\"lst\" is not a whole ZLIB stream");
	return s;
}

static enum auth_status read_statuses(const struct auth_value *root, struct status_list *list,
				      struct error *e)
{
	const struct auth_value *member = auth_value_member(root, "status_list");
	struct slice lst = json_text(auth_value_member(member, "lst"));
	int64_t bits;
	size_t n;
	if (auth_value_integer(auth_value_member(member, "bits"), &bits) != AUTH_OK ||
	    (bits != 1 && bits != 2 && bits != 4 && bits != 8))
		return refuse(e, AUTH_BAD_LIST, "\"bits\" is not 1, 2, 4 or 8");
	list->bits = (unsigned)bits;
	if (!lst.n)
		return refuse(e, AUTH_BAD_LIST, "it has no \"lst\"");
	/* What is decoded is shorter than its text, and stands where that stood. */
	if (base64url_decode(lst, (uint8_t *)lst.p, &n) != ST_OK)
		return refuse(e, AUTH_BAD_LIST, "\"lst\" is not base64url");
	return inflate_bytes(slice_of(lst.p, n), list, e);
}

/* ---- its claims ----------------------------------------------------------------------------- */

static bool read_time(const struct auth_value *root, const char *name, int64_t absent, int64_t *ret)
{
	const struct auth_value *v = auth_value_member(root, name);
	*ret = absent;
	return !v || (auth_value_integer(v, ret) == AUTH_OK && *ret >= 0);
}

static enum auth_status read_times(const struct auth_value *root, int64_t now, int64_t leeway_s,
				   struct status_list *list, struct error *e)
{
	if (!read_time(root, "iat", -1, &list->issued) || list->issued < 0)
		return refuse(e, AUTH_BAD_LIST, "\"iat\" is missing or no time");
	if (!read_time(root, "exp", INT64_MAX, &list->expires))
		return refuse(e, AUTH_BAD_LIST, "\"exp\" is no time");
	if (!read_time(root, "ttl", -1, &list->ttl))
		return refuse(e, AUTH_BAD_LIST, "\"ttl\" is not a number of seconds");
	if (list->issued - leeway_s > now)
		return refuse(e, AUTH_NOT_YET_VALID, "\"iat\" lies in the future");
	if (now - leeway_s >= list->expires)
		return refuse(e, AUTH_EXPIRED, "the list has expired");
	return AUTH_OK;
}

/* The names go behind the struct. */
static struct status_list *list_new(struct slice uri, const struct key *key)
{
	size_t n = uri.n + key->kid.n + key->issuer.n;
	struct status_list *list = malloc(sizeof *list + n + 1);
	if (!list)
		return NULL;
	*list = (struct status_list){ .ttl = -1 };
	atomic_init(&list->shares, 1);
	const struct slice from[] = { uri, key->kid, key->issuer };
	struct slice *const to[] = { &list->uri, &list->kid, &list->issuer };
	uint8_t *at = (uint8_t *)(list + 1);
	for (size_t i = 0; i < COUNT_OF(from); i++) {
		if (!from[i].p)
			continue;
		memcpy(at, from[i].p, from[i].n);
		*to[i] = slice_of(at, from[i].n);
		at += from[i].n;
	}
	return list;
}

static enum auth_status read_claims(const struct auth_value *root, const struct key *key,
				    struct slice issuer, int64_t now, int64_t leeway_s,
				    struct status_list **ret, struct error *e)
{
	const struct auth_value *iss = auth_value_member(root, "iss");
	struct slice uri = json_text(auth_value_member(root, "sub"));
	if (auth_value_type(root) != AUTH_TYPE_OBJECT || !uri.n)
		return refuse(e, AUTH_BAD_LIST, "it has no \"sub\"");
	if (iss && issuer.p && !slice_equal(json_text(iss), issuer))
		return refuse(e, AUTH_WRONG_ISSUER, "a list of another issuer");
	AUTO(status_list) struct status_list *list = list_new(uri, key);
	if (!list)
		return AUTH_NOMEM;
	enum auth_status s = read_times(root, now, leeway_s, list, e);
	if (s == AUTH_OK)
		s = read_statuses(root, list, e);
	if (s == AUTH_OK)
		*ret = TAKE(list);
	return s;
}

enum auth_status status_list_read(const struct jws *jws, const struct key *key, struct slice issuer,
				  int64_t now, int64_t leeway_s, struct status_list **ret,
				  struct error *e)
{
	struct auth_value few[24];
	AUTO_JSON struct json json = JSON_INIT(few, LIST_VALUES_MAX);
	AUTO_MEM uint8_t *text = malloc(jws_payload_room(jws));
	size_t n;
	if (!text)
		return AUTH_NOMEM;
	enum auth_status s = jws_payload(jws, text, &n);
	if (s != AUTH_OK)
		return refuse(e, s, "not base64url");
	switch (json_read(&json, text, n)) {
	case ST_OK: break;
	case ST_NOMEM: return AUTH_NOMEM;
	default: return refuse(e, AUTH_MALFORMED, "not strict JSON");
	}
	return read_claims(json.values, key, issuer.p ? issuer : key->issuer, now, leeway_s, ret, e);
}
