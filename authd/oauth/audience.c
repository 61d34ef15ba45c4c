#include "authd/oauth/audience.h"

/* Each makes the token longer. */
enum { AUDIENCES_MAX = 4 };

static bool may_address(const struct request *r, const struct client *client, struct slice resource)
{
	return slice_equal(resource, r->issuer->iss) ||
	       client_list_has(&client->audiences, resource);
}

static bool is_resource(const struct param *p)
{
	return slice_is(p->name, "resource") && !slice_empty(p->value);
}

/* Each once. */
static status add(struct request *r, struct slice resource, struct slice *audience)
{
	if (slice_has_word(*audience, resource))
		return ST_OK;
	*audience = slice_empty(*audience) ? resource
					   : arena_format(&r->arena, "%.*s %.*s", SLICE_FMT(*audience),
							  SLICE_FMT(resource));
	return audience->p ? ST_OK : ST_NOMEM;
}

status audience_read(struct request *r, const struct params *params, const struct client *client,
                     struct slice *ret, struct refusal *ret_refusal)
{
	struct slice audience = NO_SLICE;
	size_t n = 0;
	*ret_refusal = NO_REFUSAL;
	for (size_t i = 0; i < params->n; i++) {
		struct slice resource = params->items[i].value;
		if (!is_resource(&params->items[i]))
			continue;
		if (!may_address(r, client, resource) || ++n > AUDIENCES_MAX) {
			*ret_refusal = refuse(
			        &INVALID_TARGET,
			        n > AUDIENCES_MAX
			                ? "more than four resources"
			                : "this client may not ask for tokens for that resource");
			return ST_OK;
		}
		TRY(add(r, resource, &audience));
	}
	if (slice_empty(audience))
		audience = client->audiences.n ? client->audiences.items[0] : r->issuer->iss;
	*ret = audience;
	return ST_OK;
}

status audience_narrow(struct request *r, struct slice granted, struct slice *ret, struct refusal *ret_refusal)
{
	struct slice audience = NO_SLICE;
	*ret_refusal = NO_REFUSAL;
	for (size_t i = 0; i < r->form.n; i++) {
		struct slice resource = r->form.items[i].value;
		if (!is_resource(&r->form.items[i]))
			continue;
		if (!slice_has_word(granted, resource)) {
			*ret_refusal = refuse(&INVALID_TARGET, "what was granted is not for that resource");
			return ST_OK;
		}
		TRY(add(r, resource, &audience));
	}
	*ret = slice_empty(audience) ? granted : audience;
	return ST_OK;
}
