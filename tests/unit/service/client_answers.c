/* What a client may register of how its answers are signed and encrypted. */
#include "fixture.h"

#include "authd/model/client.h"
#include "authd/service/client_answers.h"

#define P256                                                                                    \
	"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," \
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""
static const char ENC_KEY[] = "{\"keys\":[{" P256 ",\"use\":\"enc\"}]}";
static const char SIG_KEY[] = "{\"keys\":[{" P256 ",\"use\":\"sig\"}]}";

static const struct conf CONF = { .keys.algorithms = "RS256 SGD_SM3_SM2" };

static void what_the_issuer_has_no_key_of_is_refused(void **state)
{
	(void)state;
	static const char *const refused[] = { "ES256", "none", "SM2", "RS256 SGD_SM3_SM2", "S" };
	struct error e = { 0 };
	struct client c = { .id_token_signed_response_alg = SLICE("SGD_SM3_SM2"),
			    .authorization_signed_response_alg = SLICE("RS256") };
	assert_ok(client_answers_check(&CONF, &c, &e));
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		c.introspection_signed_response_alg = slice_str(refused[i]);
		assert_int_equal(client_answers_check(&CONF, &c, &e), ST_INVALID);
		assert_string_equal(e.message,
				    "introspection_signed_response_alg: one of RS256 SGD_SM3_SM2");
	}
}

static void encryption_needs_a_key_for_it(void **state)
{
	(void)state;
	static const struct {
		const char *alg, *enc, *jwks, *complaint;
	} rows[] = {
		{ "ECDH-ES", "A256GCM", ENC_KEY, NULL },
		{ "ECDH-ES", "A128CBC-HS256", ENC_KEY, NULL },
		{ "ECDH-ES", "A256GCM", SIG_KEY, "no key in it" },
		{ "RSA-OAEP-256", "A256GCM", ENC_KEY, "no key in it" },
		{ "ECDH-ES", "A256GCM", NULL, "needs jwks" },
		{ "RSA1_5", "A256GCM", ENC_KEY, "alg is one of" },
		{ "ECDH-ES", "A128GCM", ENC_KEY, "enc is one of" },
		{ NULL, "A256GCM", ENC_KEY, "of no use without" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct error e = { 0 };
		const struct client c = { .jwks = slice_str(rows[i].jwks),
					  .userinfo_encrypted_response_alg = slice_str(rows[i].alg),
					  .userinfo_encrypted_response_enc = slice_str(rows[i].enc) };
		status s = client_answers_check(&CONF, &c, &e);
		if (s != (rows[i].complaint ? ST_INVALID : ST_OK))
			fail_msg("row %zu: %s", i, status_name(s));
		if (rows[i].complaint && !strstr(e.message, rows[i].complaint))
			fail_msg("\"%s\" does not say: %s", e.message, rows[i].complaint);
		assert_true(client_answers_encrypted(&c) == (rows[i].alg != NULL));
	}
}

/* OIDC Registration §2 */
static void an_encoding_that_is_not_said_is_the_default(void **state)
{
	(void)state;
	struct client c = { .id_token_encrypted_response_alg = SLICE("ECDH-ES") };
	client_answers_fill(&c);
	assert_true(slice_is(c.id_token_encrypted_response_enc, "A128CBC-HS256"));
	assert_null(c.userinfo_encrypted_response_enc.p);
	c.id_token_encrypted_response_enc = SLICE("A256GCM");
	client_answers_fill(&c);
	assert_true(slice_is(c.id_token_encrypted_response_enc, "A256GCM"));
}

static void keys_that_serve_no_more_encrypt_nothing(void **state)
{
	struct fixture *f = *state;
	struct client c = { .jwks = slice_str(SIG_KEY) };
	const struct answer_encryption none = { 0 },
				       ecdh = { SLICE("ECDH-ES"), SLICE("A256GCM"), false };
	struct slice ret = SLICE("untouched");
	struct error e = { 0 };
	assert_int_equal(client_answer_encrypt(&f->issuer, &c, &ecdh, SLICE("{}"), NOW, &f->arena, &ret, &e),
			 ST_INVALID);
	assert_true(e.message[0]);
	assert_true(slice_is(ret, "untouched"));
	assert_ok(client_answer_encrypt(&f->issuer, &c, &none, SLICE("{}"), NOW, &f->arena, &ret, &e));
	assert_true(slice_is(ret, "{}"));
	c.jwks = slice_str(ENC_KEY);
	assert_ok(client_answer_encrypt(&f->issuer, &c, &ecdh, SLICE("{}"), NOW, &f->arena, &ret, &e));
	assert_true(slice_starts(ret, SLICE("eyJ")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_issuer_has_no_key_of_is_refused),
		cmocka_unit_test(encryption_needs_a_key_for_it),
		cmocka_unit_test(an_encoding_that_is_not_said_is_the_default),
		cmocka_unit_test(keys_that_serve_no_more_encrypt_nothing),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
