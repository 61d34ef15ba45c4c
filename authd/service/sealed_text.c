#include "authd/service/sealed_text.h"

#include "keys/seal.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

enum { FORMAT = 2, HEAD_SIZE = 1 + 4 };

/* The same label at two issuers is not the same thing. */
static struct slice associated_data(struct issuer *is, struct slice label, struct arena *a)
{
	return arena_format(a, "%.*s %.*s", SLICE_FMT(is->iss), SLICE_FMT(label));
}

status sealed_text_make(struct issuer *is, enum secret_use use, struct slice label,
			struct slice plain, struct arena *a, struct slice *ret_text)
{
	AUTO_SECRET struct secret key;
	uint32_t version;
	TRY(keys_secret(is->keys, use, 0, &key, &version));

	struct slice associated = associated_data(is, label, a);
	struct slice sealed;
	if (!associated.p)
		return ST_NOMEM;
	TRY(seal_wide(&key, associated, plain, a, &sealed));

	uint8_t *whole = arena_alloc(a, HEAD_SIZE + sealed.n);
	if (!whole)
		return ST_NOMEM;
	whole[0] = FORMAT;
	put_u32(whole + 1, version);
	memcpy(whole + HEAD_SIZE, sealed.p, sealed.n);

	struct slice text = arena_base64url(a, slice_of(whole, HEAD_SIZE + sealed.n));
	if (!text.p)
		return ST_NOMEM;
	*ret_text = text;
	return ST_OK;
}

uint32_t sealed_text_version(struct slice text, struct arena *a)
{
	struct slice whole;
	if (arena_base64url_decode(a, text, &whole) != ST_OK || whole.n < HEAD_SIZE || whole.p[0] != FORMAT)
		return 0;
	return get_u32(whole.p + 1);
}

status sealed_text_open(struct issuer *is, enum secret_use use, struct slice label,
			struct slice text, struct arena *a, struct slice *ret_plain)
{
	struct slice whole;
	TRY(arena_base64url_decode(a, text, &whole));
	if (whole.n < HEAD_SIZE + SEAL_WIDE_OVERHEAD || whole.p[0] != FORMAT)
		return ST_INVALID;

	/* Version 0 means "the current one" to keys_secret(); no sealed text carries it. */
	uint32_t version = get_u32(whole.p + 1);
	AUTO_SECRET struct secret key;
	status s = version ? keys_secret(is->keys, use, version, &key, &version) : ST_NOT_FOUND;
	if (s == ST_NOT_FOUND)
		return ST_INVALID;
	TRY(s);

	struct slice associated = associated_data(is, label, a);
	if (!associated.p)
		return ST_NOMEM;
	return unseal_wide(&key, associated, slice_from(whole, HEAD_SIZE), a, ret_plain);
}
