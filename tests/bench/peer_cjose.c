/* cjose keeps a parsed key; it knows no claims. */
#include "peer_claims.h"

#include <cjose/cjose.h>
#include <stdlib.h>

struct self {
	const struct contest *c;
	size_t token_n;
	cjose_jwk_t *key;
};

void *cjose_open(const struct contest *c)
{
	if (c->algorithm->kind == KIND_ED25519 || c->algorithm->kind == KIND_SM2)
		return NULL;
	struct self *s = malloc(sizeof *s);
	*s = (struct self){ c, strlen(c->token), cjose_jwk_import(c->jwk, strlen(c->jwk), NULL) };
	contest_insist(s->key, "a key of cjose");
	return s;
}

bool cjose_verify(void *self)
{
	const struct self *s = self;
	uint8_t *payload;
	size_t n;
	cjose_jws_t *jws = cjose_jws_import(s->c->token, s->token_n, NULL);
	bool good = jws && cjose_jws_verify(jws, s->key, NULL) &&
		    cjose_jws_get_plaintext(jws, &payload, &n, NULL);
	json_t *claims = good ? json_loadb((const char *)payload, n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	good = claims && peer_claims_hold(claims, s->c);
	json_decref(claims);
	cjose_jws_release(jws);
	return good;
}

void cjose_close(void *self)
{
	struct self *s = self;
	cjose_jwk_release(s->key);
	free(s);
}
