#include "authd/oauth/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

static status parse(const char *text, struct arena *a, struct params *ret)
{
	return params_parse(slice_str(text), a, ret);
}

static void test_params(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct params p;
	assert_int_equal(parse("a=1&b=x+y%2Bz&c&=d&&e=%E5%90%8D", &a, &p), ST_OK);
	assert_int_equal(p.n, 5);
	assert_true(slice_is(params_get(&p, "a"), "1"));
	assert_true(slice_is(params_get(&p, "b"), "x y+z"));
	assert_null(params_get(&p, "c").p);
	assert_null(params_get(&p, "missing").p);
	assert_true(slice_is(p.items[3].name, ""));
	assert_true(slice_is(p.items[3].value, "d"));
	assert_true(slice_is(params_get(&p, "e"), "名"));
	assert_null(params_duplicate(&p).p);

	assert_int_equal(parse("", &a, &p), ST_OK);
	assert_int_equal(p.n, 0);
	assert_int_equal(parse("a=b=c", &a, &p), ST_OK);
	assert_true(slice_is(params_get(&p, "a"), "b=c"));
}

static void test_params_duplicate(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct params p;
	assert_int_equal(parse("scope=a&x=1&%73cope=b", &a, &p), ST_OK);
	assert_true(slice_is(params_duplicate(&p), "scope"));
	assert_int_equal(parse("x&y&x", &a, &p), ST_OK);
	assert_true(slice_is(params_duplicate(&p), "x"));
}

static void test_params_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "a=%",      "a=%4",  "a=%zz",    "a=%00",
		                           "%00=a",    "a=%ff", "a=%c0%80", "a=%ed%a0%80",
		                           "a=%e5%90", "%=",    "a=b&c=%g1" };
	AUTO_ARENA struct arena a = { 0 };
	struct params p = { .n = 77 };
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(parse(bad[i], &a, &p), ST_INVALID);
	assert_int_equal(params_parse(SLICE("a=\0b"), &a, &p), ST_INVALID);
	assert_int_equal(p.n, 77);
}

static void test_params_are_counted(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct params p;
	char text[PARAMS_MAX * 2 + 2];
	for (size_t i = 0; i < PARAMS_MAX; i++)
		memcpy(text + 2 * i, "a&", 2);
	assert_int_equal(params_parse(slice_of(text, PARAMS_MAX * 2 - 1), &a, &p), ST_OK);
	assert_int_equal(p.n, PARAMS_MAX);
	assert_int_equal(params_parse(slice_of(text, PARAMS_MAX * 2), &a, &p), ST_INVALID);
}

static void test_params_without_memory(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { .limit = 40 };
	struct params p;
	assert_int_equal(parse("a=1", &a, &p), ST_OK);
	assert_int_equal(parse("a=1", &a, &p), ST_NOMEM);
}

static void test_cookie(void **state)
{
	(void)state;
	struct request r = { .cookie = SLICE("a=1; __Host-session=abc=d;b=;  c = 3 ; a2=\"q\"") };
	assert_true(slice_is(request_cookie(&r, "a"), "1"));
	assert_true(slice_is(request_cookie(&r, "__Host-session"), "abc=d"));
	assert_true(slice_is(request_cookie(&r, "b"), ""));
	assert_non_null(request_cookie(&r, "b").p);
	assert_true(slice_is(request_cookie(&r, "a2"), "\"q\""));
	assert_null(request_cookie(&r, "d").p);
	assert_null(request_cookie(&r, "").p);

	r.cookie = SLICE("s=1; t=2; s=1");
	assert_null(request_cookie(&r, "s").p);
	assert_true(slice_is(request_cookie(&r, "t"), "2"));
	r.cookie = SLICE("s");
	assert_null(request_cookie(&r, "s").p);
	r.cookie = NO_SLICE;
	assert_null(request_cookie(&r, "s").p);
}

static struct slice header_value(const struct request *r, const char *name)
{
	for (const struct header *h = r->response.headers; h; h = h->next)
		if (slice_is(h->name, name))
			return h->value;
	return NO_SLICE;
}

static void test_answers(void **state)
{
	(void)state;
	struct request r = { 0 };
	assert_int_equal(answer_json(&r, 200, SLICE("{}")), STEP_DONE);
	assert_int_equal(r.response.status, 200);
	assert_true(slice_is(r.response.content_type, "application/json"));
	assert_true(slice_is(r.response.body, "{}"));

	assert_int_equal(answer_redirect(&r, 303, SLICE("https://rp.test/cb?code=1")), STEP_DONE);
	assert_int_equal(r.response.status, 303);
	assert_true(slice_is(header_value(&r, "Location"), "https://rp.test/cb?code=1"));
	assert_int_equal(r.response.body.n, 0);
	assert_null(r.response.content_type.p);

	assert_int_equal(answer_unavailable(&r, "cache"), STEP_DONE);
	assert_int_equal(r.response.status, 503);
	assert_non_null(header_value(&r, "Retry-After").p);
	assert_true(slice_is(header_value(&r, "Cache-Control"), "no-store"));
	assert_true(slice_is(r.log_reason, "cache"));
	assert_false(r.response.failed);
	arena_done(&r.arena);
}

/* A Set-Cookie that got lost must not go unnoticed. */
static void test_lost_header_fails_the_answer(void **state)
{
	(void)state;
	struct request r = { .arena.limit = 8 };
	response_header(&r, "Set-Cookie", SLICE("a=b"));
	assert_true(r.response.failed);
	struct request q = { 0 };
	response_header(&q, "Location", NO_SLICE);
	assert_true(q.response.failed);
	arena_done(&q.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_params_duplicate),
		cmocka_unit_test(test_params_refused),
		cmocka_unit_test(test_params_are_counted),
		cmocka_unit_test(test_params_without_memory),
		cmocka_unit_test(test_cookie),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_lost_header_fails_the_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
