#include "mutate.h"

#include "json_text.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"

uint64_t mutate_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The bytes from start to end give way to others, which stand elsewhere; n if there is no room. */
static size_t splice(uint8_t *data, size_t n, size_t most, size_t start, size_t end, struct slice by)
{
	if (n - (end - start) + by.n > most)
		return n;
	memmove(data + start + by.n, data + end, n - end);
	if (by.n)
		memcpy(data + start, by.p, by.n);
	return n - (end - start) + by.n;
}

/* A copy of the bytes from start to end, mutated by libFuzzer, in their place. */
static size_t mutate_range(uint8_t *data, size_t n, size_t most, size_t start, size_t end)
{
	size_t length = end - start, room = length + 64;
	AUTO_MEM uint8_t *copy = malloc(room);
	if (!copy)
		return n;
	memcpy(copy, data + start, length);
	length = LLVMFuzzerMutate(copy, length, room);
	return splice(data, n, most, start, end, slice_of(copy, length));
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static const char *const OTHERS[] = {
	"null", "true", "false", "0", "-1", "1.5", "1e99", "9007199254740993", "18446744073709551616",
	"\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "\"\xff\"", "[]", "{}", "[[]]", "[\"a\",\"a\"]",
	"{\"a\":1,\"a\":2}", "1700000000", "\"1700000000\"",
};

static size_t duplicate(uint8_t *data, size_t n, size_t most, const struct json_place *p)
{
	AUTO_BUF struct buf b = { 0 };
	buf_put_byte(&b, ',');
	buf_put(&b, slice_of(data + p->name, p->end - p->name));
	return splice(data, n, most, p->end, p->end, buf_slice(&b));
}

static size_t copy_value(uint8_t *data, size_t n, size_t most, const struct json_place *from,
			 const struct json_place *to)
{
	AUTO_BUF struct buf b = { 0 };
	buf_put(&b, slice_of(data + from->start, from->end - from->start));
	return splice(data, n, most, to->start, to->end, buf_slice(&b));
}

static size_t drop(uint8_t *data, size_t n, const struct json_place *p)
{
	size_t end = p->end + (p->end < n && data[p->end] == ',');
	return splice(data, n, n, p->name, end, NO_SLICE);
}

size_t mutate_json(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	struct json_place places[JSON_PLACES_MAX];
	size_t count = json_places(slice_of(data, n), places);
	uint64_t random = seed;
	if (!count)
		return LLVMFuzzerMutate(data, n, most);
	const struct json_place *p = &places[mutate_random(&random) % count];
	uint64_t choice = mutate_random(&random);
	switch (mutate_random(&random) % 8) {
	case 0: return duplicate(data, n, most, p);
	case 1: return drop(data, n, p);
	case 2:
	case 3:
		return splice(data, n, most, p->start, p->end,
			      slice_str(OTHERS[choice % COUNT_OF(OTHERS)]));
	case 4: return copy_value(data, n, most, &places[choice % count], p);
	case 5: return LLVMFuzzerMutate(data, n, most);
	default: return mutate_range(data, n, most, p->start, p->end);
	}
}

/* ---- tokens --------------------------------------------------------------------------------- */

/* The segment of a dotted or lined text that a random byte of it lies in. */
static void pick_segment(struct slice text, uint64_t random, size_t *ret_start, size_t *ret_end)
{
	size_t start = text.n ? random % text.n : 0, end = start;
	while (start && text.p[start - 1] != '.' && text.p[start - 1] != '\n')
		start--;
	while (end < text.n && text.p[end] != '.' && text.p[end] != '\n')
		end++;
	*ret_start = start;
	*ret_end = end;
}

static size_t mutate_decoded(uint8_t *data, size_t n, size_t most, size_t start, size_t end,
			     unsigned seed)
{
	size_t length = 0, room = end - start + 128;
	AUTO_MEM uint8_t *json = malloc(room);
	AUTO_BUF struct buf text = { 0 };
	if (!json || base64url_decode(slice_of(data + start, end - start), json, &length) != ST_OK)
		return mutate_range(data, n, most, start, end);
	length = mutate_json(json, length, room, seed);
	buf_put_base64url(&text, slice_of(json, length));
	return splice(data, n, most, start, end, buf_slice(&text));
}

static size_t duplicate_segment(uint8_t *data, size_t n, size_t most, size_t start, size_t end)
{
	AUTO_BUF struct buf b = { 0 };
	buf_put(&b, slice_of(data + start, end - start));
	buf_put_byte(&b, '.');
	return splice(data, n, most, start, start, buf_slice(&b));
}

size_t mutate_token(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	uint64_t random = seed;
	size_t start, end;
	pick_segment(slice_of(data, n), mutate_random(&random), &start, &end);
	switch (mutate_random(&random) % 8) {
	case 0: return splice(data, n, most, start, end, NO_SLICE);
	case 1: return splice(data, n, most, start, end + (end < n), NO_SLICE);
	case 2: return duplicate_segment(data, n, most, start, end);
	case 3: return LLVMFuzzerMutate(data, n, most);
	case 4: return mutate_range(data, n, most, start, end);
	default: return mutate_decoded(data, n, most, start, end, (unsigned)mutate_random(&random));
	}
}

size_t mutate_signed(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	return n && data[0] == '{' ? mutate_json(data, n, most, seed) :
				     mutate_token(data, n, most, seed);
}
