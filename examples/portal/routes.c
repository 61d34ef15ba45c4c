#include "examples/portal/routes.h"
#include "examples/portal/pages.h"

#include <inttypes.h>
#include <time.h>

static const char *locale_of(const struct exchange *x)
{
	return text_of(TEXT_LANG, x->language);
}

static void home(struct exchange *x)
{
	struct view v;
	struct writer w;
	if (!answer_page_begin(x, &v, &w))
		return;
	if (x->session)
		page_home(&v, x->session);
	else
		page_guest(&v);
	answer_page_end(x, 200, &w);
}

/* ---- signing in and out --------------------------------------------------------------------- */

/* The browser gets a name of its own, so that an answer counts only where the question was asked. */
static void sign_in(struct exchange *x)
{
	struct trouble trouble = {.problem = PROBLEM_FAULT};
	char fresh[RANDOM_SIZE];
	const char *browser = exchange_cookie(x, BROWSER_COOKIE);
	if (!browser || strlen(browser) != RANDOM_SIZE - 1)
		browser = random_text(fresh) ? fresh : NULL;
	AUTO_FREE char *url =
	        browser ? flow_begin(x->portal, browser, locale_of(x), &trouble) : NULL;
	if (!url) {
		answer_trouble(x, &trouble);
		return;
	}
	exchange_set_cookie(x, BROWSER_COOKIE, browser, LOGIN_S);
	answer_redirect(x, url);
}

static void callback(struct exchange *x)
{
	const struct callback c = {
	        .state = exchange_parameter(x, "state"),
	        .code = exchange_parameter(x, "code"),
	        .iss = exchange_parameter(x, "iss"),
	        .error = exchange_parameter(x, "error"),
	};
	struct trouble trouble = {.problem = PROBLEM_FAULT};
	AUTO_SESSION struct session *session =
	        flow_finish(x->portal, exchange_cookie(x, BROWSER_COOKIE), &c, &trouble);
	if (!session) {
		answer_trouble(x, &trouble);
		return;
	}
	/* Always a new session, never one that the browser brought along (session fixation). */
	if (x->session)
		session_end(x->portal->sessions, x->session->id);
	exchange_set_cookie(x, SESSION_COOKIE, session->id, SESSION_S);
	answer_redirect(x, "/");
}

/* SameSite=Lax keeps the session out of other sites' POSTs; a neighbouring port is the same site. */
static bool is_own_form(struct exchange *x)
{
	const char *site = exchange_header(x, "Sec-Fetch-Site");
	const char *origin = exchange_header(x, "Origin");
	if (site && strcmp(site, "same-origin") != 0)
		return false;
	return !origin || strcmp(origin, x->portal->options->base_url) == 0;
}

static void sign_out(struct exchange *x)
{
	if (!is_own_form(x)) {
		answer_trouble(x, &(struct trouble){PROBLEM_REFUSED, "a foreign form"});
		return;
	}
	AUTO_FREE char *url =
	        x->session ? flow_leave(x->portal, x->session, locale_of(x)) : NULL;
	exchange_set_cookie(x, SESSION_COOKIE, "", 0);
	answer_redirect(x, url ? url : "/signed-out");
}

static void signed_out(struct exchange *x)
{
	struct view v;
	struct writer w;
	if (!answer_page_begin(x, &v, &w))
		return;
	page_signed_out(&v);
	answer_page_end(x, 200, &w);
}

/* ---- tokens --------------------------------------------------------------------------------- */

static void token(struct exchange *x)
{
	struct view v;
	struct writer w;
	if (!x->session) {
		answer_redirect(x, "/");
		return;
	}
	if (!answer_page_begin(x, &v, &w))
		return;
	page_token(&v, x->portal->issuer, x->session);
	answer_page_end(x, 200, &w);
}

/* RFC 6750 §3: what a client learns whose token does not do. */
static void challenge(struct exchange *x, enum auth_status status)
{
	char text[200];
	bool scope = status == AUTH_MISSING_SCOPE;
	snprintf(text, sizeof text, "Bearer error=\"%s\", error_description=\"%s\"",
	         scope ? "insufficient_scope" : "invalid_token", auth_strerror(status));
	answer(x, scope ? 403 : 401, "application/json",
	       strdup(scope ? "{\"error\":\"insufficient_scope\"}" : "{\"error\":\"invalid_token\"}"));
	if (x->response)
		MHD_add_response_header(x->response, "WWW-Authenticate", text);
}

/*
 * The portal as a resource server: nobody is asked whether the token is good. An application's first
 * lines of every call look like this.
 */
static void api_me(struct exchange *x)
{
	const char *header = exchange_header(x, "Authorization");
	if (!header || strncasecmp(header, "Bearer ", 7) != 0) {
		answer(x, 401, "application/json", strdup("{}"));
		if (x->response)
			MHD_add_response_header(x->response, "WWW-Authenticate", "Bearer");
		return;
	}
	struct auth_claims *claims;
	const char *text = header + 7;
	enum auth_status status = issuer_verify_access_token(x->portal->issuer, text, strlen(text),
	                                                     time(NULL), &claims);
	if (status != AUTH_OK) {
		challenge(x, status);
		return;
	}
	json_t *me = json_pack("{s:s, s:s, s:s*, s:s*, s:I}", "sub", auth_claims_sub(claims),
	                       "client_id", auth_claims_client_id(claims), "acr",
	                       auth_claims_acr(claims), "scope", auth_claims_scope(claims), "exp",
	                       (json_int_t)auth_claims_exp(claims));
	answer(x, 200, "application/json", json_dumps(me, JSON_COMPACT));
	json_decref(me);
	auth_claims_free(claims);
}

static void style(struct exchange *x)
{
	answer(x, 200, "text/css; charset=utf-8", strdup(STYLE));
}

const struct route ROUTES[] = {
        {"GET", "/", home},
        {"GET", "/sign-in", sign_in},
        {"GET", "/callback", callback},
        {"POST", "/sign-out", sign_out},
        {"GET", "/signed-out", signed_out},
        {"GET", "/token", token},
        {"GET", "/api/me", api_me},
        {"GET", "/style.css", style},
        {0},
};
