/* rhonabwy keeps a key and checks claims; the clock is its own. */
#include "contest.h"

#include <rhonabwy.h>
#include <stdlib.h>

struct self {
	const struct contest *c;
	jwk_t *key;
};

void *rhonabwy_open(const struct contest *c)
{
	if (c->algorithm->kind == KIND_SM2)
		return NULL;
	struct self *s = malloc(sizeof *s);
	contest_insist(r_global_init() == RHN_OK, "rhonabwy");
	*s = (struct self){ c, r_jwk_quick_import(R_IMPORT_JSON_STR, c->jwk) };
	contest_insist(s->key, "a key of rhonabwy");
	return s;
}

bool rhonabwy_verify(void *self)
{
	const struct self *s = self;
	jwt_t *jwt = NULL;
	bool good = r_jwt_init(&jwt) == RHN_OK &&
		    r_jwt_parse(jwt, s->c->token, R_FLAG_IGNORE_REMOTE) == RHN_OK &&
		    r_jwt_verify_signature(jwt, s->key, R_FLAG_IGNORE_REMOTE) == RHN_OK &&
		    r_jwt_validate_claims(jwt, R_JWT_CLAIM_ISS, s->c->issuer, R_JWT_CLAIM_AUD,
					  s->c->audience, R_JWT_CLAIM_EXP, R_JWT_CLAIM_NOW,
					  R_JWT_CLAIM_NOP) == RHN_OK;
	r_jwt_free(jwt);
	return good;
}

void rhonabwy_close(void *self)
{
	struct self *s = self;
	r_jwk_free(s->key);
	free(s);
}
