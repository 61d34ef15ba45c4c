#include "keys/root.h"

#include "keys/signer.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

/* OpenSSL reads no scrypt that asks for more than 32 MiB; this takes 16. */
enum { SCRYPT_N = 16384, SCRYPT_R = 8, SCRYPT_P = 1 };

struct root {
	struct arena arena;
	struct ring_key key;
	struct signer *signer;
};

DEFINE_AUTO(pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_AUTO(pkcs8, PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)
DEFINE_AUTO(algor, X509_ALGOR *, X509_ALGOR_free)
DEFINE_AUTO(sealed, X509_SIG *, X509_SIG_free)
DEFINE_AUTO(bio, BIO *, BIO_free_all)

void root_free(struct root *r)
{
	if (!r)
		return;
	signer_free(r->signer);
	arena_done(&r->arena);
	free(r);
}

static status root_new(struct root **ret)
{
	struct root *r = calloc(1, sizeof *r);
	if (!r)
		return ST_NOMEM;
	r->key = (struct ring_key){ .algorithm = KEY_ES256, .state = KEY_ACTIVE };
	*ret = r;
	return ST_OK;
}

static status root_ready(struct root *r)
{
	TRY(keypair_kid(r->key.algorithm, r->key.pair.public_key, r->key.kid));
	return signer_new(&r->key, &r->signer);
}

status root_generate(struct root **ret)
{
	AUTO(root) struct root *r = NULL;
	TRY(root_new(&r));
	TRY(keypair_generate(r->key.algorithm, &r->arena, &r->key.pair));
	TRY(root_ready(r));
	*ret = TAKE(r);
	return ST_OK;
}

/* ---- the file ------------------------------------------------------------------------------- */

static bool fits(struct slice passphrase)
{
	return passphrase.n >= ROOT_PASSPHRASE_MIN && passphrase.n <= ROOT_PASSPHRASE_MAX;
}

static X509_SIG *encrypt(EVP_PKEY *key, struct slice passphrase)
{
	AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
	AUTO(algor) X509_ALGOR *how =
		PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
	if (!plain || !how)
		return NULL;
	X509_SIG *sealed =
		PKCS8_set0_pbe((const char *)passphrase.p, (int)passphrase.n, plain, how);
	if (sealed)
		(void)TAKE(how); /* it is part of that now */
	return sealed;
}

status root_seal(const struct root *r, struct slice passphrase, struct buf *pem, struct error *e)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	if (!fits(passphrase))
		return error_set(e, ST_INVALID, "a passphrase has %d to %d bytes", ROOT_PASSPHRASE_MIN,
				 ROOT_PASSPHRASE_MAX);
	TRY(keypair_load(r->key.algorithm, &r->key.pair, &key));
	AUTO(sealed) X509_SIG *sealed = encrypt(key, passphrase);
	AUTO(bio) BIO *out = BIO_new(BIO_s_mem());
	char *text;
	if (!sealed || !out || PEM_write_bio_PKCS8(out, sealed) != 1)
		return ST_NOMEM;
	long n = BIO_get_mem_data(out, &text);
	buf_put(pem, slice_of(text, (size_t)n));
	return buf_status(pem);
}

static EVP_PKEY *decrypt(struct slice pem, struct slice passphrase)
{
	AUTO(bio) BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
	AUTO(sealed) X509_SIG *sealed = in ? PEM_read_bio_PKCS8(in, NULL, NULL, NULL) : NULL;
	AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *plain =
		sealed ? PKCS8_decrypt(sealed, (const char *)passphrase.p, (int)passphrase.n) : NULL;
	EVP_PKEY *key = plain ? EVP_PKCS82PKEY(plain) : NULL;
	ERR_clear_error();
	return key;
}

status root_open(struct slice pem, struct slice passphrase, struct root **ret, struct error *e)
{
	AUTO(root) struct root *r = NULL;
	if (pem.n > INT_MAX || !fits(passphrase))
		return error_set(e, ST_INVALID, "this is not the root's passphrase");
	AUTO(pkey) EVP_PKEY *key = decrypt(pem, passphrase);
	if (!key)
		return error_set(e, ST_INVALID, "no encrypted PEM key, or not its passphrase");
	TRY(root_new(&r));
	status s = keypair_of(r->key.algorithm, key, &r->arena, &r->key.pair);
	if (s == ST_CORRUPT)
		return error_set(e, ST_INVALID, "not a key of the curve P-256");
	TRY(s);
	TRY(root_ready(r));
	*ret = TAKE(r);
	return ST_OK;
}

/* ---- what it signs -------------------------------------------------------------------------- */

status root_put_jwk(const struct root *r, struct buf *json)
{
	buf_put_byte(json, '{');
	keypair_put_members(r->key.algorithm, r->key.pair.public_key, json);
	buf_format(json, ",\"kid\":\"%s\",\"use\":\"sig\",\"alg\":\"%s\"}", r->key.kid,
		   key_algorithm_name(r->key.algorithm));
	return buf_status(json);
}

status root_sign(struct root *r, const char *type, struct slice payload, struct buf *token)
{
	return signer_sign(r->signer, type, payload, token);
}
