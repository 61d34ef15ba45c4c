#include "authd/service/mandates.h"

#include "authd/service/place.h"
#include "authd/service/subject_record.h"
#include "keys/seal.h"

enum { FORMAT = 1, HEAD_SIZE = 1 + 4 };

/* The versions are those of the secret that wraps the subjects' keys; the key is another one. */
static status record_key(struct keys *k, uint32_t version, struct secret *ret, uint32_t *ret_version)
{
	AUTO_SECRET struct secret wrapping;
	status s = keys_secret(k, SECRET_SUBJECT_WRAP, version, &wrapping, ret_version);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_UNAVAILABLE : s;
	return derive(&wrapping, "mandates", ret);
}

status mandate_record_seal(struct keys *k, const struct mandate *m, struct arena *a, struct slice *ret)
{
	AUTO_SECRET struct secret key;
	AUTO_BUF struct buf plain = { 0 };
	uint32_t version;
	struct slice sealed;
	TRY(record_key(k, 0, &key, &version));
	TRY(mandate_encode(m, &plain));
	struct place place = place_of("mandates", m->id, version);
	TRY(seal(&key, place_slice(&place), buf_slice(&plain), a, &sealed));

	uint8_t *p = arena_alloc(a, HEAD_SIZE + sealed.n);
	if (!p)
		return ST_NOMEM;
	p[0] = FORMAT;
	put_u32(p + 1, version);
	memcpy(p + HEAD_SIZE, sealed.p, sealed.n);
	*ret = slice_of(p, HEAD_SIZE + sealed.n);
	return ST_OK;
}

status mandate_record_open(struct keys *k, struct id id, struct slice record, struct arena *a,
			   struct mandate *ret)
{
	AUTO_SECRET struct secret key;
	if (record.n < HEAD_SIZE + SEAL_OVERHEAD || record.p[0] != FORMAT)
		return ST_CORRUPT;
	uint32_t version = get_u32(record.p + 1);
	if (!version)
		return ST_CORRUPT; /* 0 would ask for the current one */
	TRY(record_key(k, version, &key, &version));

	struct place place = place_of("mandates", id, version);
	struct slice plain;
	status s = unseal(&key, place_slice(&place), slice_from(record, HEAD_SIZE), a, &plain);
	if (s != ST_OK)
		return is_fault(s) ? s : ST_CORRUPT;
	struct mandate m;
	TRY(mandate_decode(plain, a, &m));
	m.id = id; /* which the seal has just borne out */
	*ret = m;
	return ST_OK;
}

/* ---- the index ------------------------------------------------------------------------------- */

/* blind key | mandate id: a person's mandates stand together. */
static status add_links(const struct blind_keys *keys, struct id id, struct arena *a,
			struct mandate_links *to)
{
	for (size_t i = 0; i < keys->n; i++) {
		uint8_t *key = arena_alloc(a, BLIND_KEY_SIZE + sizeof id);
		if (!key)
			return ST_NOMEM;
		if (to->n == MANDATE_LINKS_MAX)
			return ST_BUG;
		memcpy(key, keys->items[i].bytes, BLIND_KEY_SIZE);
		memcpy(key + BLIND_KEY_SIZE, id.bytes, sizeof id);
		to->keys[to->n++] = slice_of(key, BLIND_KEY_SIZE + sizeof id);
	}
	return ST_OK;
}

status mandate_links_of(struct keys *k, const struct mandate *m, struct arena *a,
			struct mandate_links *ret)
{
	struct mandate_links links = { .n = 0 };
	struct blind_keys keys;
	TRY(blind_keys_of_mandates(k, m->legal_id, &keys));
	TRY(add_links(&keys, m->id, a, &links));
	if (id_is_zero(m->agent_id))
		TRY(blind_keys_of_offers(k, m->agent_type, m->agent_number, &keys));
	else
		TRY(blind_keys_of_mandates(k, m->agent_id, &keys));
	TRY(add_links(&keys, m->id, a, &links));
	*ret = links;
	return ST_OK;
}
