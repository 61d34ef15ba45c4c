#include "authd/model/codec.h"

#include "authd/model/client.h"
#include "authd/model/id.h"
#include "libauth/base/mem.h"

enum { END = 0 };

/* ---- encoding ------------------------------------------------------------------------------- */

static void put_length(struct buf *out, size_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_put_byte(out, (uint8_t)(n | 0x80));
	buf_put_byte(out, (uint8_t)n);
}

static void put_field(struct buf *out, uint8_t tag, struct slice value)
{
	buf_put_byte(out, tag);
	put_length(out, value.n);
	buf_put(out, value);
}

/* Little-endian, without the zero bytes at its end. */
static void put_unsigned(struct buf *out, uint8_t tag, uint64_t value)
{
	uint8_t bytes[8];
	size_t n = 0;
	for (; value; value >>= 8)
		bytes[n++] = (uint8_t)value;
	if (n)
		put_field(out, tag, slice_of(bytes, n));
}

/* The sign goes to the lowest bit, so that small negative numbers stay short. */
static void put_signed(struct buf *out, uint8_t tag, int64_t value)
{
	uint64_t doubled = (uint64_t)value << 1;
	put_unsigned(out, tag, value < 0 ? ~doubled : doubled);
}

static bool in_range(const struct codec_field *f, int32_t value)
{
	return value >= f->min && value <= f->max;
}

static size_t length_size(size_t n)
{
	size_t size = 1;
	for (; n >= 0x80; n >>= 7)
		size++;
	return size;
}

static status put_list(struct buf *out, uint8_t tag, const struct client_list *l)
{
	if (l->n > CLIENT_LIST_MAX)
		return ST_BUG;
	if (!l->n)
		return ST_OK;
	size_t size = 0;
	for (size_t i = 0; i < l->n; i++)
		size += length_size(l->items[i].n) + l->items[i].n;
	buf_put_byte(out, tag);
	put_length(out, size);
	for (size_t i = 0; i < l->n; i++) {
		put_length(out, l->items[i].n);
		buf_put(out, l->items[i]);
	}
	return ST_OK;
}

#define READ(type, place)                                                                          \
	({                                                                                         \
		type value_;                                                                       \
		memcpy(&value_, (place), sizeof value_);                                           \
		value_;                                                                            \
	})

static status put_value(const struct codec_field *f, const void *place, struct buf *out)
{
	switch ((enum codec_type)f->type) {
	case CODEC_SLICE: {
		struct slice s = READ(struct slice, place);
		if (s.p)
			put_field(out, f->tag, s);
		return ST_OK;
	}
	case CODEC_BOOL:
		if (READ(bool, place))
			put_field(out, f->tag, NO_SLICE);
		return ST_OK;
	case CODEC_INT:
	case CODEC_ENUM: {
		int32_t value = READ(int32_t, place);
		put_signed(out, f->tag, value);
		return in_range(f, value) ? ST_OK : ST_BUG;
	}
	case CODEC_INT64: put_signed(out, f->tag, READ(int64_t, place)); return ST_OK;
	case CODEC_UINT32: put_unsigned(out, f->tag, READ(uint32_t, place)); return ST_OK;
	case CODEC_UINT64: put_unsigned(out, f->tag, READ(uint64_t, place)); return ST_OK;
	case CODEC_ID:
		if (!id_is_zero(READ(struct id, place)))
			put_field(out, f->tag, slice_of(place, sizeof(struct id)));
		return ST_OK;
	case CODEC_LIST: return put_list(out, f->tag, place);
	}
	return ST_BUG;
}

status codec_encode(const struct codec *c, const void *thing, struct buf *out)
{
	buf_put_byte(out, CODEC_VERSION);
	for (size_t i = 0; i < c->n; i++)
		TRY(put_value(&c->fields[i], (const char *)thing + c->fields[i].offset, out));
	buf_put_byte(out, END);
	return buf_status(out);
}

/* ---- decoding ------------------------------------------------------------------------------- */

static bool take_byte(struct slice *rest, uint8_t *ret)
{
	if (!rest->n)
		return false;
	*ret = rest->p[0];
	*rest = slice_from(*rest, 1);
	return true;
}

/* A length in its only form: no zero byte at its end, at most four bytes, all of it there. */
static bool take_counted(struct slice *rest, struct slice *ret)
{
	size_t n = 0;
	uint8_t byte = 0x80;
	for (unsigned shift = 0; byte & 0x80; shift += 7) {
		if (shift > 21 || !take_byte(rest, &byte) || (shift && !byte))
			return false;
		n |= (size_t)(byte & 0x7f) << shift;
	}
	if (n > rest->n)
		return false;
	*ret = slice_first(*rest, n);
	*rest = slice_from(*rest, n);
	return true;
}

static bool get_unsigned(struct slice value, uint64_t *ret)
{
	if (!value.n || value.n > 8 || !value.p[value.n - 1])
		return false;
	*ret = 0;
	for (size_t i = value.n; i > 0; i--)
		*ret = *ret << 8 | value.p[i - 1];
	return true;
}

static bool get_signed(struct slice value, int64_t *ret)
{
	uint64_t u;
	if (!get_unsigned(value, &u))
		return false;
	*ret = (int64_t)(u & 1 ? ~(u >> 1) : u >> 1);
	return true;
}

static status get_integer(const struct codec_field *f, struct slice value, void *place)
{
	uint64_t u = 0;
	int64_t i = 0;
	bool is_signed = f->type != CODEC_UINT32 && f->type != CODEC_UINT64;
	if (is_signed ? !get_signed(value, &i) : !get_unsigned(value, &u))
		return ST_CORRUPT;
	if (f->type == CODEC_INT64) {
		memcpy(place, &i, sizeof i);
		return ST_OK;
	}
	if (f->type == CODEC_UINT64) {
		memcpy(place, &u, sizeof u);
		return ST_OK;
	}
	int32_t narrow = (int32_t)(is_signed ? i : (int64_t)u);
	if (is_signed ? narrow != i : u > UINT32_MAX)
		return ST_CORRUPT;
	memcpy(place, &narrow, sizeof narrow);
	return ST_OK;
}

static status get_list(struct slice value, struct arena *a, void *place)
{
	struct slice items[CLIENT_LIST_MAX];
	struct client_list list = {0};
	while (value.n)
		if (list.n == CLIENT_LIST_MAX || !take_counted(&value, &items[list.n++]))
			return ST_CORRUPT;
	if (!list.n)
		return ST_CORRUPT;
	if (!a)
		return ST_BUG;
	list.items = arena_array(a, struct slice, list.n);
	if (!list.items)
		return ST_NOMEM;
	memcpy(list.items, items, list.n * sizeof items[0]);
	memcpy(place, &list, sizeof list);
	return ST_OK;
}

static status get_value(const struct codec_field *f, struct slice value, struct arena *a,
                        void *place)
{
	switch ((enum codec_type)f->type) {
	case CODEC_SLICE: memcpy(place, &value, sizeof value); return ST_OK;
	case CODEC_BOOL:
		memcpy(place, &(bool){true}, sizeof(bool));
		return value.n ? ST_CORRUPT : ST_OK;
	case CODEC_INT:
	case CODEC_ENUM:
	case CODEC_INT64:
	case CODEC_UINT32:
	case CODEC_UINT64: return get_integer(f, value, place);
	case CODEC_ID: {
		struct id id;
		if (id_from(value, &id) != ST_OK || id_is_zero(id))
			return ST_CORRUPT;
		memcpy(place, &id, sizeof id);
		return ST_OK;
	}
	case CODEC_LIST: return get_list(value, a, place);
	}
	return ST_BUG;
}

/* Both the fields of the bytes and those of the table ascend, so one pass meets all of them. */
static status get_fields(const struct codec *c, struct slice rest, struct arena *a, char *thing)
{
	const struct codec_field *f = c->fields, *end = f + c->n;
	for (unsigned last = 0;;) {
		uint8_t tag;
		struct slice value;
		if (!take_byte(&rest, &tag))
			return ST_CORRUPT;
		if (tag == END)
			return rest.n ? ST_CORRUPT : ST_OK;
		if (tag <= last || !take_counted(&rest, &value))
			return ST_CORRUPT;
		last = tag;
		while (f < end && f->tag < tag)
			f++;
		if (f < end && f->tag == tag)
			TRY(get_value(f, value, a, thing + f->offset));
	}
}

/* After all, because a field that is left out has a value too. */
static bool all_in_range(const struct codec *c, const char *thing)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct codec_field *f = &c->fields[i];
		bool ranged = f->type == CODEC_INT || f->type == CODEC_ENUM;
		if (ranged && !in_range(f, READ(int32_t, thing + f->offset)))
			return false;
	}
	return true;
}

status codec_decode(const struct codec *c, struct slice bytes, struct arena *a, void *ret)
{
	_Alignas(max_align_t) char thing[CODEC_SIZE_MAX];
	if (c->size > sizeof thing)
		return ST_BUG;
	memset(thing, 0, c->size);
	uint8_t version;
	if (!take_byte(&bytes, &version) || version != CODEC_VERSION)
		return ST_CORRUPT;
	TRY(get_fields(c, bytes, a, thing));
	if (!all_in_range(c, thing))
		return ST_CORRUPT;
	memcpy(ret, thing, c->size);
	return ST_OK;
}
