#include "authd/model/id.h"

struct slice id_text(struct arena *a, struct id id)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * sizeof id.bytes];
	for (size_t i = 0; i < sizeof id.bytes; i++) {
		text[2 * i] = digits[id.bytes[i] >> 4];
		text[2 * i + 1] = digits[id.bytes[i] & 15];
	}
	return arena_copy(a, slice_of(text, sizeof text));
}
