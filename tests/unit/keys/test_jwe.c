#include "tests/unit/keys/test.h"

#include "keys/concat_kdf.h"
#include "keys/jwe.h"
#include "keys/jwe_content.h"

#include <jansson.h>

/* RFC 7518 appendix C: the secret that Alice and Bob agree upon, and the key out of it. */
static void concat_kdf_gives_the_key_of_rfc_7518(void **state)
{
	(void)state;
	static const uint8_t z[] = { 158, 86,  217, 29,  129, 113, 53,	211, 114, 131, 66,
				     131, 191, 132, 38,	 156, 251, 49,	110, 163, 218, 128,
				     106, 72,  246, 218, 167, 121, 140, 254, 144, 196 };
	AUTO_ARENA struct arena a = { 0 };
	uint8_t key[16];
	assert_ok(concat_kdf(slice_of(z, sizeof z), SLICE("A128GCM"), SLICE("Alice"), SLICE("Bob"), key,
			     sizeof key));
	assert_slice(arena_base64url(&a, slice_of(key, sizeof key)), "VqqN6vgjbSBcIijNcacQGg");
	/* Who is not named is not Alice. */
	assert_ok(concat_kdf(slice_of(z, sizeof z), SLICE("A128GCM"), NO_SLICE, NO_SLICE, key, sizeof key));
	assert_false(slice_is(arena_base64url(&a, slice_of(key, sizeof key)), "VqqN6vgjbSBcIijNcacQGg"));
}

/* RFC 7516 appendices A.1 and A.3. */
static const struct {
	const char *enc, *key, *iv, *associated, *plain, *sealed, *tag;
} CONTENTS[] = {
	{ "A256GCM",
	  "b1a1f480548fe1733fb403ff6b9ad4f68a076e5b702e22692f82cb2e7aea40fc",
	  "e3c575fc02dbe944b4e14ddb",
	  "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ",
	  "The true sign of intelligence is not knowledge but imagination.",
	  "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A",
	  "XFBoMYUZodetZdvTiFvSkQ" },
	{ "A128CBC-HS256",
	  "04d31fc5549dfcfe0b649dfa3faa6ace6b7cd42d6f6b09dbc8b100f08f9c2ccf",
	  "03163c0c2b4368696c6c69636f746865",
	  "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0",
	  "Live long and prosper.",
	  "KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY",
	  "U0m_YmjN04DJvceFICbCVQ" },
};

static void contents_are_those_of_rfc_7516(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CONTENTS); i++) {
		AUTO_ARENA struct arena a = { 0 };
		const struct jwe_content *c = jwe_content_find(slice_str(CONTENTS[i].enc));
		uint8_t key[64], iv[16], out[128], tag[JWE_TAG_SIZE];
		size_t n;
		assert_non_null(c);
		assert_int_equal(unhex(CONTENTS[i].key, key), c->key_size);
		assert_int_equal(unhex(CONTENTS[i].iv, iv), c->iv_size);
		assert_ok(c->seal(key, iv, slice_str(CONTENTS[i].associated),
				  slice_str(CONTENTS[i].plain), out, &n, tag));
		assert_slice(arena_base64url(&a, slice_of(out, n)), CONTENTS[i].sealed);
		assert_slice(arena_base64url(&a, slice_of(tag, sizeof tag)), CONTENTS[i].tag);
	}
	assert_null(jwe_content_find(SLICE("A128GCM")));
	assert_null(jwe_content_find(NO_SLICE));
}

/* ---- which key ------------------------------------------------------------------------------ */

/* The RSA key of RFC 7638 §3.1, the P-256 key of RFC 7517 A.1, the X25519 key of RFC 8037 A.6. */
#define RSA(more)                                                                                     \
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cb" \
	"bfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lq" \
	"t7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO" \
	"pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awap" \
	"JzKnqDKgw\"" more "}"
#define EC(more)                                                                                \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," \
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"" more "}"
#define X25519(more)                            \
	"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":" \
	"\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\"" more "}"
#define SET(keys) "{\"keys\":[" keys "]}"
#define USE_ENC(kid) ",\"use\":\"enc\",\"kid\":\"" kid "\""

static const struct choice {
	const char *jwks, *alg;
	status status;
	const char *kid; /* of the one that is taken */
} CHOICES[] = {
	{ SET(RSA(USE_ENC("a"))), "RSA-OAEP-256", ST_OK, "a" },
	{ SET(EC(USE_ENC("a"))), "ECDH-ES", ST_OK, "a" },
	{ SET(X25519(USE_ENC("a"))), "ECDH-ES", ST_OK, "a" },
	{ SET(EC(USE_ENC("a"))), "RSA-OAEP-256", ST_NOT_FOUND, NULL },
	{ SET(RSA(USE_ENC("a"))), "ECDH-ES", ST_NOT_FOUND, NULL },
	/* the first that says it is for this */
	{ SET(EC(",\"use\":\"sig\",\"kid\":\"s\"") "," EC(USE_ENC("e"))), "ECDH-ES", ST_OK, "e" },
	{ SET(EC(",\"kid\":\"silent\"") "," EC(USE_ENC("e"))), "ECDH-ES", ST_OK, "e" },
	{ SET(EC(",\"alg\":\"ES256\",\"kid\":\"s\"") "," EC(USE_ENC("e"))), "ECDH-ES", ST_OK, "e" },
	{ SET(EC(",\"use\":\"enc\",\"alg\":\"ECDH-ES+A256KW\"")), "ECDH-ES", ST_NOT_FOUND, NULL },
	{ SET(EC(",\"alg\":\"ECDH-ES\",\"kid\":\"x\"")), "ECDH-ES", ST_OK, "x" },
	{ SET(EC(",\"alg\":\"ECDH-ES\",\"use\":\"sig\"")), "ECDH-ES", ST_NOT_FOUND, NULL },
	{ SET(EC(",\"key_ops\":[\"deriveBits\"],\"kid\":\"x\"")), "ECDH-ES", ST_OK, "x" },
	{ SET(EC(",\"use\":\"enc\",\"key_ops\":[\"verify\"]")), "ECDH-ES", ST_NOT_FOUND, NULL },
	{ SET(RSA(",\"key_ops\":[\"verify\"]")), "RSA-OAEP-256", ST_NOT_FOUND, NULL },
	{ SET(RSA(",\"key_ops\":[\"wrapKey\"],\"kid\":\"w\"")), "RSA-OAEP-256", ST_OK, "w" },
	{ SET(RSA("")), "RSA-OAEP-256", ST_NOT_FOUND, NULL },
	{ SET(RSA(",\"use\":1")), "RSA-OAEP-256", ST_NOT_FOUND, NULL },
	{ SET(""), "ECDH-ES", ST_NOT_FOUND, NULL },
	/* unsound keys */
	{ SET("{\"kty\":\"RSA\",\"use\":\"enc\",\"e\":\"AQAB\",\"n\":\"0vx7agoebGcQSuuPiLJXZpt\"}"),
	  "RSA-OAEP-256", ST_INVALID, NULL },
	{ SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"enc\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
	      "\"y\":\"5Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}"),
	  "ECDH-ES", ST_INVALID, NULL },
	{ SET("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"use\":\"enc\",\"x\":\"3p7b\"}"), "ECDH-ES", ST_INVALID, NULL },
	{ SET(EC(",\"use\":\"enc\",\"d\":\"AA\"")), "ECDH-ES", ST_INVALID, NULL },
	{ SET(EC(",\"use\":\"enc\",\"kid\":7")), "ECDH-ES", ST_INVALID, NULL },
	/* not served, or no set */
	{ SET(RSA(USE_ENC("a"))), "RSA-OAEP", ST_INVALID, NULL },
	{ SET(RSA(USE_ENC("a"))), "RSA1_5", ST_INVALID, NULL },
	{ SET(RSA(USE_ENC("a"))), "dir", ST_INVALID, NULL },
	{ SET(RSA(USE_ENC("a"))), "", ST_INVALID, NULL },
	{ "{\"keys\":{}}", "ECDH-ES", ST_INVALID, NULL },
	{ "", "ECDH-ES", ST_INVALID, NULL },
};

static json_t *header_of(struct slice token)
{
	AUTO_ARENA struct arena a = { 0 };
	struct slice text;
	assert_ok(arena_base64url_decode(&a, slice_first(token, slice_find(token, '.')), &text));
	json_t *header = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(header);
	return header;
}

static const char *text_of(const json_t *header, const char *name)
{
	return json_string_value(json_object_get(header, name));
}

static void a_key_is_taken_only_for_what_it_is_meant_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CHOICES); i++) {
		const struct choice *c = &CHOICES[i];
		AUTO(jwe_recipient) struct jwe_recipient *to = NULL;
		AUTO_BUF struct buf token = { 0 };
		struct error e = { 0 };
		status s = jwe_recipient_new(slice_str(c->jwks), slice_str(c->alg), SLICE("A256GCM"), &to, &e);
		if (s != c->status)
			fail_msg("choice %zu: %s, not %s", i, status_name(s), status_name(c->status));
		if (s != ST_OK) {
			assert_null(to);
			assert_true(e.message[0]);
			continue;
		}
		assert_ok(jwe_encrypt(to, NULL, "JWT", SLICE("x"), &token));
		json_t *header = header_of(buf_slice(&token));
		assert_string_equal(text_of(header, "kid"), c->kid);
		assert_string_equal(text_of(header, "alg"), c->alg);
		json_decref(header);
	}
}

static void an_encoding_that_is_not_served_is_refused(void **state)
{
	(void)state;
	static const char *const encs[] = { "", "A128GCM", "a256gcm", "A256CBC-HS512", "A256GCM " };
	for (size_t i = 0; i < COUNT_OF(encs); i++) {
		struct jwe_recipient *to = NULL;
		struct error e = { 0 };
		assert_int_equal(jwe_recipient_new(SLICE(SET(RSA(USE_ENC("a")))), SLICE("RSA-OAEP-256"),
						   slice_str(encs[i]), &to, &e),
				 ST_INVALID);
		assert_mentions(e, "A256GCM");
	}
}

/* A point of order 8 (RFC 7748 §6.1): whatever is agreed upon with it would be zeros. */
static void a_point_of_small_order_gets_nothing(void **state)
{
	(void)state;
	AUTO(jwe_recipient) struct jwe_recipient *to = NULL;
	AUTO_BUF struct buf token = { 0 };
	struct error e = { 0 };
	assert_ok(jwe_recipient_new(
		SLICE(SET("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"use\":\"enc\","
			  "\"x\":\"4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA\"}")),
		SLICE("ECDH-ES"), SLICE("A256GCM"), &to, &e));
	buf_put_text(&token, "before");
	assert_int_equal(jwe_encrypt(to, NULL, NULL, SLICE("{}"), &token), ST_INVALID);
	assert_slice(buf_slice(&token), "before");
}

/* ---- the message ---------------------------------------------------------------------------- */

static size_t count_parts(struct slice token)
{
	size_t parts = 1;
	for (size_t i = 0; i < token.n; i++)
		parts += token.p[i] == '.';
	return parts;
}

static void each_message_has_its_own_key(void **state)
{
	(void)state;
	static const char *const algs[] = { "RSA-OAEP-256", "ECDH-ES" };
	for (size_t i = 0; i < COUNT_OF(algs); i++) {
		AUTO(jwe_recipient) struct jwe_recipient *to = NULL;
		AUTO_BUF struct buf one = { 0 }, other = { 0 };
		struct error e = { 0 };
		assert_ok(jwe_recipient_new(SLICE(SET(RSA(USE_ENC("r")) "," EC(USE_ENC("e")))),
					    slice_str(algs[i]), SLICE("A128CBC-HS256"), &to, &e));
		assert_ok(jwe_encrypt(to, "JWT", "JWT", SLICE("same"), &one));
		assert_ok(jwe_encrypt(to, "JWT", "JWT", SLICE("same"), &other));
		assert_false(slice_equal(buf_slice(&one), buf_slice(&other)));
		assert_int_equal(count_parts(buf_slice(&one)), 5);
		json_t *header = header_of(buf_slice(&one));
		assert_string_equal(text_of(header, "enc"), "A128CBC-HS256");
		assert_string_equal(text_of(header, "typ"), "JWT");
		assert_string_equal(text_of(header, "cty"), "JWT");
		assert_true((json_object_get(header, "epk") != NULL) == (i == 1));
		assert_null(json_object_get(json_object_get(header, "epk"), "d"));
		json_decref(header);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(concat_kdf_gives_the_key_of_rfc_7518),
		cmocka_unit_test(contents_are_those_of_rfc_7516),
		cmocka_unit_test(a_key_is_taken_only_for_what_it_is_meant_for),
		cmocka_unit_test(an_encoding_that_is_not_served_is_refused),
		cmocka_unit_test(a_point_of_small_order_gets_nothing),
		cmocka_unit_test(each_message_has_its_own_key),
	};
	return cmocka_run_group_tests_name("jwe", tests, NULL, NULL);
}
