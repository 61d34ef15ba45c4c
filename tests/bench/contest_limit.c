/*
 * What cannot be undercut: the signature alone, by OpenSSL with kept key and contexts and the signature
 * already in DER, or by libsodium for EdDSA. Where a token comes again, its SHA-256.
 */
#include "contest.h"

#include "libauth/base/encode.h"

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdlib.h>

struct limit {
	const struct contest *c;
	struct slice token, message;
	uint8_t signature[KEY_SIGNATURE_MAX + 2];
	size_t signature_n;
	const struct key *key;
	EVP_MD *md;
	EVP_MD_CTX *digest;
	EVP_PKEY_CTX *verify;
};

/* r and s to DER, once: whoever calls OpenSSL by itself would have it so. */
static void signature_to_der(struct limit *l)
{
	int half = (int)l->signature_n / 2;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *p = l->signature;
	ECDSA_SIG_set0(sig, BN_bin2bn(p, half, NULL), BN_bin2bn(p + half, half, NULL));
	l->signature_n = (size_t)i2d_ECDSA_SIG(sig, &p);
	ECDSA_SIG_free(sig);
}

static void set_up_rsa(struct limit *l, bool pss)
{
	int padding = pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
	contest_insist(EVP_PKEY_CTX_set_signature_md(l->verify, l->md) > 0 &&
			       EVP_PKEY_CTX_set_rsa_padding(l->verify, padding) > 0,
		       "RSA parameters");
	if (pss)
		contest_insist(EVP_PKEY_CTX_set_rsa_pss_saltlen(l->verify, RSA_PSS_SALTLEN_DIGEST) > 0,
			       "a salt of the digest's size");
}

static void set_up(struct limit *l, const struct algorithm *a)
{
	l->md = EVP_MD_fetch(NULL, a->digest, NULL);
	l->digest = EVP_MD_CTX_new();
	l->verify = EVP_PKEY_CTX_new_from_pkey(NULL, l->key->pkey, NULL);
	contest_insist(EVP_PKEY_verify_init(l->verify) > 0, "EVP_PKEY_verify_init");
	if (a->kind == KIND_RSA)
		set_up_rsa(l, a->pss);
	else
		signature_to_der(l);
}

static void *limit_open(const struct contest *c)
{
	struct limit *l = calloc(1, sizeof *l);
	const char *dot = strrchr(c->token, '.');
	l->c = c;
	l->token = slice_str(c->token);
	l->message = slice_of(c->token, (size_t)(dot - c->token));
	l->key = c->key;
	contest_insist(base64url_decode(slice_str(dot + 1), l->signature, &l->signature_n) == ST_OK,
		       "the signature");
	if (c->algorithm->kind != KIND_ED25519)
		set_up(l, c->algorithm);
	return l;
}

static bool limit_verify(void *self)
{
	const struct limit *l = self;
	uint8_t d[EVP_MAX_MD_SIZE];
	unsigned n;
	if (l->key->kind == KIND_ED25519)
		return !crypto_sign_verify_detached(l->signature, l->message.p, l->message.n,
						    l->key->ed25519);
	bool ready = l->key->kind == KIND_SM2 ? EVP_MD_CTX_copy_ex(l->digest, l->key->sm2_prefix) :
						EVP_DigestInit_ex2(l->digest, l->md, NULL);
	return ready && EVP_DigestUpdate(l->digest, l->message.p, l->message.n) &&
	       EVP_DigestFinal_ex(l->digest, d, &n) &&
	       EVP_PKEY_verify(l->verify, l->signature, l->signature_n, d, n) == 1;
}

static bool limit_again(void *self)
{
	const struct limit *l = self;
	uint8_t d[SHA256_DIGEST_LENGTH];
	return SHA256(l->token.p, l->token.n, d);
}

static void limit_close(void *self)
{
	struct limit *l = self;
	EVP_PKEY_CTX_free(l->verify);
	EVP_MD_CTX_free(l->digest);
	EVP_MD_free(l->md);
	free(l);
}

static void *limit_share(void *self) { return limit_open(((struct limit *)self)->c); }

const struct contestant CONTESTANT_LIMIT = { "limit",	  limit_open,  limit_verify,
					     limit_close, limit_again, limit_share };
