/*
 * Tokens that attack a verifier. Each is signed as well as the attacker can, so that nothing but
 * the rule under test can refuse it.
 */
#include "tokens.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"

#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

enum { NOW = 1700000100 };

static const char PAYLOAD[] = "{\"iss\":\"https://id.example\",\"sub\":\"u\",\"aud\":\"a\","
			      "\"client_id\":\"c\",\"iat\":1700000000,\"exp\":1700000300,\"jti\":\"t\"}";

static struct signer es256, rs256, ed25519;
static struct auth_verifier *v_es256, *v_rs256, *v_ed25519;

static struct auth_options options(void)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	o.issuer = "https://id.example";
	o.audience = "a";
	return o;
}

static int set_up(void **state)
{
	(void)state;
	struct auth_options o = options();
	signer_init(&es256, "ES256", "k");
	signer_init(&rs256, "RS256", "k");
	signer_init(&ed25519, "EdDSA", "k");
	v_es256 = verifier(&o, &es256);
	v_rs256 = verifier(&o, &rs256);
	v_ed25519 = verifier(&o, &ed25519);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	auth_verifier_free(v_es256);
	auth_verifier_free(v_rs256);
	auth_verifier_free(v_ed25519);
	signer_done(&es256);
	signer_done(&rs256);
	signer_done(&ed25519);
	return 0;
}

/* The verdict on a token with this header, signed with the real key. */
static enum auth_status with_header(const char *header)
{
	char *token = sign(&es256, header, PAYLOAD);
	enum auth_status s = verdict(v_es256, token, NOW);
	free(token);
	return s;
}

static void assert_header(const char *header, enum auth_status expected)
{
	enum auth_status s = with_header(header);
	if (s != expected)
		fail_msg("%s: %s", header, auth_strerror(s));
}

static void assert_payload(const char *payload, enum auth_status expected)
{
	char *token = sign_access(&es256, payload);
	enum auth_status s = verdict(v_es256, token, NOW);
	free(token);
	if (s != expected)
		fail_msg("%s: %s", payload, auth_strerror(s));
}

/* ---- 41: none ------------------------------------------------------------------------------- */

static void algorithm_none(void **state)
{
	(void)state;
	static const struct {
		const char *alg;
		enum auth_status expected;
	} CASES[] = {
		{ "\"none\"", AUTH_UNSUPPORTED_ALGORITHM }, { "\"None\"", AUTH_UNSUPPORTED_ALGORITHM },
		{ "\"nOnE\"", AUTH_UNSUPPORTED_ALGORITHM }, { "\"\"", AUTH_UNSUPPORTED_ALGORITHM },
		{ "\"es256\"", AUTH_UNSUPPORTED_ALGORITHM }, { "\"ES256 \"", AUTH_UNSUPPORTED_ALGORITHM },
		{ "\"HS256\"", AUTH_UNSUPPORTED_ALGORITHM }, { "\"ES256\\u0020\"", AUTH_UNSUPPORTED_ALGORITHM },
		{ "null", AUTH_MALFORMED },	  { "1", AUTH_MALFORMED },
		{ "[\"ES256\"]", AUTH_MALFORMED }, { "{}", AUTH_MALFORMED }, { "true", AUTH_MALFORMED },
	};
	char header[128], token[1024];
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		snprintf(header, sizeof header, "{\"alg\":%s,\"typ\":\"at+jwt\",\"kid\":\"k\"}", CASES[i].alg);
		assert_header(header, CASES[i].expected);
		char *full = sign(&es256, header, PAYLOAD);
		char *dot = strrchr(full, '.');
		snprintf(token, sizeof token, "%.*s", (int)(dot - full) + 1, full); /* no signature */
		assert_int_not_equal(verdict(v_es256, token, NOW), AUTH_OK);
		free(full);
	}
	assert_header("{\"typ\":\"at+jwt\",\"kid\":\"k\"}", AUTH_MALFORMED);
	assert_header("{\"alg\":\"ES\\u003256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}", AUTH_OK);
}

/* ---- 42: HMAC with a public key ------------------------------------------------------------- */

static void assert_hmac_refused(struct slice key)
{
	static const char HEADER[] = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}";
	AUTO_BUF struct buf b = { 0 };
	uint8_t tag[32];
	buf_put_base64url(&b, slice_str(HEADER));
	buf_put_byte(&b, '.');
	buf_put_base64url(&b, slice_str(PAYLOAD));
	assert_non_null(HMAC(EVP_sha256(), key.p, (int)key.n, b.p, b.n, tag, NULL));
	buf_put_byte(&b, '.');
	buf_put_base64url(&b, slice_of(tag, sizeof tag));
	buf_put_byte(&b, 0);
	assert_verdict(v_rs256, (char *)b.p, NOW, AUTH_UNSUPPORTED_ALGORITHM);
	assert_verdict(v_es256, (char *)b.p, NOW, AUTH_UNSUPPORTED_ALGORITHM);
}

static void hmac_with_public_key(void **state)
{
	(void)state;
	BIO *pem = BIO_new(BIO_s_mem());
	uint8_t *der = NULL, *text = NULL;
	assert_true(PEM_write_bio_PUBKEY(pem, rs256.key));
	long n = BIO_get_mem_data(pem, &text);
	assert_hmac_refused(slice_of(text, (size_t)n));
	assert_hmac_refused(slice_of(text, (size_t)n - 1)); /* without the newline */
	int der_n = i2d_PUBKEY(rs256.key, &der);
	assert_true(der_n > 0);
	assert_hmac_refused(slice_of(der, (size_t)der_n));
	assert_hmac_refused(slice_str(rs256.jwk));
	assert_hmac_refused(SLICE("")); /* CVE-2026-44699, CVE-2024-25189 */
	OPENSSL_free(der);
	BIO_free(pem);
}

/* An RSA key without `alg` takes RS and PS alone: CVE-2026-44699. */
static void rsa_key_without_alg(void **state)
{
	(void)state;
	struct signer s = rs256;
	struct auth_options o = options();
	char *alg = strstr(s.jwk, ",\"alg\":\"RS256\"");
	memmove(alg, alg + 14, strlen(alg + 14) + 1);
	struct auth_verifier *v = verifier(&o, &s), *saved = v_rs256;
	char *token = sign_access(&s, PAYLOAD);
	assert_verdict(v, token, NOW, AUTH_OK);
	free(token);
	v_rs256 = v;
	hmac_with_public_key(NULL);
	v_rs256 = saved;
	s.alg = "PS256";
	token = sign_access(&s, PAYLOAD);
	assert_verdict(v, token, NOW, AUTH_OK);
	assert_verdict(v_rs256, token, NOW, AUTH_UNSUPPORTED_ALGORITHM); /* alg is pinned there */
	free(token);
	auth_verifier_free(v);
}

/* ---- 43: signatures ------------------------------------------------------------------------- */

/* A token whose signature is replaced by these bytes. */
static enum auth_status with_signature(struct auth_verifier *v, const struct signer *s,
				       struct slice signature)
{
	AUTO_BUF struct buf b = { 0 };
	char *token = sign_access(s, PAYLOAD);
	buf_put(&b, slice_of(token, (size_t)(strrchr(token, '.') - token) + 1));
	buf_put_base64url(&b, signature);
	buf_put_byte(&b, 0);
	enum auth_status answer = verdict(v, (char *)b.p, NOW);
	free(token);
	return answer;
}

static void psychic_signatures(void **state)
{
	(void)state;
	static const char *const NUMBERS[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000001",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", /* n */
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552", /* n + 1 */
		"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", /* p */
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	uint8_t signature[64];
	for (size_t r = 0; r < COUNT_OF(NUMBERS); r++)
		for (size_t s = 0; s < COUNT_OF(NUMBERS); s++) {
			assert_int_equal(hex_decode(slice_str(NUMBERS[r]), signature, 32), ST_OK);
			assert_int_equal(hex_decode(slice_str(NUMBERS[s]), signature + 32, 32), ST_OK);
			assert_int_equal(with_signature(v_es256, &es256, slice_of(signature, 64)),
					 AUTH_BAD_SIGNATURE);
		}
}

static void signature_sizes(void **state)
{
	(void)state;
	static const uint8_t zeros[600];
	static const size_t SIZES[] = { 1, 32, 63, 64, 65, 66, 72, 96, 128, 255, 256, 257, 512, 600 };
	for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
		struct slice s = slice_of(zeros, SIZES[i]);
		assert_int_equal(with_signature(v_es256, &es256, s), AUTH_BAD_SIGNATURE);
		assert_int_equal(with_signature(v_rs256, &rs256, s), AUTH_BAD_SIGNATURE);
		assert_int_equal(with_signature(v_ed25519, &ed25519, s), AUTH_BAD_SIGNATURE);
	}
}

/* The right signature as DER, and with a byte too many. */
static void other_forms_of_signature(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	uint8_t der[80], longer[65] = { 0 };
	char *token = sign_access(&es256, PAYLOAD);
	struct slice raw = NO_SLICE;
	assert_int_equal(arena_base64url_decode(&a, slice_str(strrchr(token, '.') + 1), &raw), ST_OK);
	memcpy(longer, raw.p, 64);
	assert_int_equal(with_signature(v_es256, &es256, slice_of(longer, 65)), AUTH_BAD_SIGNATURE);
	memcpy(longer + 1, raw.p, 64);
	longer[0] = 0;
	assert_int_equal(with_signature(v_es256, &es256, slice_of(longer, 65)), AUTH_BAD_SIGNATURE);
	size_t n = sizeof der;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_true(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, es256.key));
	assert_true(EVP_DigestSign(ctx, der, &n, (uint8_t *)token, (size_t)(strrchr(token, '.') - token)));
	EVP_MD_CTX_free(ctx);
	assert_int_equal(with_signature(v_es256, &es256, slice_of(der, n)), AUTH_BAD_SIGNATURE);
	free(token);
}

/* ---- 44: keys in the header ----------------------------------------------------------------- */

static void keys_in_the_header(void **state)
{
	(void)state;
	struct signer own;
	char header[8192], jwk[4300];
	signer_init(&own, "ES256", "k");
	snprintf(jwk, sizeof jwk, "\"jwk\":%s", own.jwk);
	const char *const extras[] = {
		jwk, "\"jku\":\"https://evil.example/jwks\"",
		"\"x5u\":\"https://evil.example/cert\"", "\"x5c\":[\"MIIB\"]",
	};
	for (size_t i = 0; i < COUNT_OF(extras); i++) {
		const char *extra = extras[i];
		snprintf(header, sizeof header,
			 "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\",%s}", extra);
		char *token = sign(&own, header, PAYLOAD);
		assert_verdict(v_es256, token, NOW, AUTH_BAD_SIGNATURE);
		free(token);
		assert_header(header, AUTH_OK); /* by the real key: what it brings is ignored */
		snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"x\",%s}",
			 extra);
		token = sign(&own, header, PAYLOAD);
		assert_verdict(v_es256, token, NOW, AUTH_UNKNOWN_KEY);
		free(token);
	}
	signer_done(&own);
}

/* ---- 46: crit, b64, zip --------------------------------------------------------------------- */

static void extensions(void **state)
{
	(void)state;
	static const char *const EXTENSIONS[] = {
		"\"crit\":[\"exp\"],\"exp\":1", "\"crit\":[]",		   "\"crit\":[\"x\",\"x\"],\"x\":1",
		"\"crit\":null",		"\"crit\":\"b64\"",	   "\"b64\":false",
		"\"b64\":true",			"\"b64\":false,\"crit\":[\"b64\"]", "\"zip\":\"DEF\"",
		"\"cr\\u0069t\":[\"x\"]",
	};
	char header[256];
	for (size_t i = 0; i < COUNT_OF(EXTENSIONS); i++) {
		snprintf(header, sizeof header,
			 "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\",%s}", EXTENSIONS[i]);
		assert_header(header, AUTH_UNSUPPORTED_HEADER);
	}
}

/* ---- 47: typ -------------------------------------------------------------------------------- */

static void type_confusion(void **state)
{
	(void)state;
	static const struct {
		const char *typ;
		enum auth_status expected;
	} CASES[] = {
		{ "\"JWT\"", AUTH_WRONG_TYPE },	    { "\"logout+jwt\"", AUTH_WRONG_TYPE },
		{ "\"dpop+jwt\"", AUTH_WRONG_TYPE },  { "\"\"", AUTH_WRONG_TYPE },
		{ "\"at\"", AUTH_WRONG_TYPE },	    { "\"application/JWT\"", AUTH_WRONG_TYPE },
		{ "\"client-authentication+jwt\"", AUTH_WRONG_TYPE },
		{ "\"application/x/at+jwt\"", AUTH_WRONG_TYPE },
		{ "\"application/\"", AUTH_WRONG_TYPE }, { "\"at+jwt \"", AUTH_WRONG_TYPE },
		{ "null", AUTH_MALFORMED },	    { "[\"at+jwt\"]", AUTH_MALFORMED },
		{ "\"at+jwt\"", AUTH_OK },	    { "\"AT+JWT\"", AUTH_OK },
		{ "\"application/at+jwt\"", AUTH_OK },
	};
	char header[128];
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":%s,\"kid\":\"k\"}", CASES[i].typ);
		assert_header(header, CASES[i].expected);
	}
	assert_header("{\"alg\":\"ES256\",\"kid\":\"k\"}", AUTH_WRONG_TYPE);
}

/* ---- 50: JSON ------------------------------------------------------------------------------- */

static void json_of_the_header(void **state)
{
	(void)state;
	static const char *const BAD[] = {
		"{\"alg\":\"ES256\",\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}",
		"{\"alg\":\"none\",\"\\u0061lg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"} x",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}{}",
		"\xef\xbb\xbf{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\\u0000\"}",
		"{'alg':'ES256'}", "[\"alg\",\"ES256\"]", "\"alg\"", "", "{", "{\"alg\":\"ES256\"",
	};
	for (size_t i = 0; i < COUNT_OF(BAD); i++)
		assert_header(BAD[i], AUTH_MALFORMED);
}

static void json_of_the_claims(void **state)
{
	(void)state;
	static const char *const BAD[] = {
		"\"exp\":9,\"exp\":1700000300", "\"e\\u0078p\":1700000301", "\"sub\":\"admin\"",
		"\"x\":\"\xff\"",	"\"x\":\"\xc0\xaf\"", "\"x\":\"\xed\xa0\x80\"",
		"\"x\":\"\\ud800\"",	"\"x\":\"\\udc00\\ud800\"", "\"x\":\"\\ud800\\u0041\"",
		"\"x\":\"\\u0000\"",	"\"x\":\"\\x41\"", "\"x\":\"a\nb\"", "\"x\":01", "\"x\":+1",
		"\"x\":.5",		"\"x\":1.",	"\"x\":1e", "\"x\":NaN", "\"x\":0x10", "\"x\":--1",
		"\"x\":tru",		"\"x\":[1,]",	"\"x\":{\"a\":1,}", "\"x\":{\"a\":1,\"a\":2}",
		"\"x\":[{\"a\":1,\"\\u0061\":2}]", "x:1", "\"x\" 1", "\"x\":", "\"x\"",
	};
	char payload[512];
	for (size_t i = 0; i < COUNT_OF(BAD); i++) {
		snprintf(payload, sizeof payload, "%.*s,%s}", (int)strlen(PAYLOAD) - 1, PAYLOAD, BAD[i]);
		assert_payload(payload, AUTH_MALFORMED);
	}
	snprintf(payload, sizeof payload, "%s ", PAYLOAD);
	assert_payload(payload, AUTH_OK); /* white space may stand behind */
	snprintf(payload, sizeof payload, "%s,", PAYLOAD);
	assert_payload(payload, AUTH_MALFORMED);
}

static void raw_nul(void **state)
{
	(void)state;
	char payload[512];
	int n = snprintf(payload, sizeof payload, "%s", PAYLOAD);
	char *token = sign_bytes(&es256, SLICE("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}"),
				 slice_of(payload, (size_t)n + 1));
	assert_verdict(v_es256, token, NOW, AUTH_MALFORMED);
	free(token);
}

/* A sanitizer slows down what it watches. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { BOMB_MAX_US = 100000 };
#else
enum { BOMB_MAX_US = 10000 };
#endif

/* A payload of n times `open`: signed, as large as a token may be. Refused within 10 ms. */
static void assert_bomb(const char *open, const char *close, size_t n)
{
	AUTO_BUF struct buf b = { 0 };
	buf_put_text(&b, "{\"x\":");
	for (size_t i = 0; i < n; i++)
		buf_put_text(&b, open);
	buf_put_text(&b, close);
	char *token = sign_bytes(&es256, SLICE("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}"),
				 buf_slice(&b));
	struct timespec start, end;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	assert_int_not_equal(verdict(v_es256, token, NOW), AUTH_OK);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	long us = (end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000;
	if (us > BOMB_MAX_US)
		fail_msg("%s x %zu took %ld us", open, n, us);
	free(token);
}

static void bombs(void **state)
{
	(void)state;
	assert_bomb("[", "", 5900);
	assert_bomb("{\"a\":", "", 1100);
	assert_bomb("1", "}", 5900);
	assert_bomb("[1,", "", 1900);
	assert_bomb("1,\"a\":", "", 900);
	assert_bomb("[", "", 10000);	  /* too large by itself */
	assert_bomb("1", "}", 10000000); /* 10 MB */
	AUTO_BUF struct buf b = { 0 };
	buf_put_text(&b, "{\"x\":[0");
	for (int i = 0; i < 2900; i++)
		buf_put_text(&b, ",0");
	buf_put_text(&b, "]}");
	buf_put_byte(&b, 0);
	assert_payload((char *)b.p, AUTH_TOO_LARGE);
}

/* ---- 51, 52: the outer form ----------------------------------------------------------------- */

static void base64url_forms(void **state)
{
	(void)state;
	char *token = sign_access(&es256, PAYLOAD), other[1024];
	int header = (int)(strchr(token, '.') - token), n = (int)strlen(token);
	static const char *const INSERTED[] = { "=", "==", " ", "\n", "+", "/", "%3D", "\t", "\r\n" };
	for (size_t i = 0; i < COUNT_OF(INSERTED); i++) {
		snprintf(other, sizeof other, "%.*s%s%s", header, token, INSERTED[i], token + header);
		assert_int_not_equal(verdict(v_es256, other, NOW), AUTH_OK);
		snprintf(other, sizeof other, "%s%s", token, INSERTED[i]);
		assert_int_not_equal(verdict(v_es256, other, NOW), AUTH_OK);
		snprintf(other, sizeof other, "%s%s", INSERTED[i], token);
		assert_int_not_equal(verdict(v_es256, other, NOW), AUTH_OK);
	}
	/* 64 bytes end in a character of which two bits count. */
	static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t last = (size_t)(strchr(ALPHABET, token[n - 1]) - ALPHABET);
	assert_int_equal(last % 16, 0);
	for (size_t bits = 1; bits < 16; bits++) {
		token[n - 1] = ALPHABET[last + bits];
		assert_verdict(v_es256, token, NOW, AUTH_MALFORMED);
	}
	free(token);
}

static void segments(void **state)
{
	(void)state;
	char *token = sign_access(&es256, PAYLOAD), other[2048];
	char *payload = strchr(token, '.') + 1, *signature = strrchr(token, '.') + 1;
	int header_n = (int)(payload - token) - 1, payload_n = (int)(signature - payload) - 1;
	/* H, P and S stand for the three parts. */
	static const char *const FORMS[] = {
		"H",	"H.P",	"H.",	".P",	"H.P.",	 "H..S",  ".P.S",   "..S",	"H..",
		"..",	"...",	"HPS",	"H.PS", "HP.S",	 "H.P.S.", "H..P.S", ".H.P.S", "H.P.P.S",
		"P.H.S", "H.H.S", "S.P.H", "H.P.S.A.A", "H.A.P.A.S", "H.P.S.A.A.A",
	};
	for (size_t i = 0; i < COUNT_OF(FORMS); i++) {
		AUTO_BUF struct buf b = { 0 };
		for (const char *p = FORMS[i]; *p; p++) {
			if (*p == 'H')
				buf_put(&b, slice_of(token, (size_t)header_n));
			else if (*p == 'P')
				buf_put(&b, slice_of(payload, (size_t)payload_n));
			else if (*p == 'S')
				buf_put_text(&b, signature);
			else
				buf_put_byte(&b, (uint8_t)*p);
		}
		buf_put_byte(&b, 0);
		assert_int_not_equal(verdict(v_es256, (char *)b.p, NOW), AUTH_OK);
	}
	static const char *const EXTRA[] = { ".", ".AAAA", "..", ".AAAA.AAAA.AAAA" };
	for (size_t i = 0; i < COUNT_OF(EXTRA); i++) {
		snprintf(other, sizeof other, "%s%s", token, EXTRA[i]);
		assert_verdict(v_es256, other, NOW, AUTH_MALFORMED);
		snprintf(other, sizeof other, "%s%s", EXTRA[i], token);
		assert_int_not_equal(verdict(v_es256, other, NOW), AUTH_OK);
	}
	snprintf(other, sizeof other,
		 "{\"protected\":\"%.*s\",\"payload\":\"%.*s\",\"signature\":\"%s\"}", header_n, token,
		 payload_n, payload, signature);
	assert_verdict(v_es256, other, NOW, AUTH_MALFORMED);
	assert_verdict(v_es256, "", NOW, AUTH_MALFORMED);
	assert_verdict(v_es256, "..", NOW, AUTH_MALFORMED);
	free(token);
}

static void sizes(void **state)
{
	(void)state;
	char *large = malloc(1 << 20);
	assert_non_null(large);
	struct auth_claims *c = NULL;
	memset(large, 'A', 1 << 20);
	assert_int_equal(auth_verify(v_es256, large, 1 << 20, NOW, &c), AUTH_TOO_LARGE);
	assert_int_equal(auth_verify(v_es256, large, AUTH_TOKEN_MAX + 1, NOW, &c), AUTH_TOO_LARGE);
	assert_int_equal(auth_verify(v_es256, large, AUTH_TOKEN_MAX, NOW, &c), AUTH_MALFORMED);
	assert_int_equal(auth_verify(v_es256, NULL, 0, NOW, &c), AUTH_MALFORMED);
	free(large);
}

/* A token of exactly the greatest size is verified. */
static void greatest_token(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = { 0 };
	char *empty = sign_access(&es256, PAYLOAD);
	size_t around = strlen(empty) - base64url_length(strlen(PAYLOAD));
	size_t room = (AUTH_TOKEN_MAX - around) / 4 * 3;
	buf_put(&b, slice_of(PAYLOAD, strlen(PAYLOAD) - 1));
	buf_put_text(&b, ",\"x\":\"");
	while (b.n < room - 2)
		buf_put_byte(&b, 'x');
	buf_put_text(&b, "\"}");
	buf_put_byte(&b, 0);
	char *token = sign_access(&es256, (char *)b.p);
	assert_true(strlen(token) <= AUTH_TOKEN_MAX && strlen(token) > AUTH_TOKEN_MAX - 4);
	assert_verdict(v_es256, token, NOW, AUTH_OK);
	free(token);
	free(empty);
}

/* ---- kid ------------------------------------------------------------------------------------ */

static void key_names(void **state)
{
	(void)state;
	assert_header("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"K\"}", AUTH_UNKNOWN_KEY);
	assert_header("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"\"}", AUTH_UNKNOWN_KEY);
	assert_header("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k \"}", AUTH_UNKNOWN_KEY);
	assert_header("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":null}", AUTH_MALFORMED);
	assert_header("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", AUTH_OK); /* the only one */
	assert_header("{\"alg\":\"ES384\",\"typ\":\"at+jwt\",\"kid\":\"k\"}",
		      AUTH_UNSUPPORTED_ALGORITHM);
	assert_header("{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}",
		      AUTH_UNSUPPORTED_ALGORITHM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algorithm_none),	cmocka_unit_test(hmac_with_public_key),
		cmocka_unit_test(rsa_key_without_alg),	cmocka_unit_test(psychic_signatures),
		cmocka_unit_test(signature_sizes),	cmocka_unit_test(other_forms_of_signature),
		cmocka_unit_test(keys_in_the_header),	cmocka_unit_test(extensions),
		cmocka_unit_test(type_confusion),	cmocka_unit_test(json_of_the_header),
		cmocka_unit_test(json_of_the_claims),	cmocka_unit_test(raw_nul),
		cmocka_unit_test(bombs),		cmocka_unit_test(base64url_forms),
		cmocka_unit_test(segments),		cmocka_unit_test(sizes),
		cmocka_unit_test(greatest_token),	cmocka_unit_test(key_names),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
