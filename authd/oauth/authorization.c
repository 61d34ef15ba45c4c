#include "authd/oauth/authorization.h"

#include "authd/oauth/audience.h"
#include "authd/oauth/details.h"
#include "authd/service/claim_rights.h"
#include "authd/service/clients.h"
#include "authd/service/profile.h"
#include "authd/service/redirect_uri.h"
#include "libauth/base/encode.h"

const char SCOPES_SUPPORTED[] = "openid profile email phone address offline_access";

/* What the checks work on. */
struct reading {
	struct request *request;
	const struct params *params;
	unsigned way;
	struct authorization *az;
	status fault;
};

typedef struct refusal check_fn(struct reading *rd);

static struct slice param(const struct reading *rd, const char *name)
{
	return params_get(rd->params, name);
}

/* ---- until client and redirect URI are known: errors stay on a page ------------------------- */

/* Which of two would count is anybody's guess: RFC 6749 §3.1 forbids both. */
static struct refusal check_duplicates(struct reading *rd)
{
	if (params_duplicate(rd->params).p)
		return refuse(&INVALID_REQUEST, "a parameter is given twice");
	return NO_REFUSAL;
}

static struct refusal check_client(struct reading *rd)
{
	struct slice client_id = param(rd, "client_id");
	if (slice_empty(client_id))
		return refuse(&INVALID_REQUEST, "client_id is missing");

	struct request *r = rd->request;
	struct client *client = &rd->az->client;
	bool read_before = slice_equal(client->client_id, client_id);
	status s = read_before ? ST_OK : clients_get(r->issuer, client_id, &r->arena, client);
	if (s == ST_NOT_FOUND)
		return refuse(&INVALID_CLIENT, "this client is not registered");
	if (s != ST_OK) {
		rd->fault = s;
		return NO_REFUSAL;
	}
	if (client->disabled)
		return refuse(&INVALID_CLIENT, "this client is disabled");
	return NO_REFUSAL;
}

static struct refusal check_redirect_uri(struct reading *rd)
{
	struct slice uri = param(rd, "redirect_uri");
	if (slice_empty(uri))
		return refuse(&INVALID_REQUEST, "redirect_uri is missing");
	if (!redirect_uri_matches(&rd->az->client, uri))
		return refuse(&INVALID_REQUEST, "redirect_uri is not registered for this client");
	rd->az->redirect_uri = uri;
	rd->az->may_redirect = true;
	return NO_REFUSAL;
}

/* ---- from here on, errors go back to the portal --------------------------------------------- */

static const char RESPONSE_TYPE[] = "code", CHALLENGE_METHOD[] = "S256";

/* JARM §2.3: with response_type=code, jwt is query.jwt. */
static const struct {
	const char *name;
	enum response_mode mode;
	bool is_signed;
} MODES[] = {
	{ "", RESPONSE_MODE_QUERY, false },
	{ "query", RESPONSE_MODE_QUERY, false },
	{ "form_post", RESPONSE_MODE_FORM_POST, false },
	{ "jwt", RESPONSE_MODE_QUERY, true },
	{ "query.jwt", RESPONSE_MODE_QUERY, true },
	{ "form_post.jwt", RESPONSE_MODE_FORM_POST, true },
};

static struct refusal check_response_mode(struct reading *rd)
{
	rd->az->state = param(rd, "state");
	struct slice mode = param(rd, "response_mode");
	for (size_t i = 0; i < COUNT_OF(MODES); i++) {
		if (!slice_is(mode, MODES[i].name))
			continue;
		rd->az->response_mode = MODES[i].mode;
		rd->az->signed_response = MODES[i].is_signed;
		if (profile_of(&rd->az->client)->signed_responses && !MODES[i].is_signed)
			return refuse(&INVALID_REQUEST, "response_mode must be jwt, by the client's profile");
		return NO_REFUSAL;
	}
	return refuse(&INVALID_REQUEST, "response_mode is not supported");
}

/* What the client's profile and registration say of the way that a request takes. */
static struct refusal check_way(struct reading *rd)
{
	const struct client *client = &rd->az->client;
	if (rd->way & AUTHORIZATION_RESUMED)
		return NO_REFUSAL;
	if (client_must_push(rd->request->issuer, client) && !(rd->way & AUTHORIZATION_PUSHED))
		return refuse(&INVALID_REQUEST, "this client's requests come by PAR (RFC 9126)");
	if (client_must_sign_requests(client) && !(rd->way & AUTHORIZATION_SIGNED))
		return refuse(&INVALID_REQUEST, "this client's requests are signed (RFC 9101)");
	return NO_REFUSAL;
}

/* OIDC Core §7.2.1: ignoring it would drop what it asks for. */
static struct refusal check_unsupported(struct reading *rd)
{
	if (!slice_empty(param(rd, "registration")))
		return refuse(&REGISTRATION_NOT_SUPPORTED, "registration is not supported");
	return NO_REFUSAL;
}

static struct refusal check_response_type(struct reading *rd)
{
	struct slice type = param(rd, "response_type");
	if (slice_empty(type))
		return refuse(&INVALID_REQUEST, "response_type is missing");
	if (!slice_is(type, RESPONSE_TYPE))
		return refuse(&UNSUPPORTED_RESPONSE_TYPE, "response_type must be code");
	if (!client_list_has(&rd->az->client.grant_types, SLICE("authorization_code")))
		return refuse(&UNAUTHORIZED_CLIENT, "this client may not use the code flow");
	return NO_REFUSAL;
}

static struct refusal check_scope(struct reading *rd)
{
	struct slice scope = param(rd, "scope");
	struct slice rest = scope, word;
	bool any = false;
	while (slice_next_word(&rest, &word)) {
		any = true;
		if (!slice_has_word(rd->az->client.scope, word))
			return refuse(&INVALID_SCOPE, "a scope is not registered for this client");
	}
	if (!any)
		return refuse(&INVALID_SCOPE, "scope is missing");
	rd->az->scope = scope;
	return NO_REFUSAL;
}

static bool is_sha256_text(struct slice text)
{
	enum { S256_TEXT = 43 };
	uint8_t hash[S256_TEXT];
	size_t n;
	return text.n == S256_TEXT && base64url_decode(text, hash, &n) == ST_OK;
}

static struct refusal check_pkce(struct reading *rd)
{
	struct slice challenge = param(rd, "code_challenge");
	struct slice method = param(rd, "code_challenge_method");
	if (slice_empty(challenge)) {
		if (rd->az->client.require_pkce)
			return refuse(&INVALID_REQUEST, "code_challenge is required (RFC 7636)");
		if (!slice_empty(method))
			return refuse(&INVALID_REQUEST, "code_challenge_method without code_challenge");
		return NO_REFUSAL;
	}
	/* An absent method means `plain` (RFC 7636 §4.3), which protects nothing. */
	if (!slice_is(method, CHALLENGE_METHOD))
		return refuse(&INVALID_REQUEST, "code_challenge_method must be S256");
	if (!is_sha256_text(challenge))
		return refuse(&INVALID_REQUEST, "code_challenge is not a base64url SHA-256");
	rd->az->code_challenge = challenge;
	return NO_REFUSAL;
}

static struct refusal check_dpop_jkt(struct reading *rd)
{
	struct slice jkt = param(rd, "dpop_jkt");
	if (!slice_empty(jkt) && !is_sha256_text(jkt))
		return refuse(&INVALID_REQUEST, "dpop_jkt is not a base64url SHA-256 (RFC 9449 10)");
	rd->az->dpop_jkt = jkt;
	return NO_REFUSAL;
}

static const struct {
	const char *name;
	enum prompt prompt;
} PROMPTS[] = {
	{ "none", PROMPT_NONE },
	{ "login", PROMPT_LOGIN },
	{ "consent", PROMPT_CONSENT },
	{ "select_account", PROMPT_SELECT_ACCOUNT },
};

void authorization_write_metadata(struct json_writer *w)
{
	json_words(w, "response_types_supported", slice_str(RESPONSE_TYPE));
	json_begin_array(w, "response_modes_supported");
	for (size_t i = 0; i < COUNT_OF(MODES); i++)
		if (MODES[i].name[0])
			json_text(w, NULL, slice_str(MODES[i].name));
	json_end(w);
	json_begin_array(w, "prompt_values_supported");
	for (size_t i = 0; i < COUNT_OF(PROMPTS); i++)
		json_text(w, NULL, slice_str(PROMPTS[i].name));
	json_end(w);
	json_words(w, "code_challenge_methods_supported", slice_str(CHALLENGE_METHOD));
}

static unsigned prompt_of(struct slice word)
{
	for (size_t i = 0; i < COUNT_OF(PROMPTS); i++)
		if (slice_is(word, PROMPTS[i].name))
			return PROMPTS[i].prompt;
	return 0;
}

static struct refusal check_prompt(struct reading *rd)
{
	struct slice rest = param(rd, "prompt"), word;
	while (slice_next_word(&rest, &word)) {
		unsigned one = prompt_of(word);
		if (!one)
			return refuse(&INVALID_REQUEST, "prompt has an unknown value");
		rd->az->prompt |= one;
	}
	if ((rd->az->prompt & PROMPT_NONE) && rd->az->prompt != PROMPT_NONE)
		return refuse(&INVALID_REQUEST, "prompt=none stands alone");
	return NO_REFUSAL;
}

static struct refusal check_max_age(struct reading *rd)
{
	enum { DIGITS_MAX = 9 };
	struct slice text = param(rd, "max_age");
	rd->az->max_age = -1;
	if (slice_empty(text)) {
		if (rd->az->client.default_max_age > 0)
			rd->az->max_age = rd->az->client.default_max_age;
		return NO_REFUSAL;
	}
	int64_t seconds = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || i >= DIGITS_MAX)
			return refuse(&INVALID_REQUEST, "max_age is not a number of seconds");
		seconds = seconds * 10 + (text.p[i] - '0');
	}
	rd->az->max_age = seconds;
	return NO_REFUSAL;
}

static status read_claims(struct reading *rd, struct claims_request *ret)
{
	struct authorization *az = rd->az;
	struct arena *a = &rd->request->arena;
	TRY(claims_request_read(param(rd, "claims"), &az->client, a, ret));
	az->claims = ret->json;
	az->sub = ret->sub;
	az->told = (claims_of_scope(az->scope) | ret->userinfo | ret->id_token) & claims_allowed(&az->client);
	return ST_OK;
}

static struct refusal check_claims(struct reading *rd)
{
	struct claims_request asked = { 0 };
	status s = read_claims(rd, &asked);
	if (s == ST_INVALID)
		return refuse(&INVALID_REQUEST, "claims is not as OIDC Core 5.5 has it");
	rd->fault = s;
	bool known = acr_request_lowest(rd->request->issuer->conf, &asked.acr);
	if (asked.acr.essential && !known)
		return refuse(&UNMET_AUTHENTICATION_REQUIREMENTS, "no acr that was asked for is known here");
	rd->az->acr = known ? asked.acr : acr_values_read(param(rd, "acr_values"), &rd->az->client);
	return NO_REFUSAL;
}

static struct refusal check_details(struct reading *rd)
{
	struct refusal refusal = NO_REFUSAL;
	rd->fault = details_read(rd->request, rd->params, &rd->az->client, &rd->az->details, &refusal);
	return refusal;
}

/* The audience is fixed here, and so is the sector that `sub` belongs to. */
static struct refusal check_resource(struct reading *rd)
{
	struct refusal refusal = NO_REFUSAL;
	rd->fault = audience_read(rd->request, rd->params, &rd->az->client, &rd->az->audience, &refusal);
	return refusal;
}

static struct refusal read_the_rest(struct reading *rd)
{
	enum { NONCE_MAX = 1024, STATE_MAX = 4096 };
	struct authorization *az = rd->az;
	az->nonce = param(rd, "nonce");
	az->login_hint = param(rd, "login_hint");
	az->ui_locales = param(rd, "ui_locales");
	az->id_token_hint = param(rd, "id_token_hint");
	if (az->nonce.n > NONCE_MAX)
		return refuse(&INVALID_REQUEST, "nonce is too long");
	if (az->state.n > STATE_MAX) {
		az->state = NO_SLICE;
		return refuse(&INVALID_REQUEST, "state is too long");
	}
	return NO_REFUSAL;
}

static check_fn *const CHECKS[] = {
	check_duplicates,
	check_client,
	check_redirect_uri,

	check_response_mode,
	check_way,
	check_unsupported,
	check_response_type,
	check_scope,
	check_pkce,
	check_dpop_jkt,
	check_prompt,
	check_max_age,
	check_claims,
	check_details,
	check_resource,
	read_the_rest,
};

static status run(check_fn *const *checks, size_t n, struct reading *rd, struct refusal *ret_refusal)
{
	struct refusal refusal = NO_REFUSAL;
	for (size_t i = 0; i < n && !refusal.error; i++) {
		refusal = checks[i](rd);
		TRY(rd->fault);
	}
	*ret_refusal = refusal;
	return ST_OK;
}

status authorization_read(struct request *r, const struct params *params, unsigned way,
			  struct authorization *ret, struct refusal *ret_refusal)
{
	struct reading rd = { .request = r, .params = params, .way = way, .az = ret };
	return run(CHECKS, COUNT_OF(CHECKS), &rd, ret_refusal);
}

status authorization_read_client(struct request *r, const struct params *params, struct authorization *ret,
				 struct refusal *ret_refusal)
{
	static check_fn *const FIRST[] = { check_duplicates, check_client };
	struct reading rd = { .request = r, .params = params, .az = ret };
	return run(FIRST, COUNT_OF(FIRST), &rd, ret_refusal);
}

void authorization_read_return(struct request *r, const struct params *params, struct authorization *ret)
{
	struct reading rd = { .request = r, .params = params, .az = ret };
	if (!check_redirect_uri(&rd).error)
		(void)check_response_mode(&rd);
}
