#include "examples/portal/issuer.h"
#include "examples/portal/http.h"
#include "examples/portal/text.h"

#include <pthread.h>
#include <time.h>

enum { REFETCH_S = 30 };

struct issuer {
	const struct options *options;
	pthread_mutex_t lock; /* for what is below; held while fetching, so that one thread does */
	bool has_metadata;
	struct metadata metadata;
	int64_t keys_tried_at;

	struct auth_verifier *id_tokens, *access_tokens;
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
	return auth_verifier_new(&id, &is->id_tokens, NULL) == AUTH_OK &&
	       auth_verifier_new(&access, &is->access_tokens, NULL) == AUTH_OK;
}

struct issuer *issuer_new(const struct options *o)
{
	struct issuer *is = calloc(1, sizeof *is);
	if (!is)
		return NULL;
	is->options = o;
	is->keys_tried_at = -REFETCH_S;
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

/* A token with an invented key id must not make us fetch without end. */
static bool may_fetch_keys(struct issuer *is)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&is->lock);
	bool may = now.tv_sec - is->keys_tried_at >= REFETCH_S;
	if (may)
		is->keys_tried_at = now.tv_sec;
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
		     auth_verifier_set_keys(is->access_tokens, keys) == AUTH_OK;
	auth_keyset_free(keys);
	return taken;
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
	return verify(is, is->access_tokens, token, n, now, ret);
}
