/* The client acts for itself (RFC 6749 §4.4). */
#include "authd/oauth/grants/grants.h"

#include "authd/oauth/audience.h"
#include "authd/oauth/authorization.h"
#include "authd/oauth/details.h"
#include "authd/oauth/json_answer.h"
#include "keys/seal.h"

/* What the client may ask for without a person: its scopes but those that are about one. */
static struct slice own_scope(struct request *r, const struct client *client)
{
	AUTO_BUF struct buf scope = { 0 };
	struct slice rest = client->scope, word;
	while (slice_next_word(&rest, &word)) {
		if (slice_has_word(slice_str(SCOPES_SUPPORTED), word))
			continue;
		if (scope.n)
			buf_put_byte(&scope, ' ');
		buf_put(&scope, word);
	}
	return buf_finish(&scope, &r->arena);
}

static enum step_result grant_itself(struct request *r)
{
	struct token_request *t = r->state;
	const struct client *client = token_client(r);
	if (client->token_endpoint_auth_method == CLIENT_AUTH_NONE)
		return token_refuse(r, &UNAUTHORIZED_CLIENT, "a public client has no credentials");

	struct refusal refusal;
	struct slice audience;
	status s = audience_read(r, &r->form, client, &audience, &refusal);
	if (s != ST_OK)
		return answer_fault(r, s, "audience");
	if (refusal.error)
		return token_refuse(r, refusal.error, refusal.description);

	s = details_read(r, &r->form, client, &t->details, &refusal);
	if (s != ST_OK)
		return answer_fault(r, s, "authorization_details");
	if (refusal.error)
		return answer_refusal(r, refusal);

	struct slice scope = own_scope(r, client);
	if (!scope.p)
		return answer_fault(r, ST_NOMEM, "scope");
	if (!token_scope_narrowed(r, scope, &t->scope))
		return token_refuse(r, &INVALID_SCOPE, "a scope is not registered for this client");

	t->grant = (struct grant){
		.client_id = client->client_id,
		.scope = t->scope,
		.audience = audience,
		.authorization_details = t->details,
		.created_at = r->now,
	};
	s = random_bytes(t->grant.id.bytes, sizeof t->grant.id.bytes);
	if (s != ST_OK)
		return answer_fault(r, s, "grant");
	return token_issue(r);
}

static step_fn *const STEPS[] = { grant_itself, NULL };
const struct grant_type GRANT_CLIENT_CREDENTIALS = { .name = "client_credentials", .steps = STEPS };
