#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

struct arena arena;
struct error last;

int setup(void **)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	return 0;
}

int teardown(void **)
{
	arena_done(&arena);
	return 0;
}

struct conf *parse(const char *text)
{
	struct conf *c = NULL;
	last = (struct error){0};
	status s = conf_parse(slice_str(text), "authd.yaml", "/etc/authd", &arena, &c, &last);
	assert_true(s == ST_OK || s == ST_INVALID);
	assert_true((s == ST_OK) == (c != NULL));
	assert_int_equal(last.status, s);
	return c;
}

struct conf *good(const char *text)
{
	struct conf *c = parse(text);
	if (!c)
		fail_msg("%s\n-> %s", text, last.message);
	return c;
}

void bad(const char *text, const char *message)
{
	if (parse(text))
		fail_msg("%s\nis taken", text);
	assert_string_equal(last.message, message);
}
