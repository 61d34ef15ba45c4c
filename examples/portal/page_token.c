/* The page that shows offline verification at work: one token, and four that must be refused. */
#include "examples/portal/pages.h"
#include "examples/portal/text.h"

#include <time.h>

/* One row: a token and the moment at which it is looked at. */
static void trial(const struct view *v, struct issuer *issuer, enum text what, const char *token,
                  int64_t now)
{
	struct timespec begin, end;
	struct auth_claims *claims = NULL;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	enum auth_status status =
	        issuer_verify_access_token(issuer, token, strlen(token), now, &claims);
	clock_gettime(CLOCK_MONOTONIC, &end);
	auth_claims_free(claims);

	bool passed = status == AUTH_OK;
	double us = (double)(end.tv_sec - begin.tv_sec) * 1e6 +
	            (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
	fprintf(v->out, "<li class=\"%s\"><span>", passed ? "passed" : "refused");
	put_text(v, what);
	fputs("</span> <strong>", v->out);
	put_text(v, passed ? TEXT_PASSED : TEXT_REFUSED);
	fputs("</strong> <small lang=\"en\">", v->out);
	put_html(v->out, auth_strerror(status));
	fprintf(v->out, "</small> <small class=\"time\">%.0f ", us);
	put_text(v, TEXT_MICROSECONDS);
	fputs("</small></li>\n", v->out);
}

/* The token with the character at `at` replaced by another of base64url; NULL: out of memory. */
static char *altered(const char *token, size_t at)
{
	char *copy = strdup(token);
	if (copy && at < strlen(copy))
		copy[at] = copy[at] == 'A' ? 'B' : 'A';
	return copy;
}

static void trials(const struct view *v, struct issuer *issuer, const struct session *s)
{
	const char *token = s->access_token;
	const char *payload = strchr(token, '.'), *signature = strrchr(token, '.');
	if (!payload)
		payload = signature = token; /* no JWT: then every row is refused */
	AUTO_FREE char *other_payload = altered(token, (size_t)(payload - token) + 20);
	AUTO_FREE char *other_signature = altered(token, (size_t)(signature - token) + 20);
	int64_t now = time(NULL);
	fputs("<ol class=\"trials\" id=\"trials\">\n", v->out);
	trial(v, issuer, TEXT_TRIAL_GENUINE, token, now);
	if (other_payload)
		trial(v, issuer, TEXT_TRIAL_PAYLOAD, other_payload, now);
	if (other_signature)
		trial(v, issuer, TEXT_TRIAL_SIGNATURE, other_signature, now);
	trial(v, issuer, TEXT_TRIAL_LATER, token, now + 86400);
	trial(v, issuer, TEXT_TRIAL_WRONG, s->id_token, now);
	fputs("</ol>\n", v->out);
}

static void claims_of(const struct view *v, struct issuer *issuer, const struct session *s)
{
	struct auth_claims *claims;
	size_t n = strlen(s->access_token);
	fputs("<section class=\"card\">\n<h2>", v->out);
	put_text(v, TEXT_ACCESS_CLAIMS);
	fputs("</h2>\n", v->out);
	if (issuer_verify_access_token(issuer, s->access_token, n, time(NULL), &claims) == AUTH_OK) {
		fputs("<dl class=\"raw\" id=\"claims\">\n", v->out);
		html_raw_claims(v, claims);
		fputs("</dl>\n", v->out);
		auth_claims_free(claims);
	} else {
		fputs("<p>", v->out);
		put_text(v, TEXT_ACCESS_GONE);
		fputs("</p>\n", v->out);
	}
	fputs("</section>\n", v->out);
}

static void token_itself(const struct view *v, const char *id, const char *name, const char *token)
{
	fprintf(v->out, "<dt><code>%s</code></dt><dd class=\"token\" id=\"%s\">", name, id);
	put_html(v->out, token);
	fputs("</dd>\n", v->out);
}

void page_token(const struct view *v, struct issuer *issuer, const struct session *s)
{
	html_begin(v, TEXT_OFFLINE);
	fputs("<section class=\"card\">\n<h1>", v->out);
	put_text(v, TEXT_OFFLINE);
	fputs("</h1>\n<p class=\"note\">", v->out);
	put_text(v, TEXT_OFFLINE_WORDS);
	fputs("</p>\n", v->out);
	trials(v, issuer, s);
	fputs("</section>\n", v->out);
	claims_of(v, issuer, s);
	if (v->options->show_tokens) {
		fputs("<section class=\"card\"><details><summary>", v->out);
		put_text(v, TEXT_RAW);
		fputs("</summary>\n<dl>\n", v->out);
		token_itself(v, "access-token", "access_token", s->access_token);
		token_itself(v, "id-token", "id_token", s->id_token);
		fputs("</dl></details></section>\n", v->out);
	}
	fputs("<p class=\"back\"><a href=\"/\">", v->out);
	put_text(v, TEXT_BACK);
	fputs("</a></p>\n", v->out);
	html_end(v);
}
