#include "authd/service/credentials.h"

#include "authd/service/place.h"
#include "keys/seal.h"

/*
 *	key = subject id | kind        record = format (1) | wrap version (4) | sealed credential
 */
enum { FORMAT = 1, HEAD_SIZE = 5, KIND_PASSWORD = 1 };

static const char WHAT[] = "credentials";

struct credential_key {
	uint8_t id[16];
	uint8_t kind;
};

static struct credential_key key_of(struct id id)
{
	struct credential_key key = {.kind = KIND_PASSWORD};
	memcpy(key.id, id.bytes, sizeof key.id);
	return key;
}

static struct slice key_slice(const struct credential_key *key)
{
	return slice_of(key, sizeof *key);
}

static status sealing_key(struct keys *k, uint32_t version, struct secret *ret,
                          uint32_t *ret_version)
{
	AUTO_SECRET struct secret wrap;
	status s = keys_secret(k, SECRET_SUBJECT_WRAP, version, &wrap, ret_version);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_UNAVAILABLE : s;
	return derive(&wrap, WHAT, ret);
}

static status credential_open(struct keys *k, struct id id, struct slice record, struct arena *a,
                              struct credential *ret)
{
	if (record.n < HEAD_SIZE || record.p[0] != FORMAT || !get_u32(record.p + 1))
		return ST_CORRUPT;
	AUTO_SECRET struct secret key;
	uint32_t version;
	TRY(sealing_key(k, get_u32(record.p + 1), &key, &version));

	struct place place = place_of(WHAT, id, version);
	struct slice plain;
	status s = unseal(&key, place_slice(&place), slice_from(record, HEAD_SIZE), a, &plain);
	if (s != ST_OK)
		return is_fault(s) ? s : ST_CORRUPT;
	return credential_decode(plain, ret);
}

status credentials_get(struct issuer *is, struct id subject_id, struct arena *a,
                       struct credential *ret, uint64_t *ret_version)
{
	struct credential_key key = key_of(subject_id);
	struct record record;
	TRY(records_get(is->records, TABLE_CREDENTIALS, key_slice(&key), a, &record));
	TRY(credential_open(is->keys, subject_id, record.value, a, ret));
	*ret_version = record.version;
	return ST_OK;
}

void credentials_expect(struct batch *b, struct id subject_id, uint64_t expected)
{
	struct credential_key key = key_of(subject_id);
	batch_expect(b, TABLE_CREDENTIALS, key_slice(&key), expected);
}

void credentials_forget(struct batch *b, struct id subject_id)
{
	struct credential_key key = key_of(subject_id);
	batch_delete(b, TABLE_CREDENTIALS, key_slice(&key), VERSION_ANY);
}

status credentials_put(struct issuer *is, struct batch *b, struct arena *a, struct id subject_id,
                       const struct credential *c, uint64_t expected)
{
	AUTO_SECRET struct secret key;
	uint32_t version;
	TRY(sealing_key(is->keys, 0, &key, &version));

	AUTO_BUF struct buf plain = {0};
	TRY(credential_encode(c, &plain));
	struct place place = place_of(WHAT, subject_id, version);
	struct slice sealed;
	TRY(seal(&key, place_slice(&place), buf_slice(&plain), a, &sealed));

	uint8_t *p = arena_alloc(a, HEAD_SIZE + sealed.n);
	if (!p)
		return ST_NOMEM;
	p[0] = FORMAT;
	put_u32(p + 1, version);
	memcpy(p + HEAD_SIZE, sealed.p, sealed.n);

	struct credential_key record_key = key_of(subject_id);
	batch_put(b, TABLE_CREDENTIALS, key_slice(&record_key), expected,
	          slice_of(p, HEAD_SIZE + sealed.n));
	return ST_OK;
}
