/* libauth, with more to check than the others: scope, level and a status list. */
#include "contest.h"

#include "libauth/auth.h"

#include <stdio.h>
#include <stdlib.h>

struct self {
	const struct contest *c;
	size_t token_n;
	struct auth_verifier *v, *remembers;
	struct auth_claims *claims;
	bool shares; /* the verifiers are another's */
};

static struct auth_verifier *make_verifier(const struct contest *c, size_t cache_tokens)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct auth_verifier *v = NULL;
	struct auth_keyset *keys = NULL;
	char set[2200];
	o.issuer = c->issuer;
	o.audience = c->audience;
	o.types = (const char *const[]){ "JWT", NULL };
	o.scopes = (const char *const[]){ "licence.read", NULL };
	o.min_acr = "urn:authd:acr:rn3";
	o.cache_tokens = cache_tokens;
	int n = snprintf(set, sizeof set, "{\"keys\":[%s]}", c->jwk);
	contest_insist(auth_verifier_new(&o, &v, NULL) == AUTH_OK &&
			       auth_keyset_from_json(set, (size_t)n, &keys, NULL) == AUTH_OK &&
			       auth_verifier_set_keys(v, keys) == AUTH_OK &&
			       auth_verifier_add_list(v, c->list, strlen(c->list), c->now, NULL) ==
				       AUTH_OK,
		       "a verifier");
	auth_keyset_free(keys);
	return v;
}

static void *libauth_open(const struct contest *c)
{
	struct self *s = calloc(1, sizeof *s);
	*s = (struct self){ c, strlen(c->token), make_verifier(c, 0), make_verifier(c, 1024),
			    auth_claims_new(), false };
	return s;
}

static bool libauth_verify(void *self)
{
	const struct self *s = self;
	return auth_verify_into(s->v, s->c->token, s->token_n, s->c->now, s->claims) == AUTH_OK;
}

static bool libauth_again(void *self)
{
	const struct self *s = self;
	return auth_verify_into(s->remembers, s->c->token, s->token_n, s->c->now, s->claims) == AUTH_OK;
}

static void *libauth_share(void *self)
{
	struct self *s = malloc(sizeof *s);
	*s = *(struct self *)self;
	s->claims = auth_claims_new();
	s->shares = true;
	return s;
}

static void libauth_close(void *self)
{
	struct self *s = self;
	auth_claims_free(s->claims);
	if (!s->shares) {
		auth_verifier_free(s->v);
		auth_verifier_free(s->remembers);
	}
	free(s);
}

const struct contestant CONTESTANT_LIBAUTH = { "libauth",	   libauth_open,  libauth_verify,
					       libauth_close, libauth_again, libauth_share };
