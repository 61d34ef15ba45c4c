#include "keys/snapshot.h"

#include "keys/jwks.h"

enum { SNAPSHOT_MAX = 64 << 20 };

static status load_signers(struct snapshot *s)
{
	s->signers = arena_array(&s->arena, struct signer *, s->ring.n);
	if (!s->signers)
		return ST_NOMEM;
	for (size_t i = 0; i < s->ring.n; i++)
		if (s->ring.keys[i].pair.private_key.n)
			TRY(signer_new(&s->ring.keys[i], &s->signers[i]));
	return ST_OK;
}

status snapshot_new(struct slice ring, struct slice secrets, struct snapshot **ret)
{
	AUTO(snapshot) struct snapshot *s = calloc(1, sizeof *s);
	if (!s)
		return ST_NOMEM;
	s->arena.limit = SNAPSHOT_MAX;
	atomic_init(&s->users, 1);
	TRY(ring_decode(ring, &s->arena, &s->ring));
	TRY(secrets_decode(secrets, &s->arena, &s->secrets));
	TRY(load_signers(s));
	TRY(jwks_write(&s->ring, &s->arena, &s->jwks));
	*ret = TAKE(s);
	return ST_OK;
}

void snapshot_drop(struct snapshot *s)
{
	if (!s || atomic_fetch_sub(&s->users, 1) > 1)
		return;
	for (size_t i = 0; s->signers && i < s->ring.n; i++)
		signer_free(s->signers[i]);
	arena_done(&s->arena);
	free(s);
}

struct signer *snapshot_signer(const struct snapshot *s, enum key_algorithm a)
{
	ssize_t i = ring_active(&s->ring, a);
	return i == RING_NONE ? NULL : s->signers[i];
}
