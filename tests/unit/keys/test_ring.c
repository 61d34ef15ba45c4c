#include "tests/unit/keys/test.h"

#include "keys/jwks.h"
#include "keys/ring.h"
#include "keys/secrets.h"

/* ---- making rings ----------------------------------------------------------------------- */

static void add(struct ring *r, struct arena *a, enum key_algorithm alg, int64_t at)
{
	struct keypair pair;
	assert_ok(keypair_generate(alg, a, &pair));
	assert_ok(ring_announce(r, alg, &pair, at, at));
}

/* ES256: retired, active, announced; EdDSA: active. */
static void make_ring(struct arena *a, struct ring *ret)
{
	assert_ok(ring_copy(&(struct ring){ .generation = 7, .seen_at = NOW }, 8, a, ret));
	add(ret, a, KEY_ES256, NOW);
	add(ret, a, KEY_ES256, NOW + 10);
	add(ret, a, KEY_ES256, NOW + 20);
	add(ret, a, KEY_EDDSA, NOW);
	ring_activate(ret, 0, 100, NOW);
	ring_activate(ret, 1, 100, NOW + 10);
	ring_activate(ret, 3, 100, NOW);
}

static void assert_same_key(const struct ring_key *a, const struct ring_key *b)
{
	assert_string_equal(a->kid, b->kid);
	assert_int_equal(a->algorithm, b->algorithm);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->published, b->published);
	assert_int_equal(a->created_at, b->created_at);
	assert_int_equal(a->activates_at, b->activates_at);
	assert_int_equal(a->retires_at, b->retires_at);
	assert_int_equal(a->drops_at, b->drops_at);
	assert_true(slice_equal(a->pair.public_key, b->pair.public_key));
	assert_true(slice_equal(a->pair.private_key, b->pair.private_key));
}

static void a_ring_comes_back_as_it_was(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf b = { 0 };
	struct ring r, got;
	make_ring(&a, &r);
	assert_ok(ring_encode(&r, &b));
	assert_ok(ring_decode(buf_slice(&b), &a, &got));
	assert_int_equal(got.generation, 7);
	assert_int_equal(got.published, r.published);
	assert_int_equal(got.seen_at, NOW);
	assert_int_equal(got.n, 4);
	for (size_t i = 0; i < got.n; i++)
		assert_same_key(&got.keys[i], &r.keys[i]);
}

static void an_empty_ring_comes_back_too(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf b = { 0 };
	struct ring got;
	struct slice json;
	assert_ok(ring_encode(&(struct ring){ 0 }, &b));
	assert_ok(ring_decode(buf_slice(&b), &a, &got));
	assert_int_equal(got.n, 0);
	assert_ok(jwks_published(&got, &a, &json));
	assert_slice(json, "{\"keys\":[]}");
}

static void each_prefix_and_suffix_of_a_ring_is_corrupt(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf b = { 0 };
	struct ring r, got;
	make_ring(&a, &r);
	assert_ok(ring_encode(&r, &b));
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(ring_decode(slice_first(buf_slice(&b), n), &a, &got), ST_CORRUPT);
	buf_put_byte(&b, 0);
	assert_int_equal(ring_decode(buf_slice(&b), &a, &got), ST_CORRUPT);
}

static void expect_corrupt(const struct ring *r)
{
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf b = { 0 };
	struct ring got;
	assert_ok(ring_encode(r, &b));
	assert_int_equal(ring_decode(buf_slice(&b), &a, &got), ST_CORRUPT);
}

static void what_does_not_fit_together_is_corrupt(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct ring r;
	make_ring(&a, &r);
	struct ring_key good[8];
	memcpy(good, r.keys, sizeof good);
#define REFUSED(change)                                      \
	do {                                                 \
		change;                                      \
		expect_corrupt(&r);                          \
		memcpy(r.keys, good, sizeof good);           \
	} while (0)
	REFUSED(r.keys[2].state = KEY_ACTIVE);                     /* two active ones */
	REFUSED(r.keys[1].pair.private_key = NO_SLICE);            /* active, and cannot sign */
	REFUSED(r.keys[2].pair.private_key = NO_SLICE);            /* announced, and cannot sign */
	REFUSED(r.keys[0].pair.private_key = SLICE("left over"));  /* retired, and could sign */
	REFUSED(r.keys[1].published = false);                      /* signs unpublished */
	REFUSED(r.keys[0].state = KEY_REVOKED);                    /* revoked and published */
	REFUSED(r.keys[0] = r.keys[1]);                            /* twice the same key */
	REFUSED(r.keys[1].algorithm = KEY_ALGORITHM_COUNT);
	REFUSED(r.keys[1].algorithm = KEY_EDDSA);                  /* a key of another size */
	REFUSED(r.keys[1].state = (enum key_state)4);
	REFUSED(r.keys[1].drops_at = -1);
	REFUSED(r.keys[1].created_at = INT64_MAX);
	REFUSED(r.keys[1].pair.public_key.n--);
#undef REFUSED
	r.seen_at = -5;
	expect_corrupt(&r);
}

static void each_flipped_bit_is_refused_or_read(void **state)
{
	(void)state;
	AUTO_ARENA struct arena made = { 0 };
	AUTO_BUF struct buf b = { 0 };
	struct ring r, got;
	make_ring(&made, &r);
	assert_ok(ring_encode(&r, &b));
	for (size_t i = 0; i < 8 * b.n; i++) {
		AUTO_ARENA struct arena a = { 0 };
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
		status s = ring_decode(buf_slice(&b), &a, &got);
		assert_true(s == ST_OK || s == ST_CORRUPT);
		b.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

/* ---- steps ------------------------------------------------------------------------------ */

static void a_retired_key_cannot_sign_and_stays_published(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct ring r;
	make_ring(&a, &r);
	uint64_t before = r.published;
	ring_activate(&r, 2, 300, NOW + 50);
	assert_int_equal(r.keys[1].state, KEY_RETIRED);
	assert_int_equal(r.keys[1].retires_at, NOW + 50);
	assert_int_equal(r.keys[1].drops_at, NOW + 50 + 300 + RING_LAG_S);
	assert_true(r.keys[1].published);
	assert_int_equal(r.keys[1].pair.private_key.n, 0);
	assert_int_equal(r.keys[2].activates_at, NOW + 50);
	assert_int_equal(ring_active(&r, KEY_ES256), 2);
	assert_true(r.published > before);
}

static void a_person_is_told_when_the_next_key_begins(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct ring r;
	make_ring(&a, &r);
	add(&r, &a, KEY_ES256, NOW + 500);
	assert_int_equal(ring_key_info(&r, 1).retires_at, NOW + 20);
	assert_int_equal(ring_key_info(&r, 2).retires_at, NOW + 500);
	assert_int_equal(ring_key_info(&r, 4).retires_at, 0);
	assert_int_equal(ring_key_info(&r, 3).retires_at, 0);
	assert_int_equal(ring_key_info(&r, 0).retires_at, NOW + 10);
	assert_int_equal(ring_next(&r, KEY_ES256), 2);
	assert_int_equal(ring_next(&r, KEY_RS256), RING_NONE);
	assert_int_equal(ring_find(&r, slice_str(r.keys[3].kid)), 3);
	assert_int_equal(ring_find(&r, SLICE("nobody")), RING_NONE);
}

static bool mentions(struct slice json, const char *kid)
{
	return memmem(json.p, json.n, kid, strlen(kid)) != NULL;
}

static void the_set_is_ordered_and_the_archive_keeps(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct ring r;
	struct slice set, archive, again;
	make_ring(&a, &r);
	assert_ok(jwks_published(&r, &a, &set));
	const uint8_t *at = set.p;
	static const size_t order[] = { 1, 2, 0, 3 }; /* active, announced, retired; then EdDSA */
	for (size_t i = 0; i < 4; i++) {
		const uint8_t *found = memmem(set.p, set.n, r.keys[order[i]].kid, KID_SIZE);
		assert_non_null(found);
		assert_true(found > at);
		at = found;
	}
	/* The same whatever order the ring has. */
	struct ring_key moved = r.keys[0];
	r.keys[0] = r.keys[3];
	r.keys[3] = moved;
	assert_ok(jwks_published(&r, &a, &again));
	assert_true(slice_equal(set, again));

	ring_drop(&r, 3);
	ring_revoke(&r, 2, NOW + 15);
	assert_ok(jwks_published(&r, &a, &set));
	assert_ok(jwks_archive(&r, &a, &archive));
	assert_false(mentions(set, r.keys[3].kid));
	assert_true(mentions(archive, r.keys[3].kid));
	assert_false(mentions(set, r.keys[2].kid));
	assert_false(mentions(archive, r.keys[2].kid));
	assert_true(mentions(set, r.keys[1].kid));
}

/* ---- symmetric secrets ------------------------------------------------------------------ */

static void secrets_come_back_as_they_were(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	AUTO_BUF struct buf b = { 0 };
	struct secret_set set, got;
	assert_ok(secrets_generate(SUITE_SM, &a, NOW, &set));
	for (size_t i = 0; i < set.n; i += 2)
		set.entries[i].secret.suite = SUITE_INTERNATIONAL;
	assert_ok(secrets_encode(&set, &b));
	assert_ok(secrets_decode(buf_slice(&b), &a, &got));
	assert_int_equal(got.n, SECRET_USE_COUNT);
	for (size_t i = 0; i < set.n; i++) {
		assert_int_equal(got.entries[i].use, i);
		assert_int_equal(got.entries[i].version, 1);
		assert_int_equal(got.entries[i].created_at, NOW);
		assert_memory_equal(got.entries[i].secret.bytes, set.entries[i].secret.bytes, SECRET_SIZE);
		assert_int_equal(got.entries[i].secret.suite, i % 2 ? SUITE_SM : SUITE_INTERNATIONAL);
	}
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(secrets_decode(slice_first(buf_slice(&b), n), &a, &got), ST_CORRUPT);
	buf_put_byte(&b, 0);
	assert_int_equal(secrets_decode(buf_slice(&b), &a, &got), ST_CORRUPT);
}

/* Versions of one use stand from the newest down; none twice, no use left out. */
static void sets_of_several_versions(void **state)
{
	(void)state;
	static const struct {
		struct { uint8_t use; uint32_t version; } extra[2];
		size_t n, at;
		status expected;
	} rows[] = {
		{ { { SECRET_CACHE, 3 }, { SECRET_CACHE, 2 } }, 2, SECRET_CACHE, ST_OK },
		{ { { SECRET_CACHE, 2 }, { SECRET_CACHE, 3 } }, 2, SECRET_CACHE, ST_CORRUPT },
		{ { { SECRET_CACHE, 1 } }, 1, SECRET_CACHE, ST_CORRUPT },
		{ { { SECRET_CACHE, 0 } }, 1, SECRET_CACHE, ST_CORRUPT },
		{ { { SECRET_PAGE, 2 } }, 1, SECRET_CACHE, ST_CORRUPT },
		{ { { SECRET_USE_COUNT, 2 } }, 1, SECRET_USE_COUNT, ST_CORRUPT },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_ARENA struct arena a = { 0 };
		AUTO_BUF struct buf b = { 0 };
		struct secret_set set, got;
		assert_ok(secrets_generate(SUITE_SM, &a, NOW, &set));
		struct secret_entry *all = arena_array(&a, struct secret_entry, set.n + rows[i].n);
		memcpy(all, set.entries, rows[i].at * sizeof *all);
		for (size_t k = 0; k < rows[i].n; k++) {
			all[rows[i].at + k].use = (enum secret_use)rows[i].extra[k].use;
			all[rows[i].at + k].version = rows[i].extra[k].version;
		}
		memcpy(all + rows[i].at + rows[i].n, set.entries + rows[i].at,
		       (set.n - rows[i].at) * sizeof *all);
		set = (struct secret_set){ all, set.n + rows[i].n };
		assert_ok(secrets_encode(&set, &b));
		assert_int_equal(secrets_decode(buf_slice(&b), &a, &got), rows[i].expected);
		if (rows[i].expected != ST_OK)
			continue;
		assert_int_equal(secrets_find(&got, SECRET_CACHE, 0)->version, 3);
		assert_int_equal(secrets_find(&got, SECRET_CACHE, 2)->version, 2);
		assert_int_equal(secrets_find(&got, SECRET_CACHE, 1)->version, 1);
		assert_null(secrets_find(&got, SECRET_CACHE, 4));
		assert_int_equal(secrets_find(&got, SECRET_PAGE, 0)->version, 1);
	}
}

static void a_set_without_a_use_is_corrupt(void **state)
{
	(void)state;
	for (size_t left_out = 0; left_out < SECRET_USE_COUNT; left_out++) {
		AUTO_ARENA struct arena a = { 0 };
		AUTO_BUF struct buf b = { 0 };
		struct secret_set set, got;
		assert_ok(secrets_generate(SUITE_SM, &a, NOW, &set));
		memmove(set.entries + left_out, set.entries + left_out + 1,
			(set.n - left_out - 1) * sizeof *set.entries);
		set.n--;
		assert_ok(secrets_encode(&set, &b));
		assert_int_equal(secrets_decode(buf_slice(&b), &a, &got), ST_CORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_comes_back_as_it_was),
		cmocka_unit_test(an_empty_ring_comes_back_too),
		cmocka_unit_test(each_prefix_and_suffix_of_a_ring_is_corrupt),
		cmocka_unit_test(what_does_not_fit_together_is_corrupt),
		cmocka_unit_test(each_flipped_bit_is_refused_or_read),
		cmocka_unit_test(a_retired_key_cannot_sign_and_stays_published),
		cmocka_unit_test(a_person_is_told_when_the_next_key_begins),
		cmocka_unit_test(the_set_is_ordered_and_the_archive_keeps),
		cmocka_unit_test(secrets_come_back_as_they_were),
		cmocka_unit_test(sets_of_several_versions),
		cmocka_unit_test(a_set_without_a_use_is_corrupt),
	};
	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
