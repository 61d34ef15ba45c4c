#include "authd/oauth/backchannel_request.h"

#include "authd/oauth/grants/grants.h"
#include "authd/oauth/request_object.h"
#include "authd/service/acr_request.h"
#include "authd/service/login_name.h"
#include "authd/service/own_tokens.h"
#include "authd/service/subjects.h"

struct reading {
	struct request *request;
	const struct client *client;
	struct slice keys;
	struct backchannel_request *b;
	status fault;
};
typedef struct refusal check_fn(struct reading *rd);

bool backchannel_pings(const struct client *client)
{
	return slice_is(client->backchannel_token_delivery_mode, "ping");
}

static struct slice param(const struct reading *rd, const char *name)
{
	return params_get(&rd->b->params, name);
}

/* CIBA §7.1.1: with a signed request, nothing beside it counts. */
static struct refusal check_object(struct reading *rd)
{
	struct request *r = rd->request;
	struct slice object = params_get(&r->form, "request");
	rd->b->params = r->form;
	if (params_get(&r->form, "request_uri").n)
		return refuse(&INVALID_REQUEST, "request_uri is not supported here");
	if (!object.n && rd->client->backchannel_authentication_request_signing_alg.n)
		return refuse(&INVALID_REQUEST, "this client has to sign its requests");
	if (!object.n)
		return NO_REFUSAL;

	struct request_object signed_request;
	struct refusal refusal = NO_REFUSAL;
	rd->fault = request_object_read(r, rd->client, rd->keys, object, OBJECT_BACKCHANNEL, &signed_request,
					&refusal);
	if (rd->fault != ST_OK || refusal.error)
		return refusal;
	rd->b->params = signed_request.params;
	rd->b->jti = signed_request.jti;
	/* By which it counts once. */
	return rd->b->jti.n ? NO_REFUSAL : refuse(&INVALID_REQUEST, "the request object has no jti");
}

static struct refusal check_scope(struct reading *rd)
{
	struct slice client_id = param(rd, "client_id");
	if (client_id.n && !slice_equal(client_id, rd->client->client_id))
		return refuse(&INVALID_REQUEST, "client_id is not the one that has authenticated");
	if (!slice_has_word(param(rd, "scope"), SLICE("openid")))
		return refuse(&INVALID_SCOPE, "scope has to have openid in it");
	return NO_REFUSAL;
}

/* CIBA §7.1: a positive integer; a text of its digits in a signed request counts, too. */
static struct refusal check_expiry(struct reading *rd)
{
	enum { DIGITS_MAX = 9 };
	struct slice text = param(rd, "requested_expiry");
	int64_t seconds = 0;
	rd->b->life_s = BACKCHANNEL_LIFE_S;
	if (slice_empty(text))
		return NO_REFUSAL;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || i >= DIGITS_MAX)
			return refuse(&INVALID_REQUEST, "requested_expiry is not a number of seconds");
		seconds = seconds * 10 + (text.p[i] - '0');
	}
	if (!seconds)
		return refuse(&INVALID_REQUEST, "requested_expiry is not positive");
	rd->b->life_s = seconds < BACKCHANNEL_LIFE_MAX_S ? seconds : BACKCHANNEL_LIFE_MAX_S;
	return NO_REFUSAL;
}

static struct refusal check_the_rest(struct reading *rd)
{
	struct refusal refusal = NO_REFUSAL;
	rd->fault = deferred_request_read(rd->request, &rd->b->params, rd->client, &GRANT_CIBA,
					  rd->b->life_s, &rd->b->deferred, &refusal);
	return refusal;
}

/* Shown to the person, who compares it: short, and without what could hide or move it. */
static struct refusal check_binding_message(struct reading *rd)
{
	enum { BYTES_MAX = 200 };
	struct slice message = param(rd, "binding_message");
	if (message.n > BYTES_MAX)
		return refuse(&INVALID_BINDING_MESSAGE, "binding_message is over 200 bytes");
	for (size_t i = 0; i < message.n; i++)
		if (message.p[i] < ' ' || message.p[i] == 0x7f)
			return refuse(&INVALID_BINDING_MESSAGE, "binding_message has a control character");
	rd->b->deferred.binding_message = message;
	return NO_REFUSAL;
}

/* A level is all that a back-channel client can ask for: where none of them is one, nobody could have it. */
static struct refusal check_acr(struct reading *rd)
{
	struct slice asked = param(rd, "acr_values");
	struct acr_request acr = acr_values_read(asked, rd->client);
	if (!slice_empty(asked) && !acr_request_lowest(rd->request->issuer->conf, &acr))
		return refuse(&UNMET_AUTHENTICATION_REQUIREMENTS, "no acr that was asked for is known here");
	rd->b->deferred.acr_values = asked;
	return NO_REFUSAL;
}

/* CIBA §7.1: a bearer token (RFC 6750 §2.1) of at most 1024 characters. */
static struct refusal check_notification_token(struct reading *rd)
{
	enum { TOKEN_MAX = 1024 };
	struct slice token = param(rd, "client_notification_token");
	if (!backchannel_pings(rd->client))
		return NO_REFUSAL;
	if (slice_empty(token) || token.n > TOKEN_MAX)
		return refuse(&INVALID_REQUEST, "client_notification_token is missing or too long");
	for (size_t i = 0; i < token.n; i++)
		if (!is_unreserved(token.p[i]) && !memchr("+/=", token.p[i], 3))
			return refuse(&INVALID_REQUEST, "client_notification_token is malformed");
	rd->b->deferred.notification_token = token;
	return NO_REFUSAL;
}

/* ---- who is meant ----------------------------------------------------------------------------- */

static status find_by_token(struct reading *rd, struct slice hint, struct subject *ret)
{
	struct request *r = rd->request;
	struct own_id_token token;
	TRY(own_id_token_verify(r->issuer, hint, r->now, &r->arena, &token));
	if (!slice_equal(token.client_id, rd->client->client_id) || id_is_zero(token.subject_id))
		return ST_NOT_FOUND;
	return subjects_get(r->issuer, token.subject_id, &r->arena, ret);
}

static struct refusal check_hint(struct reading *rd)
{
	struct request *r = rd->request;
	struct slice login = param(rd, "login_hint"), token = param(rd, "id_token_hint"),
		     other = param(rd, "login_hint_token");
	struct subject subject;
	if ((login.n > 0) + (token.n > 0) + (other.n > 0) != 1)
		return refuse(&INVALID_REQUEST, "one of login_hint, login_hint_token and id_token_hint is needed");
	if (other.n)
		return refuse(&INVALID_REQUEST, "login_hint_token is not supported");
	status s = login.n ? subjects_find_login(r->issuer, login, r->now, &r->arena, &subject)
			   : find_by_token(rd, token, &subject);
	if (is_fault(s)) {
		rd->fault = s;
		return NO_REFUSAL;
	}
	if (s != ST_OK || subject.state != SUBJECT_ACTIVE ||
	    (subject.kind == SUBJECT_LEGAL && !rd->client->legal_persons))
		return refuse(&UNKNOWN_USER_ID, "the hint leads to nobody");
	rd->b->deferred.grant.subject_id = subject.id;
	return NO_REFUSAL;
}

static check_fn *const CHECKS[] = {
	check_object,          check_scope, check_expiry,             check_the_rest,
	check_binding_message, check_acr,   check_notification_token, check_hint,
};

status backchannel_request_read(struct request *r, const struct client *client, struct slice keys,
				struct backchannel_request *ret, struct refusal *ret_refusal)
{
	struct reading rd = { .request = r, .client = client, .keys = keys, .b = ret };
	struct refusal refusal = NO_REFUSAL;
	for (size_t i = 0; i < COUNT_OF(CHECKS) && !refusal.error; i++) {
		refusal = CHECKS[i](&rd);
		TRY(rd.fault);
	}
	*ret_refusal = refusal;
	return ST_OK;
}
