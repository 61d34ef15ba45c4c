/* Key sets: what is left out, what is refused, and how a token finds its key. */
#include "tokens.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <stdio.h>
#include <unistd.h>

#define P256_X "04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY"
#define P256_Y "UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw"
#define EC_KEY "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\""
#define OKP_KEY "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define SM2_POINT                                                                                  \
	"\"x\":\"CfnfMR5UIaFQ3X0WHkvFxnIXn60YM_wHa7CP81bzUCA\","                                    \
	"\"y\":\"zOpJDOJndaUtxupxjMGqYArtBfvzXghKZjL2By2prRM\""
#define SM2_KEY "\"kty\":\"EC\",\"crv\":\"SM2-P-256\"," SM2_POINT
#define EC_X "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\""
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static enum auth_status load(const char *json, size_t *ret_n)
{
	struct auth_error e = { "" };
	struct auth_keyset *keys = NULL;
	enum auth_status s = auth_keyset_from_json(json, strlen(json), &keys, &e);
	assert_int_equal(s == AUTH_OK, keys != NULL);
	assert_int_equal(s == AUTH_OK, e.message[0] == '\0');
	*ret_n = auth_keyset_count(keys);
	auth_keyset_free(keys);
	return s;
}

static void assert_refused(const char *json)
{
	size_t n;
	if (load(json, &n) != AUTH_BAD_KEYS)
		fail_msg("not refused: %s", json);
}

static void assert_key_refused(const char *members)
{
	char json[4096];
	snprintf(json, sizeof json, "{\"keys\":[{" EC_KEY ",\"kid\":\"good\"},{%s}]}", members);
	assert_refused(json);
}

/* Beside a good key, this one is not seen. */
static void assert_left_out(const char *members)
{
	char json[4096];
	size_t n;
	snprintf(json, sizeof json, "{\"keys\":[{" EC_KEY ",\"kid\":\"good\"},{%s}]}", members);
	if (load(json, &n) != AUTH_OK || n != 1)
		fail_msg("not left out: %s", members);
	snprintf(json, sizeof json, "{\"keys\":[{%s}]}", members);
	assert_refused(json); /* a set without a usable key */
}

static void usable(void **state)
{
	(void)state;
	size_t n;
	assert_int_equal(load("{\"keys\":[{" EC_KEY "}]}", &n), AUTH_OK);
	assert_int_equal(load(" {\"x\":[1,{}],\"keys\":[ {" EC_KEY ",\"kid\":\"a\",\"alg\":\"ES256\","
			      "\"use\":\"sig\",\"key_ops\":[\"verify\"],\"x5c\":[\"AA\"],\"exp\":1},"
			      "{" OKP_KEY ",\"kid\":\"b\"},{" SM2_KEY ",\"kid\":\"c\"}]}\n", &n), AUTH_OK);
	assert_int_equal(n, 3);
}

static void left_out(void **state)
{
	(void)state;
	static const char *const OTHERS[] = {
		EC_KEY ",\"use\":\"enc\"",
		EC_KEY ",\"use\":\"\"",
		EC_KEY ",\"key_ops\":[]",
		EC_KEY ",\"key_ops\":[\"sign\",\"deriveKey\"]",
		EC_KEY ",\"alg\":\"ECDH-ES\"",
		EC_KEY ",\"alg\":\"ES256K\"",
		EC_KEY ",\"alg\":\"HS256\"",
		EC_KEY ",\"alg\":\"none\"",
		"\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"",
		"\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"",
		"\"kty\":\"EC\",\"crv\":\"SM2\",\"x\":\"AA\",\"y\":\"AA\"", /* an alias */
		"\"kty\":\"EC\"",
		"\"kty\":\"AKP\",\"alg\":\"ML-DSA-99\",\"pub\":\"AA\"",
		"\"kty\":\"ec\",\"crv\":\"P-256\"",
	};
	for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
		assert_left_out(OTHERS[i]);
}

static void refused(void **state)
{
	(void)state;
	static const char *const BAD[] = {
		"\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
		"\"kty\":\"oct\",\"k\":\"\",\"use\":\"enc\"",
		EC_KEY ",\"d\":\"AA\"",
		EC_KEY ",\"d\":\"AA\",\"use\":\"enc\"",
		EC_KEY ",\"d\":null",
		EC_KEY ",\"k\":\"AA\"",
		OKP_KEY ",\"d\":\"AA\"",
		EC_KEY ",\"kid\":\"good\"",
		EC_KEY ",\"kid\":\"goo\\u0064\"",
		EC_KEY ",\"kid\":1",
		EC_KEY ",\"alg\":1",
		EC_KEY ",\"alg\":null",
		EC_KEY ",\"use\":[\"sig\"]",
		EC_KEY ",\"key_ops\":\"verify\"",
		EC_KEY ",\"alg\":\"ES384\"",
		EC_KEY ",\"alg\":\"RS256\"",
		EC_KEY ",\"alg\":\"EdDSA\"",
		EC_KEY ",\"alg\":\"SGD_SM3_SM2\"",
		SM2_KEY ",\"alg\":\"ES256\"",
		EC_KEY ",\"kty\":\"EC\"",
		/* off the curve, infinity, another curve's point, lengths, characters */
		EC_X ",\"y\":\"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgnw\"",
		"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_Y "\",\"y\":\"" P256_X "\"",
		"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" ZEROS "\",\"y\":\"" ZEROS "\"",
		"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"",
		"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"",
		"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "=\",\"y\":\"" P256_Y "\"",
		"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "AA\",\"y\":\"" P256_Y "\"",
		"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\"",
		"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":\"" P256_Y "\"",
		"\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"",
		"\"kty\":\"EC\",\"crv\":\"SM2-P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"",
		"\"kty\":\"EC\",\"crv\":\"P-256\"," SM2_POINT,
		/* small order, not canonical */
		"\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
		"\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
		"\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"__________________________________________8\"",
		"\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ\"",
		"\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"",
		"\"kty\":\"RSA\",\"e\":\"AQAB\"",
		"\"kty\":1",
		"\"x\":\"AA\"",
	};
	for (size_t i = 0; i < COUNT_OF(BAD); i++)
		assert_key_refused(BAD[i]);
}

static void not_a_set(void **state)
{
	(void)state;
	static const char *const BAD[] = {
		"", "x", "null", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":null}",
		"{\"keys\":[1]}", "{\"keys\":[{" EC_KEY "}]} x", "\xef\xbb\xbf{\"keys\":[{" EC_KEY "}]}",
		"{\"keys\":[{" EC_KEY "}],\"keys\":[]}", "{\"keys\":[[]]}", "{" EC_KEY "}",
		"{\"keys\":[{" EC_KEY "}]", "{\"k\\u0065ys\":[],\"keys\":[{" EC_KEY "}]}",
	};
	for (size_t i = 0; i < COUNT_OF(BAD); i++)
		assert_refused(BAD[i]);
}

/* ---- RSA ------------------------------------------------------------------------------------ */

static void put_rsa(struct buf *b, const BIGNUM *n, const uint8_t *e, size_t e_n, const char *pad)
{
	uint8_t bytes[2048 + 1] = { 0 };
	size_t skip = *pad ? 1 : 0; /* a zero byte before the modulus */
	int used = BN_bn2bin(n, bytes + skip);
	buf_put_text(b, "\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"");
	buf_put_base64url(b, slice_of(bytes, (size_t)used + skip));
	buf_put_text(b, "\",\"e\":\"");
	buf_put_base64url(b, slice_of(e, e_n));
	buf_put_text(b, "\"");
	buf_put_byte(b, 0);
}

static void assert_rsa(const BIGNUM *n, const char *e, size_t e_n, const char *pad, bool accepted)
{
	AUTO_BUF struct buf b = { 0 };
	char json[8192];
	size_t count;
	put_rsa(&b, n, (const uint8_t *)e, e_n, pad);
	snprintf(json, sizeof json, "{\"keys\":[{%s}]}", (char *)b.p);
	if (load(json, &count) != (accepted ? AUTH_OK : AUTH_BAD_KEYS))
		fail_msg("%d bits, e of %zu bytes: %s", BN_num_bits(n), e_n, json);
}

static BIGNUM *modulus(unsigned bits)
{
	BIGNUM *n = NULL;
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
	assert_true(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n));
	EVP_PKEY_free(key);
	return n;
}

static void rsa_sizes(void **state)
{
	(void)state;
	static const unsigned SMALL[] = { 512, 1024, 2040, 2047 };
	for (size_t i = 0; i < COUNT_OF(SMALL); i++) {
		BIGNUM *n = modulus(SMALL[i]);
		assert_rsa(n, "\1\0\1", 3, "", false);
		BN_free(n);
	}
	BIGNUM *n = modulus(2048);
	assert_rsa(n, "\1\0\1", 3, "", true);
	assert_rsa(n, "\3", 1, "", true);
	assert_rsa(n, "\1\0\1", 3, "zero", false);
	assert_rsa(n, "\0\1\0\1", 4, "", false);
	assert_rsa(n, "\1", 1, "", false);
	assert_rsa(n, "\2", 1, "", false);
	assert_rsa(n, "\0", 1, "", false);
	assert_rsa(n, "", 0, "", false);
	assert_rsa(n, "\1\0\0", 3, "", false);
	assert_rsa(n, "\1\0\0\0\0\0\0\0\1", 9, "", false);
	BN_add_word(n, 1); /* even */
	assert_rsa(n, "\1\0\1", 3, "", false);
	BN_set_bit(n, 8192); /* too large */
	BN_add_word(n, 1);
	assert_rsa(n, "\1\0\1", 3, "", false);
	BN_free(n);
}

/* ---- many keys ------------------------------------------------------------------------------ */

static char *many_keys(size_t n)
{
	AUTO_BUF struct buf b = { 0 };
	buf_put_text(&b, "{\"keys\":[");
	for (size_t i = 0; i < n; i++)
		buf_format(&b, "%s{" OKP_KEY ",\"kid\":\"k%zu\"}", i ? "," : "", i);
	buf_put_text(&b, "]}");
	return strndup((char *)b.p, b.n);
}

static void many(void **state)
{
	(void)state;
	static const struct {
		size_t n;
		enum auth_status expected;
	} CASES[] = { { AUTH_KEYS_MAX, AUTH_OK }, { AUTH_KEYS_MAX + 1, AUTH_TOO_LARGE }, { 10000, AUTH_TOO_LARGE } };
	size_t count;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		char *json = many_keys(CASES[i].n);
		assert_int_equal(load(json, &count), CASES[i].expected);
		assert_int_equal(count, CASES[i].expected == AUTH_OK ? CASES[i].n : 0);
		free(json);
	}
	char *large = malloc(AUTH_JWKS_MAX + 2);
	memset(large, ' ', AUTH_JWKS_MAX + 1);
	large[AUTH_JWKS_MAX + 1] = '\0';
	assert_int_equal(load(large, &count), AUTH_TOO_LARGE);
	large[AUTH_JWKS_MAX] = '\0';
	assert_int_equal(load(large, &count), AUTH_BAD_KEYS);
	memset(large, '[', AUTH_JWKS_MAX);
	assert_int_equal(load(large, &count), AUTH_BAD_KEYS);
	free(large);
}

/* ---- which key ------------------------------------------------------------------------------ */

enum { NOW = 1700000100 };
static const char PAYLOAD[] = "{\"iss\":\"i\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\","
			      "\"iat\":1700000000,\"exp\":1700000300,\"jti\":\"t\"}";

static struct auth_verifier *verifier_of(const struct signer *const *signers, size_t n)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct auth_verifier *v = NULL;
	struct auth_keyset *keys = NULL;
	o.issuer = "i";
	o.audience = "a";
	assert_int_equal(auth_verifier_new(&o, &v, NULL), AUTH_OK);
	char *json = jwks(signers, n);
	assert_int_equal(auth_keyset_from_json(json, strlen(json), &keys, NULL), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(v, keys), AUTH_OK);
	auth_keyset_free(keys);
	free(json);
	return v;
}

static void assert_signed(struct auth_verifier *v, const struct signer *s, const char *kid,
			  enum auth_status expected)
{
	char header[128];
	if (kid)
		snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", s->alg, kid);
	else
		snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"at+jwt\"}", s->alg);
	char *token = sign(s, header, PAYLOAD);
	assert_verdict(v, token, NOW, expected);
	free(token);
}

static void choice_of_key(void **state)
{
	(void)state;
	struct signer a, b, c, d, nameless;
	signer_init(&a, "ES256", "a");
	signer_init(&b, "ES256", "b");
	signer_init(&c, "RS256", "c");
	signer_init(&d, "SGD_SM3_SM2", "d");
	signer_init(&nameless, "EdDSA", NULL);
	const struct signer *all[] = { &c, &nameless, &b, &a, &d };
	struct auth_verifier *v = verifier_of(all, COUNT_OF(all));
	assert_signed(v, &a, "a", AUTH_OK);
	assert_signed(v, &b, "b", AUTH_OK);
	assert_signed(v, &c, "c", AUTH_OK);
	assert_signed(v, &d, "d", AUTH_OK);
	assert_signed(v, &a, "b", AUTH_BAD_SIGNATURE);
	assert_signed(v, &a, "c", AUTH_UNSUPPORTED_ALGORITHM);
	assert_signed(v, &a, "d", AUTH_UNSUPPORTED_ALGORITHM);
	assert_signed(v, &a, "e", AUTH_UNKNOWN_KEY);
	assert_signed(v, &a, NULL, AUTH_UNKNOWN_KEY); /* two could be meant */
	assert_signed(v, &c, NULL, AUTH_OK);	      /* one takes RS256 */
	assert_signed(v, &d, NULL, AUTH_UNKNOWN_KEY); /* an SM2 key is always named */
	assert_signed(v, &nameless, NULL, AUTH_OK);
	assert_signed(v, &nameless, "x", AUTH_UNKNOWN_KEY);
	assert_signed(v, &nameless, "", AUTH_UNKNOWN_KEY);
	auth_verifier_free(v);
	signer_done(&a);
	signer_done(&b);
	signer_done(&c);
	signer_done(&d);
	signer_done(&nameless);
}

/* ---- files ---------------------------------------------------------------------------------- */

static void files(void **state)
{
	(void)state;
	char path[] = "/tmp/libauth-keys-XXXXXX";
	static const char JSON[] = "{\"keys\":[{" EC_KEY "}]}";
	struct auth_keyset *keys = NULL;
	struct auth_error e = { "" };
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(auth_keyset_from_file(path, &keys, &e), AUTH_BAD_KEYS);
	assert_int_equal(write(fd, JSON, strlen(JSON)), strlen(JSON));
	assert_int_equal(auth_keyset_from_file(path, &keys, &e), AUTH_OK);
	assert_int_equal(auth_keyset_count(keys), 1);
	auth_keyset_free(keys);
	keys = NULL;
	assert_int_equal(ftruncate(fd, AUTH_JWKS_MAX + 1), 0);
	assert_int_equal(auth_keyset_from_file(path, &keys, &e), AUTH_TOO_LARGE);
	close(fd);
	unlink(path);
	assert_int_equal(auth_keyset_from_file(path, &keys, &e), AUTH_IO);
	assert_non_null(strstr(e.message, path));
	assert_int_equal(auth_keyset_from_file("/tmp", &keys, NULL), AUTH_IO);
	assert_null(keys);
}

/* ---- SM2: DOMAIN vectors -------------------------------------------------------------------- */

/* GM/T 0003.5's key; both signatures made with it, the second with r that begins with a zero byte. */
static void sm2_vectors(void **state)
{
	(void)state;
#define SM2_SIGNED                                                                              \
	"eyJhbGciOiJTR0RfU00zX1NNMiIsInR5cCI6IkpXVCIsImtpZCI6ImdidDMyOTE4LTUifQ."               \
	"eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmdvdi5jbiIsInN1YiI6InRlc3QiLCJhdWQiOiJycDEiLCJpYXQiOjE3" \
	"MDAwMDAwMDAsImV4cCI6MTcwMDAwMDMwMH0."
	static const char *const GOOD[] = {
		SM2_SIGNED "fnsnQ5JJ_hEzYZdP7MhqrL5b5kvFNEk5Wd_jts5fxBHdNb1tHEu8Guh7wsrZ4zHPRMNYOuex1kXwKsr1MObgYw",
		SM2_SIGNED "AEkxLIlnl-_IwTjbbUP_5ru9nSe5qvSXNhYwoOexRchMLCDFIApoKhy7FxE4KZEgxPa5Z3F8eeVbo76BIOSsPQ",
	};
	static const char JSON[] = "{\"keys\":[{" SM2_KEY ",\"kid\":\"gbt32918-5\"}]}";
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct auth_verifier *v = NULL;
	struct auth_keyset *keys = NULL;
	o.kind = AUTH_ID_TOKEN;
	o.issuer = "https://idp.example.gov.cn";
	o.audience = "rp1";
	assert_int_equal(auth_verifier_new(&o, &v, NULL), AUTH_OK);
	assert_int_equal(auth_keyset_from_json(JSON, strlen(JSON), &keys, NULL), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(v, keys), AUTH_OK);
	auth_keyset_free(keys);
	for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
		assert_verdict(v, GOOD[i], NOW, AUTH_OK);
		char padded[512];
		snprintf(padded, sizeof padded, "%s==", GOOD[i]);
		assert_verdict(v, padded, NOW, AUTH_BAD_SIGNATURE);
		padded[strlen(padded) - 3] = '\0';
		assert_verdict(v, padded, NOW, AUTH_BAD_SIGNATURE);
	}
	auth_verifier_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usable),    cmocka_unit_test(left_out),
		cmocka_unit_test(refused),   cmocka_unit_test(not_a_set),
		cmocka_unit_test(rsa_sizes), cmocka_unit_test(many),
		cmocka_unit_test(choice_of_key), cmocka_unit_test(files),
		cmocka_unit_test(sm2_vectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
