/* Tokens as they are made, and as they come back. */
#include "fixture.h"

#include "authd/service/marks.h"
#include "authd/service/own_tokens.h"
#include "authd/service/pairwise.h"
#include "authd/service/tokens.h"

static const struct client PORTAL = {
	.client_id = SLICE_INIT("portal"),
	.sector = SLICE_INIT("portal.example"),
	.id_token_signed_response_alg = SLICE_INIT("RS256"),
};

static struct grant some_grant(struct fixture *f)
{
	(void)f;
	struct grant g = {
		.client_id = PORTAL.client_id,
		.scope = SLICE("openid profile"),
		.audience = SLICE("https://api.example"),
		.kind = SUBJECT_NATURAL,
		.authentication = { .auth_time = NOW - 5,
				    .proved_us = (NOW - 5) * US,
				    .level = 4, .amr = SLICE("pwd otp") },
		.created_at = NOW,
	};
	memset(g.id.bytes, 1, 16);
	memset(g.subject_id.bytes, 2, 16);
	memset(g.session_id.bytes, 3, 16);
	return g;
}

static struct slice sign(struct fixture *f, struct sign_job *job)
{
	struct waiting w = waiting_begin();
	keys_sign(f->issuer.keys, job, 1, &w.op);
	assert_ok(waiting_end(&w));
	struct slice text = arena_copy(&f->arena, buf_slice(&job->token));
	buf_done(&job->token);
	return text;
}

static struct slice access_token(struct fixture *f, const struct grant *g)
{
	struct sign_job job;
	assert_ok(access_token_prepare(&f->issuer, g, &PORTAL, g->scope, NOW, &f->arena, &job));
	return sign(f, &job);
}

static void an_access_token_comes_back(void **state)
{
	struct fixture *f = *state;
	struct grant g = some_grant(f);
	struct slice token = access_token(f, &g), sub;
	struct own_access_token t;
	assert_ok(own_access_token_verify(&f->issuer, token, NOW + 299, &f->arena, &t));
	assert_ok(pairwise_sub(&f->issuer, g.kind, g.subject_id, PORTAL.sector, &f->arena, &sub));
	assert_true(slice_equal(t.sub, sub));
	assert_slice(t.client_id, "portal");
	assert_slice(t.scope, "openid profile");
	assert_slice(t.audience, "https://api.example");
	assert_slice(t.acr, "urn:authd:acr:rn4");
	assert_int_equal(t.auth_time, NOW - 5);
	assert_true(id_equal(t.handle.grant_id, g.id));
	assert_true(id_equal(t.handle.subject_id, g.subject_id));
	assert_int_equal(own_access_token_verify(&f->issuer, token, NOW + 300, &f->arena, &t), ST_EXPIRED);
}

static void altered_tokens_are_refused(void **state)
{
	struct fixture *f = *state;
	struct grant g = some_grant(f);
	struct own_access_token t;
	char *token = arena_string(&f->arena, access_token(f, &g));
	for (size_t i = 0; token[i]; i++) {
		char kept = token[i];
		token[i] = kept == 'A' ? 'B' : 'A';
		struct arena scratch = { 0 };
		assert_int_equal(own_access_token_verify(&f->issuer, slice_str(token), NOW, &scratch, &t),
				 ST_INVALID);
		arena_done(&scratch);
		token[i] = kept;
	}
}

static void any_of_five_marks_revokes(void **state)
{
	struct fixture *f = *state;
	struct grant g = some_grant(f);
	struct own_access_token t;
	uint8_t token_id[32];
	assert_ok(own_access_token_verify(&f->issuer, access_token(f, &g), NOW, &f->arena, &t));
	assert_ok(handle_mark_id(t.jti, token_id));
	for (enum mark_kind kind = MARK_TOKEN; kind <= MARK_CLIENT; kind++) {
		const struct slice ids[] = { [MARK_TOKEN] = slice_of(token_id, 32),
					     [MARK_GRANT] = id_slice(&g.id),
					     [MARK_SESSION] = id_slice(&g.session_id),
					     [MARK_SUBJECT] = id_slice(&g.subject_id),
					     [MARK_CLIENT] = g.client_id };
		bool revoked;
		struct batch *b = new_batch(f);
		assert_ok(handle_revoked(&f->issuer, &t.handle, t.jti, t.client_id, t.iat, &f->arena, &revoked));
		assert_false(revoked);
		if (kind == MARK_SUBJECT)
			mark_put_subject(&f->issuer, b, g.subject_id, NOW * US);
		else if (kind == MARK_CLIENT)
			mark_put_client(&f->issuer, b, g.client_id, NOW * US);
		else
			mark_put(b, kind, ids[kind], NOW + 300);
		assert_ok(commit(f, b));
		assert_ok(handle_revoked(&f->issuer, &t.handle, t.jti, t.client_id, t.iat, &f->arena, &revoked));
		assert_true(revoked);

		uint8_t key[64];
		key[0] = (uint8_t)kind;
		memcpy(key + 1, ids[kind].p, ids[kind].n);
		b = new_batch(f);
		batch_delete(b, TABLE_MARKS, slice_of(key, 1 + ids[kind].n), VERSION_ANY);
		assert_ok(commit(f, b));
	}
}

static void a_handle_hides_what_it_holds(void **state)
{
	struct fixture *f = *state;
	struct handle h = { .grant_id = { { 1 } }, .subject_id = { { 2 } } }, back;
	struct slice one, two;
	assert_ok(handle_seal(&f->issuer, &h, &f->arena, &one));
	assert_ok(handle_seal(&f->issuer, &h, &f->arena, &two));
	assert_false(slice_equal(one, two));
	assert_ok(handle_open(&f->issuer, two, &f->arena, &back));
	assert_true(id_equal(back.grant_id, h.grant_id));
	assert_int_equal(handle_open(&f->issuer, SLICE("bm9uc2Vuc2U"), &f->arena, &back), ST_INVALID);
}

/* ---- exchanged tokens --------------------------------------------------------------------------- */

static struct ancestor some_ancestor(uint8_t n, const char *client_id)
{
	struct ancestor an = { .proved_us = n, .kind = SUBJECT_NATURAL, .client_id = slice_str(client_id) };
	memset(an.grant_id.bytes, n, 16);
	memset(an.session_id.bytes, n + 1, 16);
	memset(an.subject_id.bytes, n + 2, 16);
	memset(an.token, n + 3, sizeof an.token);
	return an;
}

static void a_handle_holds_its_ancestors(void **state)
{
	struct fixture *f = *state;
	struct ancestor list[ANCESTORS_MAX];
	struct handle h = { .grant_id = { { 1 } }, .ancestors = list }, back;
	struct slice jti;
	for (size_t i = 0; i < ANCESTORS_MAX; i++)
		list[i] = some_ancestor((uint8_t)(10 * i + 1), i % 2 ? "a" : "somebody-with-a-longer-name");
	list[3].acts = true;
	for (h.ancestors_n = 0; h.ancestors_n <= ANCESTORS_MAX; h.ancestors_n++) {
		assert_ok(handle_seal(&f->issuer, &h, &f->arena, &jti));
		assert_ok(handle_open(&f->issuer, jti, &f->arena, &back));
		assert_int_equal(back.ancestors_n, h.ancestors_n);
		for (size_t i = 0; i < h.ancestors_n; i++) {
			assert_true(slice_equal(back.ancestors[i].client_id, list[i].client_id));
			assert_true(id_equal(back.ancestors[i].session_id, list[i].session_id));
			assert_memory_equal(back.ancestors[i].token, list[i].token, sizeof list[i].token);
			assert_int_equal(back.ancestors[i].proved_us, list[i].proved_us);
			assert_int_equal(back.ancestors[i].acts, i == 3);
		}
	}
	assert_int_equal(handle_seal(&f->issuer, &h, &f->arena, &jti), ST_BUG);
}

/* What is marked is the ancestor alone: everything that would end it ends what hangs on it. */
static void a_token_ends_with_each_ancestor(void **state)
{
	struct fixture *f = *state;
	struct ancestor list[] = { some_ancestor(40, "first"), some_ancestor(50, "second") };
	struct grant g = some_grant(f);
	g.ancestors = list;
	g.ancestors_n = COUNT_OF(list);
	for (size_t i = 0; i < COUNT_OF(list); i++) {
		for (enum mark_kind kind = MARK_TOKEN; kind <= MARK_CLIENT; kind++) {
			const struct slice ids[] = { [MARK_TOKEN] = slice_of(list[i].token, 32),
						     [MARK_GRANT] = id_slice(&list[i].grant_id),
						     [MARK_SESSION] = id_slice(&list[i].session_id),
						     [MARK_SUBJECT] = id_slice(&list[i].subject_id),
						     [MARK_CLIENT] = list[i].client_id };
			struct own_access_token t;
			struct slice token = access_token(f, &g);
			assert_ok(own_access_token_verify(&f->issuer, token, NOW, &f->arena, &t));
			struct batch *b = new_batch(f);
			if (kind == MARK_SUBJECT)
				mark_put_subject(&f->issuer, b, list[i].subject_id, NOW * US);
			else if (kind == MARK_CLIENT)
				mark_put_client(&f->issuer, b, list[i].client_id, NOW * US);
			else
				mark_put(b, kind, ids[kind], NOW + 300);
			assert_ok(commit(f, b));
			assert_int_equal(own_access_token_verify(&f->issuer, token, NOW, &f->arena, &t), ST_FORBIDDEN);

			uint8_t key[64];
			key[0] = (uint8_t)kind;
			memcpy(key + 1, ids[kind].p, ids[kind].n);
			b = new_batch(f);
			batch_delete(b, TABLE_MARKS, slice_of(key, 1 + ids[kind].n), VERSION_ANY);
			assert_ok(commit(f, b));
		}
	}
}

static void nothing_outlives_what_it_was_exchanged_for(void **state)
{
	struct fixture *f = *state;
	struct own_access_token t;
	struct grant g = some_grant(f);
	g.expires_at = NOW + 20;
	struct slice token = access_token(f, &g);
	assert_ok(own_access_token_verify(&f->issuer, token, NOW + 19, &f->arena, &t));
	assert_int_equal(t.exp, NOW + 20);
	assert_int_equal(own_access_token_verify(&f->issuer, token, NOW + 20, &f->arena, &t), ST_EXPIRED);
	g.expires_at = NOW + 100000;
	assert_int_equal(access_token_expires_at(&f->issuer, &g, NOW), NOW + f->issuer.conf->life.access_token_s);
}

static void id_tokens_name_sector_and_session(void **state)
{
	struct fixture *f = *state;
	static const char *const algorithms[] = { "RS256", "ES256", "EdDSA", "PS256" };
	struct grant g = some_grant(f);
	struct client client = PORTAL;
	struct own_id_token t;
	struct slice sid;
	assert_ok(pairwise_sid(&f->issuer, g.session_id, PORTAL.sector, &f->arena, &sid));
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct sign_job job;
		client.id_token_signed_response_alg = slice_str(algorithms[i]);
		assert_ok(id_token_prepare(&f->issuer, &g, &client, SLICE("nonce"), SLICE("access token"), NOW,
					   &f->arena, &job));
		assert_ok(own_id_token_verify(&f->issuer, sign(f, &job), NOW + 86400, &f->arena, &t));
		assert_slice(t.client_id, "portal");
		assert_true(slice_equal(t.sid, sid));
	}
	/* one kind is not the other */
	assert_int_equal(own_id_token_verify(&f->issuer, access_token(f, &g), NOW, &f->arena, &t), ST_INVALID);
}

static void sectors_cannot_be_linked(void **state)
{
	struct fixture *f = *state;
	struct id person = { { 5 } };
	struct slice a, b, again, legal;
	assert_ok(pairwise_sub(&f->issuer, SUBJECT_NATURAL, person, SLICE("a.example"), &f->arena, &a));
	assert_ok(pairwise_sub(&f->issuer, SUBJECT_NATURAL, person, SLICE("b.example"), &f->arena, &b));
	assert_ok(pairwise_sub(&f->issuer, SUBJECT_NATURAL, person, SLICE("a.example"), &f->arena, &again));
	assert_ok(pairwise_sub(&f->issuer, SUBJECT_LEGAL, person, SLICE("a.example"), &f->arena, &legal));
	assert_true(slice_equal(a, again));
	assert_false(slice_equal(a, b));
	assert_false(slice_equal(a, legal));
	assert_int_equal(a.n, 43);
}

/* Every client with subject_type "public" sees one name, and it is no sector's. */
static void public_subjects_are_the_same_everywhere(void **state)
{
	struct fixture *f = *state;
	struct client one = PORTAL, other = PORTAL, pairwise = PORTAL;
	struct slice a, b, c;
	const struct id person = { { 7 } };
	one.subject_type = other.subject_type = SLICE("public");
	pairwise.subject_type = SLICE("pairwise");
	other.sector = SLICE("other.example");
	assert_ok(client_sub(&f->issuer, &one, SUBJECT_NATURAL, person, &f->arena, &a));
	assert_ok(client_sub(&f->issuer, &other, SUBJECT_NATURAL, person, &f->arena, &b));
	assert_ok(client_sub(&f->issuer, &pairwise, SUBJECT_NATURAL, person, &f->arena, &c));
	assert_true(slice_equal(a, b));
	assert_false(slice_equal(a, c));
	assert_ok(client_sub(&f->issuer, &PORTAL, SUBJECT_NATURAL, person, &f->arena, &b));
	assert_true(slice_equal(b, c)); /* pairwise where nothing is said */
	assert_ok(client_sub(&f->issuer, &one, SUBJECT_LEGAL, person, &f->arena, &b));
	assert_false(slice_equal(a, b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_access_token_comes_back),
		cmocka_unit_test(altered_tokens_are_refused),
		cmocka_unit_test(any_of_five_marks_revokes),
		cmocka_unit_test(a_handle_hides_what_it_holds),
		cmocka_unit_test(a_handle_holds_its_ancestors),
		cmocka_unit_test(a_token_ends_with_each_ancestor),
		cmocka_unit_test(nothing_outlives_what_it_was_exchanged_for),
		cmocka_unit_test(id_tokens_name_sector_and_session),
		cmocka_unit_test(sectors_cannot_be_linked),
		cmocka_unit_test(public_subjects_are_the_same_everywhere),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
