#include "authd/service/credentials.h"

#include "authd/service/place.h"
#include "keys/seal.h"

/*
 *	key = subject id | kind        record = format (1) | wrap version (4) | sealed credential
 */
enum { FORMAT = 1, HEAD_SIZE = 5 };

static const char WHAT[] = "credentials";
/* In the associated data, so that no kind opens as another. */
static const char *const PLACES[] = { [CREDENTIAL_PASSWORD] = WHAT, [CREDENTIAL_TOTP] = "credentials/totp" };

struct credential_key {
	uint8_t id[16];
	uint8_t kind;
};

static struct credential_key key_of(struct id id, enum credential_kind kind)
{
	struct credential_key key = { .kind = (uint8_t)kind };
	memcpy(key.id, id.bytes, sizeof key.id);
	return key;
}

static struct slice key_slice(const struct credential_key *key)
{
	return slice_of(key, sizeof *key);
}

static status sealing_key(struct keys *k, uint32_t version, struct secret *ret, uint32_t *ret_version)
{
	AUTO_SECRET struct secret wrap;
	status s = keys_secret(k, SECRET_SUBJECT_WRAP, version, &wrap, ret_version);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_UNAVAILABLE : s;
	return derive(&wrap, WHAT, ret);
}

/* ---- any kind --------------------------------------------------------------------------------- */

static status record_open(struct keys *k, struct id id, enum credential_kind kind, struct slice record,
			  struct arena *a, struct slice *ret)
{
	if (record.n < HEAD_SIZE || record.p[0] != FORMAT || !get_u32(record.p + 1))
		return ST_CORRUPT;
	AUTO_SECRET struct secret key;
	uint32_t version;
	TRY(sealing_key(k, get_u32(record.p + 1), &key, &version));

	struct place place = place_of(PLACES[kind], id, version);
	status s = unseal(&key, place_slice(&place), slice_from(record, HEAD_SIZE), a, ret);
	return s == ST_OK || is_fault(s) ? s : ST_CORRUPT;
}

status credential_record_has(struct issuer *is, struct id subject_id, enum credential_kind kind, bool *ret)
{
	struct credential_key key = key_of(subject_id, kind);
	return records_has(is->records, TABLE_CREDENTIALS, key_slice(&key), ret);
}

status credential_record_get(struct issuer *is, struct id subject_id, enum credential_kind kind,
			     struct arena *a, struct slice *ret, uint64_t *ret_version)
{
	struct credential_key key = key_of(subject_id, kind);
	struct record record;
	TRY(records_get(is->records, TABLE_CREDENTIALS, key_slice(&key), a, &record));
	TRY(record_open(is->keys, subject_id, kind, record.value, a, ret));
	*ret_version = record.version;
	return ST_OK;
}

status credential_record_put(struct issuer *is, struct batch *b, struct arena *a, struct id subject_id,
			     enum credential_kind kind, struct slice plain, uint64_t expected)
{
	AUTO_SECRET struct secret key;
	uint32_t version;
	TRY(sealing_key(is->keys, 0, &key, &version));

	struct place place = place_of(PLACES[kind], subject_id, version);
	struct slice sealed;
	TRY(seal(&key, place_slice(&place), plain, a, &sealed));

	uint8_t *p = arena_alloc(a, HEAD_SIZE + sealed.n);
	if (!p)
		return ST_NOMEM;
	p[0] = FORMAT;
	put_u32(p + 1, version);
	memcpy(p + HEAD_SIZE, sealed.p, sealed.n);

	struct credential_key record_key = key_of(subject_id, kind);
	batch_put(b, TABLE_CREDENTIALS, key_slice(&record_key), expected, slice_of(p, HEAD_SIZE + sealed.n));
	return ST_OK;
}

void credential_record_delete(struct batch *b, struct id subject_id, enum credential_kind kind, uint64_t expected)
{
	struct credential_key key = key_of(subject_id, kind);
	batch_delete(b, TABLE_CREDENTIALS, key_slice(&key), expected);
}

void credentials_forget(struct batch *b, struct id subject_id)
{
	credential_record_delete(b, subject_id, CREDENTIAL_PASSWORD, VERSION_ANY);
	credential_record_delete(b, subject_id, CREDENTIAL_TOTP, VERSION_ANY);
}

/* ---- the password ----------------------------------------------------------------------------- */

status credentials_get(struct issuer *is, struct id subject_id, struct arena *a,
		       struct credential *ret, uint64_t *ret_version)
{
	struct slice plain;
	TRY(credential_record_get(is, subject_id, CREDENTIAL_PASSWORD, a, &plain, ret_version));
	return credential_decode(plain, ret);
}

void credentials_expect(struct batch *b, struct id subject_id, uint64_t expected)
{
	struct credential_key key = key_of(subject_id, CREDENTIAL_PASSWORD);
	batch_expect(b, TABLE_CREDENTIALS, key_slice(&key), expected);
}

status credentials_put(struct issuer *is, struct batch *b, struct arena *a, struct id subject_id,
		       const struct credential *c, uint64_t expected)
{
	AUTO_BUF struct buf plain = { 0 };
	TRY(credential_encode(c, &plain));
	return credential_record_put(is, b, a, subject_id, CREDENTIAL_PASSWORD, buf_slice(&plain), expected);
}

/* ---- rotation --------------------------------------------------------------------------------- */

status credentials_renew(struct issuer *is, struct batch *b, struct slice key, struct record record,
			 struct arena *a, bool *ret_written)
{
	struct secret_ages ages;
	struct slice plain;
	struct id id;
	TRY(keys_secret_ages(is->keys, SECRET_SUBJECT_WRAP, &ages));
	if (key.n != sizeof(struct credential_key) || record.value.n < HEAD_SIZE)
		return ST_CORRUPT;
	uint8_t kind = key.p[sizeof id];
	if (kind >= COUNT_OF(PLACES) || !PLACES[kind])
		return ST_CORRUPT;
	*ret_written = get_u32(record.value.p + 1) != ages.newest;
	if (!*ret_written)
		return ST_OK;
	memcpy(id.bytes, key.p, sizeof id.bytes);
	TRY(record_open(is->keys, id, kind, record.value, a, &plain));
	return credential_record_put(is, b, a, id, kind, plain, record.version);
}
