#include "tests/unit/keys/test.h"

#include "keys/hmac.h"
#include "keys/seal.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

/* ---- sealing ---------------------------------------------------------------------------- */

/*
 * NIST CAVS gcmDecrypt256: Keylen 256, IVlen 96, Taglen 128, from the sets with PTlen 128 (AADlen
 * 0 and 128) and the case of McGrew & Viega's "The Galois/Counter Mode of Operation", 13 to 16.
 */
static const struct {
	const char *key, *iv, *associated, *plain, *cipher, *tag;
} GCM[] = {
	{ "0000000000000000000000000000000000000000000000000000000000000000",
	  "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
	{ "0000000000000000000000000000000000000000000000000000000000000000",
	  "000000000000000000000000", "", "00000000000000000000000000000000",
	  "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919" },
	{ "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	  "cafebabefacedbaddecaf888", "",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449"
	  "a6b525b16aedf5aa0de657ba637b391aafd255",
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056"
	  "828838c5f61e6393ba7a0abcc9f662898015ad",
	  "b094dac5d93471bdec1a502270e3cc6c" },
	{ "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	  "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449"
	  "a6b525b16aedf5aa0de657ba637b39",
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056"
	  "828838c5f61e6393ba7a0abcc9f662",
	  "76fc6ece0f4e1768cddf8853bb2d551b" },
};

static void unseal_gives_the_known_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(GCM); i++) {
		AUTO_ARENA struct arena a = { 0 };
		struct secret key = { 0 };
		uint8_t associated[64], plain[64], sealed[128];
		unhex(GCM[i].key, key.bytes);
		size_t associated_n = unhex(GCM[i].associated, associated);
		size_t plain_n = unhex(GCM[i].plain, plain);
		size_t n = unhex(GCM[i].iv, sealed);
		n += unhex(GCM[i].cipher, sealed + n);
		n += unhex(GCM[i].tag, sealed + n);
		struct slice got;
		assert_ok(unseal(&key, slice_of(associated, associated_n), slice_of(sealed, n), &a, &got));
		assert_true(slice_equal(got, slice_of(plain, plain_n)));
	}
}

static void what_is_sealed_opens_again(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct secret key = { 0 };
	uint8_t bytes[1000];
	assert_ok(random_bytes(key.bytes, sizeof key.bytes));
	assert_ok(random_bytes(bytes, sizeof bytes));
	for (size_t n = 0; n <= sizeof bytes; n += 37) {
		struct slice plain = slice_of(bytes, n), sealed, got;
		assert_ok(seal(&key, SLICE("here"), plain, &a, &sealed));
		assert_int_equal(sealed.n, n + SEAL_OVERHEAD);
		assert_ok(unseal(&key, SLICE("here"), sealed, &a, &got));
		assert_true(slice_equal(got, plain));
	}
}

static void two_seals_of_one_text_differ(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct secret key = { { 1 } };
	struct slice one, two;
	assert_ok(seal(&key, NO_SLICE, SLICE("text"), &a, &one));
	assert_ok(seal(&key, NO_SLICE, SLICE("text"), &a, &two));
	assert_false(slice_equal(slice_first(one, 12), slice_first(two, 12)));
	assert_false(slice_equal(slice_from(one, 12), slice_from(two, 12)));
}

static void nothing_else_opens(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct secret key = { { 1 } }, other = { { 2 } };
	struct slice sealed, got = SLICE("untouched");
	assert_ok(seal(&key, SLICE("here"), SLICE("some text"), &a, &sealed));
	assert_int_equal(unseal(&other, SLICE("here"), sealed, &a, &got), ST_INVALID);
	assert_int_equal(unseal(&key, SLICE("there"), sealed, &a, &got), ST_INVALID);
	assert_int_equal(unseal(&key, NO_SLICE, sealed, &a, &got), ST_INVALID);
	for (size_t n = 0; n < sealed.n; n++)
		assert_int_equal(unseal(&key, SLICE("here"), slice_first(sealed, n), &a, &got), ST_INVALID);
	for (size_t i = 0; i < 8 * sealed.n; i++) {
		uint8_t altered[64];
		memcpy(altered, sealed.p, sealed.n);
		altered[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(unseal(&key, SLICE("here"), slice_of(altered, sealed.n), &a, &got),
				 ST_INVALID);
	}
	assert_slice(got, "untouched");
}

static void a_full_arena_is_a_fault(void **state)
{
	(void)state;
	AUTO_ARENA struct arena small = { .limit = 16 }, a = { 0 };
	struct secret key = { { 1 } };
	struct slice sealed, got;
	assert_int_equal(seal(&key, NO_SLICE, SLICE("text"), &small, &got), ST_NOMEM);
	assert_ok(seal(&key, NO_SLICE, SLICE("text longer than that"), &a, &sealed));
	assert_int_equal(unseal(&key, NO_SLICE, sealed, &small, &got), ST_NOMEM);
}

/* C2SP XAES-256-GCM, "Test Vectors": K = 0x01 and 0x03 repeated, this nonce and this text. */
static void unseal_wide_gives_the_known_answers(void **state)
{
	(void)state;
	static const struct {
		int key;
		const char *associated, *sealed;
	} known[] = {
		{ 1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271" },
		{ 3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d" },
	};
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		AUTO_ARENA struct arena a = { 0 };
		struct secret key = { 0 };
		struct slice got;
		uint8_t sealed[64] = "ABCDEFGHIJKLMNOPQRSTUVWX";
		memset(key.bytes, known[i].key, sizeof key.bytes);
		size_t n = 24 + unhex(known[i].sealed, sealed + 24);
		assert_ok(unseal_wide(&key, slice_str(known[i].associated), slice_of(sealed, n), &a, &got));
		assert_slice(got, "XAES-256-GCM");
	}
}

static void what_is_sealed_wide_opens_there_alone(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	for (int i = 0; i < 64; i++) {
		struct secret key = { 0 };
		struct slice one, two, got = SLICE("untouched");
		assert_ok(random_bytes(key.bytes, sizeof key.bytes));
		assert_ok(seal_wide(&key, SLICE("here"), SLICE("some text"), &a, &one));
		assert_ok(seal_wide(&key, SLICE("here"), SLICE("some text"), &a, &two));
		assert_int_equal(one.n, 9 + SEAL_WIDE_OVERHEAD);
		assert_false(slice_equal(slice_first(one, 12), slice_first(two, 12)));
		assert_int_equal(unseal_wide(&key, SLICE("there"), one, &a, &got), ST_INVALID);
		assert_int_equal(unseal(&key, SLICE("here"), one, &a, &got), ST_INVALID);
		for (size_t n = 0; n < one.n; n++)
			assert_int_equal(unseal_wide(&key, SLICE("here"), slice_first(one, n), &a, &got),
					 ST_INVALID);
		uint8_t altered[64];
		memcpy(altered, one.p, one.n);
		altered[(size_t)i % one.n] ^= 0x10;
		assert_int_equal(unseal_wide(&key, SLICE("here"), slice_of(altered, one.n), &a, &got),
				 ST_INVALID);
		assert_slice(got, "untouched");
		assert_ok(unseal_wide(&key, SLICE("here"), one, &a, &got));
		assert_slice(got, "some text");
	}
}

/* ---- keyed hashes ----------------------------------------------------------------------- */

/* RFC 4231 §4.2 to §4.8; §4.6 gives 128 bits of its answer. */
static const struct {
	const char *key, *data, *answer;
} RFC4231[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dddddddddd",
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcdcdcdcd",
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	{ "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
	  "546573742057697468205472756e636174696f6e", "a3b6167473100ee06e0c796c2955552b" },
};

static void hmac_of(struct slice key, struct slice data, uint8_t ret[HMAC_SIZE])
{
	struct hmac h;
	assert_ok(hmac_begin(&h, SUITE_INTERNATIONAL, key));
	assert_ok(hmac_end(&h, hmac_put(&h, data), ret));
}

static void hmac_gives_the_answers_of_rfc4231(void **state)
{
	(void)state;
	uint8_t key[131], data[256], answer[32], got[HMAC_SIZE];
	for (size_t i = 0; i < COUNT_OF(RFC4231); i++) {
		size_t key_n = unhex(RFC4231[i].key, key), data_n = unhex(RFC4231[i].data, data);
		size_t n = unhex(RFC4231[i].answer, answer);
		hmac_of(slice_of(key, key_n), slice_of(data, data_n), got);
		assert_memory_equal(got, answer, n);
	}
	/* §4.7 and §4.8: a key longer than a block. */
	memset(key, 0xaa, sizeof key);
	hmac_of(slice_of(key, sizeof key), SLICE("Test Using Larger Than Block-Size Key - Hash Key First"),
		got);
	unhex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", answer);
	assert_memory_equal(got, answer, 32);
	hmac_of(slice_of(key, sizeof key),
		SLICE("This is a test using a larger than block-size key and a larger than block-size"
		      " data. The key needs to be hashed before being used by the HMAC algorithm."),
		got);
	unhex("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2", answer);
	assert_memory_equal(got, answer, 32);
}

/* RFC 5869 A.1 to A.3: the first 32 bytes of OKM. */
static void hkdf_gives_the_answers_of_rfc5869(void **state)
{
	(void)state;
	uint8_t key[80], salt[80], info[80], answer[32], got[HMAC_SIZE];
	size_t n = unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", key);
	size_t salt_n = unhex("000102030405060708090a0b0c", salt);
	size_t info_n = unhex("f0f1f2f3f4f5f6f7f8f9", info);
	unhex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf", answer);
	assert_ok(hkdf(SUITE_INTERNATIONAL, slice_of(salt, salt_n), slice_of(key, n), slice_of(info, info_n), got));
	assert_memory_equal(got, answer, 32);

	unhex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d", answer);
	assert_ok(hkdf(SUITE_INTERNATIONAL, NO_SLICE, slice_of(key, n), NO_SLICE, got));
	assert_memory_equal(got, answer, 32);

	for (size_t i = 0; i < 80; i++) {
		key[i] = (uint8_t)i;
		salt[i] = (uint8_t)(0x60 + i);
		info[i] = (uint8_t)(0xb0 + i);
	}
	unhex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c", answer);
	assert_ok(hkdf(SUITE_INTERNATIONAL, slice_of(salt, 80), slice_of(key, 80), slice_of(info, 80), got));
	assert_memory_equal(got, answer, 32);
}

static void derive_is_openssl_s_hkdf(void **state)
{
	(void)state;
	struct secret key = { 0 }, got;
	uint8_t answer[SECRET_SIZE];
	char label[] = "authd test label";
	assert_ok(random_bytes(key.bytes, sizeof key.bytes));
	assert_ok(derive(&key, label, &got));

	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *c = EVP_KDF_CTX_new(kdf);
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.bytes, SECRET_SIZE),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, label, strlen(label)),
		OSSL_PARAM_construct_end(),
	};
	assert_int_equal(EVP_KDF_derive(c, answer, sizeof answer, params), 1);
	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
	assert_memory_equal(got.bytes, answer, SECRET_SIZE);
}

/* The parts' bytes are the same; where one ends and the next begins is not. */
static void mac_tells_lists_of_parts_apart(void **state)
{
	(void)state;
	struct secret key = { { 7 } };
	const struct slice lists[][3] = {
		{ SLICE_INIT("ab"), SLICE_INIT("c"), SLICE_INIT("") },
		{ SLICE_INIT("a"), SLICE_INIT("bc"), SLICE_INIT("") },
		{ SLICE_INIT(""), SLICE_INIT("abc"), SLICE_INIT("") },
		{ SLICE_INIT("abc"), SLICE_INIT(""), SLICE_INIT("") },
	};
	uint8_t seen[12][MAC_SIZE];
	size_t n = 0;
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		for (size_t parts = 1; parts <= 3; parts++)
			assert_ok(mac(&key, lists[i], parts, seen[n++]));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(seen[i], seen[k], MAC_SIZE);
}

static void mac_is_hmac_over_lengths_and_parts(void **state)
{
	(void)state;
	struct secret key = { { 7 } };
	uint8_t got[MAC_SIZE], answer[MAC_SIZE];
	const struct slice parts[] = { SLICE_INIT("ab"), SLICE_INIT("c") };
	assert_ok(mac(&key, parts, 2, got));
	hmac_of(secret_slice(&key), SLICE("\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\1c"), answer);
	assert_memory_equal(got, answer, MAC_SIZE);
}

static void sha256_gives_the_answer_of_fips180(void **state)
{
	(void)state;
	uint8_t got[32], answer[32];
	unhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", answer);
	assert_ok(sha256(SLICE("abc"), got));
	assert_memory_equal(got, answer, 32);
	unhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", answer);
	assert_ok(sha256(NO_SLICE, got));
	assert_memory_equal(got, answer, 32);
}

static void random_bytes_fills_what_it_is_given(void **state)
{
	(void)state;
	uint8_t bytes[4096] = { 0 }, none = 42;
	size_t zeros = 0;
	assert_ok(random_bytes(bytes, sizeof bytes));
	for (size_t i = 0; i < sizeof bytes; i++)
		zeros += bytes[i] == 0;
	assert_in_range(zeros, 0, 64); /* 16 are expected */
	assert_ok(random_bytes(&none, 0));
	assert_int_equal(none, 42);
}

/* Each byte once: 16-byte draws that never come again, whatever sizes come between them. */
static void a_sealer_gives_nothing_twice(void **state)
{
	(void)state;
	enum { DRAWS = 600, SIZE = 16 };
	static uint8_t drawn[DRAWS][SIZE];
	struct sealer sealer = { .left = 0 };
	uint8_t other[sizeof sealer.bytes + 1] = { 0 };
	for (size_t i = 0; i < DRAWS; i++) {
		assert_ok(sealer_random(i % 7 ? &sealer : NULL, drawn[i], SIZE));
		assert_ok(sealer_random(&sealer, other, i % 100));
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(drawn[k], drawn[i], SIZE);
	}
	assert_ok(sealer_random(&sealer, other, sizeof other)); /* more than it holds */
	for (size_t i = sealer.left; i < sizeof sealer.bytes; i++)
		assert_int_equal(sealer.bytes[i], 0);
	sealer_done(&sealer);
	assert_int_equal(sealer.left, 0);
}

/* Its context knows nothing of the seal before: other keys, data and lengths. */
static void what_a_sealer_seals_opens_again(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct sealer sealer = { .left = 0 };
	static const char text[] = "some text, of which more or less is sealed";
	for (size_t i = 0; i < 100; i++) {
		struct secret key = { 0 };
		struct slice sealed, plain, all = slice_of(text, i % sizeof text);
		struct slice associated = slice_first(slice_of(text, sizeof text), i % 5);
		assert_ok(sealer_random(&sealer, key.bytes, sizeof key.bytes));
		assert_ok(seal_with(&sealer, &key, associated, all, &a, &sealed));
		assert_ok(unseal(&key, associated, sealed, &a, &plain));
		assert_true(slice_equal(plain, all));
		key.bytes[i % SECRET_SIZE] ^= 1;
		assert_int_equal(unseal(&key, associated, sealed, &a, &plain), ST_INVALID);
	}
	sealer_done(&sealer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unseal_gives_the_known_answers),
		cmocka_unit_test(what_is_sealed_opens_again),
		cmocka_unit_test(two_seals_of_one_text_differ),
		cmocka_unit_test(nothing_else_opens),
		cmocka_unit_test(a_full_arena_is_a_fault),
		cmocka_unit_test(unseal_wide_gives_the_known_answers),
		cmocka_unit_test(what_is_sealed_wide_opens_there_alone),
		cmocka_unit_test(hmac_gives_the_answers_of_rfc4231),
		cmocka_unit_test(hkdf_gives_the_answers_of_rfc5869),
		cmocka_unit_test(derive_is_openssl_s_hkdf),
		cmocka_unit_test(mac_tells_lists_of_parts_apart),
		cmocka_unit_test(mac_is_hmac_over_lengths_and_parts),
		cmocka_unit_test(sha256_gives_the_answer_of_fips180),
		cmocka_unit_test(random_bytes_fills_what_it_is_given),
		cmocka_unit_test(a_sealer_gives_nothing_twice),
		cmocka_unit_test(what_a_sealer_seals_opens_again),
	};
	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
