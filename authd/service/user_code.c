#include "authd/service/user_code.h"

#include "keys/seal.h"

enum { LETTERS = 8, GROUP = 4, SHOWN = LETTERS + 1 };

static const char ALPHABET[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
_Static_assert(sizeof ALPHABET - 1 == 32, "each letter is as likely as any other");

status user_code_new(struct arena *a, struct slice *ret)
{
	uint8_t random[LETTERS];
	uint8_t *text = arena_alloc(a, SHOWN);
	TRY(random_bytes(random, sizeof random));
	if (!text)
		return ST_NOMEM;
	for (size_t i = 0; i < LETTERS; i++)
		text[i < GROUP ? i : i + 1] = (uint8_t)ALPHABET[random[i] % (sizeof ALPHABET - 1)];
	text[GROUP] = '-';
	*ret = slice_of(text, SHOWN);
	return ST_OK;
}

static uint8_t upper(uint8_t c) { return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c; }

status user_code_read(struct slice typed, struct arena *a, struct slice *ret)
{
	uint8_t *text = arena_alloc(a, SHOWN);
	if (!text)
		return ST_NOMEM;
	size_t n = 0;
	for (size_t i = 0; i < typed.n; i++) {
		uint8_t c = upper(typed.p[i]);
		if (c == '-' || c == ' ')
			continue;
		if (n >= LETTERS || !memchr(ALPHABET, c, sizeof ALPHABET - 1))
			return ST_INVALID;
		text[n < GROUP ? n : n + 1] = c;
		n++;
	}
	if (n != LETTERS)
		return ST_INVALID;
	text[GROUP] = '-';
	*ret = slice_of(text, SHOWN);
	return ST_OK;
}

struct cache_command user_code_add(struct slice user_code, struct slice handle, int64_t expires_in_s)
{
	return (struct cache_command){ .verb = CACHE_ADD,
				       .kind = CACHE_USER_CODE,
				       .key = user_code,
				       .value = handle,
				       .expires_in_s = expires_in_s };
}

struct cache_command user_code_get(struct slice user_code)
{
	return (struct cache_command){ .verb = CACHE_GET, .kind = CACHE_USER_CODE, .key = user_code };
}

struct cache_command user_code_delete(struct slice user_code)
{
	return (struct cache_command){ .verb = CACHE_DELETE, .kind = CACHE_USER_CODE, .key = user_code };
}
