/*
 * bench_verify [--json]: what one offline verification costs, beside its limit: the signature alone, by
 * OpenSSL (libsodium for EdDSA) with kept key and contexts, over the same token in the same run.
 *
 * Times are of the thread's own CPU clock. Both sides run in turns, many rounds; the best round of each
 * counts, since whatever else the machine does can only add.
 */
#include "libauth/base/encode.h"
#include "libauth/base/mem.h"
#include "libauth/keyset.h"
#include "tests/unit/libauth/tokens.h"

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdio.h>
#include <time.h>

enum { NOW = 1700000100, ROUNDS = 30, ROUND_NS = 8000000 };

static const char PAYLOAD[] =
	"{\"iss\":\"https://id.example.gov.cn\",\"sub\":\"0c6a1f0d7d0c4a0f9f5d0b6f0a3d2e1c\","
	"\"aud\":\"https://portal.example.gov.cn\",\"client_id\":\"portal-guangdong\","
	"\"iat\":1700000000,\"exp\":1700000300,\"jti\":\"b2f1c0d9e8a7f6e5d4c3b2a190817263\","
	"\"scope\":\"openid profile licence.read seal.use\",\"acr\":\"urn:authd:acr:rn3\","
	"\"auth_time\":1699999000,\"sid\":\"5d4c3b2a19081726354433221100ffee\","
	"\"status\":{\"status_list\":{\"idx\":41,\"uri\":\"https://id.example.gov.cn/s/7\"}},"
	"\"act\":{\"sub\":\"p-123456789\",\"role\":\"agent\"}}";

/* Sixty-four tokens, none of them revoked. */
static const char LIST[] =
	"{\"sub\":\"https://id.example.gov.cn/s/7\",\"iat\":1700000000,\"ttl\":300,"
	"\"status_list\":{\"bits\":1,\"lst\":\"eJxjYIAAAAAIAAE\"}}";

struct job {
	struct auth_verifier *v;
	struct auth_claims *claims;
	const char *token;
	size_t token_n;
	/* the limit */
	struct slice message;
	uint8_t signature[1024]; /* as the library below takes it */
	size_t signature_n;
	const struct key *key;
	EVP_MD *md;
	EVP_MD_CTX *digest;
	EVP_PKEY_CTX *verify;
};

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void verify_once(struct job *j)
{
	if (auth_verify_into(j->v, j->token, j->token_n, NOW, j->claims) != AUTH_OK)
		abort();
}

static void limit_ed25519(struct job *j)
{
	if (crypto_sign_verify_detached(j->signature, j->message.p, j->message.n, j->key->ed25519))
		abort();
}

static void limit_openssl(struct job *j)
{
	uint8_t d[EVP_MAX_MD_SIZE];
	unsigned n;
	bool ready = j->key->kind == KIND_SM2 ? EVP_MD_CTX_copy_ex(j->digest, j->key->sm2_prefix) :
						EVP_DigestInit_ex2(j->digest, j->md, NULL);
	if (!ready || !EVP_DigestUpdate(j->digest, j->message.p, j->message.n) ||
	    !EVP_DigestFinal_ex(j->digest, d, &n) ||
	    EVP_PKEY_verify(j->verify, j->signature, j->signature_n, d, n) != 1)
		abort();
}

/* r and s to DER, once: whoever calls OpenSSL by itself would have it so. */
static void signature_to_der(struct job *j)
{
	int half = (int)j->signature_n / 2;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *p = j->signature;
	ECDSA_SIG_set0(sig, BN_bin2bn(p, half, NULL), BN_bin2bn(p + half, half, NULL));
	j->signature_n = (size_t)i2d_ECDSA_SIG(sig, &p);
	ECDSA_SIG_free(sig);
}

static void prepare_limit(struct job *j, const struct algorithm *a)
{
	if (a->kind == KIND_ED25519)
		return;
	j->md = EVP_MD_fetch(NULL, a->digest, NULL);
	j->digest = EVP_MD_CTX_new();
	j->verify = EVP_PKEY_CTX_new_from_pkey(NULL, j->key->pkey, NULL);
	assert_true(EVP_PKEY_verify_init(j->verify) > 0);
	if (a->kind != KIND_RSA) {
		signature_to_der(j);
		return;
	}
	assert_true(EVP_PKEY_CTX_set_signature_md(j->verify, j->md) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(j->verify, a->pss ? RSA_PKCS1_PSS_PADDING :
								     RSA_PKCS1_PADDING) > 0);
	if (a->pss)
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(j->verify, RSA_PSS_SALTLEN_DIGEST) > 0);
}

static double one_round(struct job *j, void (*work)(struct job *), int times)
{
	double start = cpu_ns();
	for (int i = 0; i < times; i++)
		work(j);
	return (cpu_ns() - start) / times;
}

static void measure(struct job *j, void (*limit)(struct job *), double ret[2])
{
	int times = 1 + (int)(ROUND_NS / one_round(j, limit, 20));
	ret[0] = ret[1] = 1e18;
	for (int round = 0; round < ROUNDS; round++) {
		double a = one_round(j, limit, times), b = one_round(j, verify_once, times);
		ret[0] = a < ret[0] ? a : ret[0];
		ret[1] = b < ret[1] ? b : ret[1];
	}
}

static void report(const char *alg, const double ns[2], bool json)
{
	if (json)
		printf("{\"alg\":\"%s\",\"who\":\"limit\",\"ns\":%.0f}\n"
		       "{\"alg\":\"%s\",\"who\":\"libauth\",\"ns\":%.0f}\n", alg, ns[0], alg, ns[1]);
	else
		printf("%-12s limit %7.2f us   libauth %7.2f us   %5.1f%%\n", alg, ns[0] / 1e3,
		       ns[1] / 1e3, 100 * ns[0] / ns[1]);
	fflush(stdout);
}

static void add_list(struct auth_verifier *v, const struct signer *s)
{
	char header[128];
	snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"statuslist+jwt\",\"kid\":\"%s\"}",
		 s->alg, s->kid);
	char *list = sign(s, header, LIST);
	assert_int_equal(auth_verifier_add_list(v, list, strlen(list), NOW, NULL), AUTH_OK);
	free(list);
}

static void bench(const char *alg, bool json)
{
	static const char *const SCOPES[] = { "licence.read", NULL };
	struct signer s;
	struct auth_options o = AUTH_OPTIONS_INIT;
	const struct algorithm *a = algorithm_find(slice_str(alg));
	double ns[2];
	o.issuer = "https://id.example.gov.cn";
	o.audience = "https://portal.example.gov.cn";
	o.scopes = SCOPES;
	o.min_acr = "urn:authd:acr:rn3";
	signer_init(&s, alg, "2026-01-a");
	char *token = sign_access(&s, PAYLOAD);
	const char *dot = strrchr(token, '.');
	struct auth_keyset *keys = keyset(&s);
	struct job j = { .v = verifier(&o, &s), .claims = auth_claims_new(), .token = token, .token_n = strlen(token),
			 .message = slice_of(token, (size_t)(dot - token)), .key = keys->keys };
	assert_int_equal(base64url_decode(slice_str(dot + 1), j.signature, &j.signature_n), ST_OK);
	add_list(j.v, &s);
	prepare_limit(&j, a);
	measure(&j, a->kind == KIND_ED25519 ? limit_ed25519 : limit_openssl, ns);
	report(alg, ns, json);
	EVP_PKEY_CTX_free(j.verify);
	EVP_MD_CTX_free(j.digest);
	EVP_MD_free(j.md);
	auth_claims_free(j.claims);
	auth_verifier_free(j.v);
	auth_keyset_free(keys);
	free(token);
	signer_done(&s);
}

int main(int argc, char **argv)
{
	static const char *const ALGS[] = { "ES256", "RS256", "PS256", "EdDSA", "SGD_SM3_SM2" };
	bool json = argc == 2 && !strcmp(argv[1], "--json");
	if (argc > 1 && !json)
		return fprintf(stderr, "usage: bench_verify [--json]\n"), 2;
	for (size_t i = 0; i < COUNT_OF(ALGS); i++)
		bench(ALGS[i], json);
	return 0;
}
