#include "tests/unit/keys/verifier.h"

#include "keys/signer.h"
#include "libauth/auth.h"

#include <jwt.h>
#include <openssl/pem.h>

static void algorithms_have_the_names_of_jose(void **state)
{
	(void)state;
	static const char *const names[] = { "ES256", "RS256", "EdDSA", "PS256", "SGD_SM3_SM2" };
	for (int i = 0; i < KEY_ALGORITHM_COUNT; i++) {
		enum key_algorithm got = KEY_ALGORITHM_COUNT;
		assert_string_equal(key_algorithm_name((enum key_algorithm)i), names[i]);
		assert_ok(key_algorithm_parse(slice_str(names[i]), &got));
		assert_int_equal(got, i);
	}
	enum key_algorithm got = KEY_RS256;
	assert_int_equal(key_algorithm_parse(SLICE("none"), &got), ST_INVALID);
	assert_int_equal(key_algorithm_parse(SLICE("es256"), &got), ST_INVALID);
	assert_int_equal(key_algorithm_parse(SLICE("HS256"), &got), ST_INVALID);
	assert_int_equal(key_algorithm_parse(NO_SLICE, &got), ST_INVALID);
	assert_int_equal(got, KEY_RS256);
}

static void a_set_of_algorithms_is_named_by_words(void **state)
{
	(void)state;
	unsigned set = 99;
	assert_int_equal(key_algorithms_parse(SLICE(""), &set), ST_INVALID);
	assert_int_equal(key_algorithms_parse(SLICE("ES256 none"), &set), ST_INVALID);
	assert_int_equal(key_algorithms_parse(SLICE("ES256 RS256 ES256"), &set), ST_INVALID);
	assert_int_equal(set, 99);
	assert_ok(key_algorithms_parse(SLICE("RS256 SGD_SM3_SM2"), &set));
	for (enum key_algorithm alg = 0; alg < KEY_ALGORITHM_COUNT; alg++)
		assert_int_equal(key_algorithms_have(set, alg), alg == KEY_RS256 || alg == KEY_SM2);
}

/* RFC 7638 §3.1 and RFC 8037 A.3. */
static void thumbprints_are_those_of_the_rfcs(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	char kid[KID_SIZE + 1];
	struct slice n, x;
	assert_ok(arena_base64url_decode(
		&a,
		SLICE("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhD"
		      "R1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h"
		      "4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
		      "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFC"
		      "ur-kEgU8awapJzKnqDKgw"),
		&n));
	assert_ok(keypair_kid(KEY_RS256, n, kid));
	assert_string_equal(kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	assert_ok(arena_base64url_decode(&a, SLICE("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), &x));
	assert_ok(keypair_kid(KEY_EDDSA, x, kid));
	assert_string_equal(kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
	/* The key of GM/T 0003.5 A.2; reckoned by another implementation. */
	uint8_t point[64];
	unhex("09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
	      "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13", point);
	assert_ok(keypair_kid(KEY_SM2, slice_of(point, sizeof point), kid));
	assert_string_equal(kid, "cUe_vINNYdT5XO-lhIZbSJhQ6NPzYzfgfgDEqG_vPwQ");
}

static void each_algorithm_signs_what_its_jwk_verifies(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	static const char *const types[] = { "at+jwt", "JWT", "logout+jwt" };
	json_t *set = load_jwks(k);
	for (int i = 0; i < 30 * KEY_ALGORITHM_COUNT; i++) {
		AUTO_BUF struct buf token = { 0 };
		char payload[64];
		snprintf(payload, sizeof payload, "{\"sub\":\"%.*s\"}", i % 40, "................................");
		enum key_algorithm alg = (enum key_algorithm)(i % KEY_ALGORITHM_COUNT);
		assert_ok(sign_text(k, alg, types[i / 3 % 3], payload, &token));
		assert_true(verifies(set, buf_slice(&token)));
		token.p[slice_find(buf_slice(&token), '.') + 1] ^= 1; /* the payload's first letter */
		assert_false(verifies(set, buf_slice(&token)));
	}
	json_decref(set);
}

static void the_header_names_algorithm_key_and_type(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf token = { 0 };
	struct key_info active;
	assert_int_equal(count_keys(k, KEY_ES256, KEY_ACTIVE, &active), 1);
	buf_put_text(&token, "before ");
	assert_ok(sign_text(k, KEY_ES256, "token-introspection+jwt", "{}", &token));
	assert_true(slice_starts(buf_slice(&token), SLICE("before ")));
	struct jws jws;
	jws_parse(&a, slice_from(buf_slice(&token), 7), &jws);
	assert_string_equal(json_string_value(json_object_get(jws.header, "alg")), "ES256");
	assert_string_equal(json_string_value(json_object_get(jws.header, "kid")), active.kid);
	assert_string_equal(json_string_value(json_object_get(jws.header, "typ")),
			    "token-introspection+jwt");
	assert_int_equal(json_object_size(jws.header), 3);
	assert_int_equal(jws.signature.n, 64);
	json_decref(jws.header);
}

/* Several jobs in one operation, and what does not fit leaves the others' answer a fault. */
static void several_jobs_are_one_operation(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	json_t *set = load_jwks(k);
	struct sign_job jobs[] = {
		{ KEY_ES256, "at+jwt", SLICE("{\"a\":1}"), { 0 } },
		{ KEY_RS256, "JWT", SLICE("{\"b\":2}"), { 0 } },
		{ KEY_EDDSA, "JWT", SLICE("{\"c\":3}"), { 0 } },
		{ KEY_PS256, "JWT", SLICE("{\"d\":4}"), { 0 } },
		{ KEY_SM2, "JWT", SLICE("{\"e\":5}"), { 0 } },
	};
	struct signed_op op = { .op.done = signed_done };
	keys_sign(k, jobs, COUNT_OF(jobs), &op.op);
	assert_ok(op.op.status);
	assert_int_equal(op.calls, 1);
	for (size_t i = 0; i < COUNT_OF(jobs); i++) {
		assert_true(verifies(set, buf_slice(&jobs[i].token)));
		buf_done(&jobs[i].token);
	}

	jobs[1].token.limit = 300; /* header and payload fit, the signature does not */
	keys_sign(k, jobs, COUNT_OF(jobs), &op.op);
	assert_int_equal(op.op.status, ST_NOMEM);
	assert_int_equal(op.calls, 2);
	assert_int_equal(jobs[1].token.n, 0);
	for (size_t i = 0; i < COUNT_OF(jobs); i++)
		buf_done(&jobs[i].token);
	keys_sign(k, jobs, 0, &op.op);
	assert_ok(op.op.status);
	json_decref(set);
}

static void an_algorithm_without_a_key_is_not_found(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	AUTO_BUF struct buf token = { 0 };
	assert_int_equal(sign_text(k, KEY_ALGORITHM_COUNT, "JWT", "{}", &token), ST_NOT_FOUND);
	assert_int_equal(token.n, 0);
}

static void halves_of_two_pairs_are_corrupt(void **state)
{
	(void)state;
	for (int alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		AUTO_ARENA struct arena a = { 0 };
		struct ring_key key = { .algorithm = (enum key_algorithm)alg };
		struct keypair other;
		struct signer *s = NULL;
		assert_ok(keypair_generate(key.algorithm, &a, &key.pair));
		assert_ok(keypair_generate(key.algorithm, &a, &other));
		assert_ok(signer_new(&key, &s));
		signer_free(TAKE(s));
		key.pair.public_key = other.public_key;
		assert_int_equal(signer_new(&key, &s), ST_CORRUPT);
		key.pair.private_key = slice_first(other.private_key, other.private_key.n - 1);
		assert_int_equal(signer_new(&key, &s), ST_CORRUPT);
		key.pair.private_key = SLICE("no key at all, but as long as a seed");
		assert_int_equal(signer_new(&key, &s), ST_CORRUPT);
		assert_null(s);
	}
}

static void the_jwks_has_public_members_alone(void **state)
{
	static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	json_t *set = load_jwks(k), *jwk;
	size_t i;
	assert_int_equal(json_array_size(json_object_get(set, "keys")), KEY_ALGORITHM_COUNT);
	json_array_foreach(json_object_get(set, "keys"), i, jwk) {
		for (size_t m = 0; m < COUNT_OF(private_members); m++)
			assert_null(json_object_get(jwk, private_members[m]));
		assert_string_equal(json_string_value(json_object_get(jwk, "use")), "sig");
		assert_string_equal(json_string_value(json_object_get(jwk, "alg")),
				    key_algorithm_name((enum key_algorithm)i));
	}
	json_decref(set);
}

/* ---- other verifiers -------------------------------------------------------------------- */

static struct auth_verifier *libauth_verifier(struct keys *k)
{
	AUTO_ARENA struct arena a = { 0 };
	struct slice json;
	struct auth_keyset *set;
	struct auth_verifier *v;
	struct auth_error e = { "" };
	struct auth_options options = AUTH_OPTIONS_INIT;
	options.kind = AUTH_ID_TOKEN;
	options.issuer = "https://id.example";
	options.audience = "portal";
	assert_ok(keys_jwks(k, &a, &json));
	if (auth_keyset_from_json(json.p, json.n, &set, &e) != AUTH_OK)
		fail_msg("%s", e.message);
	assert_int_equal(auth_keyset_count(set), KEY_ALGORITHM_COUNT);
	assert_int_equal(auth_verifier_new(&options, &v, &e), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(v, set), AUTH_OK);
	auth_keyset_free(set);
	return v;
}

static const char CLAIMS[] = "{\"iss\":\"https://id.example\",\"aud\":\"portal\",\"sub\":\"s\","
			     "\"exp\":1800000300,\"iat\":1800000000}";

static void libauth_verifies_each_algorithm(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	struct auth_verifier *v = libauth_verifier(k);
	for (int alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		AUTO_BUF struct buf token = { 0 };
		struct auth_claims *claims = NULL;
		assert_ok(sign_text(k, (enum key_algorithm)alg, "JWT", CLAIMS, &token));
		assert_int_equal(auth_verify(v, (char *)token.p, token.n, NOW, &claims), AUTH_OK);
		assert_string_equal(auth_claims_alg(claims), key_algorithm_name((enum key_algorithm)alg));
		auth_claims_free(claims);
		token.p[token.n - 10] = token.p[token.n - 10] == 'A' ? 'B' : 'A';
		assert_int_equal(auth_verify(v, (char *)token.p, token.n, NOW, &claims),
				 AUTH_BAD_SIGNATURE);
	}
	auth_verifier_free(v);
}

static size_t pem_of(json_t *set, enum key_algorithm alg, char *out, size_t size)
{
	AUTO_ARENA struct arena a = { 0 };
	EVP_PKEY *key = public_key(&a, json_array_get(json_object_get(set, "keys"), (size_t)alg));
	BIO *bio = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
	int n = BIO_read(bio, out, (int)size - 1);
	assert_in_range(n, 100, size - 1);
	out[n] = '\0';
	BIO_free(bio);
	EVP_PKEY_free(key);
	return (size_t)n;
}

/* libjwt 1.10 knows no EdDSA. */
static void libjwt_verifies_what_it_knows(void **state)
{
	AUTO_PLACE struct place p;
	place_copy(*state, &p);
	AUTO(keys) struct keys *k = place_open(&p);
	json_t *set = load_jwks(k);
	for (int alg = KEY_ES256; alg <= KEY_RS256; alg++) {
		char pem[2048];
		size_t n = pem_of(set, (enum key_algorithm)alg, pem, sizeof pem);
		AUTO_BUF struct buf token = { 0 };
		assert_ok(sign_text(k, (enum key_algorithm)alg, "JWT", CLAIMS, &token));
		buf_put_byte(&token, '\0');
		jwt_t *jwt = NULL;
		assert_int_equal(jwt_decode(&jwt, (char *)token.p, (unsigned char *)pem, (int)n), 0);
		assert_string_equal(jwt_get_grant(jwt, "sub"), "s");
		assert_int_equal(jwt_get_alg(jwt), alg == KEY_ES256 ? JWT_ALG_ES256 : JWT_ALG_RS256);
		jwt_free(jwt);
	}
	json_decref(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algorithms_have_the_names_of_jose),
		cmocka_unit_test(a_set_of_algorithms_is_named_by_words),
		cmocka_unit_test(thumbprints_are_those_of_the_rfcs),
		cmocka_unit_test(each_algorithm_signs_what_its_jwk_verifies),
		cmocka_unit_test(the_header_names_algorithm_key_and_type),
		cmocka_unit_test(several_jobs_are_one_operation),
		cmocka_unit_test(an_algorithm_without_a_key_is_not_found),
		cmocka_unit_test(halves_of_two_pairs_are_corrupt),
		cmocka_unit_test(the_jwks_has_public_members_alone),
		cmocka_unit_test(libauth_verifies_each_algorithm),
		cmocka_unit_test(libjwt_verifies_what_it_knows),
	};
	return cmocka_run_group_tests_name("sign", tests, place_make_template, place_free_template);
}
