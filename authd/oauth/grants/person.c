/* What every grant of a person ends with: does it still hold, is it offline, issue. */
#include "authd/oauth/grants/grants.h"

#include "authd/oauth/audience.h"
#include "authd/oauth/details.h"
#include "authd/oauth/json_answer.h"
#include "authd/service/acting.h"
#include "authd/service/audit.h"
#include "authd/service/marks.h"

void grant_take(struct request *r, const struct grant *g)
{
	struct token_request *t = r->state;
	t->grant = *g;
	t->scope = g->scope;
	t->details = g->authorization_details;
	t->id_token = slice_has_word(t->scope, SLICE("openid"));
	t->offline = slice_has_word(t->scope, SLICE("offline_access")) &&
		     client_list_has(&token_client(r)->grant_types, SLICE("refresh_token"));
}

/* The person may have signed out since, or have been signed out. The mark of the grant itself is not
 * asked for: only a replay that overtook this request can have put it, and it ends what is issued
 * here. So of many redemptions one is answered, in whatever order they run. */
enum step_result grant_check_grounds(struct request *r)
{
	struct token_request *t = r->state;
	bool ended;
	status s = mark_check_grounds(r->issuer, &t->grant, &r->arena, &ended);
	if (s != ST_OK)
		return answer_fault(r, s, "revocation marks");
	if (ended)
		return token_refuse(r, &INVALID_GRANT, "the session has ended");
	return grant_check_acting(r);
}

enum step_result grant_check_acting(struct request *r)
{
	struct token_request *t = r->state;
	status s = acting_begin(r->issuer, token_client(r), &t->grant, r->now, &r->arena);
	if (s == ST_FORBIDDEN)
		return token_refuse(r, &INVALID_GRANT, "the mandate does not count any more");
	return s == ST_OK ? STEP_NEXT : answer_fault(r, s, "mandate");
}

enum step_result grant_narrow(struct request *r)
{
	struct token_request *t = r->state;
	struct refusal refusal;
	status s = audience_narrow(r, t->grant.audience, &t->audience, &refusal);
	if (s == ST_OK && !refusal.error)
		s = details_narrow(r, t->grant.authorization_details, token_client(r), &t->details, &refusal);
	if (s != ST_OK)
		return answer_fault(r, s, "resource, authorization_details");
	return refusal.error ? answer_refusal(r, refusal) : STEP_NEXT;
}

enum step_result grant_begin_family(struct request *r)
{
	struct token_request *t = r->state;
	if (!t->offline)
		return token_issue(r);

	struct grant offline = t->grant;
	offline.session_id = (struct id){ 0 };
	sender_bind_offline(token_sender(r), token_client(r), &offline);
	const struct audit_entry entry = {
		.event = "grant.begin",
		.client_id = offline.client_id,
		.subject = offline.subject_id,
		.actor = offline.actor_id,
		.mandate = offline.mandate_id,
		.grant = offline.id,
		.authorization_details = offline.authorization_details,
		.detail = offline.scope,
	};
	struct batch *b = batch_new(&r->arena);
	status s = b ? families_prune(r->issuer, b, &offline, r->now, &r->arena) : ST_NOMEM;
	if (s == ST_OK)
		s = family_begin(r->issuer, b, &offline, r->now, &t->family);
	if (s == ST_OK)
		s = audit_write(b, &entry);
	if (s == ST_OK)
		s = refresh_token_make(r->issuer, &t->family, &r->arena, &t->refresh_token);
	if (s != ST_OK)
		return answer_fault(r, s, "offline grant");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

enum step_result grant_issue(struct request *r)
{
	if (r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "offline grant");
	return token_issue(r);
}
