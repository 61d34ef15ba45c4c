#include "authd/service/client_keys.h"

#include "authd/service/documents.h"

#include <jansson.h>

static bool is_key_set(struct slice text)
{
	json_t *set = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	bool is = json_is_array(json_object_get(set, "keys"));
	json_decref(set);
	return is;
}

static struct document document_of(const struct client *client)
{
	return (struct document){ .owner = client->client_id,
				  .uri = client->jwks_uri,
				  .accept = SLICE("application/jwk-set+json, application/json"),
				  .check = is_key_set };
}

status client_keys_get(struct issuer *is, const struct client *client, int64_t now, struct arena *a,
		       struct client_keys *ret)
{
	const struct document d = document_of(client);
	*ret = (struct client_keys){ .jwks = client->jwks };
	if (client->jwks.n)
		return ST_OK;
	if (!client->jwks_uri.n)
		return ST_NOT_FOUND;
	return document_get(is->documents, &d, now, a, &ret->jwks, &ret->version);
}

bool client_keys_fetch(struct issuer *is, const struct client *client, const struct client_keys *seen,
		       int64_t now, struct arena *a, struct op *op)
{
	const struct document d = document_of(client);
	if (client->jwks.n || !client->jwks_uri.n)
		return false;
	return document_fetch(is, &d, seen->version, now, a, op);
}
