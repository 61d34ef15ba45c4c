#include "authd/service/consents.h"

#include "authd/service/claim_rights.h"
#include "authd/service/families.h"
#include "keys/seal.h"

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

static bool has_words(struct slice words, struct slice wanted)
{
	struct slice word;
	while (slice_next_word(&wanted, &word))
		if (!slice_has_word(words, word))
			return false;
	return true;
}

status consent_extent(struct issuer *is, const struct client *client, struct id subject_id,
		      const struct consent *asked, struct arena *a, enum consent_extent *ret)
{
	claim_set to_ask = asked->claims;
	struct consent given;
	uint64_t version;
	if (client->state_owned)
		to_ask &= client->claims_by_consent;
	if (client->state_owned && !to_ask) {
		*ret = CONSENT_TO_ALL;
		return ST_OK;
	}
	TRY(consent_get(is, client, subject_id, a, &given, &version));
	bool all = !(to_ask & ~given.claims) && (client->state_owned || has_words(given.scope, asked->scope));
	*ret = version == VERSION_NONE ? CONSENT_TO_NOTHING : all ? CONSENT_TO_ALL : CONSENT_TO_LESS;
	return ST_OK;
}

status consent_claims(struct issuer *is, const struct client *client, struct id subject_id, claim_set asked,
		      struct arena *a, claim_set *ret)
{
	struct consent given;
	uint64_t version;
	claim_set allowed = asked & claims_allowed(client), consented = allowed & client->claims_by_consent;
	if (consented) {
		TRY(consent_get(is, client, subject_id, a, &given, &version));
		consented &= given.claims;
	}
	*ret = (allowed & ~client->claims_by_consent) | consented;
	return ST_OK;
}

/* Both, each word once. */
static status join_words(struct slice *words, struct slice more, struct arena *a)
{
	struct slice all = slice_empty(*words) ? more : *words, word;
	while (slice_next_word(&more, &word))
		if (!slice_has_word(all, word))
			all = arena_format(a, "%.*s %.*s", SLICE_FMT(all), SLICE_FMT(word));
	if (!all.p && (words->p || more.p))
		return ST_NOMEM;
	*words = all;
	return ST_OK;
}

status consent_give(struct issuer *is, struct batch *b, const struct client *client, struct id subject_id,
		    const struct consent *given, struct arena *a)
{
	struct consent all;
	uint64_t version;
	TRY(consent_get(is, client, subject_id, a, &all, &version));
	TRY(join_words(&all.scope, given->scope, a));
	all.claims |= given->claims;
	all.given_at = given->given_at;

	AUTO_BUF struct buf encoded = { 0 };
	TRY(consent_encode(&all, &encoded));
	struct slice key = consent_key(subject_id, client->client_id, a);
	if (!key.p)
		return ST_NOMEM;
	/* Values are copied into the batch. */
	batch_put(b, TABLE_CONSENTS, key, version, buf_slice(&encoded));
	return ST_OK;
}

/* ---- what a person sees, and may end ------------------------------------------------------------ */

enum { LISTED_MAX = 512 };

struct listing {
	struct consent_listed *items;
	size_t n;
};

/* One of the state's own has no consent, but may have an offline grant. */
static void list_family(struct listing *l, const struct grant *g)
{
	for (size_t k = 0; k < l->n; k++)
		if (slice_equal(l->items[k].client_id, g->client_id))
			return;
	l->items[l->n++] = (struct consent_listed){
		g->client_id, { .scope = g->scope, .claims = g->agreed, .given_at = g->created_at } };
}

status consents_list(struct issuer *is, struct id subject_id, int64_t now, struct arena *a,
		     struct consent_listed **ret, size_t *ret_n)
{
	struct record_row *rows;
	struct family *families;
	size_t n, families_n;
	TRY(records_rows(is->records, TABLE_CONSENTS, id_slice(&subject_id), NO_SLICE, LISTED_MAX, a, &rows, &n));
	TRY(families_of(is, subject_id, now, a, &families, &families_n));
	struct listing l = { .items = arena_array(a, struct consent_listed, n + families_n) };
	if (!l.items)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++) {
		struct consent c;
		TRY(consent_decode(rows[k].record.value, &c));
		struct slice client_id = slice_from(rows[k].key, sizeof(struct id));
		l.items[l.n++] = (struct consent_listed){ client_id, c };
	}
	for (size_t k = 0; k < families_n; k++)
		list_family(&l, &families[k].grant);
	*ret = l.items;
	*ret_n = l.n;
	return ST_OK;
}

status consent_withdraw(struct issuer *is, struct batch *b, struct id subject_id, struct slice client_id,
			int64_t now, struct arena *a)
{
	struct slice key = consent_key(subject_id, client_id, a);
	if (!key.p)
		return ST_NOMEM;
	TRY(families_end(is, b, subject_id, client_id, now, a));
	batch_delete(b, TABLE_CONSENTS, key, VERSION_ANY);
	return ST_OK;
}

status consents_forget(struct issuer *is, struct batch *b, struct id subject_id, struct arena *a)
{
	struct record_row *rows;
	size_t n;
	TRY(records_rows(is->records, TABLE_CONSENTS, id_slice(&subject_id), NO_SLICE, LISTED_MAX, a, &rows, &n));
	for (size_t k = 0; k < n; k++)
		batch_delete(b, TABLE_CONSENTS, rows[k].key, VERSION_ANY);
	return ST_OK;
}
