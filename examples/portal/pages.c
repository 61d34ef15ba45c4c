#include "examples/portal/pages.h"
#include "examples/portal/text.h"

static void link_to_other(const struct view *v, enum text words, const char *path, const char *class)
{
	if (!v->options->other_url)
		return;
	fprintf(v->out, "<a class=\"%s\" href=\"", class);
	put_html(v->out, v->options->other_url);
	fprintf(v->out, "%s\"><span>", path);
	put_text(v, words);
	fputs("</span> <strong>", v->out);
	put_name(v, &v->options->other_name);
	fputs("</strong></a>\n", v->out);
}

static void heading(const struct view *v, enum text title, enum text words)
{
	fputs("<h2>", v->out);
	put_text(v, title);
	fputs("</h2>\n<p class=\"note\">", v->out);
	put_text(v, words);
	fputs("</p>\n", v->out);
}

void page_guest(const struct view *v)
{
	html_begin(v, TEXT_GUEST);
	fputs("<section class=\"hero\" id=\"guest\">\n<h1>", v->out);
	put_text(v, TEXT_MOTTO);
	fputs("</h1>\n<p>", v->out);
	put_text(v, TEXT_MOTTO_WORDS);
	fputs("</p>\n<a class=\"primary\" id=\"sign-in\" href=\"/sign-in\">", v->out);
	put_text(v, TEXT_SIGN_IN);
	fputs("</a>\n</section>\n", v->out);
	link_to_other(v, TEXT_VISIT, "/", "onward quiet");
	html_end(v);
}

/* ---- signed in ------------------------------------------------------------------------------ */

/* Was the person authenticated before coming here? Then nobody asked for a password again. */
static bool is_single_sign_on(const struct session *s)
{
	int64_t at = auth_claims_auth_time(s->identity);
	return at >= 0 && at < s->started_at;
}

static void hero(const struct view *v, const struct session *s)
{
	const char *name = json_string_value(json_object_get(s->userinfo, "name"));
	bool single = is_single_sign_on(s);
	fputs("<section class=\"hero\" id=\"who\">\n<p class=\"state\">", v->out);
	put_text(v, TEXT_SIGNED_IN);
	fputs("</p>\n<h1>", v->out);
	put_text(v, TEXT_HELLO);
	fputs(v->language == LANGUAGE_ZH ? "，<bdi>" : ", <bdi>", v->out);
	put_html(v->out, name ? name : auth_claims_sub(s->identity));
	fprintf(v->out, "</bdi></h1>\n<p id=\"%s\">", single ? "single" : "first");
	put_text(v, single ? TEXT_SINGLE : TEXT_FIRST);
	fputs("</p>\n</section>\n", v->out);
}

static void received(const struct view *v, const struct session *s)
{
	const char *name;
	json_t *value;
	fputs("<section class=\"card\">\n", v->out);
	heading(v, TEXT_RECEIVED, TEXT_RECEIVED_WORDS);
	fputs("<dl id=\"userinfo\">\n", v->out);
	json_object_foreach(s->userinfo, name, value)
		if (strcmp(name, "sub") != 0)
			html_claim_json(v, name, value);
	fputs("</dl>\n</section>\n", v->out);
}

static void authentication(const struct view *v, const struct session *s)
{
	static const char *const shown[] = {"acr", "auth_time", "amr", "iss", "sub"};
	fputs("<section class=\"card\">\n", v->out);
	heading(v, TEXT_AUTHENTICATION, TEXT_AUTHENTICATION_WORDS);
	fputs("<dl id=\"authentication\">\n", v->out);
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		html_claim_value(v, auth_claims_value(s->identity, shown[i]));
	fputs("</dl>\n<details><summary>", v->out);
	put_text(v, TEXT_ALL_CLAIMS);
	fputs("</summary>\n<dl class=\"raw\">\n", v->out);
	html_raw_claims(v, s->identity);
	fputs("</dl></details>\n<p><a href=\"/token\">", v->out);
	put_text(v, TEXT_OFFLINE);
	fputs("</a></p>\n</section>\n", v->out);
}

void page_home(const struct view *v, const struct session *session)
{
	html_begin(v, TEXT_SIGNED_IN);
	hero(v, session);
	link_to_other(v, TEXT_GO_ON, "/sign-in", "onward");
	received(v, session);
	authentication(v, session);
	fputs("<form class=\"leave\" method=\"post\" action=\"/sign-out\">\n"
	      "<button class=\"secondary\" id=\"sign-out\">",
	      v->out);
	put_text(v, TEXT_SIGN_OUT);
	fputs("</button>\n<p class=\"note\">", v->out);
	put_text(v, TEXT_ON_LEAVING);
	fputs("</p>\n</form>\n", v->out);
	html_end(v);
}

/* ---- the end -------------------------------------------------------------------------------- */

static void button(const struct view *v, const char *href, enum text words)
{
	fprintf(v->out, "<a class=\"primary\" href=\"%s\">", href);
	put_text(v, words);
	fputs("</a>\n", v->out);
}

void page_signed_out(const struct view *v)
{
	html_begin(v, TEXT_SIGNED_OUT);
	fputs("<section class=\"hero\" id=\"signed-out\">\n<h1>", v->out);
	put_text(v, TEXT_SIGNED_OUT);
	fputs("</h1>\n<p>", v->out);
	put_text(v, TEXT_SIGNED_OUT_WORDS);
	fputs("</p>\n", v->out);
	button(v, "/sign-in", TEXT_AGAIN);
	fputs("</section>\n", v->out);
	link_to_other(v, TEXT_VISIT, "/", "onward quiet");
	html_end(v);
}

static const struct {
	enum text title, words, way_on;
	const char *href;
} TROUBLES[] = {
        [PROBLEM_NONE] = {TEXT_NOT_SIGNED_IN, TEXT_WHY_FAULT, TEXT_BACK, "/"},
        [PROBLEM_UNKNOWN_LOGIN] = {TEXT_NOT_SIGNED_IN, TEXT_WHY_UNKNOWN_LOGIN, TEXT_AGAIN,
                                   "/sign-in"},
        [PROBLEM_OTHER_ISSUER] = {TEXT_NOT_SIGNED_IN, TEXT_WHY_OTHER_ISSUER, TEXT_BACK, "/"},
        [PROBLEM_REFUSED] = {TEXT_NOT_SIGNED_IN, TEXT_WHY_REFUSED, TEXT_AGAIN, "/sign-in"},
        [PROBLEM_BAD_TOKEN] = {TEXT_NOT_SIGNED_IN, TEXT_WHY_BAD_TOKEN, TEXT_BACK, "/"},
        [PROBLEM_UNREACHABLE] = {TEXT_NOT_SIGNED_IN, TEXT_WHY_UNREACHABLE, TEXT_AGAIN, "/sign-in"},
        [PROBLEM_NOT_FOUND] = {TEXT_NOT_FOUND, TEXT_NOT_FOUND_WORDS, TEXT_BACK, "/"},
        [PROBLEM_FAULT] = {TEXT_ERROR, TEXT_WHY_FAULT, TEXT_BACK, "/"},
};

void page_trouble(const struct view *v, const struct trouble *trouble)
{
	enum problem p = trouble->problem;
	html_begin(v, TROUBLES[p].title);
	fputs("<section class=\"hero problem\" role=\"alert\">\n<h1>", v->out);
	put_text(v, TROUBLES[p].title);
	fputs("</h1>\n<p>", v->out);
	put_text(v, TROUBLES[p].words);
	fputs("</p>\n", v->out);
	button(v, TROUBLES[p].href, TROUBLES[p].way_on);
	fputs("</section>\n", v->out);
	if (*trouble->detail) {
		fputs("<p class=\"detail\">", v->out);
		put_text(v, TEXT_FOR_STAFF);
		fputs(v->language == LANGUAGE_ZH ? "：<code lang=\"en\">" : ": <code>", v->out);
		put_html(v->out, trouble->detail);
		fputs("</code></p>\n", v->out);
	}
	html_end(v);
}
