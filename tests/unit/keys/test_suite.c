/* The SM suite of sealing, MACs and derived keys, and that the two suites have nothing in common. */
#include "tests/unit/keys/test.h"

#include "keys/algorithms.h"
#include "keys/hmac.h"
#include "keys/seal.h"
#include "keys/sm4.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

static const struct secret KEY = { .bytes = { 1, 2, 3 }, .suite = SUITE_SM };

static void assert_hex(const uint8_t *got, size_t n, const char *hex)
{
	uint8_t answer[256];
	assert_int_equal(unhex(hex, answer), n);
	assert_memory_equal(got, answer, n);
}

/* ---- the standards' answers --------------------------------------------------------------- */

/* GB/T 32905 A.1 and A.2, and nothing at all. */
static void sm3_gives_the_standard_s_answers(void **state)
{
	(void)state;
	uint8_t got[32];
	char text[65];
	assert_ok(sm3(NO_SLICE, got));
	assert_hex(got, 32, "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
	assert_ok(sm3(SLICE("abc"), got));
	assert_hex(got, 32, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
	for (size_t i = 0; i < 16; i++)
		memcpy(text + 4 * i, "abcd", 5);
	assert_ok(sm3(slice_str(text), got));
	assert_hex(got, 32, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

static void hmac_sm3_is_hmac(void **state)
{
	(void)state;
	struct hmac h;
	uint8_t key[16], got[HMAC_SIZE];
	assert_int_equal(unhex("0102030405060708090a0b0c0d0e0f10", key), sizeof key);
	assert_ok(hmac_begin(&h, SUITE_SM, slice_of(key, sizeof key)));
	assert_ok(hmac_end(&h, hmac_put(&h, SLICE("abc")), got));
	assert_hex(got, 32, "a673f5905a6f786cccead2c394198d6716fe523f3c70da9adfdb8abb2da88345");
}

/* GB/T 32907 A.1, one block: counter mode encrypts its counter. */
static void sm4_ctr_encrypts_the_counter(void **state)
{
	(void)state;
	uint8_t block[16], got[16], zeros[16] = { 0 };
	int n = 0;
	assert_int_equal(unhex("0123456789abcdeffedcba9876543210", block), sizeof block);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_EncryptInit_ex2(c, algorithms()->sm4_ctr, block, block, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(c, got, &n, zeros, sizeof zeros), 1);
	EVP_CIPHER_CTX_free(c);
	assert_hex(got, 16, "681edf34d206965e86b3e94f536e4246");
}

/* HKDF of OpenSSL, with SM3. */
static void openssl_hkdf(const char *mode_name, const struct secret *key, const char *label, uint8_t ret[32])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *c = EVP_KDF_CTX_new(kdf);
	char digest[] = "SM3", mode[32], info[64];
	snprintf(mode, sizeof mode, "%s", mode_name);
	snprintf(info, sizeof info, "%s", label);
	struct secret copy = *key;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode, 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, copy.bytes, SECRET_SIZE),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(info)),
		OSSL_PARAM_construct_end(),
	};
	assert_int_equal(EVP_KDF_derive(c, ret, 32, params), 1);
	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
}

static void derive_is_hkdf_over_sm3(void **state)
{
	(void)state;
	struct secret got;
	uint8_t answer[32];
	assert_ok(derive(&KEY, "authd test label", &got));
	openssl_hkdf("EXTRACT_AND_EXPAND", &KEY, "authd test label", answer);
	assert_memory_equal(got.bytes, answer, 32);
	assert_int_equal(got.suite, SUITE_SM);
}

/* The form of keys/sm4.h, put together by OpenSSL's own HKDF and our tested MAC. */
static void a_seal_is_sm4_ctr_then_hmac_sm3(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct slice sealed, plain = SLICE("more than one block of sixteen bytes");
	struct secret mac_key = { .suite = SUITE_SM };
	uint8_t cipher_key[32], counter[16] = { 0 }, opened[64], tag[MAC_SIZE];
	int n = 0;
	assert_ok(seal(&KEY, SLICE("here"), plain, &a, &sealed));
	assert_int_equal(sealed.n, plain.n + SEAL_OVERHEAD);
	openssl_hkdf("EXPAND_ONLY", &KEY, "authd SM4-CTR", cipher_key);
	openssl_hkdf("EXPAND_ONLY", &KEY, "authd HMAC-SM3", mac_key.bytes);
	struct slice ciphertext = slice_of(sealed.p + 12, plain.n);
	memcpy(counter, sealed.p, 12);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_DecryptInit_ex2(c, EVP_sm4_ctr(), cipher_key, counter, NULL), 1);
	assert_int_equal(EVP_DecryptUpdate(c, opened, &n, ciphertext.p, (int)ciphertext.n), 1);
	EVP_CIPHER_CTX_free(c);
	assert_memory_equal(opened, plain.p, plain.n);
	const struct slice parts[] = { SLICE("here"), slice_first(sealed, 12), ciphertext };
	assert_ok(mac(&mac_key, parts, COUNT_OF(parts), tag));
	assert_memory_equal(sealed.p + sealed.n - 16, tag, 16);
}

/* ---- sealing in either suite -------------------------------------------------------------- */

typedef status sealing(const struct secret *key, struct slice associated, struct slice bytes,
		       struct arena *a, struct slice *ret);
static const struct {
	sealing *seal, *unseal;
	size_t overhead;
} WAYS[] = {
	{ seal, unseal, SEAL_OVERHEAD },
	{ seal_wide, unseal_wide, SEAL_WIDE_OVERHEAD },
};

static void what_is_sealed_opens_again(void **state)
{
	(void)state;
	uint8_t bytes[500];
	assert_ok(random_bytes(bytes, sizeof bytes));
	for (size_t w = 0; w < COUNT_OF(WAYS); w++) {
		for (size_t n = 0; n <= sizeof bytes; n += 13) {
			AUTO_ARENA struct arena a = { 0 };
			struct slice plain = slice_of(bytes, n), one, two, got;
			assert_ok(WAYS[w].seal(&KEY, SLICE("here"), plain, &a, &one));
			assert_ok(WAYS[w].seal(&KEY, SLICE("here"), plain, &a, &two));
			assert_int_equal(one.n, n + WAYS[w].overhead);
			assert_false(slice_equal(one, two));
			assert_ok(WAYS[w].unseal(&KEY, SLICE("here"), one, &a, &got));
			assert_true(slice_equal(got, plain));
		}
	}
}

static void nothing_else_opens(void **state)
{
	(void)state;
	struct secret other = KEY;
	other.bytes[31] ^= 1;
	for (size_t w = 0; w < COUNT_OF(WAYS); w++) {
		AUTO_ARENA struct arena a = { 0 };
		sealing *open = WAYS[w].unseal;
		struct slice sealed, got = SLICE("untouched");
		assert_ok(WAYS[w].seal(&KEY, SLICE("here"), SLICE("some text"), &a, &sealed));
		assert_int_equal(open(&other, SLICE("here"), sealed, &a, &got), ST_INVALID);
		assert_int_equal(open(&KEY, SLICE("there"), sealed, &a, &got), ST_INVALID);
		assert_int_equal(open(&KEY, NO_SLICE, sealed, &a, &got), ST_INVALID);
		for (size_t n = 0; n < sealed.n; n++)
			assert_int_equal(open(&KEY, SLICE("here"), slice_first(sealed, n), &a, &got), ST_INVALID);
		for (size_t i = 0; i < 8 * sealed.n; i++) {
			uint8_t altered[64];
			memcpy(altered, sealed.p, sealed.n);
			altered[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(open(&KEY, SLICE("here"), slice_of(altered, sealed.n), &a, &got),
					 ST_INVALID);
		}
		assert_slice(got, "untouched");
	}
	AUTO_ARENA struct arena small = { .limit = 16 };
	struct slice got;
	assert_int_equal(seal(&KEY, NO_SLICE, SLICE("text"), &small, &got), ST_NOMEM);
}

/* Whoever could alter the suite of a secret would not read with it, nor forge. */
static void the_same_bytes_in_the_other_suite_open_nothing(void **state)
{
	(void)state;
	for (int from = 0; from < SUITE_COUNT; from++) {
		AUTO_ARENA struct arena a = { 0 };
		struct secret one = KEY, other = KEY, derived[2];
		struct slice sealed, got = SLICE("untouched"), part = SLICE("part");
		uint8_t macs[2][MAC_SIZE];
		one.suite = (enum suite)from;
		other.suite = from == SUITE_SM ? SUITE_INTERNATIONAL : SUITE_SM;
		for (size_t w = 0; w < COUNT_OF(WAYS); w++) {
			assert_ok(WAYS[w].seal(&one, SLICE("here"), SLICE("some text"), &a, &sealed));
			assert_int_equal(WAYS[w].unseal(&other, SLICE("here"), sealed, &a, &got), ST_INVALID);
			assert_ok(WAYS[w].unseal(&one, SLICE("here"), sealed, &a, &part));
		}
		assert_slice(got, "untouched");
		assert_ok(mac(&one, &part, 1, macs[0]));
		assert_ok(mac(&other, &part, 1, macs[1]));
		assert_memory_not_equal(macs[0], macs[1], MAC_SIZE / 2);
		assert_ok(derive(&one, "label", &derived[0]));
		assert_ok(derive(&other, "label", &derived[1]));
		assert_memory_not_equal(derived[0].bytes, derived[1].bytes, SECRET_SIZE / 2);
	}
}

/* A sealer keeps a context: for a key of the other suite it takes the other cipher. */
static void a_sealer_serves_both_suites(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct sealer sealer = { .left = 0 };
	for (int i = 0; i < 12; i++) {
		struct secret key = KEY;
		struct slice sealed, got;
		key.suite = i % 3 ? SUITE_SM : SUITE_INTERNATIONAL;
		assert_ok(seal_with(&sealer, &key, SLICE("here"), SLICE("some text"), &a, &sealed));
		assert_ok(unseal(&key, SLICE("here"), sealed, &a, &got));
		assert_slice(got, "some text");
	}
	sealer_done(&sealer);
}

/* ---- an issuer's secrets ------------------------------------------------------------------ */

static void make(struct place *p, enum suite suite)
{
	struct error e = { 0 };
	place_init(p);
	p->options.algorithms = 1U << KEY_SM2;
	p->options.suite = suite;
	if (keys_create(&p->options, NOW, &e) != ST_OK)
		fail_msg("%s", e.message);
}

static void each_secret_is_of_the_issuer_s_suite(void **state)
{
	(void)state;
	for (int suite = 0; suite < SUITE_COUNT; suite++) {
		AUTO_PLACE struct place p;
		make(&p, (enum suite)suite);
		AUTO(keys) struct keys *k = place_open(&p);
		assert_int_equal(keys_suite(k), suite);
		for (enum secret_use use = 0; use < SECRET_USE_COUNT; use++) {
			struct secret s;
			assert_ok(keys_secret(k, use, 0, &s, NULL));
			assert_int_equal(s.suite, suite);
		}
	}
}

/* The mark in front of the KEK taken away or put there: neither file opens, and nothing is made anew. */
static void a_kek_whose_suite_was_altered_opens_nothing(void **state)
{
	(void)state;
	for (int suite = 0; suite < SUITE_COUNT; suite++) {
		AUTO_PLACE struct place p;
		AUTO_BUF struct buf kek = { 0 }, altered = { 0 };
		struct error e = { 0 };
		struct keys *k = NULL;
		make(&p, (enum suite)suite);
		file_get(p.kek, &kek);
		assert_int_equal(slice_starts(buf_slice(&kek), SLICE("sm:")), suite == SUITE_SM);
		if (suite == SUITE_INTERNATIONAL)
			buf_put_text(&altered, "sm:");
		buf_put(&altered, slice_from(buf_slice(&kek), suite == SUITE_SM ? 3 : 0));
		file_put(p.kek, buf_slice(&altered));
		assert_int_equal(keys_open(&p.options, &k, &e), ST_INVALID);
		assert_mentions(e, "sealed under another key-encryption key");
		assert_null(k);
		file_put(p.kek, buf_slice(&kek));
		assert_ok(keys_open(&p.options, &k, &e));
		keys_free(k);
	}
}

static void a_kek_of_the_other_suite_makes_no_keys(void **state)
{
	(void)state;
	AUTO_PLACE struct place p, q;
	struct error e = { 0 };
	make(&p, SUITE_SM);
	place_init(&q);
	file_copy(p.kek, q.kek);
	assert_int_equal(keys_create(&q.options, NOW, &e), ST_INVALID);
	assert_mentions(e, "other suite");
	assert_int_equal(access(q.secrets, F_OK), -1);

	/* An init that was killed is finished in its own suite alone. */
	assert_int_equal(unlink(p.ring), 0);
	p.options.suite = SUITE_INTERNATIONAL;
	assert_int_equal(keys_create(&p.options, NOW, &e), ST_INVALID);
	p.options.suite = SUITE_SM;
	assert_ok(keys_create(&p.options, NOW, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sm3_gives_the_standard_s_answers),
		cmocka_unit_test(hmac_sm3_is_hmac),
		cmocka_unit_test(sm4_ctr_encrypts_the_counter),
		cmocka_unit_test(derive_is_hkdf_over_sm3),
		cmocka_unit_test(a_seal_is_sm4_ctr_then_hmac_sm3),
		cmocka_unit_test(what_is_sealed_opens_again),
		cmocka_unit_test(nothing_else_opens),
		cmocka_unit_test(the_same_bytes_in_the_other_suite_open_nothing),
		cmocka_unit_test(a_sealer_serves_both_suites),
		cmocka_unit_test(each_secret_is_of_the_issuer_s_suite),
		cmocka_unit_test(a_kek_whose_suite_was_altered_opens_nothing),
		cmocka_unit_test(a_kek_of_the_other_suite_makes_no_keys),
	};
	return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
