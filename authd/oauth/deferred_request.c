#include "authd/oauth/deferred_request.h"

#include "authd/oauth/audience.h"
#include "authd/oauth/details.h"

static struct refusal check_client(const struct client *client, const struct grant_type *type)
{
	if (!client_list_has(&client->grant_types, slice_str(type->name)))
		return refuse(&UNAUTHORIZED_CLIENT, "the client is not registered for this grant_type");
	return NO_REFUSAL;
}

static struct refusal check_scope(const struct client *client, struct slice scope)
{
	struct slice rest = scope, word;
	bool any = false;
	while (slice_next_word(&rest, &word)) {
		any = true;
		if (!slice_has_word(client->scope, word))
			return refuse(&INVALID_SCOPE, "a scope is not registered for this client");
	}
	return any ? NO_REFUSAL : refuse(&INVALID_SCOPE, "scope is missing");
}

status deferred_request_read(struct request *r, const struct params *params, const struct client *client,
			     const struct grant_type *type, int64_t life_s, struct deferred *ret,
			     struct refusal *ret_refusal)
{
	struct slice scope = params_get(params, "scope"), audience = NO_SLICE, details = NO_SLICE;
	struct refusal refusal = check_client(client, type);
	if (!refusal.error)
		refusal = check_scope(client, scope);
	if (!refusal.error)
		TRY(audience_read(r, params, client, &audience, &refusal));
	if (!refusal.error)
		TRY(details_read(r, params, client, &details, &refusal));
	*ret_refusal = refusal;
	if (refusal.error)
		return ST_OK;
	*ret = (struct deferred){
		.grant = {
			.client_id = client->client_id,
			.scope = scope,
			.audience = audience,
			.authorization_details = details,
			.created_at = r->now,
		},
		.expires_at = r->now + life_s,
		.interval_s = DEFERRED_INTERVAL_S,
	};
	return ST_OK;
}
