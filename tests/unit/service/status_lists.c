/* From a revocation to what somebody who verifies offline says of the token. */
#include "fixture.h"

#include "authd/service/marks.h"
#include "authd/service/status_lists.h"
#include "authd/service/status_slots.h"
#include "authd/service/tokens.h"
#include "libauth/auth.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct client PORTAL = {
	.client_id = SLICE_INIT("portal"),
	.sector = SLICE_INIT("portal.example"),
	.id_token_signed_response_alg = SLICE_INIT("ES256"),
};
static const struct client OTHER = {
	.client_id = SLICE_INIT("other"),
	.sector = SLICE_INIT("other.example"),
	.id_token_signed_response_alg = SLICE_INIT("ES256"),
};

#define NOW_US (NOW * INT64_C(1000000))
enum { TTL = 150, WINDOW = 300, LATE = 120, LONGEST = 2 * WINDOW + 300 + LATE };

static struct id id_of(uint8_t byte)
{
	struct id id;
	memset(id.bytes, byte, sizeof id.bytes);
	return id;
}

/* Everything in it is `n`, so that two of them have nothing in common. */
static struct grant grant_of(uint8_t n, const struct client *client)
{
	return (struct grant){
		.id = id_of(n),
		.subject_id = id_of(n),
		.session_id = id_of(n),
		.client_id = client->client_id,
		.scope = SLICE("openid"),
		.audience = SLICE("https://api.example"),
		.kind = SUBJECT_NATURAL,
		.authentication = { .auth_time = NOW, .proved_us = NOW_US, .level = 3, .amr = SLICE("pwd") },
		.created_at = NOW,
	};
}

static struct slice token_of(struct fixture *f, const struct grant *g, const struct client *client,
			     int64_t now)
{
	struct sign_job job;
	struct waiting w = waiting_begin();
	assert_ok(access_token_prepare(&f->issuer, g, client, g->scope, now, &f->arena, &job));
	keys_sign(f->issuer.keys, &job, 1, &w.op);
	assert_ok(waiting_end(&w));
	struct slice text = arena_copy(&f->arena, buf_slice(&job.token));
	buf_done(&job.token);
	return text;
}

static struct slice token_for(struct fixture *f, const struct grant *g, int64_t now)
{
	return token_of(f, g, &PORTAL, now);
}

/* ---- somebody who verifies offline ------------------------------------------------------------ */

static struct auth_verifier *verifier(struct fixture *f, unsigned flags)
{
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_verifier *v;
	struct auth_keyset *keys;
	struct slice jwks;
	options.issuer = f->conf.issuer;
	options.flags = AUTH_ANY_AUDIENCE | AUTH_REQUIRE_STATUS | flags;
	assert_int_equal(auth_verifier_new(&options, &v, NULL), AUTH_OK);
	assert_ok(keys_jwks(f->issuer.keys, &f->arena, &jwks));
	assert_int_equal(auth_keyset_from_json(jwks.p, jwks.n, &keys, NULL), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(v, keys), AUTH_OK);
	auth_keyset_free(keys);
	return v;
}

/* The list that a token names, and the token's place on it. */
static struct id list_of(struct fixture *f, struct slice token, int64_t now, int64_t *ret_index)
{
	struct auth_verifier *v = verifier(f, AUTH_ACCEPT_REVOCATION_UNKNOWN);
	struct auth_claims *claims;
	assert_int_equal(auth_verify(v, (const char *)token.p, token.n, now, &claims), AUTH_OK);
	const struct auth_value *list = auth_value_member(auth_claims_value(claims, "status"), "status_list");
	struct slice uri = slice_str(auth_value_string(auth_value_member(list, "uri")));
	struct slice prefix = SLICE("https://id.example.gov.cn/statuslists/");
	struct id id;
	assert_true(slice_starts(uri, prefix));
	assert_ok(id_parse(slice_from(uri, prefix.n), &id));
	assert_int_equal(auth_value_integer(auth_value_member(list, "idx"), ret_index), AUTH_OK);
	auth_claims_free(claims);
	auth_verifier_free(v);
	return id;
}

/* What the list says now, fetched now. */
static enum auth_status verdict(struct fixture *f, struct slice token, int64_t now)
{
	int64_t index;
	struct id id = list_of(f, token, now, &index);
	struct signed_list list;
	struct auth_error error = { "" };
	struct auth_verifier *v = verifier(f, 0);
	assert_ok(status_lists_get(f->issuer.status_lists, id, &f->arena, &list));
	assert_int_equal(list.ttl_s, TTL);
	assert_int_equal(auth_verifier_add_list(v, (const char *)list.token.p, list.token.n, now, &error),
			 AUTH_OK);
	struct auth_claims *claims = NULL;
	enum auth_status s = auth_verify(v, (const char *)token.p, token.n, now, &claims);
	auth_claims_free(claims);
	auth_verifier_free(v);
	return s;
}

static void tick(struct fixture *f, int64_t now)
{
	assert_ok(status_lists_tick(f->issuer.status_lists, now));
}

static void put_mark(struct fixture *f, enum mark_kind kind, struct slice id, int64_t at_us)
{
	struct batch *b = new_batch(f);
	struct id subject;
	if (kind == MARK_CLIENT) {
		mark_put_client(&f->issuer, b, id, at_us);
	} else if (kind == MARK_SUBJECT) {
		assert_ok(id_from(id, &subject));
		mark_put_subject(&f->issuer, b, subject, at_us);
	} else {
		mark_put(b, kind, id, NOW + 1000);
	}
	assert_ok(commit(f, b));
}

static void mark_grant(struct fixture *f, const struct grant *g)
{
	put_mark(f, MARK_GRANT, id_slice(&g->id), 0);
}

/* ---- what ends a token ------------------------------------------------------------------------ */

static void each_mark_flips_the_bit_of_its_own_token_alone(void **state)
{
	struct fixture *f = *state;
	uint8_t token_id[32];
	for (enum mark_kind kind = MARK_TOKEN; kind <= MARK_CLIENT; kind++) {
		struct grant ended = grant_of((uint8_t)(2 * kind), &PORTAL);
		struct grant other = grant_of((uint8_t)(2 * kind + 1), &OTHER);
		struct slice token = token_for(f, &ended, NOW), stays = token_of(f, &other, &OTHER, NOW);

		struct auth_claims *claims;
		struct auth_verifier *v = verifier(f, AUTH_ACCEPT_REVOCATION_UNKNOWN);
		assert_int_equal(auth_verify(v, (const char *)token.p, token.n, NOW, &claims), AUTH_OK);
		assert_ok(handle_mark_id(slice_str(auth_claims_jti(claims)), token_id));
		auth_claims_free(claims);
		auth_verifier_free(v);

		const struct slice ids[] = { [MARK_TOKEN] = slice_of(token_id, 32),
					     [MARK_GRANT] = id_slice(&ended.id),
					     [MARK_SESSION] = id_slice(&ended.session_id),
					     [MARK_SUBJECT] = id_slice(&ended.subject_id),
					     [MARK_CLIENT] = ended.client_id };
		assert_int_equal(verdict(f, token, NOW), AUTH_OK);
		put_mark(f, kind, ids[kind], NOW_US);
		tick(f, NOW + 1);
		assert_int_equal(verdict(f, token, NOW + 1), AUTH_REVOKED);
		assert_int_equal(verdict(f, stays, NOW + 1), AUTH_OK);
	}
}

static void a_client_goes_on_with_what_it_gets_afterwards(void **state)
{
	struct fixture *f = *state;
	struct grant g = grant_of(1, &PORTAL);
	struct slice before = token_for(f, &g, NOW), after = token_for(f, &g, NOW + 1);
	put_mark(f, MARK_CLIENT, g.client_id, NOW_US);
	tick(f, NOW + 2);
	assert_int_equal(verdict(f, before, NOW + 2), AUTH_REVOKED);
	assert_int_equal(verdict(f, after, NOW + 2), AUTH_OK);
}

static void a_subject_goes_on_with_a_new_authentication_alone(void **state)
{
	struct fixture *f = *state;
	struct grant before = grant_of(1, &PORTAL), after = grant_of(1, &PORTAL);
	after.authentication.proved_us = NOW_US + 1;
	put_mark(f, MARK_SUBJECT, id_slice(&before.subject_id), NOW_US);
	struct slice old = token_for(f, &before, NOW + 1), new = token_for(f, &after, NOW + 1);
	tick(f, NOW + 2);
	assert_int_equal(verdict(f, old, NOW + 2), AUTH_REVOKED);
	assert_int_equal(verdict(f, new, NOW + 2), AUTH_OK);
}

/* As when a code is used twice at the same time. */
static void a_token_issued_after_its_grant_was_ended_is_revoked_too(void **state)
{
	struct fixture *f = *state;
	struct grant g = grant_of(1, &PORTAL);
	mark_grant(f, &g);
	tick(f, NOW + 1);
	struct slice late = token_for(f, &g, NOW);
	assert_int_equal(verdict(f, late, NOW + 1), AUTH_OK);
	tick(f, NOW + 2);
	assert_int_equal(verdict(f, late, NOW + 2), AUTH_REVOKED);
}

/* ---- starts ------------------------------------------------------------------------------------ */

static void what_was_revoked_but_not_published_is_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct grant g = grant_of(1, &PORTAL), other = grant_of(2, &PORTAL);
	struct slice token = token_for(f, &g, NOW), stays = token_for(f, &other, NOW);
	mark_grant(f, &g);
	fixture_reopen(f);
	assert_int_equal(verdict(f, token, NOW), AUTH_REVOKED);
	assert_int_equal(verdict(f, stays, NOW), AUTH_OK);

	/* A list that was taken over takes no more tokens: its places might come twice. */
	int64_t index;
	struct id before = list_of(f, token, NOW, &index);
	struct slice next = token_for(f, &other, NOW);
	assert_false(id_equal(before, list_of(f, next, NOW, &index)));
	fixture_reopen(f);
	assert_int_equal(verdict(f, token, NOW), AUTH_REVOKED);
	assert_int_equal(verdict(f, stays, NOW), AUTH_OK);
}

/* Call change() with each file of slots, open for writing. */
static void change_files(struct fixture *f, void (*change)(int fd))
{
	char dir[128];
	snprintf(dir, sizeof dir, "%s/status-lists", f->dir);
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		int fd = openat(dirfd(d), e->d_name, O_RDWR);
		assert_true(fd >= 0);
		change(fd);
		close(fd);
	}
	closedir(d);
}

/* The boot id stands behind 16 bytes. */
static void change_boot_id(int fd) { assert_int_equal(pwrite(fd, "another", 7, 16), 7); }
static void cut_off(int fd) { assert_int_equal(ftruncate(fd, 100), 0); }

static void after_another_boot_all_of_a_list_is_revoked(void **state)
{
	struct fixture *f = *state;
	struct grant g = grant_of(1, &PORTAL);
	struct slice token = token_for(f, &g, NOW);
	change_files(f, change_boot_id);
	fixture_reopen(f);
	assert_int_equal(verdict(f, token, NOW), AUTH_REVOKED);
	assert_int_equal(verdict(f, token_for(f, &g, NOW), NOW), AUTH_OK);
}

static void a_broken_file_is_thrown_away(void **state)
{
	struct fixture *f = *state;
	struct grant g = grant_of(1, &PORTAL);
	struct slice token = token_for(f, &g, NOW);
	struct signed_list list;
	int64_t index;
	status_lists_free(f->issuer.status_lists);
	f->issuer.status_lists = NULL;
	change_files(f, cut_off);
	fixture_reopen(f);
	assert_int_equal(status_lists_get(f->issuer.status_lists, list_of(f, token, NOW, &index), &f->arena,
					  &list), ST_NOT_FOUND);
	tick(f, NOW + 1);
}

static void a_new_epoch_ends_what_hangs_on_a_session(void **state)
{
	struct fixture *f = *state;
	struct grant g = grant_of(1, &PORTAL), offline = grant_of(2, &PORTAL);
	offline.session_id = (struct id){ 0 };
	struct slice token = token_for(f, &g, NOW), stays = token_for(f, &offline, NOW);
	fixture_reopen(f);
	assert_int_equal(verdict(f, token, NOW), AUTH_OK);

	char path[128];
	snprintf(path, sizeof path, "%s/cache/identity", f->dir);
	assert_int_equal(unlink(path), 0);
	uint64_t before = cache_epoch(f->issuer.cache);
	fixture_reopen(f);
	assert_int_equal(cache_epoch(f->issuer.cache), before + 1);
	assert_int_equal(verdict(f, token, NOW), AUTH_REVOKED);
	assert_int_equal(verdict(f, stays, NOW), AUTH_OK);
}

/* ---- lists come and go ------------------------------------------------------------------------- */

struct taken {
	int64_t index;
	char uri[100];
};

static status take(struct fixture *f, int64_t now, struct taken *ret)
{
	const struct handle h = { .grant_id = id_of(1) };
	struct arena a = { 0 };
	struct status_place place;
	status s = status_lists_take(f->issuer.status_lists, &h, SLICE("jti"), SLICE("c"), now, &a, &place);
	if (s == ST_OK) {
		ret->index = place.index;
		snprintf(ret->uri, sizeof ret->uri, "%.*s", SLICE_FMT(place.uri));
	}
	arena_done(&a);
	return s;
}

static void no_place_comes_twice_and_a_full_list_gives_none(void **state)
{
	struct fixture *f = *state;
	static bool taken[STATUS_PLACES];
	memset(taken, 0, sizeof taken);
	struct taken place, first;
	size_t in_order = 0;
	assert_ok(take(f, NOW, &first));
	taken[first.index] = true;
	for (size_t i = 1; i < STATUS_PLACES; i++) {
		assert_ok(take(f, NOW, &place));
		assert_string_equal(place.uri, first.uri);
		assert_in_range(place.index, 0, STATUS_PLACES - 1);
		assert_false(taken[place.index]);
		taken[place.index] = true;
		in_order += place.index == (int64_t)i;
	}
	assert_true(in_order < 20);
	assert_int_equal(take(f, NOW, &place), ST_UNAVAILABLE);
	tick(f, NOW);
	assert_ok(take(f, NOW, &place));
	assert_string_not_equal(place.uri, first.uri);
}

static void half_full_is_full_when_there_is_time(void **state)
{
	struct fixture *f = *state;
	struct taken place, first;
	assert_ok(take(f, NOW, &first));
	for (size_t i = 1; i < STATUS_PLACES / 2; i++)
		assert_ok(take(f, NOW, &place));
	assert_string_equal(place.uri, first.uri);
	tick(f, NOW);
	assert_ok(take(f, NOW, &place));
	assert_string_not_equal(place.uri, first.uri);
}

static size_t lists_n(struct fixture *f, int64_t now)
{
	struct id *ids;
	struct slice *tokens;
	size_t n, tokens_n;
	assert_ok(status_lists_ids(&f->issuer, now, &f->arena, &ids, &n));
	assert_ok(status_lists_all(&f->issuer, now, &f->arena, &tokens, &tokens_n));
	assert_int_equal(n, tokens_n);
	return n;
}

static void a_window_ends_and_its_list_goes_with_its_last_token(void **state)
{
	struct fixture *f = *state;
	struct grant g = grant_of(1, &PORTAL);
	int64_t index, last = NOW + WINDOW - 1;
	struct slice token = token_for(f, &g, last);
	struct id id = list_of(f, token, last, &index);
	struct signed_list list;
	assert_int_equal(lists_n(f, last), 1);

	tick(f, NOW + WINDOW);
	assert_int_equal(lists_n(f, NOW + WINDOW), 2);
	assert_false(id_equal(id, list_of(f, token_for(f, &g, NOW + WINDOW), NOW + WINDOW, &index)));
	assert_int_equal(verdict(f, token, NOW + WINDOW), AUTH_OK);

	tick(f, last + 300 + LATE - 1);
	assert_ok(status_lists_get(f->issuer.status_lists, id, &f->arena, &list));
	tick(f, last + 300 + LATE);
	assert_int_equal(status_lists_get(f->issuer.status_lists, id, &f->arena, &list), ST_NOT_FOUND);
	/* The ones of both later windows are left; no file stays behind. */
	assert_int_equal(lists_n(f, last + 300 + LATE), 2);
	fixture_reopen(f);
	assert_int_equal(status_lists_get(f->issuer.status_lists, id, &f->arena, &list), ST_NOT_FOUND);
}

static void without_a_list_to_follow_issuing_ends(void **state)
{
	struct fixture *f = *state;
	struct taken place;
	assert_ok(take(f, NOW + LONGEST - 300, &place));
	assert_int_equal(take(f, NOW + LONGEST - 299, &place), ST_UNAVAILABLE);
	assert_ok(status_lists_state(f->issuer.status_lists, NOW + 60));
	assert_int_equal(status_lists_state(f->issuer.status_lists, NOW + 61), ST_UNAVAILABLE);
}

static void lists_stay_young(void **state)
{
	struct fixture *f = *state;
	struct grant g = grant_of(1, &PORTAL);
	struct slice token = token_for(f, &g, NOW);
	struct signed_list list;
	int64_t index;
	struct id id = list_of(f, token, NOW, &index);
	for (int64_t now = NOW + 1; now < NOW + WINDOW; now++) {
		tick(f, now);
		assert_ok(status_lists_get(f->issuer.status_lists, id, &f->arena, &list));
		assert_in_range(now - list.issued_at, 0, TTL / 2);
	}
	/* A clock that was set back: no list of the future stays out. */
	tick(f, NOW + 5);
	assert_ok(status_lists_get(f->issuer.status_lists, id, &f->arena, &list));
	assert_int_equal(list.issued_at, NOW + 5);
}

static void a_revoked_key_leaves_no_list_behind(void **state)
{
	struct fixture *f = *state;
	struct grant g = grant_of(1, &PORTAL);
	struct key_info *keys;
	size_t n;
	assert_ok(keys_list(f->issuer.keys, &f->arena, &keys, &n));
	for (size_t i = 0; i < n; i++)
		if (keys[i].algorithm == KEY_ES256)
			assert_ok(keys_revoke(f->issuer.keys, slice_str(keys[i].kid), NOW, NULL));
	tick(f, NOW + 1);
	assert_int_equal(verdict(f, token_for(f, &g, NOW + 1), NOW + 1), AUTH_OK);
}

/* ---- two nodes --------------------------------------------------------------------------------- */

static void another_node_s_list_is_in_the_cache(void **state)
{
	struct fixture *f = *state;
	struct issuer second = f->issuer;
	struct error e = { 0 };
	char dir[128];
	snprintf(dir, sizeof dir, "%s/status-lists", f->dir);
	assert_ok(status_lists_new(&second, dir, NOW, &second.status_lists, &e));
	assert_int_equal(lists_n(f, NOW), 2);

	const struct handle h = { .grant_id = id_of(1) };
	struct status_place place;
	struct id id;
	struct signed_list list, own;
	assert_ok(status_lists_take(second.status_lists, &h, SLICE("jti"), SLICE("c"), NOW, &f->arena, &place));
	assert_ok(id_parse(slice_from(place.uri, place.uri.n - 32), &id));
	assert_int_equal(status_lists_get(f->issuer.status_lists, id, &f->arena, &list), ST_NOT_FOUND);
	struct cache_command command = status_lists_command(&id);
	assert_ok(cache_submit_wait(f->issuer.cache, &command, 1, &f->arena));
	assert_ok(status_lists_from_answer(&command, &list));
	assert_ok(status_lists_get(second.status_lists, id, &f->arena, &own));
	assert_true(slice_equal(list.token, own.token));
	assert_int_equal(list.issued_at, NOW);

	/* What the second leaves behind, the first takes over when it opens its next. */
	struct grant g = grant_of(1, &PORTAL);
	struct fixture there = { .issuer = second };
	struct slice token = token_for(&there, &g, NOW);
	status_lists_free(second.status_lists);
	mark_grant(f, &g);
	tick(f, NOW + 1);
	tick(f, NOW + WINDOW);
	assert_int_equal(verdict(f, token, NOW + WINDOW), AUTH_REVOKED);
	arena_done(&there.arena);
}

/* ---- many at once ------------------------------------------------------------------------------ */

enum { TAKERS = 4, EACH = 10000 };

struct taker {
	struct fixture *f;
	pthread_t thread;
	uint8_t n;
	uint32_t index[EACH];
	uint8_t list[EACH][32];
};

static void *take_many(void *argument)
{
	struct taker *t = argument;
	struct arena a = { 0 };
	for (size_t i = 0; i < EACH; i++) {
		const struct handle h = { .grant_id = id_of((uint8_t)(1 + i % 2)) };
		struct status_place place;
		if (status_lists_take(t->f->issuer.status_lists, &h, SLICE("jti"), SLICE("c"), NOW, &a,
				      &place) != ST_OK)
			abort();
		t->index[i] = (uint32_t)place.index;
		memcpy(t->list[i], place.uri.p + place.uri.n - 32, 32);
		arena_reset(&a);
	}
	arena_done(&a);
	return NULL;
}

static int compare_places(const void *a, const void *b) { return memcmp(a, b, 36); }

static void many_take_while_marks_come(void **state)
{
	struct fixture *f = *state;
	static struct taker takers[TAKERS];
	static uint8_t places[TAKERS * EACH][36];
	for (size_t i = 0; i < TAKERS; i++) {
		takers[i].f = f;
		assert_int_equal(pthread_create(&takers[i].thread, NULL, take_many, &takers[i]), 0);
	}
	struct grant g = grant_of(1, &PORTAL);
	for (int i = 0; i < 20; i++) {
		struct id *ids;
		size_t n;
		struct signed_list list;
		mark_grant(f, &g);
		tick(f, NOW + i);
		assert_ok(status_lists_ids(&f->issuer, NOW, &f->arena, &ids, &n));
		assert_ok(status_lists_get(f->issuer.status_lists, ids[0], &f->arena, &list));
	}
	for (size_t i = 0; i < TAKERS; i++)
		pthread_join(takers[i].thread, NULL);
	for (size_t i = 0; i < TAKERS * EACH; i++) {
		memcpy(places[i], takers[i / EACH].list[i % EACH], 32);
		memcpy(places[i] + 32, &takers[i / EACH].index[i % EACH], 4);
	}
	qsort(places, TAKERS * EACH, sizeof places[0], compare_places);
	for (size_t i = 1; i < TAKERS * EACH; i++)
		assert_true(compare_places(places[i - 1], places[i]) < 0);
}

/* It goes by the clock of the machine, which is not the one of these tests. */
static void the_thread_publishes_by_itself(void **state)
{
	struct fixture *f = *state;
	struct id *ids;
	size_t n;
	struct signed_list list;
	assert_ok(status_lists_ids(&f->issuer, NOW, &f->arena, &ids, &n));
	assert_ok(status_lists_start(f->issuer.status_lists));
	for (int i = 0; i < 500; i++) {
		assert_ok(status_lists_get(f->issuer.status_lists, ids[0], &f->arena, &list));
		if (list.issued_at != NOW)
			break;
		usleep(10000);
	}
	assert_in_range(list.issued_at, time(NULL) - 10, time(NULL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_mark_flips_the_bit_of_its_own_token_alone),
		TEST(a_client_goes_on_with_what_it_gets_afterwards),
		TEST(a_subject_goes_on_with_a_new_authentication_alone),
		TEST(a_token_issued_after_its_grant_was_ended_is_revoked_too),
		TEST(what_was_revoked_but_not_published_is_after_a_restart),
		TEST(after_another_boot_all_of_a_list_is_revoked),
		TEST(a_broken_file_is_thrown_away),
		TEST(a_new_epoch_ends_what_hangs_on_a_session),
		TEST(no_place_comes_twice_and_a_full_list_gives_none),
		TEST(half_full_is_full_when_there_is_time),
		TEST(a_window_ends_and_its_list_goes_with_its_last_token),
		TEST(without_a_list_to_follow_issuing_ends),
		TEST(lists_stay_young),
		TEST(a_revoked_key_leaves_no_list_behind),
		TEST(another_node_s_list_is_in_the_cache),
		TEST(many_take_while_marks_come),
		TEST(the_thread_publishes_by_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
