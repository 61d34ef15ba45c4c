#include "libauth/key.h"

#include "libauth/base/mem.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <sched.h>
#include <sodium.h>
#include <stdlib.h>

/* What OpenSSL needs for one verification at a time. */
struct key_context {
	const struct algorithm *algorithm; /* it is set up for */
	EVP_PKEY_CTX *verify;
	EVP_MD *md;
	EVP_MD_CTX *digest;
};

static void context_free(struct key_context *c)
{
	if (!c)
		return;
	EVP_PKEY_CTX_free(c->verify);
	EVP_MD_CTX_free(c->digest);
	EVP_MD_free(c->md);
	free(c);
}
DEFINE_AUTO(context, struct key_context *, context_free)

void key_done(struct key *key)
{
	for (size_t i = 0; i < KEY_IDLE_CONTEXTS; i++)
		context_free(atomic_exchange(&key->idle[i], NULL));
	EVP_MD_CTX_free(key->sm2_prefix);
	EVP_PKEY_free(key->pkey);
	key->sm2_prefix = NULL;
	key->pkey = NULL;
}

bool key_takes(const struct key *key, const struct algorithm *algorithm)
{
	return key->kind == algorithm->kind && (!key->algorithm || key->algorithm == algorithm);
}

static bool is_ml_dsa(enum key_kind kind)
{
	return kind == KIND_ML_DSA_44 || kind == KIND_ML_DSA_65 || kind == KIND_ML_DSA_87;
}

/* The message goes in whole: FIPS 204 hashes it by itself. */
static bool set_up_ml_dsa(struct key_context *c)
{
#if HAS_ML_DSA
	EVP_SIGNATURE *signature =
		EVP_SIGNATURE_fetch(NULL, (const char *)c->algorithm->name.p, NULL);
	bool ready = signature && EVP_PKEY_verify_message_init(c->verify, signature, NULL) > 0;
	EVP_SIGNATURE_free(signature);
	return ready;
#else
	(void)c;
	return false;
#endif
}

static bool set_up_rsa(struct key_context *c)
{
	if (EVP_PKEY_CTX_set_signature_md(c->verify, c->md) <= 0)
		return false;
	if (!c->algorithm->pss)
		return EVP_PKEY_CTX_set_rsa_padding(c->verify, RSA_PKCS1_PADDING) > 0;
	/* RFC 7518 §3.5: MGF1 with the same hash, and a salt of its size. */
	return EVP_PKEY_CTX_set_rsa_padding(c->verify, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(c->verify, c->md) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(c->verify, RSA_PSS_SALTLEN_DIGEST) > 0;
}

static struct key_context *context_new(struct key *key, const struct algorithm *algorithm)
{
	AUTO(context) struct key_context *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->algorithm = algorithm;
	c->md = EVP_MD_fetch(NULL, algorithm->digest, NULL);
	c->digest = EVP_MD_CTX_new();
	c->verify = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (!c->md || !c->digest || !c->verify)
		return NULL;
	if (is_ml_dsa(key->kind))
		return set_up_ml_dsa(c) ? TAKE(c) : NULL;
	if (EVP_PKEY_verify_init(c->verify) <= 0)
		return NULL;
	if (key->kind == KIND_RSA && !set_up_rsa(c))
		return NULL;
	return TAKE(c);
}

/* Threads on different processors begin at different places, so that they seldom meet. */
static size_t first_place(void)
{
	int cpu = sched_getcpu();
	return cpu < 0 ? 0 : (size_t)cpu;
}

static struct key_context *context_take(struct key *key, const struct algorithm *algorithm)
{
	size_t first = first_place();
	for (size_t i = 0; i < KEY_IDLE_CONTEXTS; i++) {
		_Atomic(struct key_context *) *place = &key->idle[(first + i) % KEY_IDLE_CONTEXTS];
		if (!atomic_load_explicit(place, memory_order_relaxed))
			continue;
		struct key_context *c = atomic_exchange(place, NULL);
		if (c && c->algorithm == algorithm)
			return c;
		context_free(c);
	}
	return context_new(key, algorithm);
}

static void context_put(struct key *key, struct key_context *c)
{
	size_t first = first_place();
	for (size_t i = 0; i < KEY_IDLE_CONTEXTS; i++) {
		struct key_context *none = NULL;
		if (atomic_compare_exchange_strong(&key->idle[(first + i) % KEY_IDLE_CONTEXTS], &none, c))
			return;
	}
	context_free(c);
}

/* ---- signatures ----------------------------------------------------------------------------- */

/* A DER INTEGER from n bytes, big-endian and unsigned; returns where the next one goes. */
static uint8_t *put_der_integer(uint8_t *out, const uint8_t *p, size_t n)
{
	while (n > 1 && !p[0]) {
		p++;
		n--;
	}
	bool pad = p[0] & 0x80;
	*out++ = 0x02;
	*out++ = (uint8_t)(n + pad);
	if (pad)
		*out++ = 0;
	memcpy(out, p, n);
	return out + n;
}

/* OpenSSL takes SEQUENCE { r, s }. Whether both are in 1..n-1 is its to check. */
static struct slice der_signature(struct slice signature, uint8_t *out)
{
	size_t half = signature.n / 2;
	uint8_t body[2 * (KEY_COORDINATE_MAX + 3)];
	uint8_t *end = put_der_integer(body, signature.p, half);
	end = put_der_integer(end, signature.p + half, half);
	size_t n = (size_t)(end - body), head = 0;
	out[head++] = 0x30;
	if (n > 127)
		out[head++] = 0x81;
	out[head++] = (uint8_t)n;
	memcpy(out + head, body, n);
	return slice_of(out, head + n);
}

static bool digest_message(const struct key *key, struct key_context *c, struct slice message,
			   uint8_t *ret, unsigned *ret_n)
{
	bool ready = key->kind == KIND_SM2 ? EVP_MD_CTX_copy_ex(c->digest, key->sm2_prefix) :
					     EVP_DigestInit_ex2(c->digest, c->md, NULL);
	return ready && EVP_DigestUpdate(c->digest, message.p, message.n) &&
	       EVP_DigestFinal_ex(c->digest, ret, ret_n);
}

static status verify_with(const struct key *key, struct key_context *c, struct slice message,
			  struct slice signature)
{
	uint8_t digest[EVP_MAX_MD_SIZE], der[2 * (KEY_COORDINATE_MAX + 3) + 3];
	unsigned n;
	if (is_ml_dsa(key->kind))
		return EVP_PKEY_verify(c->verify, signature.p, signature.n, message.p, message.n) == 1 ?
			       ST_OK :
			       ST_INVALID;
	if (!digest_message(key, c, message, digest, &n))
		return ST_BUG;
	if (key->kind != KIND_RSA)
		signature = der_signature(signature, der);
	int held = EVP_PKEY_verify(c->verify, signature.p, signature.n, digest, n);
	return held == 1 ? ST_OK : ST_INVALID;
}

status key_verify(struct key *key, const struct algorithm *algorithm, struct slice message,
		  struct slice signature)
{
	if (key->kind == KIND_ED25519)
		return crypto_sign_verify_detached(signature.p, message.p, message.n, key->ed25519) ?
			       ST_INVALID :
			       ST_OK;

	/* What OpenSSL says about a bad signature must not be left for the host program to find. */
	ERR_set_mark();
	struct key_context *c = context_take(key, algorithm);
	status s = c ? verify_with(key, c, message, signature) : ST_NOMEM;
	if (c)
		context_put(key, c);
	ERR_pop_to_mark();
	return s;
}
