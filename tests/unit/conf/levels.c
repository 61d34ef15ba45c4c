/* What each level needs, and what other names it has. */
#include "fixture.h"

#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void the_ladder_as_it_is_shipped(void **)
{
	static const struct conf_level shipped[] = {{2, 1, 1}, {3, 1, 1}, {4, 2, 2}, {5, 3, 2}};
	const struct conf *c = good(ISSUER);
	assert_memory_equal(c->levels.ladder, shipped, sizeof shipped);
	assert_null(c->levels.names);
	c = good(ISSUER "levels:\n  rn4: 4/1/1\n  names: a=rn2 urn:b=rn5\n  factor_age: 1h\n");
	assert_memory_equal(&c->levels.ladder[2], (&(struct conf_level){4, 1, 1}), sizeof *shipped);
	assert_string_equal(c->levels.names, "a=rn2 urn:b=rn5");
	assert_int_equal(c->levels.factor_age_s, 3600);
}

static void what_is_no_level(void **)
{
	static const char FORM[] = "is not identity/authenticator/federation: 2 to 5, 1 to 3, 1 to 3";
	static const struct {
		const char *line, *reason;
	} wrong[] = {
	        {"rn2: 2/1", FORM},     {"rn2: 1/1/1", FORM},  {"rn2: 6/1/1", FORM},
	        {"rn2: 2/0/1", FORM},   {"rn2: 2/4/1", FORM},  {"rn2: 2/1/0", FORM},
	        {"rn2: 2/1/4", FORM},   {"rn2: 2/1/1/", FORM}, {"rn2: 2-1-1", FORM},
	        {"rn2: \"\"", FORM},    {"rn2: 2/+/1", FORM},
	        {"rn6: 5/3/3", "unknown key"},
	        {"rn3: 2/1/1\n  rn2: 3/1/1", "levels.rn3: it needs less than the level below on one axis"},
	        {"rn4: 4/1/1\n  rn3: 3/2/1", "levels.rn4: it needs less than the level below on one axis"},
	        {"rn5: 5/3/1", "levels.rn5: it needs less than the level below on one axis"},
	        {"names: high", "high is not NAME=rn2 to rn5"},
	        {"names: high=rn6", "high=rn6 is not NAME=rn2 to rn5"},
	        {"names: =rn4", "=rn4 is not NAME=rn2 to rn5"},
	        {"names: a=rn4 b=rn44", "b=rn44 is not NAME=rn2 to rn5"},
	        {"names: urn:authd:acr:rn2=rn4", "is a name of authd's own"},
	        {"factor_age: 1s", "is not between"},
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char text[160];
		snprintf(text, sizeof text, ISSUER "levels:\n  %s\n", wrong[i].line);
		assert_null(parse(text));
		if (!strstr(last.message, wrong[i].reason))
			fail_msg("%s\n-> %s", text, last.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_ladder_as_it_is_shipped),
	        cmocka_unit_test(what_is_no_level),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
