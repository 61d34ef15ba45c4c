/* Refresh families: their tokens, their steps, their end and their number. */
#include "fixture.h"

#include "authd/service/consents.h"
#include "authd/service/families.h"
#include "authd/service/marks.h"
#include "keys/seal.h"

static struct family begin_family(struct fixture *f)
{
	struct grant g = fixture_grant();
	struct family family;
	struct batch *b = new_batch(f);
	assert_ok(family_begin(&f->issuer, b, &g, NOW, &family));
	assert_ok(commit(f, b));
	return family;
}

static void a_refresh_token_is_authentic(void **state)
{
	struct fixture *f = *state;
	struct family family = begin_family(f);
	struct slice text;
	struct refresh_token token;
	assert_ok(refresh_token_make(&f->issuer, &family, &f->arena, &text));
	assert_ok(refresh_token_open(&f->issuer, text, SLICE("portal"), &f->arena, &token));
	assert_int_equal(token.generation, 1);
	assert_true(id_equal(token.family_id, family.grant.id));

	assert_int_equal(refresh_token_open(&f->issuer, text, SLICE("other"), &f->arena, &token), ST_INVALID);
	char *altered = arena_string(&f->arena, text);
	for (size_t i = 0; i < text.n; i++) {
		char kept = altered[i];
		altered[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(refresh_token_open(&f->issuer, slice_str(altered), SLICE("portal"), &f->arena,
						    &token),
				 ST_INVALID);
		altered[i] = kept;
	}
	assert_int_equal(refresh_token_open(&f->issuer, SLICE(""), SLICE("portal"), &f->arena, &token),
			 ST_INVALID);
}

static void the_same_step_gives_the_same_successor(void **state)
{
	struct fixture *f = *state;
	struct family begun = begin_family(f), first, second;
	uint64_t version;
	struct slice text_a, text_b;
	assert_ok(family_get(&f->issuer, begun.grant.id, &f->arena, &first, &version));
	second = first;
	first.generation++;
	second.generation++;

	struct batch *a = new_batch(f), *b = new_batch(f);
	assert_ok(family_update(a, &first, version));
	assert_ok(family_update(b, &second, version));
	assert_ok(commit(f, a));
	assert_int_equal(commit(f, b), ST_CONFLICT);
	assert_ok(refresh_token_make(&f->issuer, &first, &f->arena, &text_a));
	assert_ok(refresh_token_make(&f->issuer, &second, &f->arena, &text_b));
	assert_true(slice_equal(text_a, text_b));
}

static void a_family_decides(void **state)
{
	struct fixture *f = *state;
	const struct family family = { .generation = 5, .stepped_at = NOW, .used_at = NOW,
				       .expires_at = NOW + 180 * 86400 };
	const struct {
		uint64_t generation;
		bool rotate;
		int64_t later_s;
		enum family_step step;
	} cases[] = {
		{ 5, true, 0, FAMILY_STEP },
		{ 5, false, 0, FAMILY_KEEP },
		{ 4, true, 30, FAMILY_REPEAT },
		{ 4, true, 31, FAMILY_REPLAY },
		{ 3, true, 0, FAMILY_REPLAY },
		{ 6, true, 0, FAMILY_REPLAY },
		{ 5, true, 30 * 86400 - 1, FAMILY_STEP },
		{ 5, true, 30 * 86400, FAMILY_ENDED },
		{ 5, true, 180 * 86400, FAMILY_ENDED },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct refresh_token t = { .generation = cases[i].generation };
		assert_int_equal(family_decide(&f->conf, &family, &t, cases[i].rotate, NOW + cases[i].later_s),
				 cases[i].step);
	}
}

static void an_ended_family_is_gone_and_marked(void **state)
{
	struct fixture *f = *state;
	struct family family = begin_family(f), gone;
	uint64_t version;
	bool revoked;
	assert_ok(mark_check_grant(&f->issuer, &family.grant, &f->arena, &revoked));
	assert_false(revoked);

	struct batch *b = new_batch(f);
	family_end(&f->issuer, b, &family.grant, NOW);
	assert_ok(commit(f, b));
	assert_int_equal(family_get(&f->issuer, family.grant.id, &f->arena, &gone, &version), ST_NOT_FOUND);
	assert_ok(mark_check_grant(&f->issuer, &family.grant, &f->arena, &revoked));
	assert_true(revoked);
}

static void begin_pruned(struct fixture *f, const struct grant *g)
{
	AUTO_ARENA struct arena scratch = { 0 };
	struct family family;
	struct batch *b = batch_new(&scratch);
	assert_non_null(b);
	assert_ok(families_prune(&f->issuer, b, g, g->created_at, &scratch));
	assert_ok(family_begin(&f->issuer, b, g, g->created_at, &family));
	assert_ok(commit(f, b));
}

static bool is_there(struct fixture *f, const struct grant *g)
{
	struct family family;
	uint64_t version;
	return family_get(&f->issuer, g->id, &f->arena, &family, &version) == ST_OK;
}

static bool count_row(void *context, struct slice key, struct record record)
{
	(void)key, (void)record;
	++*(int *)context;
	return true;
}

static void a_client_holds_so_many_grants_of_a_person(void **state)
{
	enum { MORE = 3 };
	struct fixture *f = *state;
	struct grant other = fixture_grant(), somebody = fixture_grant(), grants[FAMILIES_MAX + MORE];
	other.client_id = SLICE("other");
	somebody.created_at -= 100;
	begin_pruned(f, &other);
	begin_pruned(f, &somebody);
	for (size_t i = 0; i < COUNT_OF(grants); i++) {
		grants[i] = fixture_grant();
		grants[i].subject_id = other.subject_id;
		grants[i].created_at = NOW + (int64_t)i * FAMILY_YOUNG_S;
		begin_pruned(f, &grants[i]);
	}
	for (size_t i = 0; i < COUNT_OF(grants); i++) {
		bool revoked;
		assert_int_equal(is_there(f, &grants[i]), i >= MORE);
		assert_ok(mark_check(&f->issuer, MARK_GRANT, id_slice(&grants[i].id), 0, &f->arena, &revoked));
		assert_int_equal(revoked, i < MORE);
	}
	assert_true(is_there(f, &other) && is_there(f, &somebody));

	/* What nobody used for long goes with the next one, whichever client had it. */
	struct grant late = fixture_grant();
	late.subject_id = other.subject_id;
	late.created_at = grants[COUNT_OF(grants) - 1].created_at + f->issuer.conf->life.refresh_idle_s;
	begin_pruned(f, &late);
	int n = 0;
	assert_ok(records_scan_index(f->issuer.records, INDEX_SUBJECT_GRANTS, id_slice(&late.subject_id),
				     NO_SLICE, 1000, count_row, &n));
	assert_int_equal(n, 1);
	assert_true(is_there(f, &late));
	assert_false(is_there(f, &other));
	assert_false(is_there(f, &grants[MORE]));
	assert_true(is_there(f, &somebody));
}

static void young_ones_do_not_end_each_other(void **state)
{
	struct fixture *f = *state;
	struct grant grants[FAMILIES_MAX + 5], next = fixture_grant();
	for (size_t i = 0; i < COUNT_OF(grants); i++) {
		grants[i] = fixture_grant();
		grants[i].subject_id = next.subject_id;
		grants[i].created_at = NOW + (int64_t)i;
		begin_pruned(f, &grants[i]);
	}
	next.created_at = NOW + FAMILY_YOUNG_S - 1;
	begin_pruned(f, &next);
	for (size_t i = 0; i < COUNT_OF(grants); i++)
		assert_true(is_there(f, &grants[i]));

	/* A second later the first is old enough, and it alone, though there are more than there should be. */
	struct grant last = fixture_grant();
	last.subject_id = next.subject_id;
	last.created_at = NOW + FAMILY_YOUNG_S;
	begin_pruned(f, &last);
	for (size_t i = 0; i < COUNT_OF(grants); i++)
		assert_int_equal(is_there(f, &grants[i]), i != 0);
	assert_true(is_there(f, &next) && is_there(f, &last));
}

static size_t count_of(struct fixture *f, struct id subject_id, int64_t now)
{
	AUTO_ARENA struct arena scratch = { 0 };
	struct family *families;
	size_t n;
	assert_ok(families_of(&f->issuer, subject_id, now, &scratch, &families, &n));
	return n;
}

static void young_ones_have_a_limit_too(void **state)
{
	struct fixture *f = *state;
	struct id subject_id = fixture_grant().subject_id;
	for (size_t i = 0; i < FAMILIES_YOUNG_MAX + 30; i++) {
		struct grant next = fixture_grant();
		next.subject_id = subject_id;
		next.created_at = NOW;
		begin_pruned(f, &next);
		size_t n = count_of(f, subject_id, NOW);
		assert_int_equal(n, i < FAMILIES_YOUNG_MAX ? i + 1 : FAMILIES_YOUNG_MAX);
		assert_true(is_there(f, &next));
	}
}

/* A client's burst within a minute, of one person. */
static struct id begin_many(struct fixture *f, size_t n)
{
	AUTO_ARENA struct arena scratch = { 0 };
	struct grant g = fixture_grant();
	struct id subject_id = g.subject_id;
	struct batch *b = batch_new(&scratch);
	assert_non_null(b);
	for (size_t i = 0; i < n; i++) {
		struct family family;
		g = fixture_grant();
		g.subject_id = subject_id;
		assert_ok(family_begin(&f->issuer, b, &g, NOW, &family));
	}
	assert_ok(commit(f, b));
	return subject_id;
}

static void however_many_there_are_all_count(void **state)
{
	enum { MANY = 1500, STEPS = 300 };
	struct fixture *f = *state;
	struct id subject_id = begin_many(f, MANY), withdrawn = begin_many(f, MANY);
	assert_int_equal(count_of(f, subject_id, NOW), MANY);
	for (size_t i = 0; i < STEPS; i++) {
		struct grant next = fixture_grant();
		next.subject_id = subject_id;
		next.created_at = NOW + FAMILY_YOUNG_S * (int64_t)(i + 1);
		size_t before = count_of(f, subject_id, next.created_at);
		begin_pruned(f, &next);
		size_t after = count_of(f, subject_id, next.created_at);
		assert_true(after < before || after == FAMILIES_MAX);
	}
	assert_int_equal(count_of(f, subject_id, NOW + FAMILY_YOUNG_S * STEPS), FAMILIES_MAX);

	/* Whoever withdraws a consent ends all that hangs on it. */
	AUTO_ARENA struct arena scratch = { 0 };
	struct batch *b = batch_new(&scratch);
	assert_non_null(b);
	assert_ok(consent_withdraw(&f->issuer, b, withdrawn, SLICE("portal"), NOW, &scratch));
	assert_ok(commit(f, b));
	assert_int_equal(count_of(f, withdrawn, NOW), 0);
	assert_int_equal(count_of(f, subject_id, NOW + FAMILY_YOUNG_S * STEPS), FAMILIES_MAX);
}

static void link_of_an_earlier_version(struct fixture *f, const struct grant *g)
{
	uint8_t key[32];
	memcpy(key, g->subject_id.bytes, 16);
	memcpy(key + 16, g->id.bytes, 16);
	struct batch *b = new_batch(f);
	batch_unlink(b, INDEX_SUBJECT_GRANTS, slice_of(key, sizeof key));
	assert_ok(commit(f, b));
	b = new_batch(f);
	batch_link(b, INDEX_SUBJECT_GRANTS, slice_of(key, sizeof key), id_slice(&g->id));
	assert_ok(commit(f, b));
}

/* Its link names no client and no time: the grant itself is asked. */
static void grants_of_an_earlier_version_count(void **state)
{
	struct fixture *f = *state;
	struct grant next = fixture_grant(), grants[FAMILIES_MAX];
	for (size_t i = 0; i < COUNT_OF(grants); i++) {
		grants[i] = fixture_grant();
		grants[i].subject_id = next.subject_id;
		grants[i].created_at = NOW + (int64_t)(i + 5) % FAMILIES_MAX;
		begin_pruned(f, &grants[i]);
		link_of_an_earlier_version(f, &grants[i]);
	}
	next.created_at = NOW + FAMILIES_MAX + FAMILY_YOUNG_S;
	begin_pruned(f, &next);
	for (size_t i = 0; i < COUNT_OF(grants); i++)
		assert_int_equal(is_there(f, &grants[i]), grants[i].created_at != NOW);
	struct family *families;
	size_t n;
	assert_ok(families_of(&f->issuer, next.subject_id, NOW, &f->arena, &families, &n));
	assert_int_equal(n, FAMILIES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refresh_token_is_authentic),
		cmocka_unit_test(the_same_step_gives_the_same_successor),
		cmocka_unit_test(a_family_decides),
		cmocka_unit_test(an_ended_family_is_gone_and_marked),
		cmocka_unit_test(a_client_holds_so_many_grants_of_a_person),
		cmocka_unit_test(young_ones_do_not_end_each_other),
		cmocka_unit_test(young_ones_have_a_limit_too),
		cmocka_unit_test(however_many_there_are_all_count),
		cmocka_unit_test(grants_of_an_earlier_version_count),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
