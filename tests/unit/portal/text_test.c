#include "examples/portal/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void expect(void (*put)(FILE *out, const char *text), const char *text, const char *wanted)
{
	struct writer w;
	assert_true(writer_open(&w));
	put(w.out, text);
	AUTO_FREE char *got = writer_close(&w);
	assert_string_equal(got, wanted);
}

static void html_is_escaped(void **state)
{
	(void)state;
	expect(put_html, "<a href=\"x\" b='y'>&amp;", "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
	expect(put_html, "张三", "张三");
	expect(put_html, "", "");
}

static void urls_are_escaped(void **state)
{
	(void)state;
	expect(put_percent, "aZ09-._~", "aZ09-._~");
	expect(put_percent, "http://a/?b=c&d", "http%3A%2F%2Fa%2F%3Fb%3Dc%26d");
	expect(put_percent, "三\r\n", "%E4%B8%89%0D%0A");
}

static void parameters_are_joined(void **state)
{
	(void)state;
	struct writer w;
	assert_true(writer_open(&w));
	put_parameter(w.out, "a", "1 2");
	put_parameter(w.out, "b", NULL);
	put_parameter(w.out, "c", "");
	AUTO_FREE char *got = writer_close(&w);
	assert_string_equal(got, "&a=1%202&c=");
}

/* RFC 7636 Appendix B. */
static void challenge_is_that_of_the_standard(void **state)
{
	(void)state;
	char challenge[RANDOM_SIZE];
	assert_true(sha256_text("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge));
	assert_string_equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

static void random_texts_differ(void **state)
{
	(void)state;
	char a[RANDOM_SIZE], b[RANDOM_SIZE];
	assert_true(random_text(a) && random_text(b));
	assert_int_equal(strlen(a), RANDOM_SIZE - 1);
	assert_string_not_equal(a, b);
	assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
	                 RANDOM_SIZE - 1);
}

static void secrets_are_equal_as_a_whole(void **state)
{
	(void)state;
	assert_true(secret_equal("abc", "abc"));
	assert_false(secret_equal("abc", "abd"));
	assert_false(secret_equal("abc", "ab"));
	assert_false(secret_equal("", "a"));
}

static void only_printable_characters_are_copied(void **state)
{
	(void)state;
	char text[8];
	copy_printable(text, sizeof text, "a\r\n\"\\\x1b三b");
	assert_string_equal(text, "ab");
	copy_printable(text, sizeof text, "123456789");
	assert_string_equal(text, "1234567");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(html_is_escaped),
	        cmocka_unit_test(urls_are_escaped),
	        cmocka_unit_test(parameters_are_joined),
	        cmocka_unit_test(challenge_is_that_of_the_standard),
	        cmocka_unit_test(random_texts_differ),
	        cmocka_unit_test(secrets_are_equal_as_a_whole),
	        cmocka_unit_test(only_printable_characters_are_copied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
