/* Deltas of a register: what each operation does to subjects, and to the names that portals know. */
#include "fixture.h"

#include "authd/service/consents.h"
#include "authd/service/credentials.h"
#include "authd/service/login_name.h"
#include "authd/service/marks.h"
#include "authd/service/pairwise.h"
#include "authd/service/registration_change.h"
#include "authd/service/sub_overrides.h"
#include "authd/service/subjects.h"

#define ZHANG "11010519491231002X"
#define LI "440524188001010014"
#define WANG "360426199101010071"

enum { ROWS_MAX = 8 };

/* One row: the columns in pairs of name and text, up to NULL. */
static struct registration row_of(const char *const *pairs)
{
	struct registration r = { 0 };
	for (; *pairs; pairs += 2) {
		enum column c;
		assert_ok(column_parse(SUBJECT_NATURAL, slice_str(pairs[0]), &c));
		r.columns[c] = slice_str(pairs[1]);
	}
	return r;
}
#define ROW(...) row_of((const char *const[]){ __VA_ARGS__, NULL })

static void begin(struct fixture *f, struct registration_batch *rb)
{
	assert_ok(registration_batch_begin(rb, &f->issuer, new_batch(f), &f->arena, SUBJECT_NATURAL, NOW,
					   ROWS_MAX));
	rb->operator_name = SLICE("registrar");
}

static void comes(struct fixture *f, struct registration r, enum registration_outcome expected)
{
	struct registration_batch rb;
	enum registration_outcome outcome;
	struct error e = { 0 };
	begin(f, &rb);
	status s = registration_batch_row(&rb, &r, &outcome, &e);
	if (s != ST_OK)
		fail_msg("refused: %s", e.message);
	if (outcome != expected)
		fail_msg("%s instead of %s", registration_outcome_name(outcome),
			 registration_outcome_name(expected));
	assert_ok(commit(f, rb.batch));
}

/* Refused with a reason that has `reason` in it, names a column, and no number. */
static void refused(struct fixture *f, struct registration r, const char *reason)
{
	struct registration_batch rb;
	struct error e = { 0 };
	begin(f, &rb);
	assert_int_equal(registration_batch_row(&rb, &r, NULL, &e), ST_INVALID);
	if (!strstr(e.message, reason))
		fail_msg("\"%s\" does not say \"%s\"", e.message, reason);
	for (enum column c = 0; c < COLUMN_COUNT; c++)
		if (r.columns[c].n > 6)
			assert_null(memmem(e.message, strlen(e.message), r.columns[c].p, r.columns[c].n));
}

static struct subject who(struct fixture *f, const char *number)
{
	struct subject s;
	assert_ok(subjects_find_login(&f->issuer, slice_str(number), NOW, &f->arena, &s));
	return s;
}

static struct slice sub(struct fixture *f, struct id id, const char *sector)
{
	struct slice text;
	assert_ok(pairwise_sub(&f->issuer, SUBJECT_NATURAL, id, slice_str(sector), &f->arena, &text));
	return text;
}

static void meet(struct fixture *f, struct id id, const char *sector)
{
	struct batch *b = new_batch(f);
	bool fresh;
	assert_ok(acquaintance_is_new(&f->issuer, id, slice_str(sector), &f->arena, &fresh));
	assert_true(fresh);
	assert_ok(acquaintance_put(b, id, slice_str(sector), NOW, &f->arena));
	assert_ok(commit(f, b));
	assert_ok(acquaintance_is_new(&f->issuer, id, slice_str(sector), &f->arena, &fresh));
	assert_false(fresh);
}

static size_t audited(struct fixture *f, const char *event)
{
	struct record_row *rows;
	size_t n, found = 0;
	assert_ok(records_rows(f->issuer.records, TABLE_AUDIT, NO_SLICE, NO_SLICE, 1000, &f->arena, &rows, &n));
	for (size_t k = 0; k < n; k++)
		found += memmem(rows[k].record.value.p, rows[k].record.value.n, event, strlen(event)) != NULL;
	return found;
}

static bool is_signed_out(struct fixture *f, struct id id)
{
	bool revoked;
	assert_ok(mark_check(&f->issuer, MARK_SUBJECT, id_slice(&id), 1, &f->arena, &revoked));
	return revoked;
}

/* ---- add, change ---------------------------------------------------------------------------- */

static void add_and_change(void **state)
{
	struct fixture *f = *state;
	comes(f, ROW("operation", "add", "number", ZHANG, "name", "张三"), REGISTRATION_ADDED);
	struct id id = who(f, ZHANG).id;
	comes(f, ROW("operation", "change", "number", ZHANG, "name", "张三丰"), REGISTRATION_UPDATED);
	comes(f, ROW("operation", "change", "number", ZHANG, "email", "a@b.cn"), REGISTRATION_UPDATED);
	assert_true(id_equal(who(f, ZHANG).id, id));
	assert_slice(who(f, ZHANG).name, "张三丰");
	/* Who is known is not added again, nor does an addition take a change back. */
	comes(f, ROW("operation", "add", "number", ZHANG, "name", "张三"), REGISTRATION_UNCHANGED);
	comes(f, ROW("operation", "change", "number", ZHANG, "name", "张三丰"), REGISTRATION_UNCHANGED);
	assert_slice(who(f, ZHANG).name, "张三丰");

	refused(f, ROW("operation", "change", "number", LI, "name", "李四"), "number: nobody");
	refused(f, ROW("operation", "add", "number", LI), "name: missing");
	refused(f, ROW("operation", "remove", "number", ZHANG), "operation: not add");
	refused(f, ROW("operation", "change", "number", ZHANG, "into_number", LI), "into_number: only with");
	refused(f, ROW("number", ZHANG, "name", "张三", "previous_number", LI), "previous_number: only with");
}

static void a_reissued_document_keeps_the_subject(void **state)
{
	struct fixture *f = *state;
	comes(f, ROW("type", "passport", "number", "E12345678", "name", "李四", "birthdate", "1980-01-02"),
	      REGISTRATION_ADDED);
	struct id id = who(f, "E12345678").id;
	struct registration reissue = ROW("operation", "change", "type", "passport", "number", "EA1234567",
					  "previous_type", "passport", "previous_number", "E12345678");
	comes(f, reissue, REGISTRATION_UPDATED);
	assert_true(id_equal(who(f, "EA1234567").id, id));
	assert_true(id_equal(who(f, "E12345678").id, id));
	assert_slice(who(f, "E12345678").number, "EA1234567");
	assert_slice(who(f, "EA1234567").birthdate, "1980-01-02");
	comes(f, reissue, REGISTRATION_UNCHANGED);

	/* To another type; and all of the delta again. */
	struct registration settle = ROW("operation", "change", "type", "foreign_pr", "number",
					 "911840199001010018", "previous_type", "passport",
					 "previous_number", "EA1234567", "birthdate", "1990-01-01");
	comes(f, settle, REGISTRATION_UPDATED);
	assert_true(id_equal(who(f, "911840199001010018").id, id));
	assert_slice(who(f, "911840199001010018").birthdate, "1990-01-01");
	comes(f, ROW("operation", "add", "type", "passport", "number", "E12345678", "name", "李四"),
	      REGISTRATION_UNCHANGED);
	comes(f, ROW("type", "passport", "number", "E12345678", "name", "别人"), REGISTRATION_UNCHANGED);
	comes(f, reissue, REGISTRATION_UNCHANGED);
	comes(f, settle, REGISTRATION_UNCHANGED);
	assert_slice(who(f, "E12345678").name, "李四");
	assert_int_equal(audited(f, "registration.renumber"), 2);

	refused(f, ROW("operation", "change", "type", "passport", "number", "E99999999", "previous_type",
		       "passport", "previous_number", "E12345678"),
		"was replaced by another one already");
	refused(f, ROW("operation", "change", "number", ZHANG, "previous_number", LI), "previous_number: nobody");
	comes(f, ROW("number", ZHANG, "name", "张三"), REGISTRATION_ADDED);
	refused(f, ROW("operation", "change", "number", ZHANG, "previous_type", "foreign_pr",
		       "previous_number", "911840199001010018"),
		"number: belongs to somebody else");
	refused(f, ROW("operation", "change", "number", WANG, "previous_number", "110105194912310021"),
		"previous_number: the check character");
}

static void too_many_numbers(void **state)
{
	struct fixture *f = *state;
	char before[10] = "E00000000", after[10];
	comes(f, ROW("type", "passport", "number", before, "name", "李四"), REGISTRATION_ADDED);
	struct id id = who(f, before).id;
	for (int k = 1; k <= 16; k++) {
		snprintf(after, sizeof after, "E%08d", k);
		comes(f, ROW("operation", "change", "type", "passport", "number", after, "previous_type",
			     "passport", "previous_number", before),
		      REGISTRATION_UPDATED);
		memcpy(before, after, sizeof before);
	}
	assert_true(id_equal(who(f, "E00000000").id, id));
	refused(f, ROW("operation", "change", "type", "passport", "number", "E00000017", "previous_type",
		       "passport", "previous_number", before),
		"too many numbers");
}

static void deregistered(void **state)
{
	struct fixture *f = *state;
	comes(f, ROW("number", ZHANG, "name", "张三", "email", "a@b.cn"), REGISTRATION_ADDED);
	struct id id = who(f, ZHANG).id;
	assert_false(is_signed_out(f, id));
	struct registration death = ROW("operation", "deregister", "number", ZHANG);
	comes(f, death, REGISTRATION_DEREGISTERED);
	assert_int_equal(who(f, ZHANG).state, SUBJECT_DEREGISTERED);
	assert_slice(who(f, ZHANG).email, "a@b.cn");
	assert_true(is_signed_out(f, id));
	comes(f, death, REGISTRATION_UNCHANGED);
	comes(f, ROW("operation", "add", "number", ZHANG, "name", "张三"), REGISTRATION_UNCHANGED);
	assert_int_equal(who(f, ZHANG).state, SUBJECT_DEREGISTERED);
	assert_int_equal(audited(f, "registration.deregister"), 1);
	assert_int_equal(audited(f, "\"operator\":\"registrar\""), 1);
	refused(f, ROW("operation", "deregister", "number", LI), "number: nobody");
}

/* ---- merge, split --------------------------------------------------------------------------- */

/* Zhang is known to "both" and "one", Li to "both" and "other"; both have agreed to something and
 * have a password. */
static void two_who_are_one(struct fixture *f, struct id *ret_zhang, struct id *ret_li)
{
	comes(f, ROW("number", ZHANG, "name", "张三", "login_name", "zhang"), REGISTRATION_ADDED);
	comes(f, ROW("number", LI, "name", "张三", "login_name", "li.si"), REGISTRATION_ADDED);
	*ret_zhang = who(f, ZHANG).id;
	*ret_li = who(f, LI).id;
	meet(f, *ret_zhang, "both");
	meet(f, *ret_zhang, "one");
	meet(f, *ret_li, "both");
	meet(f, *ret_li, "other");
	const struct client portal = { .client_id = SLICE("portal") };
	const struct consent consent = { .scope = SLICE("openid"), .given_at = NOW };
	const struct credential password = { .password_hash = SLICE("$argon2id$") };
	struct batch *b = new_batch(f);
	assert_ok(consent_give(&f->issuer, b, &portal, *ret_zhang, &consent, &f->arena));
	assert_ok(consent_give(&f->issuer, b, &portal, *ret_li, &consent, &f->arena));
	assert_ok(credentials_put(&f->issuer, b, &f->arena, *ret_zhang, &password, VERSION_NONE));
	assert_ok(credentials_put(&f->issuer, b, &f->arena, *ret_li, &password, VERSION_NONE));
	assert_ok(commit(f, b));
}

static size_t consents_of(struct fixture *f, struct id id)
{
	struct consent_listed *list;
	bool more;
	size_t n;
	assert_ok(consents_list(&f->issuer, id, NO_SLICE, NOW, &f->arena, &list, &n, &more));
	return n;
}

static status password_of(struct fixture *f, struct id id)
{
	struct credential c;
	uint64_t version;
	return credentials_get(&f->issuer, id, &f->arena, &c, &version);
}

static struct registration merge_row(void)
{
	return ROW("operation", "merge", "number", LI, "into_number", ZHANG);
}

static void two_become_one(void **state)
{
	struct fixture *f = *state;
	struct id zhang, li;
	two_who_are_one(f, &zhang, &li);
	struct slice both = sub(f, zhang, "both"), one = sub(f, zhang, "one");
	struct slice li_both = sub(f, li, "both"), li_other = sub(f, li, "other");

	comes(f, merge_row(), REGISTRATION_MERGED);
	assert_true(id_equal(who(f, LI).id, zhang));
	assert_true(id_equal(who(f, ZHANG).id, zhang));
	struct subject gone;
	assert_ok(subjects_get(&f->issuer, li, &f->arena, &gone));
	assert_int_equal(gone.state, SUBJECT_MERGED);
	assert_true(id_equal(gone.merged_into, zhang));
	assert_int_equal(subjects_find_login(&f->issuer, SLICE("li.si"), NOW, &f->arena, &gone), ST_NOT_FOUND);

	/* Each portal sees whom it knew; nobody but that one person is under any of the names. */
	assert_true(slice_equal(sub(f, zhang, "both"), both));
	assert_true(slice_equal(sub(f, zhang, "one"), one));
	assert_true(slice_equal(sub(f, zhang, "other"), li_other));
	assert_false(slice_equal(sub(f, zhang, "both"), li_both));

	assert_true(is_signed_out(f, li));
	assert_false(is_signed_out(f, zhang));
	assert_int_equal(consents_of(f, li), 0);
	assert_int_equal(consents_of(f, zhang), 1);
	assert_int_equal(password_of(f, li), ST_NOT_FOUND);
	assert_ok(password_of(f, zhang));

	comes(f, merge_row(), REGISTRATION_UNCHANGED);
	comes(f, ROW("operation", "merge", "number", ZHANG, "into_number", LI), REGISTRATION_UNCHANGED);
	comes(f, ROW("operation", "add", "number", LI, "name", "李四"), REGISTRATION_UNCHANGED);
	comes(f, ROW("operation", "deregister", "number", LI), REGISTRATION_UNCHANGED);
	assert_int_equal(who(f, ZHANG).state, SUBJECT_ACTIVE);
	assert_int_equal(audited(f, "registration.merge"), 1);
}

static void a_split_takes_it_back(void **state)
{
	struct fixture *f = *state;
	struct id zhang, li;
	two_who_are_one(f, &zhang, &li);
	struct slice other = sub(f, zhang, "other"), li_other = sub(f, li, "other");
	comes(f, merge_row(), REGISTRATION_MERGED);
	meet(f, zhang, "other");

	struct registration apart = ROW("operation", "split", "number", LI);
	comes(f, apart, REGISTRATION_SPLIT);
	assert_true(id_equal(who(f, LI).id, li));
	assert_true(id_equal(who(f, "li.si").id, li));
	assert_int_equal(who(f, LI).state, SUBJECT_ACTIVE);
	assert_int_equal(who(f, ZHANG).former.n, 0);
	assert_true(slice_equal(sub(f, zhang, "other"), other));
	assert_true(slice_equal(sub(f, li, "other"), li_other));
	assert_true(is_signed_out(f, zhang)); /* with the other's names in its tokens */
	comes(f, apart, REGISTRATION_UNCHANGED);
	comes(f, ROW("operation", "split", "number", ZHANG), REGISTRATION_UNCHANGED);
	assert_int_equal(audited(f, "registration.split"), 1);

	comes(f, merge_row(), REGISTRATION_MERGED);
	assert_true(slice_equal(sub(f, zhang, "other"), li_other));
}

/* Li into Zhang, Zhang into Wang: the portal that knew Li knows Wang by Li's name. */
static void merged_twice(void **state)
{
	struct fixture *f = *state;
	struct id zhang, li;
	two_who_are_one(f, &zhang, &li);
	struct slice zhang_both = sub(f, zhang, "both"), zhang_one = sub(f, zhang, "one");
	struct slice li_other = sub(f, li, "other");
	comes(f, ROW("number", WANG, "name", "张三"), REGISTRATION_ADDED);
	struct id wang = who(f, WANG).id;
	meet(f, wang, "one");
	struct slice wang_one = sub(f, wang, "one"), wang_other = sub(f, wang, "other");

	comes(f, merge_row(), REGISTRATION_MERGED);
	comes(f, ROW("operation", "merge", "number", ZHANG, "into_number", WANG), REGISTRATION_MERGED);
	assert_true(id_equal(who(f, LI).id, wang));
	assert_true(slice_equal(sub(f, wang, "both"), zhang_both));
	assert_true(slice_equal(sub(f, wang, "one"), wang_one));
	assert_true(slice_equal(sub(f, wang, "other"), li_other));
	refused(f, ROW("operation", "split", "number", LI), "number: came along with another one");

	comes(f, ROW("operation", "split", "number", ZHANG), REGISTRATION_SPLIT);
	assert_true(id_equal(who(f, LI).id, zhang));
	assert_true(slice_equal(sub(f, wang, "other"), wang_other));
	assert_true(slice_equal(sub(f, zhang, "other"), li_other));
	assert_true(slice_equal(sub(f, zhang, "one"), zhang_one));
	comes(f, ROW("operation", "split", "number", LI), REGISTRATION_SPLIT);
	assert_true(id_equal(who(f, LI).id, li));
}

static void merges_that_are_refused(void **state)
{
	struct fixture *f = *state;
	struct id zhang, li;
	refused(f, ROW("operation", "merge", "number", LI), "into_number: missing");
	refused(f, merge_row(), "number: nobody");
	two_who_are_one(f, &zhang, &li);
	refused(f, ROW("operation", "merge", "number", LI, "into_number", LI), "is the number itself");
	refused(f, ROW("operation", "merge", "number", LI, "into_number", WANG), "into_number: nobody");
	refused(f, ROW("operation", "split", "number", WANG), "number: nobody");
	comes(f, ROW("operation", "deregister", "number", ZHANG), REGISTRATION_DEREGISTERED);
	refused(f, merge_row(), "into_number: is deregistered");
}

/* Who is suspended does not get free by a merge. */
static void a_suspension_goes_along(void **state)
{
	struct fixture *f = *state;
	struct id zhang, li;
	two_who_are_one(f, &zhang, &li);
	comes(f, ROW("number", LI, "name", "张三", "state", "suspended"), REGISTRATION_UPDATED);
	comes(f, merge_row(), REGISTRATION_MERGED);
	assert_int_equal(who(f, ZHANG).state, SUBJECT_SUSPENDED);
	assert_true(is_signed_out(f, zhang));
	comes(f, ROW("operation", "split", "number", LI), REGISTRATION_SPLIT);
	assert_int_equal(who(f, LI).state, SUBJECT_SUSPENDED);
}

/* A portal that gets to know the one who stays, while the merge is under way. */
static void a_merge_and_a_first_sign_in_cross(void **state)
{
	struct fixture *f = *state;
	struct id zhang, li;
	struct registration_batch rb;
	struct registration r = merge_row();
	struct error e = { 0 };
	two_who_are_one(f, &zhang, &li);
	begin(f, &rb);
	assert_ok(registration_batch_row(&rb, &r, NULL, &e));
	meet(f, zhang, "other");
	assert_int_equal(commit(f, rb.batch), ST_CONFLICT);
	struct slice own = sub(f, zhang, "other");
	comes(f, r, REGISTRATION_MERGED);
	assert_true(slice_equal(sub(f, zhang, "other"), own));
}

/* ---- order ---------------------------------------------------------------------------------- */

static void each_row_sees_those_before_it(void **state)
{
	struct fixture *f = *state;
	struct registration_batch rb;
	struct error e = { 0 };
	const struct registration first = ROW("operation", "add", "number", ZHANG, "name", "张三");
	const struct registration later[] = {
		ROW("operation", "change", "number", LI, "previous_number", ZHANG),
		ROW("operation", "deregister", "number", ZHANG),
		ROW("operation", "merge", "number", LI, "into_number", ZHANG),
		ROW("operation", "split", "number", ZHANG),
	};
	begin(f, &rb);
	assert_ok(registration_batch_row(&rb, &first, NULL, &e));
	for (size_t k = 0; k < COUNT_OF(later); k++)
		assert_int_equal(registration_batch_row(&rb, &later[k], NULL, &e), ST_BUSY);
	assert_ok(commit(f, rb.batch));

	/* Found by another number, it is the same person all the same. */
	begin(f, &rb);
	assert_ok(registration_batch_row(&rb, &later[0], NULL, &e));
	assert_int_equal(registration_batch_row(&rb, &later[1], NULL, &e), ST_BUSY);
	assert_ok(commit(f, rb.batch));
	assert_true(id_equal(who(f, ZHANG).id, who(f, LI).id));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(add_and_change),
		TEST(a_reissued_document_keeps_the_subject),
		TEST(too_many_numbers),
		TEST(deregistered),
		TEST(two_become_one),
		TEST(a_split_takes_it_back),
		TEST(merged_twice),
		TEST(merges_that_are_refused),
		TEST(a_suspension_goes_along),
		TEST(a_merge_and_a_first_sign_in_cross),
		TEST(each_row_sees_those_before_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
