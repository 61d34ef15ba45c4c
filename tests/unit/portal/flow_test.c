/* What a portal decides without its issuer: which answers it does not even take to it. */
#include "examples/portal/flow.h"

#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <cmocka.h>

#define ISSUER "http://id.localhost:1" /* where nobody answers */

static void the_issuer_names_itself(void **state)
{
	(void)state;
	assert_int_equal(callback_check(&(struct callback){.code = "c"}, ISSUER),
	                 PROBLEM_OTHER_ISSUER);
	assert_int_equal(callback_check(&(struct callback){.code = "c", .iss = ISSUER "/"}, ISSUER),
	                 PROBLEM_OTHER_ISSUER);
	assert_int_equal(
	        callback_check(&(struct callback){.error = "access_denied", .iss = "https://evil"},
	                       ISSUER),
	        PROBLEM_OTHER_ISSUER);
	assert_int_equal(callback_check(&(struct callback){.code = "c", .iss = ISSUER}, ISSUER),
	                 PROBLEM_NONE);
}

static void an_error_is_a_refusal(void **state)
{
	(void)state;
	const struct callback both = {.code = "c", .error = "access_denied", .iss = ISSUER};
	assert_int_equal(callback_check(&both, ISSUER), PROBLEM_REFUSED);
	assert_int_equal(callback_check(&(struct callback){.iss = ISSUER}, ISSUER), PROBLEM_REFUSED);
}

static int make(void **state)
{
	static const struct options options = {
	        .issuer = ISSUER,
	        .base_url = "http://portal.localhost:2",
	        .client_id = "portal",
	        .audience = "http://portal.localhost:2",
	};
	struct portal *p = calloc(1, sizeof *p);
	p->options = &options;
	p->issuer = issuer_new(&options);
	p->sessions = sessions_new();
	*state = p;
	return p->issuer && p->sessions ? 0 : -1;
}

static int unmake(void **state)
{
	struct portal *p = *state;
	sessions_free(p->sessions);
	issuer_free(p->issuer);
	free(p);
	return 0;
}

static void nobody_is_there_to_begin_with(void **state)
{
	struct trouble t = {0};
	assert_null(flow_begin(*state, "browser", "zh-CN", &t));
	assert_int_equal(t.problem, PROBLEM_UNREACHABLE);
}

static enum problem finish(struct portal *p, const char *browser, struct callback c)
{
	struct trouble t = {0};
	assert_null(flow_finish(p, browser, &c, &t));
	return t.problem;
}

static void a_foreign_answer_finds_no_login(void **state)
{
	struct portal *p = *state;
	struct login login;
	assert_true(login_begin(p->sessions, "browser", time(NULL), &login));
	struct callback c = {.state = login.state, .code = "c", .iss = ISSUER};
	assert_int_equal(finish(p, "other", c), PROBLEM_UNKNOWN_LOGIN);
	assert_int_equal(finish(p, NULL, c), PROBLEM_UNKNOWN_LOGIN);
	assert_int_equal(finish(p, "browser", (struct callback){.code = "c", .iss = ISSUER}),
	                 PROBLEM_UNKNOWN_LOGIN);
	c.iss = "http://id.localhost:3";
	assert_int_equal(finish(p, "browser", c), PROBLEM_OTHER_ISSUER);
	c.iss = ISSUER;
	assert_int_equal(finish(p, "browser", c), PROBLEM_UNKNOWN_LOGIN); /* it is used */
}

static void an_unreachable_issuer_signs_nobody_in(void **state)
{
	struct portal *p = *state;
	struct login login;
	assert_true(login_begin(p->sessions, "browser", time(NULL), &login));
	struct callback c = {.state = login.state, .code = "c", .iss = ISSUER};
	assert_int_equal(finish(p, "browser", c), PROBLEM_UNREACHABLE);
}

/* Without keys no token is good, and looking for keys without end is none of our habits. */
static void no_token_is_good_without_keys(void **state)
{
	struct portal *p = *state;
	struct auth_claims *claims;
	static const char token[] = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImEifQ.e30.AAAA";
	for (int i = 0; i < 3; i++)
		assert_int_not_equal(issuer_verify_access_token(p->issuer, token, sizeof token - 1,
		                                                time(NULL), &claims),
		                     AUTH_OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_issuer_names_itself),
	        cmocka_unit_test(an_error_is_a_refusal),
	        TEST(nobody_is_there_to_begin_with),
	        TEST(a_foreign_answer_finds_no_login),
	        TEST(an_unreachable_issuer_signs_nobody_in),
	        TEST(no_token_is_good_without_keys),
	};
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}
