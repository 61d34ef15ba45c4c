/* What pages make of values that want to be more than text. */
#include "examples/portal/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const struct options OPTIONS = {
        .name = {"国家<b>", "National & \"so on\""},
        .other_name = {"省", "Province"},
        .other_url = "http://province.localhost:2",
};

static void begin(struct writer *w, struct view *ret, enum language language)
{
	assert_true(writer_open(w));
	*ret = (struct view){w->out, language, &OPTIONS, "/"};
}

static void names_are_escaped(void **state)
{
	(void)state;
	struct writer w;
	struct view v;
	begin(&w, &v, LANGUAGE_EN);
	page_guest(&v);
	AUTO_FREE char *html = writer_close(&w);
	assert_non_null(strstr(html, "<html lang=\"en\""));
	assert_null(strstr(html, "<b>"));
	assert_non_null(strstr(html, "National &amp; &quot;so on&quot;"));
	assert_non_null(strstr(html, "href=\"http://province.localhost:2/\""));
}

static char *claim(const char *name, const char *value)
{
	struct writer w;
	struct view v;
	begin(&w, &v, LANGUAGE_ZH);
	html_claim(&v, name, value);
	return writer_close(&w);
}

static void expect_claim(const char *name, const char *value, const char *wanted)
{
	AUTO_FREE char *html = claim(name, value);
	if (!strstr(html, wanted))
		fail_msg("%s is not in %s", wanted, html);
}

static void claims_are_shown_as_people_know_them(void **state)
{
	(void)state;
	expect_claim("name", "张三", "<bdi>张三</bdi>");
	expect_claim("gender", "female", "<bdi>女</bdi>");
	expect_claim("gender", "other", "<bdi>other</bdi>");
	expect_claim("acr", "urn:authd:acr:rn3", "</span>3 级");
	expect_claim("acr", "urn:authd:acr:rn9", "<bdi>urn:authd:acr:rn9</bdi>");
	expect_claim("acr", "urn:authd:acr:rn", "<bdi>urn:authd:acr:rn</bdi>");
	/* 2023-11-14 22:13:20 UTC */
	expect_claim("auth_time", "1700000000", "2023-11-15 06:13:20");
	expect_claim("amr", "pwd", "密码");
	expect_claim("unheard_of", "x", "<code>unheard_of</code>");
}

static void claims_are_escaped(void **state)
{
	(void)state;
	const char *const names[] = {"name", "gender", "acr", "amr", "iss", "<i>"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		AUTO_FREE char *html = claim(names[i], "<script>&\"'");
		assert_null(strstr(html, "<script"));
		assert_null(strstr(html, "<i>"));
		assert_non_null(strstr(html, "&lt;script&gt;&amp;&quot;&#39;"));
	}
}

static void json_is_shown_by_its_type(void **state)
{
	(void)state;
	struct writer w;
	struct view v;
	begin(&w, &v, LANGUAGE_ZH);
	json_t *text = json_string("<a>"), *number = json_integer(1700000000);
	json_t *object = json_pack("{s:s}", "formatted", "<b>");
	html_claim_json(&v, "name", text);
	html_claim_json(&v, "updated_at", number);
	html_claim_json(&v, "email_verified", json_true());
	html_claim_json(&v, "address", object);
	AUTO_FREE char *html = writer_close(&w);
	assert_null(strstr(html, "<a>"));
	assert_null(strstr(html, "<b>"));
	assert_non_null(strstr(html, "2023-11-15"));
	assert_non_null(strstr(html, "是"));
	json_decref(text);
	json_decref(number);
	json_decref(object);
}

static void troubles_have_a_page_each(void **state)
{
	(void)state;
	for (int p = PROBLEM_NONE; p <= PROBLEM_FAULT; p++) {
		struct writer w;
		struct view v;
		begin(&w, &v, p % 2 ? LANGUAGE_EN : LANGUAGE_ZH);
		page_trouble(&v, &(struct trouble){(enum problem)p, "<detail>"});
		AUTO_FREE char *html = writer_close(&w);
		assert_non_null(strstr(html, "&lt;detail&gt;"));
		assert_non_null(strstr(html, "role=\"alert\""));
		assert_non_null(strstr(html, "</html>"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_escaped),
	        cmocka_unit_test(claims_are_shown_as_people_know_them),
	        cmocka_unit_test(claims_are_escaped),
	        cmocka_unit_test(json_is_shown_by_its_type),
	        cmocka_unit_test(troubles_have_a_page_each),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
