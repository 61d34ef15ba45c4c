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
	*ret = all ? CONSENT_TO_ALL : CONSENT_TO_LESS;
	/* The state's own has a standing without a consent. */
	if (version == VERSION_NONE)
		*ret = client->state_owned ? CONSENT_TO_LESS : CONSENT_TO_NOTHING;
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

/* Two lists in the order of client_id, as far as they have not been merged. */
struct listing {
	const struct record_row *consents;
	const struct family *families;
	size_t consents_n, families_n;
};

static int by_client_and_age(const void *a, const void *b)
{
	const struct grant *x = &((const struct family *)a)->grant, *y = &((const struct family *)b)->grant;
	int order = slice_compare(x->client_id, y->client_id);
	return order ? order : (y->created_at > x->created_at) - (y->created_at < x->created_at);
}

static struct slice first_client(const struct listing *l, bool *ret_consented)
{
	struct slice consented = l->consents_n ? slice_from(l->consents->key, sizeof(struct id)) : NO_SLICE;
	struct slice granted = l->families_n ? l->families->grant.client_id : NO_SLICE;
	*ret_consented = l->consents_n && (!l->families_n || slice_compare(consented, granted) <= 0);
	return *ret_consented ? consented : granted;
}

static status take_client(struct listing *l, struct consent_listed *ret)
{
	bool consented;
	struct consent_listed item = { .client_id = first_client(l, &consented), .families = l->families };
	for (; l->families_n && slice_equal(l->families->grant.client_id, item.client_id); l->families_n--) {
		l->families++;
		item.families_n++;
	}
	if (consented) {
		TRY(consent_decode(l->consents->record.value, &item.consent));
		l->consents++;
		l->consents_n--;
	} else {
		/* One of the state's own has no consent, but may have an offline grant. */
		const struct grant *newest = &item.families->grant;
		item.consent = (struct consent){ newest->scope, newest->agreed, newest->created_at };
	}
	*ret = item;
	return ST_OK;
}

static status read_consents(struct issuer *is, struct id subject_id, struct slice after, struct arena *a,
			    struct listing *l)
{
	struct slice key = slice_empty(after) ? NO_SLICE : consent_key(subject_id, after, a);
	struct record_row *rows;
	if (after.n && !key.p)
		return ST_NOMEM;
	TRY(records_rows(is->records, TABLE_CONSENTS, id_slice(&subject_id), key, CONSENTS_PAGE + 1, a, &rows,
			 &l->consents_n));
	l->consents = rows;
	return ST_OK;
}

static status read_families(struct issuer *is, struct id subject_id, struct slice after, int64_t now,
			    struct arena *a, struct listing *l)
{
	struct family *families;
	size_t n;
	TRY(families_of(is, subject_id, now, a, &families, &n));
	qsort(families, n, sizeof *families, by_client_and_age);
	for (; n && slice_compare(families->grant.client_id, after) <= 0; n--)
		families++;
	l->families = families;
	l->families_n = n;
	return ST_OK;
}

status consents_list(struct issuer *is, struct id subject_id, struct slice after, int64_t now, struct arena *a,
		     struct consent_listed **ret, size_t *ret_n, bool *ret_more)
{
	struct listing l = { 0 };
	size_t n = 0;
	TRY(read_consents(is, subject_id, after, a, &l));
	TRY(read_families(is, subject_id, after, now, a, &l));
	struct consent_listed *items = arena_array(a, struct consent_listed, CONSENTS_PAGE);
	if (!items)
		return ST_NOMEM;
	while (n < CONSENTS_PAGE && (l.consents_n || l.families_n))
		TRY(take_client(&l, &items[n++]));
	*ret = items;
	*ret_n = n;
	*ret_more = l.consents_n || l.families_n;
	return ST_OK;
}

status consent_is_listed(struct issuer *is, struct id subject_id, struct slice client_id, int64_t now,
			 struct arena *a, bool *ret)
{
	struct slice key = consent_key(subject_id, client_id, a);
	struct family *families;
	size_t n;
	if (!key.p)
		return ST_NOMEM;
	TRY(records_has(is->records, TABLE_CONSENTS, key, ret));
	if (*ret)
		return ST_OK;
	TRY(families_of(is, subject_id, now, a, &families, &n));
	for (size_t k = 0; k < n; k++)
		*ret |= slice_equal(families[k].grant.client_id, client_id);
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
	struct slice after = NO_SLICE;
	size_t n;
	do {
		TRY(records_rows(is->records, TABLE_CONSENTS, id_slice(&subject_id), after, CONSENTS_PAGE, a, &rows,
				 &n));
		for (size_t k = 0; k < n; k++)
			batch_delete(b, TABLE_CONSENTS, rows[k].key, VERSION_ANY);
		after = n ? rows[n - 1].key : after;
	} while (n == CONSENTS_PAGE);
	return ST_OK;
}
