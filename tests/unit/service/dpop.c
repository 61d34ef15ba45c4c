/* Proofs at our own endpoints: nonces by the clock, uses by the cache. What a proof must be in itself is
 * libauth's to test. */
#include "fixture.h"

#include "authd/service/dpop.h"
#include "authd/service/foreign_jwt.h"
#include "libauth/base/encode.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

static EVP_PKEY *key;

/* ES256 in the form of JWS: r and s of 32 bytes each (RFC 7518 §3.4). */
static struct slice sign(struct arena *a, struct slice text)
{
	uint8_t der[80], raw[64];
	size_t n = sizeof der;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(context, der, &n, text.p, text.n), 1);
	EVP_MD_CTX_free(context);
	const unsigned char *p = der;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &p, (long)n);
	BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32);
	ECDSA_SIG_free(signature);
	return arena_base64url(a, slice_of(raw, sizeof raw));
}

static struct slice proof(struct fixture *f, const char *jti, int64_t iat, struct slice nonce)
{
	struct arena *a = &f->arena;
	uint8_t point[65];
	size_t n;
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof point, &n), 1);
	struct slice x = arena_base64url(a, slice_of(point + 1, 32));
	struct slice y = arena_base64url(a, slice_of(point + 33, 32));
	struct slice header = arena_format(a,
					   "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":{\"kty\":\"EC\","
					   "\"crv\":\"P-256\",\"x\":\"%.*s\",\"y\":\"%.*s\"}}",
					   SLICE_FMT(x), SLICE_FMT(y));
	struct slice claims = arena_format(a,
					   "{\"jti\":\"%s\",\"iat\":%lld,\"htm\":\"POST\","
					   "\"htu\":\"https://id.example.gov.cn/token\"%s%.*s%s}",
					   jti, (long long)iat, nonce.p ? ",\"nonce\":\"" : "",
					   SLICE_FMT(nonce), nonce.p ? "\"" : "");
	header = arena_base64url(a, header);
	claims = arena_base64url(a, claims);
	struct slice text = arena_format(a, "%.*s.%.*s", SLICE_FMT(header), SLICE_FMT(claims));
	struct slice signature = sign(a, text);
	return arena_format(a, "%.*s.%.*s", SLICE_FMT(text), SLICE_FMT(signature));
}

static status verify(struct fixture *f, struct slice p, int64_t now, struct dpop_proof *ret)
{
	static const struct dpop_request request = { .method = "POST", .path = "/token" };
	*ret = (struct dpop_proof){ 0 };
	return dpop_verify(&f->issuer, p, &request, now, &f->arena, ret);
}

static status with_nonce(struct fixture *f, struct slice nonce, int64_t now)
{
	struct dpop_proof ret;
	return verify(f, proof(f, "1", now, nonce), now, &ret);
}

static void a_nonce_lives_two_to_four_minutes(void **state)
{
	struct fixture *f = *state;
	struct slice nonce;
	for (int64_t made = NOW; made < NOW + 120; made += 30) {
		assert_ok(dpop_nonce(&f->issuer, made, &f->arena, &nonce));
		assert_ok(with_nonce(f, nonce, made));
		assert_ok(with_nonce(f, nonce, made + 120));
		assert_ok(with_nonce(f, nonce, made - 60)); /* of a node whose clock is ahead */
		assert_int_equal(with_nonce(f, nonce, made + 240), ST_EXPIRED);
		assert_int_equal(with_nonce(f, nonce, made - 240), ST_EXPIRED);
	}
}

static void an_altered_nonce_is_none(void **state)
{
	struct fixture *f = *state;
	struct slice nonce;
	assert_ok(dpop_nonce(&f->issuer, NOW, &f->arena, &nonce));
	for (size_t i = 0; i < nonce.n; i++) {
		struct slice altered = arena_copy(&f->arena, nonce);
		uint8_t *p = (uint8_t *)(uintptr_t)altered.p;
		p[i] = p[i] == 'A' ? 'B' : 'A';
		if (!slice_equal(altered, nonce))
			assert_int_equal(with_nonce(f, altered, NOW), ST_EXPIRED);
	}
	assert_int_equal(with_nonce(f, slice_first(nonce, nonce.n - 1), NOW), ST_EXPIRED);
	assert_int_equal(with_nonce(f, SLICE(""), NOW), ST_EXPIRED);
}

static void a_nonce_where_it_is_required(void **state)
{
	struct fixture *f = *state;
	f->conf.dpop_nonce = "optional";
	assert_ok(with_nonce(f, NO_SLICE, NOW));
	f->conf.dpop_nonce = "required";
	assert_int_equal(with_nonce(f, NO_SLICE, NOW), ST_EXPIRED);
}

/* Remembered for as long as it would be taken, and by its key and jti alone. */
static void a_proof_counts_once(void **state)
{
	struct fixture *f = *state;
	struct dpop_proof first, again, other;
	assert_ok(verify(f, proof(f, "a", NOW + 10, NO_SLICE), NOW, &first));
	assert_int_equal(first.jkt.n, 43);
	assert_int_equal(first.replay.expires_in_s, 80 + CLOCKS_APART_S);
	assert_ok(cache_submit_wait(f->issuer.cache, &first.replay, 1, &f->arena));
	assert_ok(first.replay.status);

	assert_ok(verify(f, proof(f, "a", NOW, NO_SLICE), NOW, &again));
	assert_ok(verify(f, proof(f, "b", NOW, NO_SLICE), NOW, &other));
	struct cache_command both[] = { again.replay, other.replay };
	assert_ok(cache_submit_wait(f->issuer.cache, both, 2, &f->arena));
	assert_int_equal(both[0].status, ST_EXISTS);
	assert_ok(both[1].status);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_nonce_lives_two_to_four_minutes),
		TEST(an_altered_nonce_is_none),
		TEST(a_nonce_where_it_is_required),
		TEST(a_proof_counts_once),
	};
	key = EVP_EC_gen("P-256");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(key);
	return failed;
}
