/* What is given out and taken back: codes, sessions, marks, consents, throttle. */
#include "fixture.h"

#include "authd/service/codes.h"
#include "authd/service/families.h"
#include "authd/service/marks.h"
#include "authd/service/sessions.h"
#include "authd/service/throttle.h"
#include "keys/seal.h"

static void run(struct fixture *f, struct cache_command *commands, size_t n)
{
	assert_ok(cache_submit_wait(f->issuer.cache, commands, n, &f->arena));
}

/* ---- codes ----------------------------------------------------------------------------------- */

static struct slice issue_code(struct fixture *f)
{
	const struct code code = { .grant = fixture_grant(),
				   .redirect_uri = SLICE("https://portal.example/cb"),
				   .nonce = SLICE("n"),
				   .expires_at = NOW + 60 };
	struct slice text;
	struct cache_command put;
	assert_ok(code_issue(&f->issuer, &code, &f->arena, &text, &put));
	run(f, &put, 1);
	return text;
}

static status take_code(struct fixture *f, struct slice text, const char *client_id, int64_t now,
			struct code *ret)
{
	struct cache_command take;
	status s = code_take_command(text, slice_str(client_id), &f->arena, &take);
	if (s != ST_OK)
		return s;
	run(f, &take, 1);
	return code_from_answer(&take, now, ret);
}

static void a_code_is_used_once(void **state)
{
	struct fixture *f = *state;
	struct code code;
	struct slice text = issue_code(f);
	assert_int_equal(take_code(f, text, "another", NOW, &code), ST_NOT_FOUND);
	assert_ok(take_code(f, text, "portal", NOW + 59, &code));
	assert_true(slice_is(code.nonce, "n"));
	assert_true(slice_is(code.grant.scope, "openid offline_access"));
	assert_int_equal(code.grant.authentication.level, 3);
	assert_int_equal(take_code(f, text, "portal", NOW + 59, &code), ST_USED);
	assert_int_equal(take_code(f, text, "portal", NOW + 59, &code), ST_USED);
}

static void a_code_expires(void **state)
{
	struct fixture *f = *state;
	struct code code;
	assert_int_equal(take_code(f, issue_code(f), "portal", NOW + 60, &code), ST_EXPIRED);
}

static void what_is_no_code_is_refused(void **state)
{
	struct fixture *f = *state;
	struct code code;
	static const char *const bad[] = { "", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
					   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" };
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(take_code(f, slice_str(bad[i]), "portal", NOW, &code), ST_INVALID);
	assert_int_equal(take_code(f, SLICE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "portal", NOW, &code),
			 ST_NOT_FOUND);
}

/* ---- marks ------------------------------------------------------------------------------------ */

static void final_marks_end_what_they_name(void **state)
{
	struct fixture *f = *state;
	for (enum mark_kind kind = MARK_TOKEN; kind <= MARK_SESSION; kind++) {
		bool revoked;
		assert_ok(mark_check(&f->issuer, kind, SLICE("some id"), 0, &f->arena, &revoked));
		assert_false(revoked);
		struct batch *b = new_batch(f);
		mark_put(b, kind, SLICE("some id"), NOW + 300);
		assert_ok(commit(f, b));
		assert_ok(mark_check(&f->issuer, kind, SLICE("some id"), NOW * US, &f->arena, &revoked));
		assert_true(revoked);
		assert_ok(mark_check(&f->issuer, kind, SLICE("other id"), 0, &f->arena, &revoked));
		assert_false(revoked);
	}
}

static bool grant_is_revoked(struct fixture *f, const struct grant *g)
{
	bool revoked;
	assert_ok(mark_check_grant(&f->issuer, g, &f->arena, &revoked));
	return revoked;
}

/* A grant that is made late from an authentication before the mark is as old as that. */
static void a_subject_is_ended_by_its_authentication(void **state)
{
	struct fixture *f = *state;
	struct grant g = fixture_grant();
	struct batch *b = new_batch(f);
	assert_false(grant_is_revoked(f, &g));
	mark_put_subject(&f->issuer, b, g.subject_id, NOW * US + 7);
	assert_ok(commit(f, b));
	const struct {
		int64_t proved_us;
		bool revoked;
	} cases[] = {
		{ 0, true },
		{ (NOW - 90) * US, true },
		{ NOW * US + 7, true },
		{ NOW * US + 8, false }, /* in the same second */
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		g.authentication.proved_us = cases[i].proved_us;
		g.created_at = NOW + 10;
		assert_int_equal(grant_is_revoked(f, &g), cases[i].revoked);
	}
}

static void a_client_is_ended_until_the_mark(void **state)
{
	struct fixture *f = *state;
	struct grant g = fixture_grant();
	struct batch *b = new_batch(f);
	g.client_id = SLICE("ended");
	mark_put_client(&f->issuer, b, g.client_id, NOW * US + 7);
	assert_ok(commit(f, b));
	assert_true(grant_is_revoked(f, &g));
	g.created_at = NOW + 1;
	assert_false(grant_is_revoked(f, &g));
}

static bool is_marked(struct fixture *f, const char *id)
{
	bool revoked;
	assert_ok(mark_check(&f->issuer, MARK_TOKEN, slice_str(id), NOW, &f->arena, &revoked));
	return revoked;
}

static void put_mark(struct fixture *f, const char *id, int64_t keep_until)
{
	struct batch *b = new_batch(f);
	mark_put(b, MARK_TOKEN, slice_str(id), keep_until);
	assert_ok(commit(f, b));
}

static void marks_go_when_they_are_over(void **state)
{
	struct fixture *f = *state;
	put_mark(f, "short", NOW + 10);
	put_mark(f, "long", NOW + 99);
	put_mark(f, "prolonged", NOW + 11);
	put_mark(f, "prolonged", NOW + 98);
	for (int i = 0; i < 2; i++) {
		struct batch *b = new_batch(f);
		assert_ok(marks_prune(&f->issuer, b, NOW + 50, &f->arena));
		assert_ok(commit(f, b));
	}
	assert_false(is_marked(f, "short"));
	assert_true(is_marked(f, "long"));
	assert_true(is_marked(f, "prolonged"));
}

/* ---- sessions --------------------------------------------------------------------------------- */

static struct session begin_session(struct fixture *f, struct id person)
{
	struct subject subject = { .id = person, .kind = SUBJECT_NATURAL };
	struct session s;
	struct cache_command put;
	assert_ok(session_begin(&f->issuer, &subject, FACTOR_PWD, NOW * US, &s));
	struct batch *b = new_batch(f);
	assert_ok(session_record_begin(b, &s));
	assert_ok(commit(f, b));
	assert_ok(session_put_command(&f->issuer, &s, NOW, &f->arena, &put));
	run(f, &put, 1);
	return s;
}

static struct slice cookie_value(struct slice set_cookie)
{
	struct slice value = slice_from(set_cookie, sizeof SESSION_COOKIE "=" - 1);
	return slice_first(value, slice_find(value, ';'));
}

/* The way of a request: cookie, ticket, cache. */
static status find_session(struct fixture *f, const struct session *s, int64_t now, struct session *ret)
{
	struct slice cookie;
	struct session_ticket ticket;
	assert_ok(session_cookie(&f->issuer, s, &f->arena, &cookie));
	assert_ok(session_ticket_open(&f->issuer, cookie_value(cookie), &f->arena, &ticket));
	struct cache_command get = session_get_command(&ticket);
	run(f, &get, 1);
	return session_from_answer(&f->issuer, &ticket, &get, now, &f->arena, ret);
}

static void a_session_lives_and_idles_out(void **state)
{
	struct fixture *f = *state;
	struct session s = begin_session(f, (struct id){ { 6 } }), found;
	assert_ok(find_session(f, &s, NOW + 1799, &found));
	assert_true(id_equal(found.subject_id, s.subject_id));
	assert_int_equal(found.factors.shown_us[FACTOR_PWD], NOW * US);
	assert_int_equal(find_session(f, &s, NOW + 1800, &found), ST_NOT_FOUND);
}

static void an_old_cookie_dies_when_the_key_changes(void **state)
{
	struct fixture *f = *state;
	struct session s = begin_session(f, (struct id){ { 6 } }), old = s, found;
	struct cache_command put, forget;
	struct session_ticket ticket = { s.key, s.id, s.subject_id, s.epoch };
	assert_ok(session_renew(&f->conf, FACTOR_OTP, (NOW + 10) * US, &s));
	assert_true(id_equal(s.id, old.id));
	assert_false(id_equal(s.key, old.key));
	assert_ok(session_put_command(&f->issuer, &s, NOW + 10, &f->arena, &put));
	run(f, &put, 1);
	forget = session_delete_command(&ticket);
	run(f, &forget, 1);
	assert_ok(find_session(f, &s, NOW + 20, &found));
	assert_int_equal(find_session(f, &old, NOW + 20, &found), ST_NOT_FOUND);
}

static void an_ended_session_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct id person = { { 7 } };
	struct session s = begin_session(f, person), other = begin_session(f, person), found;
	struct batch *b = new_batch(f);
	assert_ok(sessions_end_others(&f->issuer, b, s.subject_id, other.id, NOW, &f->arena));
	assert_ok(commit(f, b));
	assert_int_equal(find_session(f, &s, NOW, &found), ST_NOT_FOUND);
	assert_ok(find_session(f, &other, NOW, &found));

	struct session_listed *listed;
	size_t n;
	assert_ok(sessions_list(&f->issuer, other.subject_id, 100, &f->arena, &listed, &n));
	assert_int_equal(n, 1);
	assert_true(id_equal(listed[0].id, other.id));
}

static void sessions_that_are_over_leave_the_list(void **state)
{
	struct fixture *f = *state;
	struct id person = { { 8 } };
	struct session s = begin_session(f, person);
	struct session_listed *listed;
	size_t n;
	const int64_t times[] = { s.expires_at - 1, s.expires_at };
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		struct batch *b = new_batch(f);
		assert_ok(sessions_prune(&f->issuer, b, person, times[i], &f->arena));
		assert_ok(commit(f, b));
		assert_ok(sessions_list(&f->issuer, person, 10, &f->arena, &listed, &n));
		assert_int_equal(n, 1 - i);
	}
}

static void a_foreign_cookie_is_refused(void **state)
{
	struct fixture *f = *state;
	struct session s = begin_session(f, (struct id){ { 6 } });
	struct slice cookie;
	struct session_ticket ticket;
	assert_ok(session_cookie(&f->issuer, &s, &f->arena, &cookie));
	char *text = arena_string(&f->arena, cookie_value(cookie));
	for (size_t i = 0; text[i]; i++) {
		char kept = text[i];
		text[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(session_ticket_open(&f->issuer, slice_str(text), &f->arena, &ticket), ST_INVALID);
		text[i] = kept;
	}
	assert_int_equal(session_ticket_open(&f->issuer, NO_SLICE, &f->arena, &ticket), ST_INVALID);
}

/* ---- throttle ---------------------------------------------------------------------------------- */

static status count_try(struct fixture *f, enum throttle_by by, struct throttle *t)
{
	throttle_try(&f->issuer, by, t);
	run(f, &t->commands[by], 1);
	return throttle_check(&f->issuer, by, t);
}

static status try_password(struct fixture *f, const char *account, const char *address, bool right)
{
	struct throttle t;
	assert_ok(throttle_begin(slice_str(account), slice_str(address), &f->arena, &t));
	status s = count_try(f, THROTTLE_ADDRESS, &t);
	if (s == ST_OK)
		s = count_try(f, THROTTLE_ACCOUNT, &t);
	if (s == ST_OK && right) {
		throttle_forgive(&f->issuer, &t);
		run(f, t.commands, THROTTLE_COMMANDS);
	}
	return s;
}

static void guesses_are_counted_by_account_and_address(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 3; i++)
		assert_ok(try_password(f, "zhang", "192.0.2.1", false));
	assert_int_equal(try_password(f, "zhang", "192.0.2.9", false), ST_FORBIDDEN);
	assert_int_equal(try_password(f, "zhang", "192.0.2.1", true), ST_FORBIDDEN);

	/* right passwords cost nothing, neither the account nor the address */
	for (int i = 0; i < 20; i++)
		assert_ok(try_password(f, "li", "198.51.100.1", true));
	for (int i = 0; i < 5; i++) {
		char account[8];
		snprintf(account, sizeof account, "u%d", i);
		assert_ok(try_password(f, account, "203.0.113.1", false));
	}
	assert_int_equal(try_password(f, "one more", "203.0.113.1", false), ST_FORBIDDEN);

	/* an address that is used up reaches no account, and an account named like one no address */
	for (int i = 0; i < 4; i++)
		assert_int_equal(try_password(f, "wang", "203.0.113.1", false), ST_FORBIDDEN);
	assert_ok(try_password(f, "wang", "203.0.113.2", false));
	for (int i = 0; i < 6; i++)
		(void)!try_password(f, "203.0.113.77", "203.0.113.3", false);
	assert_ok(try_password(f, "zhao", "203.0.113.77", false));
}

/* The same address in all of its spellings: the same bytes count. */
static void an_address_has_one_spelling(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *one, *other;
		bool same;
	} pairs[] = {
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "192.0.2.1", "::FFFF:c000:201", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "::192.0.2.1", false },
		{ "2001:db8::1", "2001:DB8:0:0:ffff::9", true },
		{ "2001:db8::1", "2001:db8:0:1::1", false },
		{ "", "::", false },
	};
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct throttle one, other;
		assert_ok(throttle_begin(SLICE("a"), slice_str(pairs[i].one), &f->arena, &one));
		assert_ok(throttle_begin(SLICE("a"), slice_str(pairs[i].other), &f->arena, &other));
		assert_int_equal(slice_equal(one.keys[THROTTLE_ADDRESS], other.keys[THROTTLE_ADDRESS]),
				 pairs[i].same);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_is_used_once),
		cmocka_unit_test(a_code_expires),
		cmocka_unit_test(what_is_no_code_is_refused),
		cmocka_unit_test(final_marks_end_what_they_name),
		cmocka_unit_test(a_subject_is_ended_by_its_authentication),
		cmocka_unit_test(a_client_is_ended_until_the_mark),
		cmocka_unit_test(marks_go_when_they_are_over),
		cmocka_unit_test(sessions_that_are_over_leave_the_list),
		cmocka_unit_test(a_session_lives_and_idles_out),
		cmocka_unit_test(an_old_cookie_dies_when_the_key_changes),
		cmocka_unit_test(an_ended_session_is_not_found),
		cmocka_unit_test(a_foreign_cookie_is_refused),
		cmocka_unit_test(guesses_are_counted_by_account_and_address),
		cmocka_unit_test(an_address_has_one_spelling),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
