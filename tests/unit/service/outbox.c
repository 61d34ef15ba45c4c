/* Who hears that a session has ended: its clients, by an outbox that loses nothing. */
#include "fixture.h"

#include "authd/service/clients.h"
#include "authd/service/fetch.h"
#include "authd/service/logout_token.h"
#include "authd/service/outbox_queue.h"
#include "authd/service/session_clients.h"
#include "authd/service/sessions.h"
#include "libauth/auth.h"

#include <time.h>

static void add_client(struct fixture *f, const char *client_id, const char *back, const char *front)
{
	struct slice uri = SLICE("https://portal.example/cb"), secret;
	struct error e = { 0 };
	struct client c = {
		.client_id = slice_str(client_id),
		.client_name = SLICE("市民中心"),
		.redirect_uris = { &uri, 1 },
		.backchannel_logout_uri = back ? slice_str(back) : NO_SLICE,
		.frontchannel_logout_uri = front ? slice_str(front) : NO_SLICE,
	};
	struct batch *b = new_batch(f);
	if (clients_register(&f->issuer, b, &f->arena, NOW, &c, &secret, &e) != ST_OK)
		fail_msg("%s", e.message);
	assert_ok(commit(f, b));
}

static struct client the_client(struct fixture *f, const char *client_id)
{
	struct client c;
	assert_ok(clients_get(&f->issuer, slice_str(client_id), &f->arena, &c));
	return c;
}

static struct session begin_session(struct fixture *f)
{
	const struct subject subject = { .id = { { 5 } }, .kind = SUBJECT_LEGAL };
	struct session s;
	assert_ok(session_begin(&f->issuer, &subject, FACTOR_PWD, NOW * US, &s));
	struct batch *b = new_batch(f);
	assert_ok(session_record_begin(b, &s));
	assert_ok(commit(f, b));
	return s;
}

static void join(struct fixture *f, const struct session *s, const char *client_id)
{
	struct client c = the_client(f, client_id);
	struct batch *b = new_batch(f);
	assert_ok(session_client_put(&f->issuer, b, s, &c, &f->arena));
	assert_ok(commit(f, b));
}

static void end(struct fixture *f, const struct session *s)
{
	struct batch *b = new_batch(f);
	assert_ok(session_record_end(&f->issuer, b, s->subject_id, s->id, NOW, &f->arena));
	assert_ok(commit(f, b));
}

static bool is_new(struct fixture *f, const struct session *s, const char *client_id)
{
	struct client c = the_client(f, client_id);
	bool new;
	assert_ok(session_client_is_new(&f->issuer, s, &c, &new));
	return new;
}

static size_t known_clients(struct fixture *f, const struct session *s)
{
	struct session_client_listed *clients;
	size_t n;
	assert_ok(session_clients_list(&f->issuer, s->subject_id, s->id, &f->arena, &clients, &n));
	return n;
}

static bool nobody_is_busy(void *context, struct slice client_id)
{
	return context && slice_is(client_id, context);
}

static size_t due(struct fixture *f, int64_t now_us, const char *busy, struct outbox_item **ret)
{
	struct outbox_place place = { 0 };
	size_t n;
	assert_ok(outbox_due(&f->issuer, now_us, 9, nobody_is_busy, (void *)busy, &place, &f->arena, ret, &n));
	return n;
}

static int clients_setup(void **state)
{
	if (fixture_setup(state))
		return -1;
	struct fixture *f = *state;
	add_client(f, "back", "https://portal.example/back", NULL);
	add_client(f, "back2", "https://portal.example/back2", NULL);
	add_client(f, "front", NULL, "https://portal.example/front");
	add_client(f, "none", NULL, NULL);
	return 0;
}

/* ---- the clients of a session ---------------------------------------------------------------- */

static void who_wants_to_hear_is_noted_once(void **state)
{
	struct fixture *f = *state;
	struct session s = begin_session(f);
	assert_false(is_new(f, &s, "none"));
	assert_true(is_new(f, &s, "back"));
	assert_true(is_new(f, &s, "front"));
	join(f, &s, "back");
	assert_false(is_new(f, &s, "back"));
	assert_int_equal(known_clients(f, &s), 1);
	struct session other = begin_session(f);
	assert_true(is_new(f, &other, "back"));
}

static void the_end_tells_by_the_back_channel(void **state)
{
	struct fixture *f = *state;
	struct session s = begin_session(f), other = begin_session(f);
	struct outbox_item *items;
	join(f, &s, "back");
	join(f, &s, "front");
	join(f, &other, "back2");
	assert_int_equal(due(f, (NOW + 9) * US, NULL, &items), 0);
	end(f, &s);
	assert_int_equal(due(f, (NOW + 9) * US, NULL, &items), 1);
	const struct outbox_entry *e = &items[0].entry;
	assert_slice(e->client_id, "back");
	assert_true(id_equal(e->session_id, s.id) && id_equal(e->subject_id, s.subject_id));
	assert_int_equal(e->kind, SUBJECT_LEGAL);
	assert_int_equal(e->created_at, NOW);
	assert_int_equal(known_clients(f, &s), 0);
	assert_int_equal(known_clients(f, &other), 1);
	end(f, &s);
	assert_int_equal(due(f, (NOW + 9) * US, NULL, &items), 1);
}

/* Whoever is given a code as the session ends is not forgotten: the code is not given. */
static void nobody_joins_a_session_that_has_ended(void **state)
{
	struct fixture *f = *state;
	struct session s = begin_session(f);
	struct client c = the_client(f, "back");
	struct batch *b = new_batch(f);
	assert_ok(session_client_put(&f->issuer, b, &s, &c, &f->arena));
	end(f, &s);
	assert_int_equal(commit(f, b), ST_CONFLICT);
	b = new_batch(f);
	assert_int_equal(session_client_put(&f->issuer, b, &s, &c, &f->arena), ST_NOT_FOUND);
	assert_int_equal(known_clients(f, &s), 0);
}

static void what_is_over_is_forgotten_untold(void **state)
{
	struct fixture *f = *state;
	struct session s = begin_session(f);
	struct outbox_item *items;
	join(f, &s, "back");
	struct batch *b = new_batch(f);
	assert_ok(sessions_prune(&f->issuer, b, s.subject_id, s.expires_at, &f->arena));
	assert_ok(commit(f, b));
	assert_int_equal(known_clients(f, &s), 0);
	assert_int_equal(due(f, (NOW + 9) * US, NULL, &items), 0);
}

/* ---- the queue ------------------------------------------------------------------------------- */

static void put(struct fixture *f, const char *client_id, int64_t due_us)
{
	const struct outbox_entry e = { .client_id = slice_str(client_id),
					.subject_id = { { 5 } },
					.kind = SUBJECT_NATURAL,
					.session_id = { { 6 } },
					.created_at = due_us / US };
	struct batch *b = new_batch(f);
	assert_ok(outbox_put(b, &e, due_us));
	assert_ok(commit(f, b));
}

static void what_is_due_comes_one_for_each_client(void **state)
{
	struct fixture *f = *state;
	struct outbox_item *items;
	put(f, "back2", NOW * US + 2);
	put(f, "back", NOW * US + 1);
	put(f, "back", NOW * US);
	put(f, "front", NOW * US + 4);
	assert_int_equal(due(f, NOW * US - 1, NULL, &items), 0);
	assert_int_equal(due(f, NOW * US + 3, NULL, &items), 2);
	assert_slice(items[0].entry.client_id, "back");
	assert_slice(items[1].entry.client_id, "back2");
	assert_int_equal(due(f, NOW * US + 3, "back", &items), 1);
	assert_slice(items[0].entry.client_id, "back2");
}

static void put_many(struct fixture *f, const char *client_id, size_t n)
{
	const struct outbox_entry e = { .client_id = slice_str(client_id), .kind = SUBJECT_NATURAL };
	for (size_t i = 0; i < n;) {
		AUTO_ARENA struct arena a = { 0 };
		struct batch *b = batch_new(&a);
		assert_non_null(b);
		for (size_t end = i + 1000; i < end; i++)
			assert_ok(outbox_put(b, &e, NOW * US));
		assert_ok(commit(f, b));
	}
}

/* Attack: a receiver that hangs, and somebody who signs out again and again. */
static void a_heap_of_one_client_hides_nobody_else_s(void **state)
{
	struct fixture *f = *state;
	struct outbox_place place = { 0 };
	struct outbox_item *items;
	size_t n = 0, looks = 0;
	put_many(f, "back2", 21000);
	put(f, "back", NOW * US + 1);
	for (; !n && looks < 9; looks++)
		assert_ok(outbox_due(&f->issuer, NOW * US + 1, 9, nobody_is_busy, "back2", &place, &f->arena,
				     &items, &n));
	assert_int_equal(n, 1);
	assert_slice(items[0].entry.client_id, "back");
	assert_int_equal(looks, 2);
	/* And it begins anew: the heap is not forgotten. */
	assert_int_equal(place.n, 0);
	assert_ok(outbox_due(&f->issuer, NOW * US + 1, 9, nobody_is_busy, "back", &place, &f->arena, &items, &n));
	assert_int_equal(n, 1);
	assert_slice(items[0].entry.client_id, "back2");
}

static void one_of_two_nodes_gets_it(void **state)
{
	struct fixture *f = *state;
	const struct audit_entry audit = { .event = "logout.notify" };
	struct outbox_item *mine, *theirs;
	put(f, "back", NOW * US);
	assert_int_equal(due(f, NOW * US, NULL, &mine), 1);
	assert_int_equal(due(f, NOW * US, NULL, &theirs), 1);
	mine->entry.tries = 1;
	assert_ok(outbox_move(&f->issuer, mine, (NOW + 20) * US));
	assert_int_equal(outbox_move(&f->issuer, theirs, (NOW + 20) * US), ST_CONFLICT);
	assert_int_equal(outbox_remove(&f->issuer, theirs, &audit), ST_CONFLICT);
	assert_int_equal(due(f, (NOW + 19) * US, NULL, &theirs), 0);
	assert_int_equal(due(f, (NOW + 20) * US, NULL, &theirs), 1);
	assert_int_equal(theirs->entry.tries, 1);
	assert_ok(outbox_remove(&f->issuer, mine, &audit));
	assert_int_equal(due(f, (NOW + 99) * US, NULL, &theirs), 0);
}

static void pauses_grow_and_are_spread(void **state)
{
	(void)state;
	for (int tries = 1; tries < 40; tries++) {
		int64_t least = outbox_pause_us(tries, 0), most = outbox_pause_us(tries, UINT64_MAX);
		int64_t whole = tries < 12 ? (INT64_C(1) << tries) * US : OUTBOX_LONGEST_S * US;
		assert_int_equal(least, whole / 2);
		assert_in_range(most, least, whole - 1);
		assert_true(most > least);
	}
}

/* ---- sending --------------------------------------------------------------------------------- */

struct last_audit {
	char text[1024];
};

static bool keep_audit(void *context, struct slice key, struct record record)
{
	struct last_audit *last = context;
	(void)key;
	snprintf(last->text, sizeof last->text, "%.*s", SLICE_FMT(record.value));
	return true;
}

/* Send what is due, wait until it is, and read the last entry of the audit. */
static struct last_audit send_all(struct fixture *f, int64_t now_us)
{
	struct last_audit last = { "" };
	struct outbox *o;
	assert_ok(outbox_new(&f->issuer, &o));
	assert_ok(outbox_tick(o, now_us));
	outbox_free(o);
	assert_ok(records_scan(f->issuer.records, TABLE_AUDIT, SLICE(""), NO_SLICE, 100, keep_audit, &last));
	return last;
}

/* Nothing is sent to loopback unless the settings allow it, so each of these tries fails. */
static void what_cannot_be_sent_stays_for_a_day(void **state)
{
	struct fixture *f = *state;
	struct outbox_item *items;
	AUTO(fetching) struct fetching *fetching = NULL;
	f->conf.outbound.deadline_ms = 1000;
	f->conf.outbound.threads = f->conf.outbound.queue = 1;
	assert_ok(fetching_new(&f->issuer, &fetching));
	f->issuer.fetching = fetching;
	add_client(f, "here", "https://127.0.0.1:8443/", NULL);

	int64_t now = time(NULL);
	put(f, "here", now * US);
	struct last_audit audit = send_all(f, (now + 1) * US);
	assert_null(strstr(audit.text, "logout.notify"));
	assert_int_equal(due(f, (now + 1) * US, NULL, &items), 0);
	assert_int_equal(due(f, (now + 9) * US, NULL, &items), 1);
	assert_int_equal(items[0].entry.tries, 1);
	assert_int_equal(items[0].entry.created_at, now);
	assert_non_null(strstr(arena_string(&f->arena, items[0].entry.error), "https://127.0.0.1:8443/: "));

	put(f, "here", (now - OUTBOX_KEEP_S) * US);
	audit = send_all(f, (now + 1) * US);
	assert_non_null(strstr(audit.text, "\"logout.notify\""));
	assert_non_null(strstr(audit.text, "\"failed\""));
	assert_non_null(strstr(audit.text, "https://127.0.0.1:8443/: "));
	assert_int_equal(due(f, (now + 99) * US, NULL, &items), 1);
	f->issuer.fetching = NULL;
}

static void who_has_no_endpoint_any_more_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct outbox_item *items;
	put(f, "none", NOW * US);
	put(f, "unknown", NOW * US);
	struct last_audit audit = send_all(f, NOW * US);
	assert_non_null(strstr(audit.text, "no backchannel_logout_uri any more"));
	assert_int_equal(due(f, INT64_MAX, NULL, &items), 0);
}

/* ---- operators ------------------------------------------------------------------------------- */

static size_t waiting(struct fixture *f, const char *client_id, const struct id *id, size_t limit,
		      struct outbox_item **ret, bool *ret_more)
{
	const struct outbox_filter filter = { client_id ? slice_str(client_id) : NO_SLICE, id };
	size_t n;
	assert_ok(outbox_list(&f->issuer, &filter, limit, &f->arena, ret, &n, ret_more));
	return n;
}

static void operators_see_all_that_waits(void **state)
{
	struct fixture *f = *state;
	struct outbox_item *items, *again;
	bool more;
	assert_int_equal(waiting(f, NULL, NULL, 9, &items, &more), 0);
	assert_false(more);
	struct batch *b = new_batch(f);
	for (int64_t k = 0; k < 2100; k++) { /* more than are read at a time */
		const struct outbox_entry e = { .client_id = k % 3 ? SLICE("back") : SLICE("back2"),
						.kind = SUBJECT_NATURAL };
		assert_ok(outbox_put(b, &e, (NOW + k) * US));
	}
	assert_ok(commit(f, b));
	assert_int_equal(waiting(f, NULL, NULL, 9, &items, &more), 9);
	assert_true(more);
	assert_int_equal(waiting(f, "back2", NULL, 3000, &items, &more), 700);
	assert_false(more);
	struct id last = outbox_item_id(&items[699]);
	assert_int_equal(waiting(f, NULL, &last, 1, &again, &more), 1);
	assert_memory_equal(again[0].key, items[699].key, OUTBOX_KEY);
	assert_int_equal(waiting(f, "back", &last, 1, &again, &more), 0);
	assert_int_equal(waiting(f, "unknown", NULL, 1, &again, &more), 0);
}

static void an_entry_keeps_its_name_and_moves_once(void **state)
{
	struct fixture *f = *state;
	struct outbox_item *items, *found;
	bool more;
	put(f, "back", (NOW + 3600) * US);
	assert_int_equal(waiting(f, NULL, NULL, 1, &items, &more), 1);
	struct outbox_item before = items[0];
	struct id id = outbox_item_id(&before);
	struct batch *b = new_batch(f);
	assert_ok(outbox_batch_move(b, &items[0], NOW * US));
	assert_ok(commit(f, b));
	assert_int_equal(waiting(f, "back", &id, 1, &found, &more), 1);
	assert_int_equal(due(f, NOW * US, NULL, &found), 1);

	/* Whoever had read it before is too late, to move and to drop it. */
	b = new_batch(f);
	outbox_batch_remove(b, &before);
	assert_int_equal(commit(f, b), ST_CONFLICT);
	b = new_batch(f);
	outbox_batch_remove(b, &items[0]);
	assert_ok(commit(f, b));
	assert_int_equal(waiting(f, NULL, NULL, 1, &found, &more), 0);
}

/* ---- the token ------------------------------------------------------------------------------- */

static void libauth_takes_the_logout_token(void **state)
{
	struct fixture *f = *state;
	struct outbox_entry e = { .client_id = SLICE("back"), .subject_id = { { 5 } },
				  .kind = SUBJECT_NATURAL, .session_id = { { 6 } }, .created_at = NOW };
	static const char *const algorithms[] = { "RS256", "ES256", "EdDSA" };
	struct client c = the_client(f, "back");
	struct slice jwks, token;
	struct auth_keyset *keys;
	struct auth_verifier *v;
	assert_ok(keys_jwks(f->issuer.keys, &f->arena, &jwks));
	assert_int_equal(auth_keyset_from_json(jwks.p, jwks.n, &keys, NULL), AUTH_OK);
	struct auth_options options = AUTH_OPTIONS_INIT;
	options.kind = AUTH_LOGOUT_TOKEN;
	options.issuer = f->conf.issuer;
	options.audience = "back";
	assert_int_equal(auth_verifier_new(&options, &v, NULL), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(v, keys), AUTH_OK);
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct auth_claims *claims;
		c.id_token_signed_response_alg = slice_str(algorithms[i]);
		assert_ok(logout_token_make(&f->issuer, &e, &c, NOW, &f->arena, &token));
		const char *text = (const char *)token.p;
		assert_int_equal(auth_verify(v, text, token.n, NOW + LOGOUT_TOKEN_S - 1, &claims), AUTH_OK);
		auth_claims_free(claims);
		assert_int_equal(auth_verify(v, text, token.n, NOW + 4 * LOGOUT_TOKEN_S, &claims), AUTH_EXPIRED);
	}
	auth_verifier_free(v);
	auth_keyset_free(keys);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clients_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_wants_to_hear_is_noted_once),
		TEST(the_end_tells_by_the_back_channel),
		TEST(nobody_joins_a_session_that_has_ended),
		TEST(what_is_over_is_forgotten_untold),
		TEST(what_is_due_comes_one_for_each_client),
		TEST(a_heap_of_one_client_hides_nobody_else_s),
		TEST(one_of_two_nodes_gets_it),
		TEST(pauses_grow_and_are_spread),
		TEST(what_cannot_be_sent_stays_for_a_day),
		TEST(who_has_no_endpoint_any_more_is_given_up),
		TEST(operators_see_all_that_waits),
		TEST(an_entry_keeps_its_name_and_moves_once),
		TEST(libauth_takes_the_logout_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
