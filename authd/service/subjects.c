#include "authd/service/subjects.h"

#include "authd/model/former.h"
#include "authd/service/subject_record.h"
#include "keys/seal.h"

/* ---- reading -------------------------------------------------------------------------------- */

static status subject_load(struct issuer *is, struct id id, struct arena *a, struct subject *ret,
                           uint64_t *ret_version, struct secret *ret_data_key)
{
	struct record record;
	TRY(records_get(is->records, TABLE_SUBJECTS, id_slice(&id), a, &record));
	TRY(subject_record_open(is->keys, id, record.value, a, ret, ret_data_key));
	*ret_version = record.version;
	return ST_OK;
}

status subjects_get_version(struct issuer *is, struct id id, struct arena *a, struct subject *ret,
                            uint64_t *ret_version)
{
	return subject_load(is, id, a, ret, ret_version, NULL);
}

status subjects_get(struct issuer *is, struct id id, struct arena *a, struct subject *ret)
{
	uint64_t version;
	return subject_load(is, id, a, ret, &version, NULL);
}

/* The subject that an index entry leads to, under whichever version of the key it stands. */
static status blind_find(struct issuer *is, enum index index, const struct blind_keys *keys,
                         struct arena *a, struct id *ret)
{
	for (size_t k = 0; k < keys->n; k++) {
		struct slice id;
		status s = records_find(is->records, index, blind_slice(&keys->items[k]), a, &id);
		if (s == ST_NOT_FOUND)
			continue;
		TRY(s);
		return id_from(id, ret) == ST_OK ? ST_OK : ST_CORRUPT;
	}
	return ST_NOT_FOUND;
}

status subjects_find_id(struct issuer *is, enum number_type type, struct slice number,
                        struct arena *a, struct id *ret)
{
	struct blind_keys keys;
	TRY(blind_keys_of_number(is->keys, type, number, &keys));
	return blind_find(is, INDEX_IDENTIFIER, &keys, a, ret);
}

/* An index entry whose record is not there is damage, not an unknown person. */
static status subject_of_entry(struct issuer *is, struct id id, struct arena *a,
                               struct subject *ret)
{
	status s = subjects_get(is, id, a, ret);
	return s == ST_NOT_FOUND ? ST_CORRUPT : s;
}

status subjects_find(struct issuer *is, enum number_type type, struct slice number, struct arena *a,
                     struct subject *ret)
{
	struct id id;
	TRY(subjects_find_id(is, type, number, a, &id));
	return subject_of_entry(is, id, a, ret);
}

status subjects_find_login_name(struct issuer *is, struct slice folded, struct arena *a,
                                struct subject *ret)
{
	struct id id;
	struct blind_keys keys;
	TRY(blind_keys_of_login(is->keys, folded, &keys));
	TRY(blind_find(is, INDEX_LOGIN_NAME, &keys, a, &id));
	return subject_of_entry(is, id, a, ret);
}

/* ---- writing -------------------------------------------------------------------------------- */

/* All index keys that lead to a subject. */
struct entries {
	struct blind_keys numbers[1 + FORMER_MAX];
	size_t n;
	struct blind_keys login;
};

static status add_number(struct issuer *is, enum number_type t, struct slice number,
                         struct entries *to)
{
	if (to->n == COUNT_OF(to->numbers))
		return ST_CORRUPT;
	return blind_keys_of_number(is->keys, t, number, &to->numbers[to->n++]);
}

static status entries_of(struct issuer *is, const struct subject *s, struct entries *ret)
{
	struct slice rest = s->former;
	struct former f;
	*ret = (struct entries){0};
	if (s->state == SUBJECT_MERGED)
		return ST_OK; /* all of them lead to the one that stays */
	TRY(add_number(is, s->number_type, s->number, ret));
	while (former_next(&rest, &f))
		TRY(add_number(is, f.type, f.number, ret));
	return s->login_name.n ? blind_keys_of_login(is->keys, s->login_name, &ret->login) : ST_OK;
}

/* ST_EXISTS when an entry leads to another subject than this one, or the one that hands over. */
static status check_free(struct issuer *is, enum index index, const struct blind_keys *keys,
                         struct arena *a, struct id id, struct id from)
{
	struct id owner;
	status s = blind_find(is, index, keys, a, &owner);
	if (s == ST_NOT_FOUND)
		return ST_OK;
	TRY(s);
	return id_equal(owner, id) || id_equal(owner, from) ? ST_OK : ST_EXISTS;
}

static status check_all_free(struct issuer *is, const struct entries *e, struct arena *a, struct id id,
                             struct id from)
{
	for (size_t k = 0; k < e->n; k++)
		TRY(check_free(is, INDEX_IDENTIFIER, &e->numbers[k], a, id, from));
	return check_free(is, INDEX_LOGIN_NAME, &e->login, a, id, from);
}

static void link_all(struct batch *b, enum index index, const struct blind_keys *keys, struct id id)
{
	for (size_t k = 0; k < keys->n; k++)
		batch_link(b, index, blind_slice(&keys->items[k]), id_slice(&id));
}

static bool has_key(const struct blind_keys *keys, const struct blind_key *key)
{
	for (size_t k = 0; k < keys->n; k++)
		if (slice_equal(blind_slice(&keys->items[k]), blind_slice(key)))
			return true;
	return false;
}

static bool has_number(const struct entries *e, const struct blind_key *key)
{
	for (size_t k = 0; k < e->n; k++)
		if (has_key(&e->numbers[k], key))
			return true;
	return false;
}

/* The index entries of `before` become those of `after`. */
static void relink(struct batch *b, const struct entries *before, const struct entries *after,
                   struct id id)
{
	for (size_t n = 0; n < before->n; n++)
		for (size_t k = 0; k < before->numbers[n].n; k++)
			if (!has_number(after, &before->numbers[n].items[k]))
				batch_unlink(b, INDEX_IDENTIFIER,
				             blind_slice(&before->numbers[n].items[k]));
	for (size_t k = 0; k < before->login.n; k++)
		if (!has_key(&after->login, &before->login.items[k]))
			batch_unlink(b, INDEX_LOGIN_NAME, blind_slice(&before->login.items[k]));
	for (size_t n = 0; n < after->n; n++)
		link_all(b, INDEX_IDENTIFIER, &after->numbers[n], id);
	link_all(b, INDEX_LOGIN_NAME, &after->login, id);
}

/* The data key, time of creation and index entries of the record that is to be replaced. */
static status take_over(struct issuer *is, struct arena *a, struct subject *s, uint64_t *expected,
                        struct secret *ret_data_key, struct entries *ret_before)
{
	struct subject before;
	uint64_t version;
	TRY(subject_load(is, s->id, a, &before, &version, ret_data_key));
	if (*expected != VERSION_ANY && *expected != version)
		return ST_CONFLICT;
	*expected = version;
	s->created_at = before.created_at;
	return entries_of(is, &before, ret_before);
}

static status begin_new(int64_t now, struct subject *s, uint64_t *expected,
                        struct secret *ret_data_key)
{
	TRY(random_bytes(s->id.bytes, sizeof s->id.bytes));
	TRY(random_bytes(ret_data_key->bytes, SECRET_SIZE));
	s->created_at = now;
	*expected = VERSION_NONE;
	return ST_OK;
}

void subject_expect(struct batch *b, struct id id, uint64_t expected)
{
	batch_expect(b, TABLE_SUBJECTS, id_slice(&id), expected);
}

status subjects_put(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
                    struct subject *s, uint64_t expected)
{
	return subjects_put_taking(is, b, a, now, s, expected, (struct id){0});
}

status subjects_put_taking(struct issuer *is, struct batch *b, struct arena *a, int64_t now,
                           struct subject *s, uint64_t expected, struct id from)
{
	AUTO_SECRET struct secret data_key = {0};
	struct subject after = *s;
	struct entries gone = {0}, held;
	if (id_is_zero(after.id))
		TRY(begin_new(now, &after, &expected, &data_key));
	else
		TRY(take_over(is, a, &after, &expected, &data_key, &gone));
	after.updated_at = now;

	TRY(entries_of(is, &after, &held));
	TRY(check_all_free(is, &held, a, after.id, from));
	struct slice record;
	TRY(subject_record_seal(is->keys, &after, &data_key, NULL, a, &record));

	/* From here on nothing fails but the commit. */
	relink(b, &gone, &held, after.id);
	batch_put(b, TABLE_SUBJECTS, id_slice(&after.id), expected, record);
	*s = after;
	return ST_OK;
}

/* ---- rotation ------------------------------------------------------------------------------- */

static status is_linked(struct issuer *is, enum index index, const struct blind_keys *keys,
                        struct arena *a, bool *linked)
{
	for (size_t k = 0; k < keys->n && *linked; k++) {
		struct slice id;
		status s = records_find(is->records, index, blind_slice(&keys->items[k]), a, &id);
		if (is_fault(s))
			return s;
		*linked = s == ST_OK;
	}
	return ST_OK;
}

static status is_current(struct issuer *is, struct slice record, const struct entries *e,
                         struct arena *a, bool *ret)
{
	bool current;
	TRY(subject_record_is_current(is->keys, record, &current));
	for (size_t k = 0; k < e->n && current; k++)
		TRY(is_linked(is, INDEX_IDENTIFIER, &e->numbers[k], a, &current));
	TRY(is_linked(is, INDEX_LOGIN_NAME, &e->login, a, &current));
	*ret = current;
	return ST_OK;
}

status subjects_renew(struct issuer *is, struct batch *b, struct id id, struct arena *a,
                      bool *ret_written)
{
	AUTO_SECRET struct secret data_key = {0};
	struct record record;
	struct subject s;
	struct entries held;
	struct slice fresh;
	bool current;
	TRY(records_get(is->records, TABLE_SUBJECTS, id_slice(&id), a, &record));
	TRY(subject_record_open(is->keys, id, record.value, a, &s, &data_key));
	TRY(entries_of(is, &s, &held));
	TRY(is_current(is, record.value, &held, a, &current));
	*ret_written = !current;
	if (current)
		return ST_OK;
	TRY(subject_record_seal(is->keys, &s, &data_key, NULL, a, &fresh));
	const struct entries none = {0};
	relink(b, &none, &held, id);
	batch_put(b, TABLE_SUBJECTS, id_slice(&id), record.version, fresh);
	return ST_OK;
}
