#include "authd/oauth/details.h"

#include "authd/service/authorization_details.h"

static struct refusal refuse_details(struct request *r, const struct error *why)
{
	const char *text = arena_string(&r->arena, slice_str(why->message));
	return refuse(&INVALID_AUTHORIZATION_DETAILS, text ? text : "authorization_details is not valid");
}

static status read_text(struct request *r, struct slice text, const struct client *client, struct slice *ret,
			struct refusal *ret_refusal)
{
	struct error why = { 0 };
	*ret_refusal = NO_REFUSAL;
	status s = authorization_details_read(text, r->issuer->conf, client, &r->arena, ret, &why);
	if (s != ST_INVALID)
		return s;
	*ret_refusal = refuse_details(r, &why);
	return ST_OK;
}

status details_read(struct request *r, const struct params *params, const struct client *client,
		    struct slice *ret, struct refusal *ret_refusal)
{
	return read_text(r, params_get(params, "authorization_details"), client, ret, ret_refusal);
}

/* What was granted is looked at again: a type may have been taken from the client. */
status details_narrow(struct request *r, struct slice granted, const struct client *client, struct slice *ret,
		      struct refusal *ret_refusal)
{
	struct slice text = params_get(&r->form, "authorization_details"), asked;
	bool whole = slice_empty(text);
	TRY(read_text(r, whole ? granted : text, client, &asked, ret_refusal));
	if (ret_refusal->error)
		return ST_OK;
	status s = whole ? ST_OK : authorization_details_within(granted, asked);
	if (s == ST_FORBIDDEN) {
		*ret_refusal = refuse(&INVALID_AUTHORIZATION_DETAILS, "they are more than what was granted");
		return ST_OK;
	}
	TRY(s);
	*ret = asked;
	return ST_OK;
}
