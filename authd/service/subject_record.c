#include "authd/service/subject_record.h"

#include "authd/service/place.h"

enum {
	FORMAT = 1,
	WRAPPED_SIZE = SECRET_SIZE + SEAL_OVERHEAD,
	HEAD_SIZE = 1 + 4 + WRAPPED_SIZE,
};

static const char DATA_KEY[] = "subjects/key";
static const char PAYLOAD[] = "subjects/data";

/* A key that is not there is a machine set up wrongly, not an answer about the subject. */
static status wrapping_key(struct keys *k, uint32_t version, struct secret *ret,
                           uint32_t *ret_version)
{
	status s = keys_secret(k, SECRET_SUBJECT_WRAP, version, ret, ret_version);
	return s == ST_NOT_FOUND ? ST_UNAVAILABLE : s;
}

/* A data key is of the suite of what wraps it. */
static status wrap(struct keys *k, struct id id, struct secret *data_key,
                   struct sealer *sealer, struct arena *a, struct slice *ret,
                   uint32_t *ret_version)
{
	AUTO_SECRET struct secret key;
	uint32_t version;
	TRY(wrapping_key(k, 0, &key, &version));
	data_key->suite = key.suite;
	struct place place = place_of(DATA_KEY, id, version);
	TRY(seal_with(sealer, &key, place_slice(&place), secret_slice(data_key), a, ret));
	*ret_version = version;
	return ret->n == WRAPPED_SIZE ? ST_OK : ST_BUG;
}

static status unwrap(struct keys *k, struct id id, struct slice record, struct arena *a,
                     struct secret *ret)
{
	AUTO_SECRET struct secret key;
	uint32_t version = get_u32(record.p + 1);
	if (!version)
		return ST_CORRUPT; /* 0 would ask for the current one */
	TRY(wrapping_key(k, version, &key, &version));

	struct place place = place_of(DATA_KEY, id, version);
	struct slice plain;
	status s =
	        unseal(&key, place_slice(&place), slice_of(record.p + 5, WRAPPED_SIZE), a, &plain);
	if (s != ST_OK)
		return is_fault(s) ? s : ST_CORRUPT;
	if (plain.n != SECRET_SIZE)
		return ST_CORRUPT;
	memcpy(ret->bytes, plain.p, SECRET_SIZE);
	ret->suite = key.suite;
	return ST_OK;
}

status subject_record_seal(struct keys *k, const struct subject *s, struct secret *data_key,
                           struct sealer *sealer, struct arena *a, struct slice *ret)
{
	struct slice wrapped, sealed;
	uint32_t version;
	TRY(wrap(k, s->id, data_key, sealer, a, &wrapped, &version));

	AUTO_BUF struct buf plain = {0};
	TRY(subject_encode(s, &plain));
	struct place place = place_of(PAYLOAD, s->id, FORMAT);
	TRY(seal_with(sealer, data_key, place_slice(&place), buf_slice(&plain), a, &sealed));

	uint8_t *p = arena_alloc(a, HEAD_SIZE + sealed.n);
	if (!p)
		return ST_NOMEM;
	p[0] = FORMAT;
	put_u32(p + 1, version);
	memcpy(p + 5, wrapped.p, WRAPPED_SIZE);
	memcpy(p + HEAD_SIZE, sealed.p, sealed.n);
	*ret = slice_of(p, HEAD_SIZE + sealed.n);
	return ST_OK;
}

status subject_record_open(struct keys *k, struct id id, struct slice record, struct arena *a,
                           struct subject *ret, struct secret *ret_data_key)
{
	if (record.n < HEAD_SIZE + SEAL_OVERHEAD || record.p[0] != FORMAT)
		return ST_CORRUPT;
	AUTO_SECRET struct secret data_key;
	TRY(unwrap(k, id, record, a, &data_key));

	struct place place = place_of(PAYLOAD, id, FORMAT);
	struct slice plain;
	status s = unseal(&data_key, place_slice(&place), slice_from(record, HEAD_SIZE), a, &plain);
	if (s != ST_OK)
		return is_fault(s) ? s : ST_CORRUPT;

	struct subject subject;
	TRY(subject_decode(plain, &subject));
	subject.id = id; /* which the seals have just borne out */
	*ret = subject;
	if (ret_data_key)
		*ret_data_key = data_key;
	return ST_OK;
}

status subject_record_is_current(struct keys *k, struct slice record, bool *ret)
{
	struct secret_ages ages;
	TRY(keys_secret_ages(k, SECRET_SUBJECT_WRAP, &ages));
	*ret = record.n >= HEAD_SIZE && get_u32(record.p + 1) == ages.newest;
	return ST_OK;
}

/* ---- blind indexes -------------------------------------------------------------------------- */

static status blind_key(struct keys *k, uint32_t version, const struct slice *parts, size_t n,
                        struct blind_key *ret)
{
	AUTO_SECRET struct secret key;
	TRY(keys_secret(k, SECRET_BLIND_INDEX, version, &key, &version));
	uint8_t hash[MAC_SIZE];
	TRY(mac(&key, parts, n, hash));
	put_u32(ret->bytes, version);
	memcpy(ret->bytes + 4, hash, BLIND_KEY_SIZE - 4);
	return ST_OK;
}

static status blind_keys_of(struct keys *k, const struct slice *parts, size_t n,
                            struct blind_keys *ret)
{
	uint32_t versions[BLIND_VERSIONS_MAX];
	size_t live = keys_secret_versions(k, SECRET_BLIND_INDEX, versions, BLIND_VERSIONS_MAX);
	struct blind_keys keys = {.n = 0};
	for (size_t v = 0; v < live; v++) {
		status s = blind_key(k, versions[v], parts, n, &keys.items[keys.n]);
		if (s == ST_NOT_FOUND)
			continue; /* dropped since we asked */
		TRY(s);
		keys.n++;
	}
	if (!keys.n)
		return ST_UNAVAILABLE;
	*ret = keys;
	return ST_OK;
}

status blind_keys_of_number(struct keys *k, enum number_type type, struct slice number,
                            struct blind_keys *ret)
{
	uint8_t kind = (uint8_t)number_type_range(type);
	struct slice parts[] = {SLICE("number"), slice_of(&kind, 1), number};
	return blind_keys_of(k, parts, COUNT_OF(parts), ret);
}

status blind_keys_of_login(struct keys *k, struct slice folded, struct blind_keys *ret)
{
	struct slice parts[] = {SLICE("login name"), folded};
	return blind_keys_of(k, parts, COUNT_OF(parts), ret);
}

status blind_keys_of_mandates(struct keys *k, struct id person, struct blind_keys *ret)
{
	struct slice parts[] = {SLICE("mandates"), id_slice(&person)};
	return blind_keys_of(k, parts, COUNT_OF(parts), ret);
}

status blind_keys_of_offers(struct keys *k, enum number_type type, struct slice number,
                            struct blind_keys *ret)
{
	uint8_t kind = (uint8_t)number_type_range(type);
	struct slice parts[] = {SLICE("offers"), slice_of(&kind, 1), number};
	return blind_keys_of(k, parts, COUNT_OF(parts), ret);
}
