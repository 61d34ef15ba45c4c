#include "authd/oauth/keys_step.h"

bool keys_wait(struct request *r, const struct client *client, const struct client_keys *seen, bool *asked)
{
	if (*asked || !client_keys_fetch(r->issuer, client, seen, r->now, &r->arena, &r->op))
		return false;
	*asked = true;
	r->next--; /* nobody goes on before this step has returned */
	return true;
}

bool keys_wait_first(struct request *r, const struct client *client, bool *asked)
{
	struct client_keys keys;
	return !*asked && client->jwks_uri.n &&
	       client_keys_get(r->issuer, client, r->now, &r->arena, &keys) == ST_NOT_FOUND &&
	       keys_wait(r, client, &keys, asked);
}
