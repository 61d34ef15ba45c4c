/* Who was told what of whom: by person, by client, since when; and what is over goes. */
#include "fixture.h"

#include "authd/service/claims.h"
#include "authd/service/ledger.h"

enum { SECOND = 1000000 };

static void tell(struct fixture *f, uint8_t person, const char *client_id, const char *names, int64_t at_us)
{
	const struct release release = { .subject_id = { { person } },
					 .client_id = slice_str(client_id),
					 .grant_id = { { 1 } },
					 .claims = claims_named(slice_str(names)),
					 .by = SLICE("userinfo"),
					 .at_us = at_us };
	struct batch *b = new_batch(f);
	assert_ok(ledger_write(&f->issuer, b, &release, &f->arena));
	assert_ok(commit(f, b));
}

static void a_release_is_found_by_person_and_by_client(void **state)
{
	struct fixture *f = *state;
	const int64_t t = (int64_t)NOW * SECOND;
	tell(f, 1, "portal", "name", t);
	tell(f, 1, "portal", "name region", t + 2);
	tell(f, 1, "portal2", "region", t + 1);
	tell(f, 2, "portal", "birthdate", t + 3);

	struct release *list;
	struct slice position;
	size_t n;
	assert_ok(ledger_of_subject(&f->issuer, (struct id){ { 1 } }, 0, NO_SLICE, 10, &f->arena, &list, &n,
				    &position));
	assert_int_equal(n, 3);
	assert_slice(list[1].client_id, "portal2");
	assert_true(list[2].claims == claims_named(SLICE("name region")));
	assert_true(list[2].at_us == t + 2);
	assert_ok(ledger_of_subject(&f->issuer, (struct id){ { 1 } }, t + 1, NO_SLICE, 10, &f->arena, &list, &n,
				    &position));
	assert_int_equal(n, 2);

	/* Of portal alone, not of the one whose id begins so; two at a time. */
	assert_ok(ledger_of_client(&f->issuer, SLICE("portal"), 0, NO_SLICE, 2, &f->arena, &list, &n, &position));
	assert_int_equal(n, 2);
	assert_true(list[1].at_us == t + 2);
	assert_ok(ledger_of_client(&f->issuer, SLICE("portal"), 0, position, 2, &f->arena, &list, &n, &position));
	assert_int_equal(n, 1);
	assert_true(id_equal(list[0].subject_id, (struct id){ { 2 } }));
	assert_ok(ledger_of_client(&f->issuer, SLICE("portal"), t + 3, NO_SLICE, 9, &f->arena, &list, &n, &position));
	assert_int_equal(n, 1);
	assert_ok(ledger_of_client(&f->issuer, SLICE("nobody"), 0, NO_SLICE, 9, &f->arena, &list, &n, &position));
	assert_int_equal(n, 0);
}

static void what_was_kept_for_long_enough_goes(void **state)
{
	struct fixture *f = *state;
	const int64_t t = (int64_t)NOW * SECOND, later = t + (f->issuer.conf->ledger.keep_s + 1) * SECOND;
	struct release *list;
	struct slice position;
	size_t n;
	for (int i = 0; i < 3; i++)
		tell(f, 5, "old", "name", t + i);
	tell(f, 5, "old", "name", later);
	tell(f, 5, "old", "name", later + 1);
	assert_ok(ledger_of_subject(&f->issuer, (struct id){ { 5 } }, 0, NO_SLICE, 10, &f->arena, &list, &n,
				    &position));
	assert_int_equal(n, 2);
	assert_true(list[0].at_us == later);
	assert_ok(ledger_of_client(&f->issuer, SLICE("old"), 0, NO_SLICE, 10, &f->arena, &list, &n, &position));
	assert_int_equal(n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_release_is_found_by_person_and_by_client),
		cmocka_unit_test(what_was_kept_for_long_enough_goes),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
