/* Any bytes as a JWK set: refused with a reason, or a set of usable keys, each with its size. */
#include "mutate.h"

#include "libauth/jwk.h"
#include "libauth/keyset.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void look(const struct auth_keyset *keys)
{
	if (!auth_keyset_count(keys) || auth_keyset_count(keys) > AUTH_KEYS_MAX)
		abort();
	for (size_t i = 0; i < keys->n; i++) {
		const struct key *k = &keys->keys[i];
		if (k->signature_size < 64 || k->signature_size > KEY_SIGNATURE_MAX)
			abort();
		if (k->kind != KIND_ED25519 && !k->pkey)
			abort();
		if (i && slice_compare(keys->keys[i - 1].kid, k->kid) >= 0 && k->kid.p)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct auth_keyset *keys = NULL;
	struct auth_error e = { "" };
	enum auth_status s = auth_keyset_from_json(data, n, &keys, &e);
	if (s < 0 || (s == AUTH_OK) != (keys != NULL) || (s == AUTH_OK) != !e.message[0])
		abort();
	if (keys)
		look(keys);
	auth_keyset_free(keys);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	return mutate_json(data, n, most, seed);
}
