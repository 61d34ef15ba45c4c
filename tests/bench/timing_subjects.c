#include "timing.h"

#include "authd/service/client_auth.h"
#include "authd/service/client_registration.h"
#include "authd/service/clients.h"
#include "authd/service/codes.h"
#include "authd/service/families.h"
#include "authd/service/initial_tokens.h"
#include "authd/service/sessions.h"
#include "authd/service/user_code.h"
#include "keys/seal.h"

#include <stdlib.h>

/* The letters of base64url whose two last bits are 0, so that every text with one is as canonical. */
static const char EVEN[] = "AEIMQUYcgkosw048";
static const char USER_CODE_LETTERS[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
enum { USER_CODES = 4096 };

static void insist(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "bench_timing: %s: failed\n", what);
	exit(2);
}

static struct slice *only(struct fixture *f, struct slice right)
{
	struct slice *one = arena_new(&f->arena, struct slice);
	insist(one && right.n, "a secret");
	*one = right;
	return one;
}

/* ---- what is timed --------------------------------------------------------------------------- */

static void equal_secret(struct fixture *f, const struct subject_of_time *s, struct slice guess, struct arena *a)
{
	(void)f, (void)a;
	insist(!slice_equal_secret(guess, s->rights[0]), s->name);
}

static void client_secret(struct fixture *f, const struct subject_of_time *s, struct slice guess, struct arena *a)
{
	struct client_credentials c = { .client_id = SLICE("post"), .client_secret = guess, .endpoint = "/token" };
	struct client_authentication auth;
	status done = client_auth_begin(&f->issuer, &c, NOW, a, &auth);
	insist(done == ST_OK && auth.outcome == CLIENT_AUTH_REFUSED, s->name);
}

static void registration_token(struct fixture *f, const struct subject_of_time *s, struct slice guess, struct arena *a)
{
	struct client c;
	uint64_t version;
	status done = client_registration_open(&f->issuer, SLICE("post"), guess, a, &c, &version);
	insist(done == ST_NOT_FOUND, s->name);
}

static void initial_access_token(struct fixture *f, const struct subject_of_time *s, struct slice guess,
				 struct arena *a)
{
	struct initial_token t;
	uint64_t version;
	insist(initial_token_open(&f->issuer, guess, NOW, a, &t, &version) == ST_NOT_FOUND, s->name);
}

static void refresh_token(struct fixture *f, const struct subject_of_time *s, struct slice guess, struct arena *a)
{
	struct refresh_token t;
	insist(refresh_token_open(&f->issuer, guess, SLICE("portal"), a, &t) == ST_INVALID, s->name);
}

static void session_seal(struct fixture *f, const struct subject_of_time *s, struct slice guess, struct arena *a)
{
	struct session_ticket t;
	insist(session_ticket_open(&f->issuer, guess, a, &t) == ST_INVALID, s->name);
}

static void code_verifier(struct fixture *f, const struct subject_of_time *s, struct slice guess, struct arena *a)
{
	(void)f, (void)a;
	bool matches;
	insist(code_verifier_matches(guess, s->stored, &matches) == ST_OK && !matches, s->name);
}

static void user_code(struct fixture *f, const struct subject_of_time *s, struct slice guess, struct arena *a)
{
	struct cache_command get = user_code_get(guess);
	(void)s;
	insist(cache_submit_wait(f->issuer.cache, &get, 1, a) == ST_OK, "the cache");
	/* It may be another one of so many, once in 270 million. */
	insist(get.status == ST_NOT_FOUND || get.status == ST_OK, "a user code");
}

/* ---- their secrets --------------------------------------------------------------------------- */

static struct slice make_client(struct fixture *f, struct slice *ret_token)
{
	struct slice secret, grant = SLICE("client_credentials");
	struct error e = { 0 };
	struct client c = { .client_id = SLICE("post"), .client_name = SLICE("市民中心"),
			    .token_endpoint_auth_method = CLIENT_AUTH_SECRET_POST, .grant_types = { &grant, 1 },
			    .scope = SLICE("read"), .id_token_signed_response_alg = SLICE("ES256") };
	struct batch *b = new_batch(f);
	insist(client_registration_token(&f->arena, &c, ret_token) == ST_OK, "a registration access token");
	insist(clients_register(&f->issuer, b, &f->arena, NOW, &c, &secret, &e) == ST_OK, e.message);
	insist(commit(f, b) == ST_OK, "a client");
	return secret;
}

static struct slice make_initial_token(struct fixture *f)
{
	struct initial_token t = { .label = SLICE("portals"), .created_at = NOW, .expires_at = NOW + 3600 };
	struct slice text;
	struct batch *b = new_batch(f);
	insist(initial_token_add(b, &f->arena, &t, &text) == ST_OK && commit(f, b) == ST_OK, "an initial access token");
	return text;
}

static struct slice make_refresh_token(struct fixture *f)
{
	struct slice text;
	struct family family;
	struct grant g = fixture_grant();
	struct batch *b = new_batch(f);
	insist(family_begin(&f->issuer, b, &g, NOW, &family) == ST_OK && commit(f, b) == ST_OK, "a family");
	insist(refresh_token_make(&f->issuer, &family, &f->arena, &text) == ST_OK, "a refresh token");
	return text;
}

static struct slice make_cookie(struct fixture *f)
{
	struct session s = { .epoch = cache_epoch(f->issuer.cache), .expires_at = NOW + 3600 };
	struct slice whole;
	insist(random_bytes(s.key.bytes, sizeof s.key) == ST_OK && random_bytes(s.id.bytes, sizeof s.id) == ST_OK,
	       "random bytes");
	insist(session_cookie(&f->issuer, &s, &f->arena, &whole) == ST_OK, "a session's cookie");
	struct slice value = slice_from(whole, strlen(SESSION_COOKIE "="));
	return slice_first(value, slice_find(value, ';'));
}

static struct slice *make_user_codes(struct fixture *f)
{
	struct slice *codes = arena_array(&f->arena, struct slice, USER_CODES);
	for (size_t i = 0; codes && i < USER_CODES; i++) {
		insist(user_code_new(&f->arena, &codes[i]) == ST_OK, "a user code");
		struct cache_command add = user_code_add(codes[i], SLICE("handle"), 3600);
		insist(cache_submit_wait(f->issuer.cache, &add, 1, &f->arena) == ST_OK, "a user code");
	}
	return codes;
}

static struct slice make_random(struct fixture *f, size_t n)
{
	uint8_t *bytes = arena_alloc(&f->arena, n);
	insist(bytes && random_bytes(bytes, n) == ST_OK, "random bytes");
	return slice_of(bytes, n);
}

static struct slice make_challenge(struct fixture *f, struct slice verifier)
{
	uint8_t hash[32];
	insist(sha256(verifier, hash) == ST_OK, "a challenge");
	return arena_base64url(&f->arena, slice_of(hash, sizeof hash));
}

size_t timing_subjects(struct fixture *f, struct subject_of_time *ret)
{
	struct slice token, secret = make_client(f, &token);
	struct slice verifier = arena_base64url(&f->arena, make_random(f, 32));
	/* In base64url: the MAC from the 28th byte on, the tag from the 85th, the random half from the 16th. */
	const struct subject_of_time all[] = {
		{ "32 bytes, `slice_equal_secret()`", only(f, make_random(f, 32)), 1, 0, 31, NULL, equal_secret },
		{ "client secret", only(f, secret), 1, 0, 42, EVEN, client_secret },
		{ "registration access token", only(f, token), 1, 0, token.n - 1, EVEN, registration_token },
		{ "initial access token", only(f, make_initial_token(f)), 1, 22, 63, EVEN, initial_access_token },
		{ "refresh token, its MAC", only(f, make_refresh_token(f)), 1, 38, 79, EVEN, refresh_token },
		{ "session cookie, its seal", only(f, make_cookie(f)), 1, 114, 134, EVEN, session_seal },
		{ "PKCE verifier", only(f, verifier), 1, 0, 42, EVEN, code_verifier, make_challenge(f, verifier) },
		{ "user code, embedded cache", make_user_codes(f), USER_CODES, 0, 8, USER_CODE_LETTERS, user_code },
	};
	_Static_assert(COUNT_OF(all) <= SUBJECTS_MAX, "there is room for all");
	memcpy(ret, all, sizeof all);
	return COUNT_OF(all);
}

/* ---- what must be found out ------------------------------------------------------------------ */

static void by_memcmp(struct fixture *f, const struct subject_of_time *s, struct slice guess, struct arena *a)
{
	(void)f, (void)a;
	insist(memcmp(guess.p, s->rights[0].p, guess.n) != 0, s->name);
}

static void until_the_first_wrong(struct fixture *f, const struct subject_of_time *s, struct slice guess,
				  struct arena *a)
{
	(void)f, (void)a;
	size_t i = 0;
	while (i < guess.n && guess.p[i] == s->rights[0].p[i]) {
		i++;
		__asm__ volatile("" : "+r"(i)); /* a byte at a time */
	}
	insist(i < guess.n, s->name);
}

size_t timing_self_check(struct fixture *f, struct subject_of_time *ret)
{
	const struct subject_of_time all[] = {
		{ "1024 bytes, memcmp()", only(f, make_random(f, 1024)), 1, 0, 1023, NULL, by_memcmp },
		{ "32 bytes, one by one until one is wrong", only(f, make_random(f, 32)), 1, 0, 31, NULL,
		  until_the_first_wrong },
		{ "1024 bytes, `slice_equal_secret()`", only(f, make_random(f, 1024)), 1, 0, 1023, NULL, equal_secret },
	};
	memcpy(ret, all, sizeof all);
	return COUNT_OF(all);
}
