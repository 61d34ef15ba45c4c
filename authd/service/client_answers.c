#include "authd/service/client_answers.h"

#include "authd/model/client.h"
#include "authd/service/client_keys.h"
#include "authd/service/profile.h"
#include "keys/jwe.h"

#define AT(member) #member, offsetof(struct client, member)

static const struct encrypted {
	const char *alg_name;
	size_t alg;
	const char *enc_name;
	size_t enc;
} ENCRYPTED[] = {
	{ AT(id_token_encrypted_response_alg), AT(id_token_encrypted_response_enc) },
	{ AT(userinfo_encrypted_response_alg), AT(userinfo_encrypted_response_enc) },
};

static const struct {
	const char *name;
	size_t alg;
} SIGNED[] = {
	{ AT(id_token_signed_response_alg) },
	{ AT(userinfo_signed_response_alg) },
	{ AT(introspection_signed_response_alg) },
	{ AT(authorization_signed_response_alg) },
};

static struct slice text_at(const struct client *c, size_t offset)
{
	return *(const struct slice *)((const char *)c + offset);
}

void client_answers_fill(struct client *c)
{
	for (size_t i = 0; i < COUNT_OF(ENCRYPTED); i++)
		if (text_at(c, ENCRYPTED[i].alg).n && !text_at(c, ENCRYPTED[i].enc).n)
			*(struct slice *)((char *)c + ENCRYPTED[i].enc) = SLICE("A128CBC-HS256");
}

bool client_answers_encrypted(const struct client *c)
{
	for (size_t i = 0; i < COUNT_OF(ENCRYPTED); i++)
		if (text_at(c, ENCRYPTED[i].alg).n)
			return true;
	return false;
}

static status check_encrypted(const struct client *c, const struct encrypted *row, struct error *e)
{
	struct slice alg = text_at(c, row->alg), enc = text_at(c, row->enc);
	if (enc.n && !alg.n)
		return error_set(e, ST_INVALID, "%s: of no use without %s", row->enc_name,
				 row->alg_name);
	if (alg.n && !c->jwks.n && !c->jwks_uri.n)
		return error_set(e, ST_INVALID, "%s: needs jwks or jwks_uri", row->alg_name);
	if (!alg.n || !c->jwks.n) /* those of jwks_uri may change, so they are looked at in use */
		return ST_OK;
	AUTO(jwe_recipient) struct jwe_recipient *to = NULL;
	struct error why = { 0 };
	status s = jwe_recipient_new(c->jwks, alg, enc, &to, &why);
	if (s == ST_OK || is_fault(s))
		return s;
	return error_set(e, ST_INVALID, "%s: %s", row->alg_name, why.message);
}

status client_answers_check(const struct conf *conf, const struct client *c, struct error *e)
{
	struct slice served = slice_str(conf->keys.algorithms);
	for (size_t i = 0; i < COUNT_OF(SIGNED); i++) {
		struct slice alg = text_at(c, SIGNED[i].alg);
		if (alg.n && !slice_has_word(served, alg))
			return error_set(e, ST_INVALID, "%s: one of %s", SIGNED[i].name, conf->keys.algorithms);
	}
	for (size_t i = 0; i < COUNT_OF(ENCRYPTED); i++)
		TRY(check_encrypted(c, &ENCRYPTED[i], e));
	return ST_OK;
}

status client_answer_algorithm(const struct client *c, struct slice registered, enum key_algorithm *ret)
{
	if (registered.n)
		return key_algorithm_parse(registered, ret) == ST_OK ? ST_OK : ST_CORRUPT;
	*ret = profile_allows(profile_of(c), SLICE("RS256")) ? KEY_RS256 : KEY_ES256;
	return ST_OK;
}

status client_answer_encrypt(struct issuer *is, const struct client *c, const struct answer_encryption *how,
			     struct slice plain, int64_t now, struct arena *a, struct slice *ret,
			     struct error *e)
{
	if (!how->alg.n) {
		*ret = plain;
		return ST_OK;
	}
	AUTO(jwe_recipient) struct jwe_recipient *to = NULL;
	AUTO_BUF struct buf out = { 0 };
	struct client_keys keys;
	status s = client_keys_get(is, c, now, a, &keys);
	if (s == ST_NOT_FOUND)
		return error_set(e, ST_INVALID, "the keys at the client's jwks_uri could not be had");
	if (s == ST_OK)
		s = jwe_recipient_new(keys.jwks, how->alg, how->enc, &to, e);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_INVALID : s;
	TRY(jwe_encrypt(to, NULL, how->nested ? "JWT" : NULL, plain, &out));
	struct slice token = buf_finish(&out, a);
	if (!token.p)
		return ST_NOMEM;
	*ret = token;
	return ST_OK;
}
