#include "authd/service/acting.h"

#include "authd/service/mandates.h"
#include "authd/service/marks.h"
#include "authd/service/pairwise.h"
#include "authd/service/subjects.h"
#include "keys/seal.h"

struct ancestor acting_ancestor(struct id mandate_id, struct id actor_id, int64_t proved_us,
				struct slice client_id)
{
	return (struct ancestor){
		.grant_id = mandate_id,
		.subject_id = actor_id,
		.proved_us = proved_us,
		.kind = SUBJECT_NATURAL,
		.acts = true,
		.by_mandate = true,
		.client_id = client_id,
	};
}

status acting_begin(struct issuer *is, const struct client *client, struct grant *g, int64_t now,
		    struct arena *a)
{
	struct subject actor;
	struct mandate_use use;
	if (id_is_zero(g->mandate_id))
		return ST_OK;
	if (!client->legal_persons)
		return ST_FORBIDDEN;
	status s = subjects_get(is, g->actor_id, a, &actor);
	if (s == ST_OK)
		s = mandates_use(is, g->mandate_id, &actor, now, a, &use);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_FORBIDDEN : s;
	if (!id_equal(use.legal.id, g->subject_id))
		return ST_CORRUPT;

	struct ancestor *acts = arena_array(a, struct ancestor, 1);
	if (!acts)
		return ST_NOMEM;
	*acts = acting_ancestor(g->mandate_id, g->actor_id, g->authentication.proved_us, g->client_id);
	g->ancestors = acts;
	g->ancestors_n = 1;
	g->expires_at = use.until;
	return ST_OK;
}

status acting_find(struct issuer *is, const struct client *client, struct id person_id, int64_t proved_us,
		   struct slice name, int64_t now, struct arena *a, struct mandate_use *ret)
{
	struct subject person;
	struct mandate_use *uses;
	size_t n;
	status s = subjects_get(is, person_id, a, &person);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_FORBIDDEN : s;
	TRY(mandates_usable(is, &person, now, a, &uses, &n));
	for (size_t i = 0; i < n; i++) {
		struct slice own;
		bool revoked;
		TRY(client_mandate_id(is, client, uses[i].mandate.id, a, &own));
		if (!slice_equal(own, name))
			continue;
		TRY(mark_check(is, MARK_SUBJECT, id_slice(&uses[i].legal.id), proved_us, a, &revoked));
		*ret = uses[i];
		return revoked ? ST_FORBIDDEN : ST_OK;
	}
	return ST_FORBIDDEN;
}

status acting_write(struct json_writer *w, struct issuer *is, const struct client *client, struct id mandate_id,
		    struct arena *a)
{
	struct mandate m;
	uint64_t version;
	struct slice name;
	status s = mandates_get(is, mandate_id, a, &m, &version);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_CORRUPT : s;
	TRY(client_mandate_id(is, client, mandate_id, a, &name));
	json_text(w, "role", slice_str(mandate_role_name(m.role)));
	json_text(w, "mandate_id", name);
	if (m.all_matters)
		json_bool(w, "all_matters", true);
	else
		json_begin_array(w, "matters");
	for (size_t i = 0; i < m.matters.n && !m.all_matters; i++)
		json_text(w, NULL, m.matters.items[i]);
	if (!m.all_matters)
		json_end(w);
	if (m.valid_until)
		json_number(w, "exp", m.valid_until);
	return ST_OK;
}

/* ---- what is remembered of a session --------------------------------------------------------- */

/* The newest first. */
struct remembered {
	struct id client; /* the hash of its id, cut */
	struct id mandate_id;
};
_Static_assert(sizeof(struct remembered) == 32, "no padding");

static status client_hash(struct slice client_id, struct id *ret)
{
	uint8_t hash[32];
	TRY(sha256(client_id, hash));
	memcpy(ret->bytes, hash, sizeof ret->bytes);
	return ST_OK;
}

status acting_remembered(const struct session *s, struct slice client_id, struct id *ret_mandate_id)
{
	struct id client;
	TRY(client_hash(client_id, &client));
	for (struct slice rest = s->acting; rest.n >= sizeof(struct remembered);
	     rest = slice_from(rest, sizeof(struct remembered))) {
		struct remembered r;
		memcpy(&r, rest.p, sizeof r);
		if (!id_equal(r.client, client))
			continue;
		*ret_mandate_id = r.mandate_id;
		return ST_OK;
	}
	return ST_NOT_FOUND;
}

status acting_remember(struct session *s, struct slice client_id, struct id mandate_id, struct arena *a)
{
	enum { CLIENTS_MAX = 16 };
	struct remembered list[CLIENTS_MAX] = { { .mandate_id = mandate_id } }, r;
	size_t n = 1;
	TRY(client_hash(client_id, &list[0].client));
	for (struct slice rest = s->acting; rest.n >= sizeof r && n < CLIENTS_MAX; rest = slice_from(rest, sizeof r)) {
		memcpy(&r, rest.p, sizeof r);
		if (!id_equal(r.client, list[0].client))
			list[n++] = r;
	}
	struct slice acting = arena_copy(a, slice_of(list, n * sizeof r));
	if (!acting.p)
		return ST_NOMEM;
	s->acting = acting;
	return ST_OK;
}
