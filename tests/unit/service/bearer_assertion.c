/* Assertions as grants: which hold, and whom they mean. */
#include "fixture.h"

#include "authd/service/bearer_assertion.h"
#include "authd/service/foreign_jwt.h"
#include "authd/service/subjects.h"

#define ISS "https://province.example"

/* Our own ring plays the other issuer: its keys stand in the row. */
static struct exchange_policy row(struct fixture *f, enum subject_rule rule)
{
	struct exchange_policy p = { .client_id = SLICE("sync"), .issuer = SLICE(ISS), .subject_rule = rule };
	assert_ok(keys_jwks(f->issuer.keys, &f->arena, &p.jwks));
	return p;
}

static struct slice sign(struct fixture *f, const char *type, struct slice payload)
{
	struct waiting w = waiting_begin();
	struct sign_job job = { .algorithm = KEY_ES256, .type = type, .payload = payload };
	keys_sign(f->issuer.keys, &job, 1, &w.op);
	assert_ok(waiting_end(&w));
	struct slice text = arena_copy(&f->arena, buf_slice(&job.token));
	buf_done(&job.token);
	return text;
}

static struct slice says(struct fixture *f, const char *aud, int64_t exp, const char *rest)
{
	return arena_format(&f->arena, "{\"iss\":\"" ISS "\",\"aud\":%s,\"exp\":%lld%s}", aud, (long long)exp, rest);
}

static void one_that_holds(void **state)
{
	struct fixture *f = *state;
	struct exchange_policy p = row(f, SUBJECT_CLIENT);
	struct bearer_assertion got, again;
	struct slice aud = arena_format(&f->arena, "\"%.*s\"", SLICE_FMT(f->issuer.iss)), issuer;
	struct slice text = sign(f, "JWT", says(f, arena_string(&f->arena, aud), NOW + 60,
						",\"sub\":\"sync\",\"jti\":\"1\""));
	assert_ok(bearer_assertion_peek(text, &f->arena, &issuer));
	assert_slice(issuer, ISS);
	assert_ok(bearer_assertion_verify(&f->issuer, &p, text, NOW, &f->arena, &got));
	assert_slice(got.subject, "sync");
	/* Remembered for as long as it could be presented again, here and where the clock is behind. */
	assert_int_equal(got.replay.expires_in_s, 120 + CLOCKS_APART_S);
	assert_int_equal(got.replay.verb, CACHE_ADD);

	p.issuer = SLICE("https://else.example");
	assert_int_equal(bearer_assertion_verify(&f->issuer, &p, text, NOW, &f->arena, &again), ST_INVALID);
	assert_non_null(again.reason);
}

static void ones_that_do_not(void **state)
{
	struct fixture *f = *state;
	const struct exchange_policy p = row(f, SUBJECT_CLIENT);
	const char *own = arena_string(&f->arena, arena_format(&f->arena, "\"%.*s\"", SLICE_FMT(f->issuer.iss)));
	const char *two = arena_string(&f->arena, arena_format(&f->arena, "[%s,\"https://else.example\"]", own));
	static const char WHO[] = ",\"sub\":\"sync\",\"jti\":\"1\"";
	const struct {
		const char *type, *aud;
		int64_t exp;
		const char *rest;
	} bad[] = {
		{ "JWT", own, NOW + 60, ",\"sub\":\"sync\"" },
		{ "JWT", own, NOW + 60, ",\"jti\":\"1\"" },
		{ "JWT", own, NOW - 61, WHO },
		{ "JWT", own, NOW + 700, WHO },
		{ "JWT", two, NOW + 60, WHO },
		{ "JWT", "\"https://else.example\"", NOW + 60, WHO },
		{ "at+jwt", own, NOW + 60, WHO },
		{ "JWT", own, NOW + 60, ",\"sub\":\"sync\",\"jti\":\"1\",\"nbf\":9999999999" },
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct bearer_assertion got;
		struct slice text = sign(f, bad[i].type, says(f, bad[i].aud, bad[i].exp, bad[i].rest));
		assert_int_equal(bearer_assertion_verify(&f->issuer, &p, text, NOW, &f->arena, &got), ST_INVALID);
		assert_non_null(got.reason);
	}
}

static void what_names_no_issuer(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = { "", ".", "..", "a.b.c", "e30.e30.", "e30.W10.", "e30.eyJpc3MiOjF9." };
	struct slice issuer;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(bearer_assertion_peek(slice_str(bad[i]), &f->arena, &issuer), ST_INVALID);
}

static struct id put(struct fixture *f, const char *login_name, enum subject_state state)
{
	struct subject s = { .kind = SUBJECT_NATURAL, .state = state, .number_type = NUMBER_RESIDENT,
			     .number = SLICE("11010519491231002X"), .name = SLICE("张三"),
			     .login_name = slice_str(login_name), .level = 3 };
	struct batch *b = new_batch(f);
	assert_ok(subjects_put(&f->issuer, b, &f->arena, NOW, &s, VERSION_NONE));
	assert_ok(commit(f, b));
	return s.id;
}

static status find(struct fixture *f, enum subject_rule rule, struct slice sub, struct subject *ret)
{
	const struct exchange_policy p = { .client_id = SLICE("sync"), .subject_rule = rule };
	uint64_t version;
	return bearer_assertion_subject(&f->issuer, &p, sub, NOW, &f->arena, ret, &version);
}

static void whom_it_means(void **state)
{
	struct fixture *f = *state;
	struct subject got;
	struct id id = put(f, "zhang", SUBJECT_ACTIVE);
	struct slice text = id_text(&f->arena, id);
	assert_ok(find(f, SUBJECT_LOGIN, SLICE("zhang"), &got));
	assert_true(id_equal(got.id, id));
	assert_ok(find(f, SUBJECT_LOGIN, SLICE("11010519491231002X"), &got));
	assert_true(id_equal(got.id, id));
	assert_ok(find(f, SUBJECT_ID, text, &got));
	assert_true(id_equal(got.id, id));
	assert_ok(find(f, SUBJECT_CLIENT, SLICE("sync"), &got));
	assert_true(id_is_zero(got.id));

	assert_int_equal(find(f, SUBJECT_LOGIN, text, &got), ST_NOT_FOUND);
	assert_int_equal(find(f, SUBJECT_ID, SLICE("zhang"), &got), ST_NOT_FOUND);
	assert_int_equal(find(f, SUBJECT_ID, SLICE("00000000000000000000000000000000"), &got), ST_NOT_FOUND);
	assert_int_equal(find(f, SUBJECT_CLIENT, SLICE("other"), &got), ST_NOT_FOUND);
	assert_int_equal(find(f, SUBJECT_OF_TOKEN, SLICE("sync"), &got), ST_NOT_FOUND);
}

static void nobody_who_is_suspended(void **state)
{
	struct fixture *f = *state;
	struct subject got;
	put(f, "zhang", SUBJECT_SUSPENDED);
	assert_int_equal(find(f, SUBJECT_LOGIN, SLICE("zhang"), &got), ST_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_that_holds),	    TEST(ones_that_do_not),
		TEST(what_names_no_issuer), TEST(whom_it_means),
		TEST(nobody_who_is_suspended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
