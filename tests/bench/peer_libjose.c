/* libjose takes keys and tokens as JSON objects; it reads no compact form and knows no claims. */
#include "peer_claims.h"

#include <jose/b64.h>
#include <jose/jws.h>
#include <stdlib.h>

struct self {
	const struct contest *c;
	json_t *key;
};

void *libjose_open(const struct contest *c)
{
	if (c->algorithm->kind == KIND_ED25519 || c->algorithm->kind == KIND_SM2)
		return NULL;
	struct self *s = malloc(sizeof *s);
	*s = (struct self){ c, json_loads(c->jwk, 0, NULL) };
	contest_insist(s->key, "a key of libjose");
	return s;
}

static json_t *flattened(const char *token)
{
	const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
	if (!second)
		return NULL;
	return json_pack("{s:s%,s:s%,s:s}", "protected", token, (size_t)(first - token), "payload",
			 first + 1, (size_t)(second - first - 1), "signature", second + 1);
}

bool libjose_verify(void *self)
{
	const struct self *s = self;
	json_t *jws = flattened(s->c->token), *claims = NULL;
	if (jws && jose_jws_ver(NULL, jws, NULL, s->key, false))
		claims = jose_b64_dec_load(json_object_get(jws, "payload"));
	bool good = claims && peer_claims_hold(claims, s->c);
	json_decref(claims);
	json_decref(jws);
	return good;
}

void libjose_close(void *self)
{
	struct self *s = self;
	json_decref(s->key);
	free(s);
}
