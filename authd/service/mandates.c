/* Offering, accepting, declining, ending. */
#include "authd/service/mandates.h"

#include "authd/model/former.h"
#include "authd/service/marks.h"
#include "authd/service/subject_record.h"
#include "authd/service/subjects.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"

/* ---- reading -------------------------------------------------------------------------------- */

status mandates_get(struct issuer *is, struct id id, struct arena *a, struct mandate *ret,
		    uint64_t *ret_version)
{
	struct record record;
	TRY(records_get(is->records, TABLE_MANDATES, id_slice(&id), a, &record));
	TRY(mandate_record_open(is->keys, id, record.value, a, ret));
	*ret_version = record.version;
	return ST_OK;
}

struct listing {
	struct arena *arena;
	size_t max;
	struct id *ids;
	size_t n, room;
	status failed;
};

/* Most persons have a handful. */
static bool make_room(struct listing *l)
{
	enum { ROOM = 16 };
	if (l->n < l->room)
		return true;
	size_t room = l->room ? 2 * l->room : ROOM;
	struct id *ids = arena_array(l->arena, struct id, room);
	if (!ids)
		return false;
	if (l->n)
		memcpy(ids, l->ids, l->n * sizeof *ids);
	l->ids = ids;
	l->room = room;
	return true;
}

static bool collect(void *context, struct slice key, struct record record)
{
	struct listing *l = context;
	struct id id;
	(void)key;
	l->failed = id_from(record.value, &id) != ST_OK ? ST_CORRUPT : ST_OK;
	if (l->failed || l->n == l->max)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (id_equal(l->ids[i], id))
			return true; /* under another version of the key, too */
	l->failed = make_room(l) ? ST_OK : ST_NOMEM;
	if (l->failed)
		return false;
	l->ids[l->n++] = id;
	return true;
}

static status list_under(struct issuer *is, const struct blind_keys *keys, struct listing *l)
{
	for (size_t i = 0; i < keys->n; i++) {
		TRY(records_scan_index(is->records, INDEX_MANDATES, blind_slice(&keys->items[i]), NO_SLICE,
				       SIZE_MAX, collect, l));
		TRY(l->failed);
	}
	return ST_OK;
}

/* Those of the list that are live, and this person's if one is given. */
static status open_listed(struct issuer *is, const struct listing *l, const struct subject *agent,
			  struct arena *a, struct mandate **ret, size_t *ret_n)
{
	struct mandate *items = arena_array(a, struct mandate, l->n + 1);
	size_t n = 0;
	if (!items)
		return ST_NOMEM;
	for (size_t i = 0; i < l->n; i++) {
		uint64_t version;
		status s = mandates_get(is, l->ids[i], a, &items[n], &version);
		if (is_fault(s))
			return s;
		n += s == ST_OK && mandate_is_live(&items[n]) && (!agent || mandate_is_for(&items[n], agent));
	}
	*ret = items;
	*ret_n = n;
	return ST_OK;
}

status mandates_of_agent(struct issuer *is, const struct subject *agent, struct arena *a,
			 struct mandate **ret, size_t *ret_n)
{
	struct listing l = { .arena = a, .max = MANDATES_LISTED_MAX };
	struct blind_keys keys;
	TRY(blind_keys_of_mandates(is->keys, agent->id, &keys));
	TRY(list_under(is, &keys, &l));
	TRY(blind_keys_of_offers(is->keys, agent->number_type, agent->number, &keys));
	TRY(list_under(is, &keys, &l));
	struct slice rest = agent->former;
	struct former f;
	while (former_next(&rest, &f)) {
		TRY(blind_keys_of_offers(is->keys, f.type, f.number, &keys));
		TRY(list_under(is, &keys, &l));
	}
	return open_listed(is, &l, agent, a, ret, ret_n);
}

status mandates_of_legal(struct issuer *is, struct id legal_id, struct arena *a, struct mandate **ret,
			 size_t *ret_n)
{
	struct listing l = { .arena = a, .max = SIZE_MAX };
	struct blind_keys keys;
	TRY(blind_keys_of_mandates(is->keys, legal_id, &keys));
	TRY(list_under(is, &keys, &l));
	return open_listed(is, &l, NULL, a, ret, ret_n);
}

/* ---- writing -------------------------------------------------------------------------------- */

static status link_all(struct issuer *is, struct batch *b, const struct mandate *m, bool there,
		       struct arena *a)
{
	struct mandate_links links;
	TRY(mandate_links_of(is->keys, m, a, &links));
	for (size_t i = 0; i < links.n; i++) {
		if (there)
			batch_link(b, INDEX_MANDATES, links.keys[i], id_slice(&m->id));
		else
			batch_unlink(b, INDEX_MANDATES, links.keys[i]);
	}
	return ST_OK;
}

static status put(struct issuer *is, struct batch *b, const struct mandate *m, uint64_t expected,
		  struct arena *a)
{
	struct slice record;
	TRY(mandate_record_seal(is->keys, m, a, &record));
	batch_put(b, TABLE_MANDATES, id_slice(&m->id), expected, record);
	return ST_OK;
}

status mandates_add(struct issuer *is, struct batch *b, int64_t now, struct mandate *m, struct arena *a)
{
	TRY(random_bytes(m->id.bytes, sizeof m->id.bytes));
	m->created_at = now;
	TRY(put(is, b, m, VERSION_NONE, a));
	return link_all(is, b, m, true, a);
}

/* ---- offering ------------------------------------------------------------------------------- */

static status check_agent(struct mandate *m, int64_t now, struct arena *a, struct error *e)
{
	enum { NAME_MAX_BYTES = 300 };
	struct number_facts facts;
	struct error why = { 0 };
	if (!m->agent_type || m->agent_type == NUMBER_CREDIT)
		return error_set(e, ST_INVALID, "type: not a natural person's document");
	status s = number_check(m->agent_type, m->agent_number, true, now, a, &m->agent_number, &facts, &why);
	if (s == ST_INVALID)
		return error_set(e, ST_INVALID, "number: %s", why.message);
	TRY(s);
	if (!m->agent_name.n || m->agent_name.n > NAME_MAX_BYTES || !slice_is_utf8(m->agent_name))
		return error_set(e, ST_INVALID, "name: 1 to %d bytes of UTF-8", NAME_MAX_BYTES);
	return ST_OK;
}

static status check_matters(struct mandate *m, struct error *e)
{
	if (m->role == MANDATE_MANAGER)
		m->all_matters = true;
	if (m->all_matters) {
		m->matters = (struct client_list){ 0 };
		return ST_OK;
	}
	if (!m->matters.n || m->matters.n > CLIENT_LIST_MAX)
		return error_set(e, ST_INVALID, "matters: name 1 to %d, or all of them", CLIENT_LIST_MAX);
	for (size_t i = 0; i < m->matters.n; i++)
		if (!matter_is_name(m->matters.items[i]))
			return error_set(e, ST_INVALID, "matters: letters, digits and . _ : - alone");
	return ST_OK;
}

static status check_times(struct mandate *m, const struct mandate *parent, int64_t now, struct error *e)
{
	if (!m->valid_from)
		m->valid_from = now;
	if (m->valid_until <= now || m->valid_until <= m->valid_from)
		return error_set(e, ST_INVALID, "until: not a time to come");
	if (m->valid_until - now > MANDATE_LIFE_MAX_S)
		return error_set(e, ST_INVALID, "until: at most five years");
	if (parent->valid_until && m->valid_until > parent->valid_until)
		return error_set(e, ST_INVALID, "until: after the end of the mandate that it is given under");
	return ST_OK;
}

static status check_number_of(struct issuer *is, const struct mandate *m, int64_t now, struct arena *a,
			      struct error *e)
{
	struct mandate *others;
	size_t n, managers = 0;
	TRY(mandates_of_legal(is, m->legal_id, a, &others, &n));
	for (size_t i = 0; i < n; i++)
		managers += others[i].role == MANDATE_MANAGER &&
			    (!others[i].valid_until || now < others[i].valid_until);
	if (m->role == MANDATE_MANAGER && managers >= MANDATE_MANAGERS_MAX)
		return error_set(e, ST_INVALID, "role: there are %d managers already", MANDATE_MANAGERS_MAX);
	if (n >= MANDATES_OF_LEGAL_MAX)
		return error_set(e, ST_INVALID, "there are %d mandates already", MANDATES_OF_LEGAL_MAX);
	return ST_OK;
}

status mandates_offer(struct issuer *is, struct batch *b, int64_t now, struct id parent_id,
		      struct mandate *m, struct arena *a, struct error *e)
{
	struct mandate parent, made = *m;
	uint64_t version;
	TRY(mandates_get(is, parent_id, a, &parent, &version));
	if (!mandate_is_valid(&parent, now) || !mandate_may_give(&parent, made.role))
		return error_set(e, ST_INVALID, "role: this mandate does not give such a one");
	made.legal_id = parent.legal_id;
	made.parent_id = parent.id;
	made.agent_id = (struct id){ 0 };
	made.state = MANDATE_OFFERED;
	TRY(check_agent(&made, now, a, e));
	if (mandate_has_number(&parent, made.agent_type, made.agent_number))
		return error_set(e, ST_INVALID, "number: of whoever gives it");
	TRY(check_matters(&made, e));
	TRY(check_times(&made, &parent, now, e));
	TRY(check_number_of(is, &made, now, a, e));
	/* Two offers at once are one after the other: so nobody has a manager too many. */
	TRY(put(is, b, &parent, version, a));
	TRY(mandates_add(is, b, now, &made, a));
	*m = made;
	return ST_OK;
}

/* ---- the agent's answer ---------------------------------------------------------------------- */

static status get_offer(struct issuer *is, const struct subject *agent, struct id id, struct arena *a,
			struct mandate *ret, uint64_t *ret_version)
{
	status s = mandates_get(is, id, a, ret, ret_version);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_FORBIDDEN : s;
	return ret->state == MANDATE_OFFERED && mandate_is_for(ret, agent) ? ST_OK : ST_FORBIDDEN;
}

status mandates_accept(struct issuer *is, struct batch *b, int64_t now, const struct subject *agent,
		       struct id id, struct arena *a)
{
	struct mandate m;
	uint64_t version;
	TRY(get_offer(is, agent, id, a, &m, &version));
	TRY(link_all(is, b, &m, false, a));
	m.agent_id = agent->id;
	m.state = MANDATE_ACTIVE;
	m.decided_at = now;
	TRY(link_all(is, b, &m, true, a));
	return put(is, b, &m, version, a);
}

status mandates_decline(struct issuer *is, struct batch *b, int64_t now, const struct subject *agent,
			struct id id, struct arena *a)
{
	struct mandate m;
	uint64_t version;
	TRY(get_offer(is, agent, id, a, &m, &version));
	TRY(link_all(is, b, &m, false, a));
	m.state = MANDATE_DECLINED;
	m.decided_at = now;
	return put(is, b, &m, version, a);
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* Ended is ended, whatever somebody does to it at the same moment. */
static status end_one(struct issuer *is, struct batch *b, int64_t now, const struct mandate *live,
		      struct arena *a)
{
	struct mandate m = *live;
	TRY(link_all(is, b, &m, false, a));
	m.state = MANDATE_ENDED;
	m.ended_at = now;
	mark_put_mandate(is, b, m.id, now);
	return put(is, b, &m, VERSION_ANY, a);
}

static bool hangs_on(const struct mandate *m, const struct mandate *all, size_t n, struct id above)
{
	enum { DEPTH_MAX = 3 }; /* as many as there are roles */
	struct id id = m->id;
	for (int depth = 0; depth < DEPTH_MAX && !id_equal(id, above); depth++) {
		size_t i = 0;
		while (i < n && !id_equal(all[i].id, id))
			i++;
		id = i < n ? all[i].parent_id : (struct id){ 0 };
	}
	return id_equal(id, above);
}

status mandates_end(struct issuer *is, struct batch *b, int64_t now, struct id id, struct arena *a,
		    size_t *ret_n)
{
	struct mandate m, *all;
	uint64_t version;
	size_t n, ended = 0;
	TRY(mandates_get(is, id, a, &m, &version));
	if (!mandate_is_live(&m))
		return ST_NOT_FOUND;
	TRY(mandates_of_legal(is, m.legal_id, a, &all, &n));
	for (size_t i = 0; i < n; i++) {
		if (!hangs_on(&all[i], all, n, id))
			continue;
		TRY(end_one(is, b, now, &all[i], a));
		ended++;
	}
	if (ret_n)
		*ret_n = ended;
	return ended ? ST_OK : ST_CORRUPT;
}

status mandates_may_end(struct issuer *is, const struct mandate *m, const struct subject *person,
			struct arena *a, bool *ret)
{
	struct mandate above = *m;
	uint64_t version;
	bool may = m->role != MANDATE_LEGAL_REP && mandate_is_for(m, person);
	while (!may && !id_is_zero(above.parent_id)) {
		TRY(mandates_get(is, above.parent_id, a, &above, &version));
		may = above.state == MANDATE_ACTIVE && mandate_is_for(&above, person);
	}
	*ret = may;
	return ST_OK;
}

/* ---- rotation ------------------------------------------------------------------------------- */

static status is_linked(struct issuer *is, const struct mandate *m, struct arena *a, bool *ret)
{
	struct mandate_links links;
	bool linked = true;
	TRY(mandate_links_of(is->keys, m, a, &links));
	for (size_t i = 0; i < links.n && linked; i++) {
		struct slice id;
		status s = records_find(is->records, INDEX_MANDATES, links.keys[i], a, &id);
		if (is_fault(s))
			return s;
		linked = s == ST_OK;
	}
	*ret = linked;
	return ST_OK;
}

status mandates_renew(struct issuer *is, struct batch *b, struct id id, struct arena *a, bool *ret_written)
{
	struct mandate m;
	struct secret_ages ages;
	struct record record;
	bool linked = true;
	TRY(records_get(is->records, TABLE_MANDATES, id_slice(&id), a, &record));
	TRY(mandate_record_open(is->keys, id, record.value, a, &m));
	TRY(keys_secret_ages(is->keys, SECRET_SUBJECT_WRAP, &ages));
	bool live = mandate_is_live(&m);
	if (live)
		TRY(is_linked(is, &m, a, &linked));
	*ret_written = !linked || get_u32(record.value.p + 1) != ages.newest;
	if (!*ret_written)
		return ST_OK;
	TRY(put(is, b, &m, record.version, a));
	return live ? link_all(is, b, &m, true, a) : ST_OK;
}
