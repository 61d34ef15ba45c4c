#include "libauth/refresh/issuer.h"

#include "libauth/refresh/disk.h"

#include <jansson.h>

enum { METADATA_MAX = 256 << 10, LISTS_MAX = 1 << 20 };

DEFINE_AUTO(json, json_t *, json_decref)
DEFINE_AUTO(keyset, struct auth_keyset *, auth_keyset_free)

void issuer_done(struct issuer *i)
{
	free(i->name);
	free(i->cache_dir);
	free(i->verifiers);
	free(i->jwks_uri);
	free(i->lists_uri);
	fetcher_free(i->fetcher);
}

/* ---- documents ------------------------------------------------------------------------------ */

static status get(struct issuer *i, const char *url, size_t most, struct fetched *ret, struct error *e)
{
	return fetch(i->fetcher, url, most, i->stop, i->context, ret, e);
}

static status get_object(struct issuer *i, const char *url, size_t most, json_t **ret,
			 int64_t *ret_max_age_s, struct error *e)
{
	AUTO_FETCHED struct fetched fetched = { 0 };
	TRY(get(i, url, most, &fetched, e));
	json_t *json = json_loadb((const char *)fetched.body.p, fetched.body.n,
				  JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		return error_set(e, ST_INVALID, "%.150s: not a JSON object", url);
	}
	*ret_max_age_s = fetched.max_age_s;
	*ret = json;
	return ST_OK;
}

static status put_uri(const json_t *metadata, const char *member, char **uri, struct error *e)
{
	const char *value = json_string_value(json_object_get(metadata, member));
	if (value && !fetch_may(value))
		return error_set(e, ST_INVALID, "its %s is not an https URL", member);
	char *copy = value ? strdup(value) : NULL;
	if (value && !copy)
		return error_set(e, ST_NOMEM, "no memory");
	free(*uri);
	*uri = copy;
	return ST_OK;
}

/* OpenID Connect Discovery §4.3: the issuer in it must be the one that was asked for. */
static status fetch_metadata(struct issuer *i, struct error *e)
{
	AUTO(json) json_t *metadata = NULL;
	AUTO_BUF struct buf url = { 0 };
	int64_t max_age_s;
	size_t n = strlen(i->name);
	buf_put(&url, slice_of(i->name, n && i->name[n - 1] == '/' ? n - 1 : n));
	buf_put_text(&url, "/.well-known/openid-configuration");
	buf_put_byte(&url, '\0');
	TRY(buf_status(&url));
	TRY(get_object(i, (const char *)url.p, METADATA_MAX, &metadata, &max_age_s, e));
	const char *name = json_string_value(json_object_get(metadata, "issuer"));
	if (!name || strcmp(name, i->name))
		return error_set(e, ST_INVALID, "%.150s: the metadata of another issuer",
				 (const char *)url.p);
	TRY(put_uri(metadata, "jwks_uri", &i->jwks_uri, e));
	return put_uri(metadata, "status_list_aggregation_endpoint", &i->lists_uri, e);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static status give_keys(struct issuer *i, struct slice jwks, struct error *e)
{
	AUTO(keyset) struct auth_keyset *keys = NULL;
	struct auth_error why = { "" };
	enum auth_status s = auth_keyset_from_json(jwks.p, jwks.n, &keys, &why);
	if (s != AUTH_OK)
		return error_set(e, ST_INVALID, "its keys: %.200s", why.message);
	for (size_t v = 0; v < i->verifiers_n; v++)
		if (auth_verifier_set_keys(i->verifiers[v], keys) != AUTH_OK)
			return error_set(e, ST_NOMEM, "no memory");
	return ST_OK;
}

status issuer_fetch_keys(struct issuer *i, int64_t *ret_max_age_s, struct error *e)
{
	AUTO_FETCHED struct fetched fetched = { 0 };
	TRY(fetch_metadata(i, e));
	if (!i->jwks_uri)
		return error_set(e, ST_INVALID, "its metadata has no jwks_uri");
	TRY(get(i, i->jwks_uri, AUTH_JWKS_MAX, &fetched, e));
	TRY(give_keys(i, buf_slice(&fetched.body), e));
	*ret_max_age_s = fetched.max_age_s;
	return disk_put_keys(i->cache_dir, buf_slice(&fetched.body), e);
}

void issuer_forget_keys(struct issuer *i)
{
	/* Without memory the keys stay; it is tried again with the next failure. */
	for (size_t v = 0; v < i->verifiers_n; v++)
		if (auth_verifier_set_keys(i->verifiers[v], NULL) != AUTH_OK)
			return;
}

/* ---- lists ---------------------------------------------------------------------------------- */

/* A verifier that has a younger one already is content. */
static bool is_taken(enum auth_status s) { return s == AUTH_OK || s == AUTH_OLDER; }

static status give_list(struct issuer *i, const char *uri, struct slice token, int64_t now,
			struct error *e)
{
	for (size_t v = 0; v < i->verifiers_n; v++) {
		struct auth_error why = { "" };
		enum auth_status s = auth_verifier_add_list(i->verifiers[v], (const char *)token.p,
							    token.n, now, &why);
		if (!is_taken(s))
			return error_set(e, ST_INVALID, "%.120s: %.120s", uri, why.message);
	}
	return ST_OK;
}

static status fetch_list(struct issuer *i, const char *uri, int64_t now, int64_t *max_age_s,
			 struct error *e)
{
	AUTO_FETCHED struct fetched fetched = { 0 };
	TRY(get(i, uri, AUTH_LIST_MAX, &fetched, e));
	struct slice token = buf_slice(&fetched.body);
	TRY(give_list(i, uri, token, now, e));
	if (fetched.max_age_s >= 0 && (*max_age_s < 0 || fetched.max_age_s < *max_age_s))
		*max_age_s = fetched.max_age_s;
	return disk_put_list(i->cache_dir, slice_str(uri), token, e);
}

/* One bad list does not keep the others away. */
status issuer_fetch_lists(struct issuer *i, int64_t now, int64_t *ret_max_age_s, struct error *e)
{
	AUTO(json) json_t *document = NULL;
	json_t *uri;
	size_t n;
	status first = ST_OK;
	if (!i->lists_uri) {
		*ret_max_age_s = -1;
		return ST_OK;
	}
	TRY(get_object(i, i->lists_uri, LISTS_MAX, &document, ret_max_age_s, e));
	const json_t *uris = json_object_get(document, "status_lists");
	if (!json_is_array(uris) || json_array_size(uris) > AUTH_LISTS_MAX)
		return error_set(e, ST_INVALID, "%.150s: no array status_lists", i->lists_uri);
	json_array_foreach(uris, n, uri) {
		struct error why = { 0 };
		const char *text = json_string_value(uri);
		status s = text ? fetch_list(i, text, now, ret_max_age_s, &why) :
				  error_set(&why, ST_INVALID, "%.150s: not a URI", i->lists_uri);
		if (s != ST_OK && first == ST_OK)
			first = error_set(e, s, "%s", why.message);
		if (i->stop(i->context))
			break;
	}
	return first;
}

/* ---- from the directory --------------------------------------------------------------------- */

struct loading {
	struct issuer *issuer;
	int64_t now;
};

/* A list that no verifier can use any more goes. */
static bool load_list(void *context, const char *path)
{
	const struct loading *l = context;
	bool useful = false;
	for (size_t v = 0; v < l->issuer->verifiers_n; v++) {
		enum auth_status s = auth_verifier_add_list_file(l->issuer->verifiers[v], path, l->now,
								 NULL);
		useful |= is_taken(s);
	}
	return useful;
}

void issuer_load(struct issuer *i, int64_t now, int64_t oldest, int64_t *ret_keys_at)
{
	AUTO_BUF struct buf jwks = { 0 };
	struct error e;
	int64_t at;
	*ret_keys_at = 0;
	if (!i->cache_dir || disk_get_keys(i->cache_dir, &jwks, &at, &e) != ST_OK || at < oldest ||
	    give_keys(i, buf_slice(&jwks), &e) != ST_OK)
		return;
	*ret_keys_at = at;
	disk_each_list(i->cache_dir, load_list, &(struct loading){ i, now });
}

void issuer_tidy(struct issuer *i, int64_t now)
{
	if (i->cache_dir)
		disk_each_list(i->cache_dir, load_list, &(struct loading){ i, now });
}
