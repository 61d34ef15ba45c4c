#include "authd/service/inbox.h"

#include "keys/seal.h"

/* The places with the smallest bytes of a hash. */
status inbox_share(struct slice client_id, unsigned *ret_places)
{
	uint8_t hash[32];
	unsigned places = 0;
	TRY(sha256(client_id, hash));
	for (unsigned i = 0; i < INBOX_PLACES; i++) {
		unsigned before = 0;
		for (unsigned j = 0; j < INBOX_PLACES; j++)
			before += hash[j] < hash[i] || (hash[j] == hash[i] && j < i);
		if (before < INBOX_SHARE)
			places |= 1U << i;
	}
	*ret_places = places;
	return ST_OK;
}

status inbox_get(struct id subject_id, struct arena *a, struct cache_command ret[INBOX_PLACES])
{
	for (size_t i = 0; i < INBOX_PLACES; i++) {
		uint8_t *key = arena_alloc(a, sizeof subject_id + 1);
		if (!key)
			return ST_NOMEM;
		memcpy(key, subject_id.bytes, sizeof subject_id);
		key[sizeof subject_id] = (uint8_t)i;
		ret[i] = (struct cache_command){ .verb = CACHE_GET,
						 .kind = CACHE_INBOX,
						 .key = slice_of(key, sizeof subject_id + 1) };
	}
	return ST_OK;
}

struct cache_command inbox_add(const struct cache_command *place, struct slice handle, int64_t expires_in_s)
{
	return (struct cache_command){ .verb = CACHE_ADD,
				       .kind = CACHE_INBOX,
				       .key = place->key,
				       .value = handle,
				       .expires_in_s = expires_in_s };
}

struct cache_command inbox_clear(const struct cache_command *place)
{
	return (struct cache_command){ .verb = CACHE_DELETE, .kind = CACHE_INBOX, .key = place->key };
}
