/* POST /revoke: a client gives a token up (RFC 7009). A refresh token takes its grant along. */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/client_step.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/audit.h"
#include "authd/service/families.h"
#include "authd/service/marks.h"
#include "authd/service/own_tokens.h"

static status revoke_access_token(struct batch *b, const struct own_access_token *t)
{
	uint8_t id[32];
	const struct audit_entry entry = {
		.event = "token.revoke",
		.client_id = t->client_id,
		.subject = t->handle.subject_id,
		.grant = t->handle.grant_id,
	};
	TRY(handle_mark_id(t->jti, id));
	mark_put(b, MARK_TOKEN, slice_of(id, sizeof id), t->exp);
	return audit_write(b, &entry);
}

static status revoke_family(struct request *r, struct batch *b, const struct family *f)
{
	const struct audit_entry entry = {
		.event = "grant.revoke",
		.client_id = f->grant.client_id,
		.subject = f->grant.subject_id,
		.grant = f->grant.id,
	};
	family_end(r->issuer, b, &f->grant, r->now);
	return audit_write(b, &entry);
}

/* Put the end of the token into the batch. ST_NOT_FOUND: there is nothing to end. */
static status revoke_token(struct request *r, struct batch *b, struct slice client_id, struct slice token)
{
	struct own_access_token access_token;
	status s = own_access_token_verify(r->issuer, token, r->now, &r->arena, &access_token);
	if (s == ST_OK && slice_equal(access_token.client_id, client_id))
		return revoke_access_token(b, &access_token);
	if (s != ST_INVALID)
		return is_fault(s) ? s : ST_NOT_FOUND;

	struct refresh_token refresh_token;
	struct family family;
	uint64_t version;
	s = refresh_token_open(r->issuer, token, client_id, &r->arena, &refresh_token);
	if (s == ST_OK)
		s = family_get(r->issuer, refresh_token.family_id, &r->arena, &family, &version);
	if (s != ST_OK)
		return is_fault(s) ? s : ST_NOT_FOUND;
	return revoke_family(r, b, &family);
}

static enum step_result revoke(struct request *r)
{
	const struct client_step *state = r->state;
	struct slice token = params_get(&r->form, "token");
	if (slice_empty(token))
		return answer_refusal(r, refuse(&INVALID_REQUEST, "token is missing"));
	struct batch *b = batch_new(&r->arena);
	status s = b ? marks_prune(r->issuer, b, r->now, &r->arena) : ST_NOMEM;
	if (s == ST_OK)
		s = revoke_token(r, b, state->auth.client.client_id, token);
	/* §2.2: an unknown token is a success, for the purpose is reached. */
	if (s == ST_NOT_FOUND)
		return answer_empty(r, 200);
	if (s != ST_OK)
		return answer_fault(r, s, "revocation");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result revoked(struct request *r)
{
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "revocation");
	return answer_empty(r, 200);
}

static step_fn *const REVOKE_STEPS[] = { client_step_begin, client_step_end, revoke, revoked, NULL };
const struct route REVOKE_ROUTE = {
	.path = "/revoke",
	.methods = METHOD_POST,
	.steps = REVOKE_STEPS,
	.state_size = sizeof(struct client_step),
	.form = true,
	.metadata = "revocation_endpoint",
	.has_alias = true,
};
