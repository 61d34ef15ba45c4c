#include "examples/portal/html.h"
#include "examples/portal/text.h"

#include <inttypes.h>
#include <time.h>

static const char HEAD[] =
        "<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"format-detection\" content=\"telephone=no\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n"
        "<link rel=\"stylesheet\" href=\"/style.css\">\n";

static const char EMBLEM[] =
        "<svg class=\"emblem\" viewBox=\"0 0 32 32\" width=\"34\" height=\"34\" "
        "aria-hidden=\"true\"><path d=\"M3 12.5 16 4l13 8.5v2H3zM6 17h4v8H6zm8 0h4v8h-4zm8 0h4v8"
        "h-4zM3 27h26v2H3z\"/></svg>\n";

void put_text(const struct view *v, enum text text)
{
	put_html(v->out, text_of(text, v->language));
}

void put_name(const struct view *v, const struct portal_name *name)
{
	put_html(v->out, v->language == LANGUAGE_ZH ? name->zh : name->en);
}

void html_begin(const struct view *v, enum text title)
{
	const char *theme = v->options->theme == THEME_NATIONAL ? "national" : "provincial";
	fprintf(v->out, "<!doctype html>\n<html lang=\"%s\" class=\"%s\">\n<head>\n%s<title>",
	        text_of(TEXT_LANG, v->language), theme, HEAD);
	put_text(v, title);
	fputs(" - ", v->out);
	put_name(v, &v->options->name);
	fprintf(v->out,
	        "</title>\n</head>\n<body>\n<header class=\"bar\"><div class=\"bar-inner\">\n"
	        "<a class=\"portal\" href=\"/\">%s<span>",
	        EMBLEM);
	put_html(v->out, v->options->name.zh);
	fputs("<small lang=\"en\">", v->out);
	put_html(v->out, v->options->name.en);
	fputs("</small></span></a>\n<a class=\"language\" href=\"", v->out);
	put_html(v->out, v->path);
	fprintf(v->out, "?lang=%s\" lang=\"%s\">%s</a>\n</div></header>\n<main>\n",
	        text_of(TEXT_OTHER_LANG, v->language), text_of(TEXT_OTHER_LANG, v->language),
	        text_of(TEXT_OTHER_LANGUAGE, v->language));
}

void html_end(const struct view *v)
{
	fputs("</main>\n<footer>", v->out);
	put_text(v, TEXT_SAMPLE);
	fputs("</footer>\n</body>\n</html>\n", v->out);
}

/* ---- claims --------------------------------------------------------------------------------- */

static void put_plain(const struct view *v, const char *value)
{
	put_html(v->out, value);
}

static void put_gender(const struct view *v, const char *value)
{
	if (strcmp(value, "male") == 0)
		put_text(v, TEXT_MALE);
	else if (strcmp(value, "female") == 0)
		put_text(v, TEXT_FEMALE);
	else
		put_plain(v, value);
}

/* urn:authd:acr:rn3: the last character is the level, 2 to 5. */
static void put_level(const struct view *v, const char *value)
{
	static const char prefix[] = "urn:authd:acr:rn";
	size_t n = sizeof prefix - 1;
	if (strncmp(value, prefix, n) != 0 || value[n] < '2' || value[n] > '5' || value[n + 1]) {
		put_plain(v, value);
		return;
	}
	fputs("<span class=\"level\" aria-hidden=\"true\">", v->out);
	for (char step = '2'; step <= '5'; step++)
		fputs(step <= value[n] ? "<i class=\"on\"></i>" : "<i></i>", v->out);
	const char *word = text_of(TEXT_LEVEL, v->language);
	if (v->language == LANGUAGE_ZH)
		fprintf(v->out, "</span>%c %s", value[n], word);
	else
		fprintf(v->out, "</span>%s %c", word, value[n]);
}

static void put_method(const struct view *v, const char *value)
{
	if (strcmp(value, "pwd") == 0)
		put_text(v, TEXT_PASSWORD);
	else
		put_plain(v, value);
}

/* China has one time, eight hours ahead of UTC. */
static void put_time(const struct view *v, const char *value)
{
	time_t at = (time_t)strtoll(value, NULL, 10) + 8 * 3600;
	struct tm tm;
	char text[32];
	if (!gmtime_r(&at, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm)) {
		put_plain(v, value);
		return;
	}
	fprintf(v->out, "<span class=\"time\">%s</span> <small>", text);
	put_text(v, TEXT_BEIJING);
	fputs("</small>", v->out);
}

static void put_code(const struct view *v, const char *value)
{
	fputs("<code>", v->out);
	put_html(v->out, value);
	fputs("</code>", v->out);
}

static const struct {
	const char *name;
	enum text label;
	void (*put)(const struct view *v, const char *value);
} CLAIMS[] = {
        {"name", TEXT_CLAIM_NAME, put_plain},
        {"preferred_username", TEXT_CLAIM_PREFERRED_USERNAME, put_plain},
        {"birthdate", TEXT_CLAIM_BIRTHDATE, put_plain},
        {"gender", TEXT_CLAIM_GENDER, put_gender},
        {"phone_number", TEXT_CLAIM_PHONE_NUMBER, put_plain},
        {"email", TEXT_CLAIM_EMAIL, put_plain},
        {"updated_at", TEXT_CLAIM_UPDATED_AT, put_time},
        {"acr", TEXT_CLAIM_ACR, put_level},
        {"auth_time", TEXT_CLAIM_AUTH_TIME, put_time},
        {"amr", TEXT_CLAIM_AMR, put_method},
        {"iss", TEXT_CLAIM_ISS, put_code},
        {"sub", TEXT_CLAIM_SUB, put_code},
};

static void put_row(const struct view *v, const char *name, const char *value, size_t known)
{
	bool is_known = known < sizeof CLAIMS / sizeof *CLAIMS;
	fputs("<div><dt>", v->out);
	if (is_known) {
		put_text(v, CLAIMS[known].label);
		fputs(" ", v->out);
	}
	put_code(v, name);
	fputs("</dt><dd><bdi>", v->out);
	(is_known ? CLAIMS[known].put : put_code)(v, value);
	fputs("</bdi></dd></div>\n", v->out);
}

void html_claim(const struct view *v, const char *name, const char *value)
{
	size_t known = 0;
	while (known < sizeof CLAIMS / sizeof *CLAIMS && strcmp(CLAIMS[known].name, name) != 0)
		known++;
	put_row(v, name, value, known);
}

/* ---- from JSON ------------------------------------------------------------------------------ */

static void put_value(FILE *out, const struct auth_value *value)
{
	size_t n = 0;
	const char *text = auth_value_string(value), *number = auth_value_number(value, &n);
	if (text)
		fputs(text, out);
	else if (number)
		fprintf(out, "%.*s", (int)n, number);
	else if (auth_value_type(value) == AUTH_TYPE_BOOLEAN)
		fputs(auth_value_true(value) ? "true" : "false", out);
	const struct auth_value *first = auth_value_first(value);
	for (const struct auth_value *item = first; item; item = auth_value_next(value, item)) {
		fputs(item == first ? "" : " ", out);
		put_value(out, item);
	}
}

static void put_claim_value(const struct view *v, const struct auth_value *value, bool raw)
{
	struct writer w;
	if (!value || !writer_open(&w))
		return;
	put_value(w.out, value);
	AUTO_FREE char *text = writer_close(&w);
	if (text && raw)
		put_row(v, auth_value_name(value), text, SIZE_MAX);
	else if (text)
		html_claim(v, auth_value_name(value), text);
}

void html_claim_value(const struct view *v, const struct auth_value *value)
{
	put_claim_value(v, value, false);
}

void html_raw_claims(const struct view *v, const struct auth_claims *claims)
{
	const struct auth_value *all = auth_claims_value(claims, NULL);
	const struct auth_value *claim = auth_value_first(all);
	for (; claim; claim = auth_value_next(all, claim))
		put_claim_value(v, claim, true);
}

void html_claim_json(const struct view *v, const char *name, json_t *value)
{
	if (json_is_string(value)) {
		html_claim(v, name, json_string_value(value));
		return;
	}
	if (json_is_boolean(value)) {
		html_claim(v, name, text_of(json_is_true(value) ? TEXT_YES : TEXT_NO, v->language));
		return;
	}
	AUTO_FREE char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text)
		html_claim(v, name, text);
}
