#include "libauth/auth.h"

#include "libauth/base/mem.h"
#include "libauth/policy.h"
#include "libauth/swap.h"

#include <stdio.h>
#include <stdlib.h>

struct auth_verifier {
	struct swap keys; /* of struct auth_keyset */
	struct policy policy;
};

DEFINE_AUTO(claims, struct auth_claims *, auth_claims_free)
DEFINE_AUTO(verifier, struct auth_verifier *, auth_verifier_free)

enum auth_status auth_verifier_new(const struct auth_options *options, struct auth_verifier **ret,
				   struct auth_error *error)
{
	struct error e = { .message = "no memory" };
	AUTO(verifier) struct auth_verifier *v =
		aligned_alloc(_Alignof(struct auth_verifier), sizeof *v);
	status s = ST_NOMEM;
	if (v) {
		memset(v, 0, sizeof *v);
		swap_init(&v->keys);
		s = policy_init(&v->policy, options, &e);
	}
	if (s != ST_OK) {
		if (error)
			snprintf(error->message, sizeof error->message, "%s", e.message);
		return s == ST_INVALID ? AUTH_BAD_OPTIONS : AUTH_NOMEM;
	}
	*ret = TAKE(v);
	return AUTH_OK;
}

void auth_verifier_free(struct auth_verifier *v)
{
	if (!v)
		return;
	auth_verifier_set_keys(v, NULL);
	swap_done(&v->keys);
	policy_done(&v->policy);
	free(v);
}

void auth_verifier_set_keys(struct auth_verifier *v, struct auth_keyset *keys)
{
	auth_keyset_free(swap_replace(&v->keys, keyset_share(keys)));
}

static enum auth_status check_signature(struct auth_verifier *v, const struct jws *jws)
{
	unsigned ticket;
	const struct auth_keyset *keys = swap_enter(&v->keys, &ticket);
	enum auth_status s = keys ? jws_verify(jws, keys, v->policy.algorithms) : AUTH_NO_KEYS;
	swap_leave(&v->keys, ticket);
	return s;
}

static enum auth_status read_token(const struct auth_verifier *v, struct jws *jws,
				   struct slice token, algorithm_lookup *find)
{
	enum auth_status s = jws_read(jws, token, find);
	if (s == AUTH_OK && !policy_accepts_type(&v->policy, jws->type))
		return AUTH_WRONG_TYPE;
	return s;
}

/* What is signed may now be read. */
static enum auth_status check_claims(const struct auth_verifier *v, const struct jws *jws, int64_t now,
				     struct auth_claims **ret)
{
	AUTO(claims) struct auth_claims *claims = NULL;
	enum auth_status s = claims_read(jws, &claims);
	if (s == AUTH_OK)
		s = policy_check(&v->policy, claims, now);
	if (s == AUTH_OK)
		*ret = TAKE(claims);
	return s;
}

enum auth_status auth_verify(struct auth_verifier *v, const char *token, size_t n, int64_t now,
			     struct auth_claims **ret)
{
	struct jws jws;
	enum auth_status s = read_token(v, &jws, slice_of(token, n), algorithm_find);
	if (s == AUTH_OK)
		s = check_signature(v, &jws);
	return s == AUTH_OK ? check_claims(v, &jws, now, ret) : s;
}

enum auth_status auth_verify_secret(struct auth_verifier *v, const void *secret, size_t secret_n,
				    const char *token, size_t n, int64_t now,
				    struct auth_claims **ret)
{
	struct jws jws;
	enum auth_status s = read_token(v, &jws, slice_of(token, n), algorithm_find_mac);
	if (s == AUTH_OK)
		s = jws_verify_secret(&jws, slice_of(secret, secret_n));
	return s == AUTH_OK ? check_claims(v, &jws, now, ret) : s;
}
