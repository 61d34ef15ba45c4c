#include "libauth/bundle.h"

#include "libauth/base/mem.h"
#include "libauth/text_file.h"
#include "libauth/json.h"
#include "libauth/jwk.h"
#include "libauth/jws.h"

#include <inttypes.h>
#include <stdio.h>

enum { BUNDLE_VALUES_MAX = 65536, LINK_MAX = AUTH_TOKEN_MAX, STATE_MAX = 256, SKEW_S = 60 };

static const struct slice ROOT_TYPE = SLICE_INIT("root+jwt");
static const struct slice BUNDLE_TYPE = SLICE_INIT("trust-bundle+jwt");

void bundle_done(struct bundle *b)
{
	json_done(&b->json);
	auth_keyset_free(b->keys);
}

static enum auth_status refuse(struct error *e, enum auth_status s, const char *why)
{
	(void)error_set(e, ST_INVALID, "%s", why);
	return s;
}

static bool next_line(struct slice *rest, struct slice *ret)
{
	size_t n = slice_find(*rest, '\n');
	*ret = slice_first(*rest, n);
	*rest = slice_from(*rest, n + 1);
	return ret->n > 0;
}

/* ---- signed by a root ----------------------------------------------------------------------- */

/* Verify one line and read its payload into the arena. */
static enum auth_status read_signed(struct slice line, size_t most, struct slice type,
				    const struct auth_keyset *roots, int64_t now, struct arena *a,
				    struct json *json)
{
	struct jws jws;
	struct key_range range;
	struct key *key;
	size_t n;
	CHECK(jws_read(&jws, line, most, algorithm_find));
	if (!slice_equal(jws.type, type))
		return AUTH_WRONG_TYPE;
	CHECK(jws_find_keys(&jws, roots, UINT_MAX, now, &range));
	CHECK(jws_verify(&jws, range, now, &key));
	uint8_t *text = arena_alloc(a, jws_payload_room(&jws));
	if (!text)
		return AUTH_NOMEM;
	CHECK(jws_payload(&jws, text, &n));
	switch (json_read(json, text, n)) {
	case ST_OK: break;
	case ST_NOMEM: return AUTH_NOMEM;
	case ST_TOO_LARGE: return AUTH_TOO_LARGE;
	default: return AUTH_MALFORMED;
	}
	return json->values->type == AUTH_TYPE_OBJECT ? AUTH_OK : AUTH_MALFORMED;
}

/* Root n+1, signed by root n: from then on it alone counts. A link by a root that is not trusted leads
 * nowhere: it is for verifiers that have pinned an earlier one. */
static enum auth_status follow_root(struct slice line, struct auth_keyset **roots, int64_t now,
				    struct error *e)
{
	struct auth_value few[48];
	AUTO_JSON struct json json = JSON_INIT(few, COUNT_OF(few));
	AUTO(keyset) struct auth_keyset *next = keyset_new();
	if (!next)
		return AUTH_NOMEM;
	enum auth_status answer =
		read_signed(line, LINK_MAX, ROOT_TYPE, *roots, now, &next->arena, &json);
	if (answer == AUTH_UNKNOWN_KEY)
		return AUTH_OK;
	CHECK(answer);
	struct keyset_source source = { .jwks = json.values, .expires = INT64_MAX };
	status s = keyset_add(next, &source, e);
	if (s == ST_OK)
		s = keyset_sort(next, e);
	if (s != ST_OK)
		return is_fault(s) ? AUTH_NOMEM : AUTH_BAD_BUNDLE;
	auth_keyset_free(*roots);
	*roots = TAKE(next);
	return AUTH_OK;
}

/* ---- the bundle ----------------------------------------------------------------------------- */

static bool read_integer(const struct auth_value *root, const char *name, int64_t *ret)
{
	return auth_value_integer(auth_value_member(root, name), ret) == AUTH_OK && *ret >= 0;
}

static enum auth_status read_frame(const struct auth_value *root, struct slice issuer, int64_t now,
				   struct bundle *b, struct error *e)
{
	if (!slice_equal(json_text(auth_value_member(root, "iss")), issuer))
		return AUTH_WRONG_ISSUER;
	if (!read_integer(root, "version", &b->version) || !read_integer(root, "iat", &b->issued) ||
	    !read_integer(root, "exp", &b->expires))
		return refuse(e, AUTH_BAD_BUNDLE, "version, iat or exp is missing or no number");
	if (b->issued - SKEW_S > now)
		return AUTH_NOT_YET_VALID;
	return now < b->expires ? AUTH_OK : AUTH_EXPIRED;
}

static enum auth_status read_keys(const struct auth_value *root, struct bundle *b, struct error *e)
{
	struct keyset_source source = {
		.issuer = json_text(auth_value_member(root, "iss")),
		.jwks = auth_value_member(root, "jwks"),
		.expires = b->expires,
	};
	status s = keyset_add(b->keys, &source, e);
	if (s == ST_OK)
		s = keyset_sort(b->keys, e);
	return answer_of(s, AUTH_BAD_BUNDLE, e, NULL);
}

static enum auth_status read_bundle(struct slice line, const struct auth_keyset *roots,
				    struct slice issuer, int64_t now, struct bundle *b,
				    struct error *e)
{
	b->keys = keyset_new();
	b->json = (struct json){ .limit = BUNDLE_VALUES_MAX };
	if (!b->keys)
		return AUTH_NOMEM;
	enum auth_status s = read_signed(line, AUTH_BUNDLE_MAX, BUNDLE_TYPE, roots, now,
					 &b->keys->arena, &b->json);
	if (s == AUTH_UNKNOWN_KEY)
		return refuse(e, s, "it is signed by no root that is trusted here");
	CHECK(s);
	CHECK(read_frame(b->json.values, issuer, now, b, e));
	CHECK(read_keys(b->json.values, b, e));
	b->lists = auth_value_member(b->json.values, "status_lists");
	if (b->lists && b->lists->type != AUTH_TYPE_ARRAY)
		return refuse(e, AUTH_BAD_BUNDLE, "status_lists is not an array");
	return AUTH_OK;
}

enum auth_status bundle_read(struct slice text, const struct auth_keyset *roots, struct slice issuer,
			     int64_t now, struct bundle *ret, struct error *e)
{
	AUTO(keyset) struct auth_keyset *root = keyset_share((struct auth_keyset *)roots);
	struct slice line, rest = text;
	if (text.n > AUTH_BUNDLE_MAX)
		return AUTH_TOO_LARGE;
	if (!next_line(&rest, &line))
		return refuse(e, AUTH_BAD_BUNDLE, "it is empty");
	while (rest.n) {
		CHECK(follow_root(line, &root, now, e));
		if (!next_line(&rest, &line))
			return refuse(e, AUTH_BAD_BUNDLE, "a line in it is empty");
	}
	return read_bundle(line, root, issuer, now, ret, e);
}

/* ---- what has been seen --------------------------------------------------------------------- */

status bundle_state_read(const char *path, struct bundle_state *ret, struct error *e)
{
	struct auth_value few[8];
	AUTO_JSON struct json json = JSON_INIT(few, COUNT_OF(few));
	AUTO_MEM uint8_t *text = NULL;
	size_t n;
	status s = text_file_read(path, STATE_MAX, &text, &n, e);
	if (s == ST_NOT_FOUND) {
		*ret = (struct bundle_state){ 0 };
		*e = (struct error){ 0 };
		return ST_OK;
	}
	TRY(s);
	struct bundle_state state;
	if (json_read(&json, text, n) != ST_OK || !read_integer(json.values, "version", &state.version) ||
	    !read_integer(json.values, "iat", &state.issued))
		return error_set(e, ST_INVALID, "%.100s: not a state file of trust bundles", path);
	*ret = state;
	return ST_OK;
}

status bundle_state_write(const char *path, const struct bundle_state *state, struct error *e)
{
	char text[STATE_MAX];
	int n = snprintf(text, sizeof text, "{\"version\":%" PRId64 ",\"iat\":%" PRId64 "}\n",
			 state->version, state->issued);
	return text_file_replace(path, slice_of(text, (size_t)n), e);
}
