#include "libauth/verifier.h"

#include "libauth/base/mem.h"
#include "libauth/revocation.h"

#include <stdlib.h>

DEFINE_AUTO(claims, struct auth_claims *, auth_claims_free)
DEFINE_AUTO(verifier, struct auth_verifier *, auth_verifier_free)

/* ---- making one ----------------------------------------------------------------------------- */

static status verifier_init(struct auth_verifier *v, const struct auth_options *options,
			    struct error *e)
{
	TRY(policy_init(&v->policy, options, e));
	return remembered_init(&v->remembered, options->cache_tokens) ? ST_OK : ST_NOMEM;
}

enum auth_status auth_verifier_new(const struct auth_options *options, struct auth_verifier **ret,
				   struct auth_error *error)
{
	struct error e = { .message = "no memory" };
	AUTO(verifier) struct auth_verifier *v =
		aligned_alloc(_Alignof(struct auth_verifier), sizeof *v);
	if (!v)
		return answer_of(ST_NOMEM, AUTH_BAD_OPTIONS, &e, error);
	memset(v, 0, sizeof *v);
	swap_init(&v->trust);
	pthread_mutex_init(&v->learning, NULL);
	status s = verifier_init(v, options, &e);
	if (s == ST_OK)
		*ret = TAKE(v);
	return answer_of(s, AUTH_BAD_OPTIONS, &e, error);
}

void auth_verifier_free(struct auth_verifier *v)
{
	if (!v)
		return;
	trust_free(swap_replace(&v->trust, NULL));
	swap_done(&v->trust);
	pthread_mutex_destroy(&v->learning);
	remembered_done(&v->remembered);
	policy_done(&v->policy);
	free(v);
}

/* ---- what it goes by ------------------------------------------------------------------------ */

struct trust *verifier_learn(struct auth_verifier *v)
{
	pthread_mutex_lock(&v->learning);
	return trust_copy(v->trust.current);
}

void verifier_learned(struct auth_verifier *v, struct trust *trust)
{
	if (trust)
		trust_free(swap_replace(&v->trust, trust));
	pthread_mutex_unlock(&v->learning);
}

enum auth_status auth_verifier_set_keys(struct auth_verifier *v, struct auth_keyset *keys)
{
	struct trust *trust = verifier_learn(v);
	if (trust)
		trust_set_keys(trust, keys);
	verifier_learned(v, trust);
	return trust ? AUTH_OK : AUTH_NOMEM;
}

/* ---- verifying ------------------------------------------------------------------------------ */

static enum auth_status read_token(const struct auth_verifier *v, struct jws *jws,
				   struct slice token, algorithm_lookup *find)
{
	CHECK(jws_read(jws, token, AUTH_TOKEN_MAX, find));
	return policy_accepts_type(&v->policy, jws->type) ? AUTH_OK : AUTH_WRONG_TYPE;
}

static enum auth_status check_signature(struct auth_verifier *v, const struct trust *trust,
					const struct jws *jws, struct slice token, int64_t now,
					struct key **ret_key)
{
	struct remembered *remembered = &v->remembered;
	struct remembered_tag tag;
	struct key_range range;
	CHECK(jws_find_keys(jws, trust->keys, v->policy.algorithms, now, &range));
	bool remembers = remembered->n && trust->has_secret && range.n == 1;
	if (!remembers)
		return jws_verify(jws, range, now, ret_key);
	tag = remembered_tag(trust->secret, token);
	if (remembered_has(remembered, tag)) {
		*ret_key = range.keys;
		return AUTH_OK;
	}
	CHECK(jws_verify(jws, range, now, ret_key));
	remembered_put(remembered, tag);
	return AUTH_OK;
}

/* A key that is published as an issuer's vouches for that issuer alone. */
static enum auth_status check_key_issuer(const struct key *key, const struct auth_claims *claims)
{
	struct slice iss = json_text(claims_get(claims, CLAIM_ISS));
	return !key->issuer.p || slice_equal(key->issuer, iss) ? AUTH_OK : AUTH_WRONG_ISSUER;
}

static enum auth_status check_token(struct auth_verifier *v, const struct trust *trust,
				    const struct jws *jws, struct slice token, int64_t now,
				    struct auth_claims **claims)
{
	struct key *key;
	if (!trust || !trust->keys)
		return AUTH_NO_KEYS;
	CHECK(check_signature(v, trust, jws, token, now, &key));
	if (!*claims)
		*claims = auth_claims_new();
	if (!*claims)
		return AUTH_NOMEM;
	/* What is signed may now be read. */
	CHECK(claims_read(*claims, jws));
	CHECK(check_key_issuer(key, *claims));
	CHECK(policy_check(&v->policy, *claims, now));
	return revocation_check(trust, &v->policy, key->issuer, *claims, now);
}

/* *claims is made where it is NULL, once there is something to put into it. */
static enum auth_status verify(struct auth_verifier *v, struct slice token, int64_t now,
			       struct auth_claims **claims)
{
	struct jws jws;
	unsigned ticket;
	CHECK(read_token(v, &jws, token, algorithm_find));
	const struct trust *trust = swap_enter(&v->trust, &ticket);
	enum auth_status s = check_token(v, trust, &jws, token, now, claims);
	swap_leave(&v->trust, ticket);
	return s;
}

enum auth_status auth_verify_into(struct auth_verifier *v, const char *token, size_t n, int64_t now,
				  struct auth_claims *claims)
{
	enum auth_status s = verify(v, slice_of(token, n), now, &claims);
	if (s != AUTH_OK)
		claims_clear(claims);
	return s;
}

enum auth_status auth_verify(struct auth_verifier *v, const char *token, size_t n, int64_t now,
			     struct auth_claims **ret)
{
	AUTO(claims) struct auth_claims *claims = NULL;
	CHECK(verify(v, slice_of(token, n), now, &claims));
	*ret = TAKE(claims);
	return AUTH_OK;
}

static enum auth_status verify_secret(const struct auth_verifier *v, struct slice secret,
				      struct slice token, int64_t now, struct auth_claims *claims)
{
	struct jws jws;
	CHECK(read_token(v, &jws, token, algorithm_find_mac));
	CHECK(jws_verify_secret(&jws, secret));
	CHECK(claims_read(claims, &jws));
	return policy_check(&v->policy, claims, now);
}

enum auth_status auth_verify_secret(struct auth_verifier *v, const void *secret, size_t secret_n,
				    const char *token, size_t n, int64_t now,
				    struct auth_claims **ret)
{
	AUTO(claims) struct auth_claims *claims = auth_claims_new();
	if (!claims)
		return AUTH_NOMEM;
	CHECK(verify_secret(v, slice_of(secret, secret_n), slice_of(token, n), now, claims));
	*ret = TAKE(claims);
	return AUTH_OK;
}
