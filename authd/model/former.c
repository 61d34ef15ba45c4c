#include "authd/model/former.h"

enum { HEAD = 18, LENGTH_AT = 17 };

bool former_next(struct slice *rest, struct former *ret)
{
	if (rest->n < HEAD || rest->n - HEAD < rest->p[LENGTH_AT])
		return false;
	ret->type = (enum number_type)rest->p[0];
	memcpy(ret->from.bytes, rest->p + 1, sizeof ret->from.bytes);
	ret->number = slice_of(rest->p + HEAD, rest->p[LENGTH_AT]);
	*rest = slice_from(*rest, HEAD + ret->number.n);
	return true;
}

bool number_equal(enum number_type t, struct slice number, enum number_type other_t,
		  struct slice other)
{
	return number_type_range(t) == number_type_range(other_t) && slice_equal(number, other);
}

static size_t count(struct slice list)
{
	struct former f;
	size_t n = 0;
	while (former_next(&list, &f))
		n++;
	return n;
}

status former_add(struct arena *a, struct slice list, const struct former *f, struct slice *ret)
{
	if (count(list) >= FORMER_MAX || f->number.n > UINT8_MAX)
		return ST_TOO_LARGE;
	uint8_t *p = arena_alloc(a, list.n + HEAD + f->number.n);
	if (!p)
		return ST_NOMEM;
	if (list.n)
		memcpy(p, list.p, list.n);
	uint8_t *entry = p + list.n;
	entry[0] = (uint8_t)f->type;
	memcpy(entry + 1, f->from.bytes, sizeof f->from.bytes);
	entry[LENGTH_AT] = (uint8_t)f->number.n;
	memcpy(entry + HEAD, f->number.p, f->number.n);
	*ret = slice_of(p, list.n + HEAD + f->number.n);
	return ST_OK;
}

status former_without(struct arena *a, struct slice list, struct id from, struct slice *ret)
{
	struct slice kept = NO_SLICE;
	struct former f;
	while (former_next(&list, &f))
		if (!id_equal(f.from, from))
			TRY(former_add(a, kept, &f, &kept));
	*ret = kept;
	return ST_OK;
}
