#include "examples/portal/flow.h"
#include "examples/portal/http.h"

#include <time.h>

static void *trouble(struct trouble *ret, enum problem problem, const char *detail)
{
	ret->problem = problem;
	copy_printable(ret->detail, sizeof ret->detail, detail);
	return NULL;
}

/* ---- to the issuer -------------------------------------------------------------------------- */

static char *authorization_url(const struct portal *p, const char *endpoint,
                               const struct login *login, const char *locale)
{
	char challenge[RANDOM_SIZE], redirect_uri[1024];
	struct writer w;
	if (!sha256_text(login->verifier, challenge) || !writer_open(&w))
		return NULL;
	snprintf(redirect_uri, sizeof redirect_uri, "%s/callback", p->options->base_url);
	fprintf(w.out, "%s%cresponse_type=code", endpoint, strchr(endpoint, '?') ? '&' : '?');
	put_parameter(w.out, "client_id", p->options->client_id);
	put_parameter(w.out, "redirect_uri", redirect_uri);
	put_parameter(w.out, "scope", "openid profile");
	/* For the portal's own interface, and for the issuer's userinfo (RFC 8707 §2). */
	put_parameter(w.out, "resource", p->options->base_url);
	put_parameter(w.out, "resource", p->options->issuer);
	put_parameter(w.out, "state", login->state);
	put_parameter(w.out, "nonce", login->nonce);
	put_parameter(w.out, "code_challenge", challenge);
	put_parameter(w.out, "code_challenge_method", "S256");
	put_parameter(w.out, "ui_locales", locale);
	return writer_close(&w);
}

char *flow_begin(struct portal *p, const char *browser, const char *locale, struct trouble *ret)
{
	char why[160];
	struct login login;
	const struct metadata *m = issuer_metadata(p->issuer, why);
	if (!m)
		return trouble(ret, PROBLEM_UNREACHABLE, why);
	if (!login_begin(p->sessions, browser, time(NULL), &login))
		return trouble(ret, PROBLEM_FAULT, "no randomness");
	char *url = authorization_url(p, m->authorization_endpoint, &login, locale);
	return url ? url : trouble(ret, PROBLEM_FAULT, "out of memory");
}

/* ---- and back ------------------------------------------------------------------------------- */

enum problem callback_check(const struct callback *c, const char *issuer)
{
	/* RFC 9207 §2.4: our issuer always says who it is, so an answer without `iss` is not its. */
	if (!c->iss || strcmp(c->iss, issuer) != 0)
		return PROBLEM_OTHER_ISSUER;
	return c->error || !c->code ? PROBLEM_REFUSED : PROBLEM_NONE;
}

static char *token_form(const struct portal *p, const char *code, const struct login *login)
{
	char redirect_uri[1024];
	struct writer w;
	if (!writer_open(&w))
		return NULL;
	snprintf(redirect_uri, sizeof redirect_uri, "%s/callback", p->options->base_url);
	fputs("grant_type=authorization_code", w.out);
	put_parameter(w.out, "code", code);
	put_parameter(w.out, "redirect_uri", redirect_uri);
	put_parameter(w.out, "code_verifier", login->verifier);
	if (!p->options->client_secret)
		put_parameter(w.out, "client_id", p->options->client_id);
	return writer_close(&w);
}

/* RFC 6749 §4.1.3: the code for tokens, by the back channel. */
static bool redeem(const struct portal *p, const char *code, const struct login *login,
                   struct session *session, struct trouble *ret)
{
	char why[160];
	const struct metadata *m = issuer_metadata(p->issuer, why);
	AUTO_FREE char *form = token_form(p, code, login);
	if (!m || !form)
		return trouble(ret, m ? PROBLEM_FAULT : PROBLEM_UNREACHABLE, m ? "out of memory" : why);
	const struct http_request request = {
	        .url = m->token_endpoint,
	        .form = form,
	        .user = p->options->client_secret ? p->options->client_id : NULL,
	        .password = p->options->client_secret,
	};
	AUTO_ANSWER struct http_answer a;
	if (!http_json(&request, &a))
		return trouble(ret, PROBLEM_UNREACHABLE, a.why);
	const char *error = json_text(a.json, "error");
	if (a.status != 200)
		return trouble(ret, PROBLEM_REFUSED, error ? error : "the token endpoint said no");

	const char *type = json_text(a.json, "token_type");
	const char *access_token = json_text(a.json, "access_token");
	const char *id_token = json_text(a.json, "id_token");
	if (!type || strcasecmp(type, "Bearer") != 0 || !access_token || !id_token)
		return trouble(ret, PROBLEM_BAD_TOKEN, "the token endpoint's answer lacks tokens");
	session->access_token = strdup(access_token);
	session->id_token = strdup(id_token);
	return (session->access_token && session->id_token) ||
	       trouble(ret, PROBLEM_FAULT, "out of memory");
}

/* Who it is: from the ID token, verified here by libauth. */
static bool identify(const struct portal *p, const struct login *login, struct session *session,
                     struct trouble *ret)
{
	enum auth_status status = issuer_verify_id_token(p->issuer, session->id_token, login->nonce,
	                                                 session->access_token, &session->identity);
	return status == AUTH_OK || trouble(ret, PROBLEM_BAD_TOKEN, auth_strerror(status));
}

/* What the issuer tells about the person, by the back channel. */
static bool ask_userinfo(const struct portal *p, struct session *session, struct trouble *ret)
{
	char why[160];
	const struct metadata *m = issuer_metadata(p->issuer, why);
	if (!m)
		return trouble(ret, PROBLEM_UNREACHABLE, why);
	const struct http_request request = {
	        .url = m->userinfo_endpoint,
	        .bearer = session->access_token,
	};
	AUTO_ANSWER struct http_answer a;
	if (!http_json(&request, &a) || a.status != 200)
		return trouble(ret, PROBLEM_UNREACHABLE, a.json ? "userinfo was refused" : a.why);
	/* Core §5.3.2: it must be about the person of the ID token. */
	const char *sub = json_text(a.json, "sub");
	if (!sub || strcmp(sub, auth_claims_sub(session->identity)) != 0)
		return trouble(ret, PROBLEM_BAD_TOKEN, "userinfo is about somebody else");
	session->userinfo = json_incref(a.json);
	return true;
}

struct session *flow_finish(struct portal *p, const char *browser, const struct callback *c,
                            struct trouble *ret)
{
	struct login login;
	int64_t now = time(NULL);
	if (!c->state || !browser || !login_take(p->sessions, c->state, browser, now, &login))
		return trouble(ret, PROBLEM_UNKNOWN_LOGIN, "no sign-in of this state and browser");
	enum problem problem = callback_check(c, p->options->issuer);
	if (problem != PROBLEM_NONE)
		return trouble(ret, problem, c->error ? c->error : "");

	struct session *session = session_new(now);
	if (!session)
		return trouble(ret, PROBLEM_FAULT, "out of memory");
	session->started_at = login.started_at;
	if (!redeem(p, c->code, &login, session, ret) || !identify(p, &login, session, ret) ||
	    !ask_userinfo(p, session, ret)) {
		session_release(session);
		return NULL;
	}
	session->holders++;
	session_add(p->sessions, session);
	return session;
}

/* ---- sign-out ------------------------------------------------------------------------------- */

char *flow_leave(struct portal *p, struct session *session, const char *locale)
{
	char why[160], return_to[1024];
	struct writer w;
	session_end(p->sessions, session->id);
	const struct metadata *m = issuer_metadata(p->issuer, why);
	if (!m || !writer_open(&w))
		return NULL;
	snprintf(return_to, sizeof return_to, "%s/signed-out", p->options->base_url);
	const char *endpoint = m->end_session_endpoint;
	fprintf(w.out, "%s%cclient_id=", endpoint, strchr(endpoint, '?') ? '&' : '?');
	put_percent(w.out, p->options->client_id);
	put_parameter(w.out, "id_token_hint", session->id_token);
	put_parameter(w.out, "post_logout_redirect_uri", return_to);
	put_parameter(w.out, "ui_locales", locale);
	return writer_close(&w);
}
