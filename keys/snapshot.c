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
	s->ring_bytes = arena_copy(&s->arena, ring);
	s->secrets_bytes = arena_copy(&s->arena, secrets);
	if (!s->ring_bytes.p || !s->secrets_bytes.p)
		return ST_NOMEM;
	TRY(ring_decode(s->ring_bytes, &s->arena, &s->ring));
	TRY(secrets_decode(s->secrets_bytes, &s->arena, &s->secrets));
	TRY(load_signers(s));
	TRY(jwks_published(&s->ring, &s->arena, &s->jwks));
	TRY(jwks_archive(&s->ring, &s->arena, &s->archive));
	*ret = TAKE(s);
	return ST_OK;
}

bool snapshot_is(const struct snapshot *s, struct slice ring, struct slice secrets)
{
	return slice_equal_secret(s->ring_bytes, ring) &&
	       slice_equal_secret(s->secrets_bytes, secrets);
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
