#include "authd/service/consents.h"

static struct slice consent_key(struct id subject_id, struct slice client_id, struct arena *a)
{
	uint8_t *key = arena_alloc(a, sizeof subject_id + client_id.n);
	if (!key)
		return NO_SLICE;
	memcpy(key, subject_id.bytes, sizeof subject_id);
	memcpy(key + sizeof subject_id, client_id.p, client_id.n);
	return slice_of(key, sizeof subject_id + client_id.n);
}

/* What was agreed to so far; an empty scope at VERSION_NONE where nothing was. */
static status consent_get(struct issuer *is, const struct client *client, struct id subject_id,
			  struct arena *a, struct consent *ret, uint64_t *ret_version)
{
	struct slice key = consent_key(subject_id, client->client_id, a);
	if (!key.p)
		return ST_NOMEM;
	struct record record;
	status s = records_get(is->records, TABLE_CONSENTS, key, a, &record);
	if (s == ST_NOT_FOUND) {
		*ret = (struct consent){ 0 };
		*ret_version = VERSION_NONE;
		return ST_OK;
	}
	TRY(s);
	TRY(consent_decode(record.value, ret));
	*ret_version = record.version;
	return ST_OK;
}

status consent_needed(struct issuer *is, const struct client *client, struct id subject_id,
		      struct slice scope, struct arena *a, bool *ret_needed)
{
	if (client->state_owned) {
		*ret_needed = false;
		return ST_OK;
	}
	struct consent c;
	uint64_t version;
	TRY(consent_get(is, client, subject_id, a, &c, &version));

	bool needed = version == VERSION_NONE;
	struct slice word;
	while (slice_next_word(&scope, &word))
		needed |= !slice_has_word(c.scope, word);
	*ret_needed = needed;
	return ST_OK;
}

status consent_give(struct issuer *is, struct batch *b, const struct client *client,
		    struct id subject_id, struct slice scope, int64_t now, struct arena *a)
{
	struct consent c;
	uint64_t version;
	TRY(consent_get(is, client, subject_id, a, &c, &version));

	struct slice all = slice_empty(c.scope) ? scope : c.scope, word;
	for (struct slice rest = scope; slice_next_word(&rest, &word);)
		if (!slice_has_word(all, word))
			all = arena_format(a, "%.*s %.*s", SLICE_FMT(all), SLICE_FMT(word));
	if (!all.p)
		return ST_NOMEM;

	AUTO_BUF struct buf encoded = { 0 };
	TRY(consent_encode(&(struct consent){ .scope = all, .given_at = now }, &encoded));
	struct slice key = consent_key(subject_id, client->client_id, a);
	if (!key.p)
		return ST_NOMEM;
	/* Values are copied into the batch. */
	batch_put(b, TABLE_CONSENTS, key, version, buf_slice(&encoded));
	return ST_OK;
}
