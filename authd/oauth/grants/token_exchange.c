/*
 * An access token of ours is exchanged for another one (RFC 8693): by a resource server that has to call
 * the next one, or by a portal for somebody who acts.
 *
 * With `mandate_id`, a parameter of ours, a person's token is exchanged for one in the name of the legal person
 * for whom that mandate lets them act; it ends with the mandate, too.
 *
 * A row of policy must allow it. The new token never says more than the old one, nor for longer, and names
 * it in its handle: it ends with it, and with whatever that one hung on. Whoever gives a bound token shows
 * that they hold its key or certificate, and the new one is bound to the same.
 */
#include "authd/oauth/grants/grants.h"

#include "authd/oauth/exchange_target.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/acting.h"
#include "authd/service/audit.h"
#include "authd/service/consents.h"
#include "authd/service/mandates.h"
#include "authd/service/own_tokens.h"
#include "authd/service/acr_request.h"
#include "authd/service/tokens.h"

struct exchange {
	struct own_access_token subject, actor; /* actor.jti absent: nobody acts */
	struct ancestor ancestors[ANCESTORS_MAX];
	size_t ancestors_n;
	struct mandate_use use; /* of mandate_id */
	bool acts;              /* there is one */
};

/* ---- what is presented ---------------------------------------------------------------------- */

/* §2.1: a type is there with its token, and only with it. */
static const char *bad_parameters(const struct request *r)
{
	struct slice requested = params_get(&r->form, "requested_token_type");
	struct slice type = params_get(&r->form, "subject_token_type");
	struct slice actor_type = params_get(&r->form, "actor_token_type");
	if (slice_empty(params_get(&r->form, "subject_token")))
		return "subject_token is missing";
	if (!slice_is(type, TOKEN_TYPE_ACCESS_TOKEN))
		return "subject_token_type is not that of an access token";
	if (slice_empty(params_get(&r->form, "actor_token")) != slice_empty(actor_type))
		return "actor_token and actor_token_type come together";
	if (!slice_empty(actor_type) && !slice_is(actor_type, TOKEN_TYPE_ACCESS_TOKEN))
		return "actor_token_type is not that of an access token";
	if (!slice_empty(requested) && !slice_is(requested, TOKEN_TYPE_ACCESS_TOKEN))
		return "requested_token_type is not that of an access token";
	return NULL;
}

/* Was it issued to this client, or is it meant for it? Whoever else has it found or stolen it. */
static bool is_for(const struct client *c, const struct own_access_token *t)
{
	struct slice rest = t->audience, audience;
	if (slice_equal(t->client_id, c->client_id))
		return true;
	while (slice_next_word(&rest, &audience))
		if (client_list_has(&c->audiences, audience))
			return true;
	return false;
}

/* *ret_why: why it is refused, if it is. Otherwise a fault, or ST_OK. */
static status open_token(struct request *r, const char *parameter, struct own_access_token *ret,
			 const char **ret_why)
{
	const struct client *client = token_client(r);
	struct slice text = params_get(&r->form, parameter);
	status s = own_access_token_verify(r->issuer, text, r->now, &r->arena, ret);
	if (is_fault(s))
		return s;
	*ret_why = s == ST_EXPIRED			? "a token has expired" :
		   s == ST_FORBIDDEN			? "a token was revoked" :
		   s != ST_OK				? "a token is not an access token of this issuer" :
		   !is_for(client, ret)			? "a token is neither this client's nor meant for it" :
		   !sender_holds_token(token_sender(r), ret)
							? "a token is bound to a key that was not shown" :
		   ret->kind == SUBJECT_LEGAL && !client->legal_persons
							? "this client does not receive legal persons" :
							  NULL;
	return ST_OK;
}

/* The client got the token itself, from the person, and knows the mandate by the name that its sector has. */
static status find_mandate(struct request *r, struct exchange *x, struct slice mandate_id, const char **ret_why)
{
	const struct client *client = token_client(r);
	const struct own_access_token *t = &x->subject;
	*ret_why = !client->legal_persons ? "this client does not receive legal persons" :
		   t->kind != SUBJECT_NATURAL || t->handle.ancestors_n || x->actor.jti.p ||
				   !slice_equal(t->client_id, client->client_id) ?
					    "mandate_id is for a person's own token, from this client's sign-in" :
					    NULL;
	if (*ret_why)
		return ST_OK;
	status s = acting_find(r->issuer, client, t->handle.subject_id, t->handle.proved_us, mandate_id, r->now,
			       &r->arena, &x->use);
	x->acts = s == ST_OK;
	if (s == ST_FORBIDDEN)
		*ret_why = "mandate_id names no mandate by which this person may act";
	return is_fault(s) ? s : ST_OK;
}

/* §2.2.2: a token that is not acceptable, for whatever reason, is invalid_request. */
static enum step_result open_tokens(struct request *r)
{
	struct token_request *t = r->state;
	struct exchange *x = t->own;
	if (token_client(r)->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		return token_refuse(r, &UNAUTHORIZED_CLIENT, "a public client may not exchange tokens");
	const char *why = bad_parameters(r);
	status s = ST_OK;
	if (!why)
		s = open_token(r, "subject_token", &x->subject, &why);
	if (!why && s == ST_OK && !slice_empty(params_get(&r->form, "actor_token")))
		s = open_token(r, "actor_token", &x->actor, &why);
	struct slice mandate_id = params_get(&r->form, "mandate_id");
	if (!why && s == ST_OK && !slice_empty(mandate_id))
		s = find_mandate(r, x, mandate_id, &why);
	if (s != ST_OK)
		return answer_fault(r, s, "token exchange");
	if (!why && x->actor.handle.ancestors_n)
		why = "the actor's token was itself exchanged";
	return why ? token_refuse(r, &INVALID_REQUEST, why) : STEP_NEXT;
}

/* ---- what is issued ------------------------------------------------------------------------- */

static status add_ancestor(struct exchange *x, const struct own_access_token *t, bool acts)
{
	struct ancestor *to = &x->ancestors[x->ancestors_n];
	TRY(handle_as_ancestor(&t->handle, t->jti, t->client_id, to));
	to->kind = t->kind;
	to->acts = acts;
	x->ancestors_n++;
	return ST_OK;
}

/* What the exchanged token hung on, that token, and the actor's. */
static status name_ancestors(struct exchange *x)
{
	const struct handle *h = &x->subject.handle;
	for (size_t i = 0; i < h->ancestors_n; i++)
		x->ancestors[x->ancestors_n++] = h->ancestors[i];
	if (x->acts)
		x->ancestors[x->ancestors_n++] = acting_ancestor(x->use.mandate.id, h->subject_id, h->proved_us,
								 x->subject.client_id);
	TRY(add_ancestor(x, &x->subject, false));
	return x->actor.jti.p ? add_ancestor(x, &x->actor, true) : ST_OK;
}

static struct grant exchanged(const struct request *r, const struct exchange *x,
			      const struct exchange_target *target)
{
	const struct own_access_token *s = &x->subject;
	bool sooner = x->actor.jti.p && x->actor.exp < s->exp;
	return (struct grant){
		.id = s->handle.grant_id,
		.session_id = s->handle.session_id,
		.subject_id = s->handle.subject_id,
		.client_id = token_client(r)->client_id,
		.audience = target->audience,
		.agreed = s->handle.claims,
		.kind = s->kind,
		.authentication = { .auth_time = s->auth_time,
				    .level = level_of_acr(r->issuer->conf, s->acr),
				    .acr = s->acr,
				    .amr = s->amr,
				    .proved_us = s->handle.proved_us },
		.created_at = r->now,
		.ancestors = x->ancestors,
		.ancestors_n = x->ancestors_n,
		.x5t_s256 = s->x5t_s256.n ? s->x5t_s256 : x->actor.x5t_s256,
		.expires_at = sooner ? x->actor.exp : s->exp,
	};
}

/* In the name of the legal person; never for longer than the mandate. */
static void act(const struct exchange *x, struct grant *g)
{
	if (!x->acts)
		return;
	g->actor_id = g->subject_id;
	g->subject_id = x->use.legal.id;
	g->kind = SUBJECT_LEGAL;
	g->mandate_id = x->use.mandate.id;
	if (x->use.until && x->use.until < g->expires_at)
		g->expires_at = x->use.until;
}

/* Consent for acting is of its own: what the person lets be told of themselves says nothing of the legal
 * person. */
static status narrow_claims(struct request *r, const struct exchange *x, claim_set *agreed)
{
	if (!x->acts)
		return ST_OK;
	return consent_claims(r->issuer, token_client(r), x->use.mandate.id, *agreed, &r->arena, agreed);
}

static status has_consent(struct request *r, const struct exchange *x, struct slice scope, bool *ret)
{
	const struct consent asked = { .scope = scope };
	enum consent_extent extent = CONSENT_TO_ALL;
	if (x->acts)
		TRY(consent_extent(r->issuer, token_client(r), x->use.mandate.id, &asked, &r->arena, &extent));
	*ret = extent == CONSENT_TO_ALL;
	return ST_OK;
}

static enum step_result record(struct request *r, const struct grant *g)
{
	const struct exchange *x = ((struct token_request *)r->state)->own;
	const struct audit_entry entry = {
		.event = "token.exchange",
		.client_id = g->client_id,
		.subject = g->subject_id,
		.actor = x->acts ? g->actor_id : x->actor.handle.subject_id,
		.mandate = g->mandate_id,
		.grant = g->id,
		.detail = g->audience,
	};
	struct batch *b = batch_new(&r->arena);
	status s = b ? audit_write(b, &entry) : ST_NOMEM;
	if (s != ST_OK)
		return answer_fault(r, s, "token exchange");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result decide(struct request *r)
{
	struct token_request *t = r->state;
	struct exchange *x = t->own;
	struct exchange_target target;
	struct refusal refusal;
	struct slice scope;
	if (x->subject.handle.ancestors_n + 1 + x->acts + !!x->actor.jti.p > ANCESTORS_MAX)
		return token_refuse(r, &INVALID_REQUEST, "the token was exchanged too often");
	status s = exchange_target_read(r, r->issuer->iss, SLICE(TOKEN_TYPE_ACCESS_TOKEN), &target, &refusal);
	if (s == ST_OK && refusal.error)
		return token_refuse(r, refusal.error, refusal.description);
	if (s == ST_OK)
		s = words_common(x->subject.scope, target.scope, &r->arena, &scope);
	if (s == ST_OK)
		s = name_ancestors(x);
	if (s != ST_OK)
		return answer_fault(r, s, "token exchange");
	if (!token_scope_narrowed(r, scope, &t->scope))
		return token_refuse(r, &INVALID_SCOPE, "the scope is wider than the token's or the client's");
	bool agreed;
	s = has_consent(r, x, t->scope, &agreed);
	if (s != ST_OK)
		return answer_fault(r, s, "consent");
	if (!agreed)
		return token_refuse(r, &CONSENT_REQUIRED, "the person has not agreed to this in that name");
	t->grant = exchanged(r, x, &target);
	act(x, &t->grant);
	t->grant.scope = t->scope;
	s = narrow_claims(r, x, &t->grant.agreed);
	if (s != ST_OK)
		return answer_fault(r, s, "consent");
	return record(r, &t->grant);
}

static enum step_result issue(struct request *r)
{
	struct token_request *t = r->state;
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "token exchange");
	t->issued_token_type = SLICE(TOKEN_TYPE_ACCESS_TOKEN);
	return token_issue(r);
}

static step_fn *const STEPS[] = { open_tokens, decide, issue, NULL };
const struct grant_type GRANT_TOKEN_EXCHANGE = {
	.name = "urn:ietf:params:oauth:grant-type:token-exchange",
	.steps = STEPS,
	.state_size = sizeof(struct exchange),
};
