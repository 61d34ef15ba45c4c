/*
 * Any bytes as a stored record: the first byte says of which kind, the rest is its encoding. What is
 * decoded can be encoded and decoded again, and its encoding stays the same from then on.
 */
#include "authd/model/client.h"
#include "authd/model/codec.h"
#include "authd/model/state.h"
#include "authd/model/subject.h"
#include "libauth/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define KINDS(X) X(subject) X(session) X(code) X(family) X(consent) X(session_entry) X(credential)

#define WRAP(kind)                                                                                 \
	static status decode_##kind(struct slice bytes, struct arena *, void *ret)                 \
	{                                                                                          \
		return kind##_decode(bytes, ret);                                                  \
	}                                                                                          \
	static status encode_##kind(const void *thing, struct buf *out)                            \
	{                                                                                          \
		return kind##_encode(thing, out);                                                  \
	}
KINDS(WRAP)

static status decode_client(struct slice bytes, struct arena *a, void *ret)
{
	return client_decode(bytes, a, ret);
}

static status encode_client(const void *thing, struct buf *out)
{
	return client_encode(thing, out);
}

#define ROW(kind) {decode_##kind, encode_##kind},
static const struct kind {
	status (*decode)(struct slice bytes, struct arena *a, void *ret);
	status (*encode)(const void *thing, struct buf *out);
} kinds[] = {ROW(client) KINDS(ROW)};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n)
		return 0;
	const struct kind *k = &kinds[data[0] % COUNT_OF(kinds)];
	_Alignas(max_align_t) uint8_t thing[CODEC_SIZE_MAX];
	AUTO_ARENA struct arena a = {0};
	AUTO_BUF struct buf first = {0}, second = {0};
	status s = k->decode(slice_of(data + 1, n - 1), &a, thing);
	if (s == ST_CORRUPT)
		return 0;
	if (s != ST_OK || k->encode(thing, &first) != ST_OK ||
	    k->decode(buf_slice(&first), &a, thing) != ST_OK || k->encode(thing, &second) != ST_OK ||
	    !slice_equal(buf_slice(&first), buf_slice(&second)))
		abort();
	return 0;
}
