#include "authd/oauth/token_request.h"

#include "authd/oauth/grants/grants.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/authorization_details.h"
#include "authd/service/client_answers.h"
#include "authd/service/ledger.h"
#include "authd/service/pairwise.h"
#include "authd/service/sub_overrides.h"
#include "authd/service/tokens.h"

#define ROW(grant) &grant,
const struct grant_type *const GRANT_TYPES[] = { GRANTS(ROW) NULL };
#undef ROW

enum step_result token_refuse(struct request *r, const struct oauth_error *error,
			      const char *description)
{
	return answer_refusal(r, refuse(error, description));
}

const struct grant_type *grant_type_find(struct slice name)
{
	for (size_t i = 0; GRANT_TYPES[i]; i++)
		if (slice_is(name, GRANT_TYPES[i]->name))
			return GRANT_TYPES[i];
	return NULL;
}

/* The client is known: hand over to the grant that it asks for. */
static enum step_result dispatch(struct request *r)
{
	struct token_request *t = r->state;
	struct slice name = params_get(&r->form, "grant_type");
	if (slice_empty(name))
		return token_refuse(r, &INVALID_REQUEST, "grant_type is missing");
	t->type = grant_type_find(name);
	if (!t->type)
		return token_refuse(r, &UNSUPPORTED_GRANT_TYPE, "this grant_type is not served");
	if (!client_list_has(&token_client(r)->grant_types, name))
		return token_refuse(r, &UNAUTHORIZED_CLIENT, "the client is not registered for this grant_type");

	struct refusal refusal = sender_missing(token_client(r), token_sender(r));
	if (refusal.error)
		return answer_refusal(r, refusal);

	t->own = arena_alloc(&r->arena, t->type->state_size);
	if (!t->own)
		return answer_fault(r, ST_NOMEM, "grant");
	r->next = t->type->steps;
	return STEP_NEXT;
}

step_fn *const TOKEN_STEPS[] = { sender_step, client_step_begin, client_step_end, dispatch, NULL };

bool token_scope_narrowed(const struct request *r, struct slice granted, struct slice *ret)
{
	struct slice asked = params_get(&r->form, "scope"), rest = asked, word;
	while (slice_next_word(&rest, &word))
		if (!slice_has_word(granted, word))
			return false;
	*ret = slice_empty(asked) ? granted : asked;
	return true;
}

/* ---- sign and answer ------------------------------------------------------------------------ */

/* No token leaves. */
static enum step_result give_up(struct request *r, status s, const char *what)
{
	struct token_request *t = r->state;
	buf_done(&t->access_job.token);
	buf_done(&t->id_job.token);
	if (s == ST_FORBIDDEN)
		return token_refuse(r, &INVALID_GRANT, "the person is not registered any more");
	if (s == ST_INVALID)
		return token_refuse(r, &INVALID_CLIENT, "no key of the client serves to encrypt its ID token");
	return answer_fault(r, s, what);
}

/* Whom the client sees in these tokens under a `sub`, and whom its sector has not seen before. */
static status note_acquaintances(struct request *r, struct batch *b, bool *any)
{
	const struct token_request *t = r->state;
	const struct grant *g = &t->grant;
	struct slice sector = client_sub_sector(token_client(r));
	for (size_t i = 0; i <= g->ancestors_n; i++) {
		struct id subject_id = i ? g->ancestors[i - 1].subject_id : g->subject_id;
		bool fresh;
		if (id_is_zero(subject_id))
			continue;
		TRY(acquaintance_is_new(r->issuer, subject_id, sector, &r->arena, &fresh));
		if (fresh)
			TRY(acquaintance_put(b, subject_id, sector, r->now, &r->arena));
		*any |= fresh;
	}
	return ST_OK;
}

static status write_release(struct request *r, struct batch *b, claim_set claims)
{
	const struct token_request *t = r->state;
	const struct release release = {
		.subject_id = t->grant.subject_id,
		.client_id = t->grant.client_id,
		.grant_id = t->grant.id,
		.claims = claims,
		.by = SLICE("id_token"),
		.at_us = r->now_us,
	};
	return ledger_write(r->issuer, b, &release, &r->arena);
}

/* What an ID token tells about the person is in the ledger before it leaves; and that a sector gets to
 * know the person, before it does. */
static enum step_result record_release(struct request *r)
{
	struct token_request *t = r->state;
	claim_set claims = 0;
	status s = r->op.status;
	if (s == ST_OK && t->id_token)
		s = id_token_release(&t->grant, token_client(r), &r->arena, &claims);
	if (s != ST_OK)
		return give_up(r, s, "access token");
	struct batch *b = batch_new(&r->arena);
	bool any = claims != 0;
	s = b ? note_acquaintances(r, b, &any) : ST_NOMEM;
	if (s == ST_OK && claims)
		s = write_release(r, b, claims);
	if (s != ST_OK)
		return give_up(r, s, "ledger");
	if (!any)
		return STEP_NEXT;
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result sign_id(struct request *r)
{
	struct token_request *t = r->state;
	if (r->op.status != ST_OK)
		return give_up(r, r->op.status, "ledger");
	if (!t->id_token)
		return STEP_NEXT;
	status s = id_token_prepare(r->issuer, &t->grant, token_client(r), t->nonce,
				    buf_slice(&t->access_job.token), r->now, &r->arena, &t->id_job);
	if (s != ST_OK)
		return give_up(r, s, "ID token");
	keys_sign(r->issuer->keys, &t->id_job, 1, &r->op);
	return STEP_WAIT;
}

/* Nested where the client asked for it: signed, then encrypted (OIDC Core §10.2). */
static status encrypt_id(struct request *r, struct slice *ret)
{
	struct token_request *t = r->state;
	const struct client *c = token_client(r);
	const struct answer_encryption how = { c->id_token_encrypted_response_alg,
					       c->id_token_encrypted_response_enc, true };
	struct error why = { 0 };
	status s = client_answer_encrypt(r->issuer, c, &how, buf_slice(&t->id_job.token), r->now,
					 &r->arena, ret, &why);
	if (s == ST_INVALID)
		r->log_reason = arena_copy(&r->arena, slice_str(why.message));
	return s;
}

static enum step_result answer_tokens(struct request *r)
{
	struct token_request *t = r->state;
	struct slice id_token = NO_SLICE;
	status s = r->op.status;
	if (s == ST_OK && t->id_token)
		s = encrypt_id(r, &id_token);
	if (s != ST_OK)
		return give_up(r, s, "ID token");

	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "access_token", buf_slice(&t->access_job.token));
	json_text(&w, "issued_token_type", t->issued_token_type); /* RFC 8693 §2.2.1; else absent */
	json_text(&w, "token_type", token_sender(r)->jkt.p ? SLICE("DPoP") : SLICE("Bearer"));
	json_number(&w, "expires_in", access_token_expires_at(r->issuer, &t->grant, r->now) - r->now);
	if (t->scope.n)
		json_text(&w, "scope", t->scope);
	json_raw(&w, "authorization_details", t->details); /* RFC 9396 §7 */
	json_text(&w, "refresh_token", t->refresh_token);
	json_text(&w, "id_token", id_token);
	json_end(&w);
	buf_done(&t->access_job.token);
	/* Not encrypted, the answer has a copy of it by now. */
	buf_done(&t->id_job.token);
	return answer_buf(r, 200, &json);
}

static step_fn *const ISSUE_STEPS[] = { record_release, sign_id, answer_tokens, NULL };

enum step_result token_issue(struct request *r)
{
	struct token_request *t = r->state;
	struct grant g = t->grant;
	if (t->offline)
		g.session_id = (struct id){ 0 };
	if (t->audience.p)
		g.audience = t->audience;
	sender_bind(token_sender(r), token_client(r), &g);
	status s = authorization_details_for(t->details, g.audience, token_client(r), r->issuer->iss, &r->arena,
					     &t->details);
	g.authorization_details = t->details;
	if (s == ST_OK)
		s = access_token_prepare(r->issuer, &g, token_client(r), t->scope, r->now, &r->arena,
					 &t->access_job);
	if (s != ST_OK)
		return answer_fault(r, s, "access token");
	r->next = ISSUE_STEPS;
	keys_sign(r->issuer->keys, &t->access_job, 1, &r->op);
	return STEP_WAIT;
}
