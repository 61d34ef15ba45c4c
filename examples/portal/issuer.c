#include "examples/portal/issuer.h"
#include "examples/portal/http.h"
#include "examples/portal/text.h"

#include <pthread.h>
#include <time.h>

enum { REFETCH_S = 30, LISTS_S = 10, LISTS_MAX = 20 };

struct issuer {
	const struct options *options;
	pthread_mutex_t lock; /* for what is below; held while fetching, so that one thread does */
	bool has_metadata;
	struct metadata metadata;
	int64_t keys_tried_at;
	int64_t lists_since; /* when the count began */
	int lists_tried;

	struct auth_verifier *id_tokens, *access_tokens;
	struct auth_verifier *unchecked; /* as access_tokens, but knowing nothing of revocation */
};

static bool make_verifiers(struct issuer *is, const struct options *o)
{
	static const char *const scopes[] = {"openid", NULL};
	struct auth_options id = AUTH_OPTIONS_INIT;
	id.kind = AUTH_ID_TOKEN;
	id.issuer = o->issuer;
	id.audience = o->client_id;
	id.authorized_party = o->client_id;
	struct auth_options access = AUTH_OPTIONS_INIT;
	access.issuer = o->issuer;
	access.audience = o->audience;
	access.scopes = scopes;
	struct auth_options unchecked = access;
	unchecked.flags |= AUTH_ACCEPT_REVOCATION_UNKNOWN;
	return auth_verifier_new(&id, &is->id_tokens, NULL) == AUTH_OK &&
	       auth_verifier_new(&access, &is->access_tokens, NULL) == AUTH_OK &&
	       auth_verifier_new(&unchecked, &is->unchecked, NULL) == AUTH_OK;
}

struct issuer *issuer_new(const struct options *o)
{
	struct issuer *is = calloc(1, sizeof *is);
	if (!is)
		return NULL;
	is->options = o;
	is->keys_tried_at = is->lists_since = -REFETCH_S;
	pthread_mutex_init(&is->lock, NULL);
	if (make_verifiers(is, o))
		return is;
	issuer_free(is);
	return NULL;
}

static void metadata_done(struct metadata *m)
{
	free(m->authorization_endpoint);
	free(m->token_endpoint);
	free(m->userinfo_endpoint);
	free(m->end_session_endpoint);
	free(m->jwks_uri);
}

void issuer_free(struct issuer *is)
{
	if (!is)
		return;
	auth_verifier_free(is->id_tokens);
	auth_verifier_free(is->access_tokens);
	auth_verifier_free(is->unchecked);
	metadata_done(&is->metadata);
	pthread_mutex_destroy(&is->lock);
	free(is);
}

/* ---- discovery ------------------------------------------------------------------------------ */

static bool copy_endpoints(const json_t *json, struct metadata *ret)
{
	const struct {
		const char *member;
		char **copy;
	} endpoints[] = {
	        {"authorization_endpoint", &ret->authorization_endpoint},
	        {"token_endpoint", &ret->token_endpoint},
	        {"userinfo_endpoint", &ret->userinfo_endpoint},
	        {"end_session_endpoint", &ret->end_session_endpoint},
	        {"jwks_uri", &ret->jwks_uri},
	};
	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
		const char *url = json_text(json, endpoints[i].member);
		if (!url || !(*endpoints[i].copy = strdup(url)))
			return false;
	}
	return true;
}

/* Discovery §4.3: the metadata must name the very issuer that was asked, or it is a forgery. */
static bool fetch_metadata(const char *issuer, struct metadata *ret, char why[160])
{
	char url[1024];
	snprintf(url, sizeof url, "%s/.well-known/openid-configuration", issuer);
	AUTO_ANSWER struct http_answer a;
	if (!http_json(&(struct http_request){.url = url}, &a) || a.status != 200) {
		snprintf(why, 160, "%.120s", a.json ? "no metadata there" : a.why);
		return false;
	}
	const char *named = json_text(a.json, "issuer");
	struct metadata m = {0};
	if (named && strcmp(named, issuer) == 0 && copy_endpoints(a.json, &m)) {
		*ret = m;
		return true;
	}
	metadata_done(&m);
	snprintf(why, 160, "the metadata names another issuer, or lacks an endpoint");
	return false;
}

const struct metadata *issuer_metadata(struct issuer *is, char why[160])
{
	pthread_mutex_lock(&is->lock);
	if (!is->has_metadata)
		is->has_metadata = fetch_metadata(is->options->issuer, &is->metadata, why);
	bool found = is->has_metadata;
	pthread_mutex_unlock(&is->lock);
	return found ? &is->metadata : NULL;
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* A clock that nobody sets. */
static int64_t steady_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* A token with an invented key id must not make us fetch without end. */
static bool may_fetch_keys(struct issuer *is)
{
	int64_t now = steady_s();
	pthread_mutex_lock(&is->lock);
	bool may = now - is->keys_tried_at >= REFETCH_S;
	if (may)
		is->keys_tried_at = now;
	pthread_mutex_unlock(&is->lock);
	return may;
}

static bool fetch_keys(struct issuer *is)
{
	char why[160];
	const struct metadata *m = issuer_metadata(is, why);
	if (!m || !may_fetch_keys(is))
		return false;
	AUTO_ANSWER struct http_answer a;
	if (!http_json(&(struct http_request){.url = m->jwks_uri}, &a) || a.status != 200)
		return false;
	struct auth_keyset *keys;
	AUTO_FREE char *text = json_dumps(a.json, JSON_COMPACT);
	if (!text || auth_keyset_from_json(text, strlen(text), &keys, NULL) != AUTH_OK)
		return false;
	bool taken = auth_verifier_set_keys(is->id_tokens, keys) == AUTH_OK &&
		     auth_verifier_set_keys(is->access_tokens, keys) == AUTH_OK &&
		     auth_verifier_set_keys(is->unchecked, keys) == AUTH_OK;
	auth_keyset_free(keys);
	return taken;
}

/* ---- status lists --------------------------------------------------------------------------- */

/* An issuer that answers with old lists must not make us fetch without end. */
static bool may_fetch_list(struct issuer *is)
{
	int64_t now = steady_s();
	pthread_mutex_lock(&is->lock);
	if (now - is->lists_since >= LISTS_S) {
		is->lists_since = now;
		is->lists_tried = 0;
	}
	bool may = is->lists_tried < LISTS_MAX;
	is->lists_tried += may;
	pthread_mutex_unlock(&is->lock);
	return may;
}

/* Only what the issuer itself has signed says where to look, and only below the issuer's own URL. */
static char *list_of(struct issuer *is, const char *token, size_t n, int64_t now)
{
	struct auth_claims *claims;
	if (auth_verify(is->unchecked, token, n, now, &claims) != AUTH_OK)
		return NULL;
	const struct auth_value *status = auth_claims_value(claims, "status");
	const char *uri = auth_value_string(
	        auth_value_member(auth_value_member(status, "status_list"), "uri"));
	size_t issuer_n = strlen(is->options->issuer);
	bool own = uri && strncmp(uri, is->options->issuer, issuer_n) == 0 && uri[issuer_n] == '/';
	char *copy = own ? strdup(uri) : NULL;
	auth_claims_free(claims);
	return copy;
}

static bool fetch_list(struct issuer *is, const char *token, size_t n, int64_t now)
{
	AUTO_FREE char *uri = list_of(is, token, n, now);
	if (!uri || !may_fetch_list(is))
		return false;
	const struct http_request request = {.url = uri, .accept = "application/statuslist+jwt"};
	AUTO_ANSWER struct http_answer a;
	AUTO_FREE char *list = http_text(&request, &a);
	if (!list || a.status != 200)
		return false;
	/* Another thread may have been quicker. */
	enum auth_status s =
	        auth_verifier_add_list(is->access_tokens, list, strlen(list), now, NULL);
	return s == AUTH_OK || s == AUTH_OLDER;
}

/* ---- verifying ------------------------------------------------------------------------------ */

static enum auth_status verify(struct issuer *is, struct auth_verifier *v, const char *token,
                               size_t n, int64_t now, struct auth_claims **ret)
{
	enum auth_status status = auth_verify(v, token, n, now, ret);
	if (status != AUTH_UNKNOWN_KEY && status != AUTH_NO_KEYS)
		return status;
	return fetch_keys(is) ? auth_verify(v, token, n, now, ret) : status;
}

enum auth_status issuer_verify_id_token(struct issuer *is, const char *token, const char *nonce,
                                        const char *access_token, struct auth_claims **ret)
{
	struct auth_claims *claims;
	enum auth_status status =
	        verify(is, is->id_tokens, token, strlen(token), time(NULL), &claims);
	if (status != AUTH_OK)
		return status;
	status = auth_claims_check_nonce(claims, nonce);
	if (status == AUTH_OK)
		status = auth_claims_check_hash(claims, "at_hash", access_token,
		                                strlen(access_token));
	/* Core §3.1.3.6: in the code flow the hash is optional. */
	if (status == AUTH_NO_CLAIM)
		status = AUTH_OK;
	if (status == AUTH_OK)
		*ret = claims;
	else
		auth_claims_free(claims);
	return status;
}

enum auth_status issuer_verify_access_token(struct issuer *is, const char *token, size_t n,
                                            int64_t now, struct auth_claims **ret)
{
	enum auth_status status = verify(is, is->access_tokens, token, n, now, ret);
	if (status != AUTH_REVOCATION_UNKNOWN || !fetch_list(is, token, n, now))
		return status;
	return auth_verify(is->access_tokens, token, n, now, ret);
}
