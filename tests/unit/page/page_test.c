/* The pages: languages, problems, names of the controls, the policy's hash. */
#include "authd/page/page.h"
#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <openssl/evp.h>

#define BOTH(language) (enum language language = LANGUAGE_ZH; language <= LANGUAGE_EN; language++)

/* What a page is to hold, and what not. */
static bool has(const struct buf *b, const char *text)
{
	return memmem(b->p, b->n, text, strlen(text)) != NULL;
}
#define assert_has(b, text) assert_true(has(b, text))
#define assert_lacks(b, text) assert_false(has(b, text))

#define REQUEST SLICE("c2VhbGVk")
#define MARKUP SLICE("\"><script>alert(1)</script>")

static void sign_in_has_its_controls(void **state)
{
	(void)state;
	for BOTH(language) {
		AUTO_BUF struct buf b = {};
		struct page_sign_in p = { .language = language,
					  .request = REQUEST,
					  .client_name = SLICE("江海省政务服务网"),
					  .client_host = SLICE("zwfw.jianghai.example"),
					  .username = SLICE("li.na") };
		assert_int_equal(page_sign_in(&b, &p), ST_OK);
		assert_has(&b, language == LANGUAGE_ZH ? "<html lang=\"zh-CN\">" : "<html lang=\"en\">");
		assert_has(&b, "<form id=\"form\" method=\"post\" action=\"/signin\">");
		assert_has(&b, "<input type=\"hidden\" name=\"request\" value=\"c2VhbGVk\">");
		assert_has(&b, "id=\"username\" name=\"username\" type=\"text\" value=\"li.na\"");
		assert_has(&b, "id=\"password\" name=\"password\" type=\"password\"");
		assert_has(&b, "id=\"signin\" type=\"submit\" name=\"action\" value=\"signin\"");
		assert_has(&b, "id=\"cancel\" type=\"submit\" name=\"action\" value=\"cancel\"");
		assert_has(&b, language == LANGUAGE_ZH ? "证件号码或登录名" : "ID number or sign-in name");
		assert_has(&b, "江海省政务服务网");
		assert_has(&b, "zwfw.jianghai.example");
		assert_lacks(&b, "readonly");
		assert_lacks(&b, "role=\"alert\"");
		assert_lacks(&b, "<script");
	}
}

static void sign_in_says_each_problem(void **state)
{
	(void)state;
	static const struct {
		enum page_problem problem;
		const char *text[2];
	} rows[] = {
		{ PROBLEM_WRONG_CREDENTIALS, { "登录名或密码不正确", "or password is not right" } },
		{ PROBLEM_THROTTLED, { "请在 15 分钟后重试", "try again in 15 minutes" } },
		{ PROBLEM_EXPIRED, { "已失效", "open for too long" } },
		{ PROBLEM_MISSING_FIELD, { "请输入密码", "Enter your password" } },
		{ PROBLEM_PASSWORD_TOO_SHORT, { "至少需要", "needs at least" } },
		{ PROBLEM_PASSWORD_MISMATCH, { "不一致", "are different" } },
		{ PROBLEM_PASSWORD_SAME, { "不能与当前密码相同", "must differ" } },
		{ PROBLEM_UNAVAILABLE, { "暂时不可用", "not available" } },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for BOTH(language) {
			AUTO_BUF struct buf b = {};
			struct page_sign_in p = { .language = language,
						  .request = REQUEST,
						  .username = SLICE("li.na"),
						  .problem = rows[i].problem,
						  .minutes = 15 };
			assert_int_equal(page_sign_in(&b, &p), ST_OK);
			assert_has(&b, "role=\"alert\"");
			assert_has(&b, language == LANGUAGE_ZH ? "<title>错误 - " : "<title>Error - ");
			assert_has(&b, rows[i].text[language]);
			for (size_t k = 0; k < COUNT_OF(rows); k++)
				if (k != i)
					assert_lacks(&b, rows[k].text[language]);
		}
}

static void sign_in_points_to_the_field(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {};
	struct page_sign_in p = { .request = REQUEST, .problem = PROBLEM_MISSING_FIELD };
	assert_int_equal(page_sign_in(&b, &p), ST_OK);
	assert_has(&b, "请输入证件号码或登录名，以及密码");
	assert_has(&b, "required aria-invalid=\"true\" aria-describedby=\"problem\"");
	buf_reset(&b);
	p.username = SLICE("li.na");
	assert_int_equal(page_sign_in(&b, &p), ST_OK);
	assert_has(&b, "inputmode=\"text\" enterkeyhint=\"next\" required>");
	buf_reset(&b);
	p.problem = PROBLEM_THROTTLED;
	p.minutes = 1;
	p.language = LANGUAGE_EN;
	assert_int_equal(page_sign_in(&b, &p), ST_OK);
	assert_has(&b, "in 1 minute.");
	assert_lacks(&b, "aria-invalid");
}

static void sign_in_without_a_client_cannot_be_cancelled(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {};
	struct page_sign_in p = { .request = REQUEST, .username = SLICE("x") };
	assert_int_equal(page_sign_in(&b, &p), ST_OK);
	assert_lacks(&b, "id=\"cancel\"");
	assert_lacks(&b, "id=\"client\"");
	buf_reset(&b);
	/* A name that cannot be seen is none: the host stands in for it. */
	p.client_name = SLICE("\u200b\u202e ");
	p.client_host = SLICE("a.example");
	assert_int_equal(page_sign_in(&b, &p), ST_OK);
	assert_has(&b, "<p class=\"client-name\"><bdi>a.example</bdi>");
	assert_has(&b, "id=\"cancel\"");
}

static void hostile_values_are_text(void **state)
{
	(void)state;
	for BOTH(language) {
		AUTO_BUF struct buf b = {};
		struct page_sign_in s = { language, MARKUP, MARKUP, MARKUP, MARKUP };
		struct page_right right = { MARKUP, MARKUP, false };
		struct page_consent c = { language, MARKUP, MARKUP, MARKUP, MARKUP, { &right, 1 } };
		struct page_password w = { language, MARKUP, MARKUP };
		struct page_sign_out o = { language, MARKUP, MARKUP, MARKUP };
		struct page_error e = { language, 400, MARKUP, MARKUP, MARKUP };
		assert_int_equal(page_sign_in(&b, &s), ST_OK);
		assert_int_equal(page_consent(&b, &c), ST_OK);
		assert_int_equal(page_password(&b, &w), ST_OK);
		assert_int_equal(page_sign_out(&b, &o), ST_OK);
		assert_int_equal(page_error(&b, &e), ST_OK);
		assert_lacks(&b, "<script");
		assert_has(&b, "value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"");
	}
}

static void long_values_are_cut(void **state)
{
	(void)state;
	static char large[64 << 10];
	memset(large, 'w', sizeof large);
	struct slice w = slice_of(large, sizeof large);
	AUTO_BUF struct buf b = {};
	struct page_sign_in p = { .request = REQUEST,
				  .client_name = w,
				  .client_host = w,
				  .username = w };
	assert_int_equal(page_sign_in(&b, &p), ST_OK);
	assert_true(b.n < 8192);
	assert_has(&b, "w…</bdi>");
	assert_has(&b, "<bdi dir=\"ltr\">…w");
	assert_has(&b, "name=\"username\" type=\"text\" value=\"\"");
}

static void consent_explains_each_scope(void **state)
{
	(void)state;
	static const struct {
		const char *scope, *text[2];
	} rows[] = {
		{ "openid", { "身份标识", "Your identifier" } },
		{ "offline_access", { "持续访问", "Access while you are away" } },
		{ "permits.read", { "<bdi>permits.read</bdi>", "<bdi>permits.read</bdi>" } },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for BOTH(language) {
			AUTO_BUF struct buf b = {};
			struct page_consent p = { .language = language,
						  .request = REQUEST,
						  .client_name = SLICE("汇民平台"),
						  .scope = slice_str(rows[i].scope) };
			assert_int_equal(page_consent(&b, &p), ST_OK);
			assert_has(&b, rows[i].text[language]);
			for (size_t k = 0; k < COUNT_OF(rows); k++)
				if (k != i)
					assert_lacks(&b, rows[k].text[language]);
		}
}

static void consent_names_each_claim_asked_for(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text[2];
	} rows[] = {
		{ "birthdate", { "<strong>出生日期</strong>", "<strong>Your date of birth</strong>" } },
		{ "email_verified", { "电子邮箱是否已核实", "Whether your email address was checked" } },
		{ "address", { "<strong>地址</strong>", "<strong>Your address</strong>" } },
		{ "age_over_18", { "是否年满18周岁", "Whether you are 18 or older" } },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for BOTH(language) {
			AUTO_BUF struct buf b = {};
			struct page_consent p = { .language = language,
						  .request = REQUEST,
						  .scope = SLICE("openid"),
						  .rights = { &(struct page_right){ slice_str(rows[i].name),
										    SLICE("停车"), i == 0 },
							      1 } };
			assert_int_equal(page_consent(&b, &p), ST_OK);
			assert_has(&b, "<bdi>停车</bdi>");
			assert_has(&b, i == 0 ? language == LANGUAGE_EN ? "a duty by law" : "法定职责"
				       : language == LANGUAGE_EN ? "Basis: your consent" : "依据：您的同意");
			for (size_t k = 0; k < COUNT_OF(rows); k++)
				if (k == i)
					assert_has(&b, rows[k].text[language]);
				else
					assert_lacks(&b, rows[k].text[language]);
		}
}

static void consent_has_its_controls(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {};
	struct page_consent p = { .request = REQUEST,
				  .client_name = SLICE("汇民平台"),
				  .client_host = SLICE("huimin.example"),
				  .scope = SLICE("a openid  b a"),
				  .subject = SLICE("张*明") };
	assert_int_equal(page_consent(&b, &p), ST_OK);
	assert_has(&b, "<form id=\"form\" method=\"post\" action=\"/consent\">");
	assert_has(&b, "id=\"allow\" type=\"submit\" name=\"decision\" value=\"allow\"");
	assert_has(&b, "id=\"deny\" type=\"submit\" name=\"decision\" value=\"deny\"");
	assert_has(&b, "<bdi>a</bdi>");
	assert_has(&b, "<bdi>b</bdi>");
	assert_has(&b, "<bdi>张*明</bdi>");
}

static void password_has_its_controls(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {};
	struct page_password p = { .request = REQUEST, .min_length = 12 };
	assert_int_equal(page_password(&b, &p), ST_OK);
	assert_has(&b, "<form id=\"form\" method=\"post\" action=\"/account/password\">");
	assert_has(&b, "id=\"current_password\" name=\"current_password\" type=\"password\" "
		       "autocomplete=\"current-password\"");
	assert_has(&b, "id=\"new_password\" name=\"new_password\" type=\"password\" "
		       "autocomplete=\"new-password\" minlength=\"12\"");
	assert_has(&b, "id=\"new_password_again\" name=\"new_password_again\"");
	assert_has(&b, "id=\"change\" type=\"submit\"");
	assert_has(&b, "至少 12 个字符");
	buf_reset(&b);
	p.changed = true;
	p.problem = PROBLEM_WRONG_CREDENTIALS; /* done is done */
	assert_int_equal(page_password(&b, &p), ST_OK);
	assert_has(&b, "密码已修改");
	assert_lacks(&b, "id=\"form\"");
	assert_lacks(&b, "role=\"alert\"");
}

static void password_says_each_problem(void **state)
{
	(void)state;
	static const struct {
		enum page_problem problem;
		const char *text[2], *field;
	} rows[] = {
		{ PROBLEM_WRONG_CREDENTIALS, { "当前密码不正确", "current password is not right" },
		  "autocomplete=\"current-password\" required aria-invalid" },
		{ PROBLEM_THROTTLED, { "请在 15 分钟后重试", "in 15 minutes" }, "" },
		{ PROBLEM_EXPIRED, { "已失效", "open for too long" }, "" },
		{ PROBLEM_MISSING_FIELD, { "全部三项", "all three" }, "" },
		{ PROBLEM_PASSWORD_TOO_SHORT, { "至少需要 12 个字符", "needs at least 12 characters" },
		  "minlength=\"12\" required aria-invalid=\"true\" "
		  "aria-describedby=\"new_password_hint problem\"" },
		{ PROBLEM_PASSWORD_MISMATCH, { "不一致", "are different" },
		  "autocomplete=\"new-password\" required aria-invalid" },
		{ PROBLEM_PASSWORD_SAME, { "不能与当前密码相同", "must differ" },
		  "minlength=\"12\" required aria-invalid" },
		{ PROBLEM_UNAVAILABLE, { "暂时不可用", "not available" }, "" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for BOTH(language) {
			AUTO_BUF struct buf b = {};
			struct page_password p = { .language = language,
						   .request = REQUEST,
						   .problem = rows[i].problem,
						   .min_length = 12,
						   .minutes = 15 };
			assert_int_equal(page_password(&b, &p), ST_OK);
			assert_has(&b, rows[i].text[language]);
			assert_has(&b, rows[i].field);
		}
}

static void sign_out_has_its_controls(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {};
	struct page_sign_out p = { .request = REQUEST, .subject = SLICE("张*明") };
	assert_int_equal(page_sign_out(&b, &p), ST_OK);
	assert_has(&b, "<form id=\"form\" method=\"post\" action=\"/logout\">");
	assert_has(&b, "id=\"logout\" type=\"submit\" name=\"decision\" value=\"logout\"");
	assert_has(&b, "id=\"stay\" type=\"submit\" name=\"decision\" value=\"stay\"");
	buf_reset(&b);
	struct page_signed_out done = { .language = LANGUAGE_ZH };
	assert_int_equal(page_signed_out(&b, &done), ST_OK);
	assert_has(&b, "您已退出登录");
	assert_lacks(&b, "您仍处于登录状态");
	assert_lacks(&b, "<iframe");
	assert_lacks(&b, "id=\"continue\"");
	buf_reset(&b);
	done = (struct page_signed_out){ .language = LANGUAGE_EN, .stayed = true };
	assert_int_equal(page_signed_out(&b, &done), ST_OK);
	assert_has(&b, "You are still signed in");
	assert_lacks(&b, "You are signed out");
}

/* OpenID Connect Front-Channel Logout §3 */
static void signed_out_frames_each_portal(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {};
	const struct slice frames[] = { SLICE("https://a.example/out?iss=x&sid=1"), SLICE("https://b.example/\"") };
	const struct page_signed_out p = { LANGUAGE_EN, false, frames, COUNT_OF(frames),
					   SLICE("https://a.example/?state=\"") };
	assert_int_equal(page_signed_out(&b, &p), ST_OK);
	assert_has(&b, "src=\"https://a.example/out?iss=x&amp;sid=1\"");
	assert_has(&b, "src=\"https://b.example/&quot;\"");
	assert_has(&b, "id=\"continue\" href=\"https://a.example/?state=&quot;\"");
}

static void error_says_what_kind(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *text[2];
	} rows[] = {
		{ 400, { "无法处理此请求", "cannot be handled" } },
		{ 401, { "您尚未登录", "You are not signed in" } },
		{ 403, { "页面已失效", "no longer valid" } },
		{ 404, { "找不到此页面", "Page not found" } },
		{ 429, { "服务繁忙", "service is busy" } },
		{ 500, { "服务出现问题", "Something went wrong" } },
		{ 503, { "服务繁忙", "service is busy" } },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for BOTH(language) {
			AUTO_BUF struct buf b = {};
			struct page_error p = { language, rows[i].status, SLICE("invalid_request"),
						SLICE("no such client"), SLICE("5f0c2a91") };
			assert_int_equal(page_error(&b, &p), ST_OK);
			assert_has(&b, rows[i].text[language]);
			assert_has(&b, "<bdi>invalid_request</bdi>");
			assert_has(&b, "<bdi>no such client</bdi>");
			assert_has(&b, "<bdi>5f0c2a91</bdi>");
		}
}

/* The script between its tags, as a browser hashes it. */
static struct slice script_of(const struct buf *b)
{
	const uint8_t *from = memmem(b->p, b->n, "<script>", 8);
	assert_non_null(from);
	from += 8;
	const uint8_t *to = memmem(from, b->n - (size_t)(from - b->p), "</script>", 9);
	assert_non_null(to);
	return slice_of(from, (size_t)(to - from));
}

static void form_post_is_allowed_by_its_policy(void **state)
{
	(void)state;
	for BOTH(language) {
		AUTO_BUF struct buf b = {};
		const struct page_field fields[] = { { SLICE("code"), SLICE("a&b") },
						     { SLICE("state"), MARKUP } };
		struct page_form_post p = { language, SLICE("https://rp.example/cb?a=1&b=2"),
					    fields, COUNT_OF(fields) };
		assert_int_equal(page_form_post(&b, &p), ST_OK);
		assert_has(&b, "method=\"post\" action=\"https://rp.example/cb?a=1&amp;b=2\"");
		assert_has(&b, "<input type=\"hidden\" name=\"code\" value=\"a&amp;b\">");
		assert_has(&b, "name=\"state\" value=\"&quot;&gt;&lt;script&gt;");

		struct slice script = script_of(&b);
		uint8_t digest[32];
		unsigned char text[64];
		assert_true(EVP_Digest(script.p, script.n, digest, NULL, EVP_sha256(), NULL));
		EVP_EncodeBlock(text, digest, sizeof digest);
		AUTO_BUF struct buf source = {};
		buf_format(&source, "script-src 'sha256-%s'", (char *)text);
		assert_non_null(memmem(PAGE_CSP_FORM_POST, strlen(PAGE_CSP_FORM_POST), source.p,
				       source.n));
	}
	assert_null(strstr(PAGE_CSP, "script-src"));
	assert_null(strstr(PAGE_CSP, "unsafe"));
	assert_non_null(strstr(PAGE_CSP, "default-src 'none'"));
	assert_non_null(strstr(PAGE_CSP, "frame-ancestors 'none'"));
	assert_null(strstr(PAGE_CSP_FORM_POST, "form-action"));
}

static void form_post_refuses_other_schemes(void **state)
{
	(void)state;
	static const char *const actions[] = { "javascript:alert(1)", "data:text/html,x", "", "/x",
					       "httpx://a", "http", "https//a" };
	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		AUTO_BUF struct buf b = {};
		struct page_form_post p = { .action = slice_str(actions[i]) };
		assert_int_equal(page_form_post(&b, &p), ST_INVALID);
		assert_int_equal(b.n, 0);
	}
	AUTO_BUF struct buf b = {};
	struct page_form_post p = { .action = SLICE("HTTP://127.0.0.1:8080/cb") };
	assert_int_equal(page_form_post(&b, &p), ST_OK);
}

static void a_full_buffer_is_told(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = { .limit = 100 };
	assert_int_equal(page_signed_out(&b, &(struct page_signed_out){ .language = LANGUAGE_ZH }), ST_NOMEM);
}

static void style_has_an_etag(void **state)
{
	(void)state;
	struct slice etag = page_style_etag();
	assert_int_equal(etag.n, 18);
	assert_true(etag.p[0] == '"' && etag.p[17] == '"');
	uint8_t digest[32];
	struct slice style = page_style();
	assert_true(EVP_Digest(style.p, style.n, digest, NULL, EVP_sha256(), NULL));
	char hex[17];
	for (size_t i = 0; i < 8; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	assert_memory_equal(etag.p + 1, hex, 16);
	AUTO_BUF struct buf b = {};
	assert_int_equal(page_signed_out(&b, &(struct page_signed_out){ .language = LANGUAGE_ZH }), ST_OK);
	assert_has(&b, hex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sign_in_has_its_controls),
		cmocka_unit_test(sign_in_says_each_problem),
		cmocka_unit_test(sign_in_points_to_the_field),
		cmocka_unit_test(sign_in_without_a_client_cannot_be_cancelled),
		cmocka_unit_test(hostile_values_are_text),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(consent_explains_each_scope),
		cmocka_unit_test(consent_names_each_claim_asked_for),
		cmocka_unit_test(consent_has_its_controls),
		cmocka_unit_test(password_has_its_controls),
		cmocka_unit_test(password_says_each_problem),
		cmocka_unit_test(sign_out_has_its_controls),
		cmocka_unit_test(signed_out_frames_each_portal),
		cmocka_unit_test(error_says_what_kind),
		cmocka_unit_test(form_post_is_allowed_by_its_policy),
		cmocka_unit_test(form_post_refuses_other_schemes),
		cmocka_unit_test(a_full_buffer_is_told),
		cmocka_unit_test(style_has_an_etag),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
