/* What is told about a person: by scope, and by the `claims` parameter. */
#include "fixture.h"

#include "authd/model/client.h"
#include "authd/service/claims.h"
#include "authd/service/claims_request.h"
#include "authd/service/own_tokens.h"
#include "authd/service/tokens.h"

static const struct subject ZHANG = {
	.kind = SUBJECT_NATURAL,
	.name = SLICE_INIT("张三"),
	.family_name = SLICE_INIT("张"),
	.given_name = SLICE_INIT("三"),
	.login_name = SLICE_INIT("zhang"),
	.birthdate = SLICE_INIT("1949-12-31"),
	.zoneinfo = SLICE_INIT("Asia/Shanghai"),
	.locale = SLICE_INIT("zh-CN"),
	.email = SLICE_INIT("zhang@example.com"),
	.address = SLICE_INIT("某路 1 号"),
	.updated_at = 1750000001,
};

static struct slice told(struct fixture *f, struct claims_release release)
{
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	claims_write(&w, &ZHANG, release);
	json_end(&w);
	return buf_finish(&json, &f->arena);
}

static void a_scope_tells_its_claims_alone(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *scope, *names, *json;
	} rows[] = {
		{ "openid", NULL, "{}" },
		{ "openid email", NULL, "{\"email\":\"zhang@example.com\",\"email_verified\":false}" },
		{ "phone", NULL, "{}" }, /* there is none, and nothing to say of it */
		{ "address", NULL, "{\"address\":{\"formatted\":\"某路 1 号\"}}" },
		{ "profile", NULL,
		  "{\"name\":\"张三\",\"family_name\":\"张\",\"given_name\":\"三\",\"preferred_username\":\"zhang\","
		  "\"birthdate\":\"1949-12-31\",\"zoneinfo\":\"Asia/Shanghai\",\"locale\":\"zh-CN\","
		  "\"updated_at\":1750000001}" },
		{ "openid", "name locale", "{\"name\":\"张三\",\"locale\":\"zh-CN\"}" },
		{ "address", "given_name", "{\"given_name\":\"三\",\"address\":{\"formatted\":\"某路 1 号\"}}" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct claims_release release = { slice_str(rows[i].scope),
							slice_str(rows[i].names) };
		assert_slice(told(f, release), rows[i].json);
	}
	assert_false(claims_any((struct claims_release){ SLICE("openid offline_access"), NO_SLICE }));
	assert_true(claims_any((struct claims_release){ SLICE("openid"), SLICE("name") }));
	assert_null(claims_scope_of(SLICE("sub")));
	assert_string_equal(claims_scope_of(SLICE("phone_number_verified")), "phone");
}

/* ---- the parameter -------------------------------------------------------------------------- */

static const struct client PORTAL = {
	.client_id = SLICE_INIT("portal"),
	.sector = SLICE_INIT("portal.example"),
	.scope = SLICE_INIT("openid profile"),
	.id_token_signed_response_alg = SLICE_INIT("ES256"),
};

static void the_parameter_asks_within_the_clients_scopes(void **state)
{
	struct fixture *f = *state;
	struct claims_request r;
	assert_ok(claims_request_read(
		SLICE("{\"userinfo\":{\"given_name\":{\"essential\":true},\"nickname\":null,\"email\":null,"
		      "\"http://example.info/claims/groups\":null,\"sub\":null},"
		      "\"id_token\":{\"birthdate\":{\"value\":\"1900-01-01\"},\"auth_time\":{\"essential\":true},"
		      "\"sub\":{\"value\":\"somebody\"},"
		      "\"acr\":{\"essential\":true,\"values\":[\"urn:authd:acr:rn4\",\"urn:authd:acr:rn5\"]}},"
		      "\"future\":1}"),
		&PORTAL, &f->arena, &r));
	assert_slice(r.userinfo, "given_name nickname");
	assert_slice(r.id_token, "birthdate");
	assert_slice(r.sub, "somebody");
	assert_true(r.acr.essential);
	assert_int_equal(acr_request_level(&r.acr, 3), 0);
	assert_int_equal(acr_request_level(&r.acr, 4), 4);

	assert_ok(claims_request_read(NO_SLICE, &PORTAL, &f->arena, &r));
	assert_null(r.userinfo.p);
	assert_false(r.acr.essential);
	assert_ok(claims_request_read(SLICE("{\"id_token\":{\"acr\":{\"value\":\"x\"}}}"), &PORTAL,
				      &f->arena, &r));
	assert_int_equal(r.acr.levels, 0);
	assert_ok(claims_request_read(SLICE("{\"id_token\":{\"acr\":{\"essential\":true}}}"), &PORTAL,
				      &f->arena, &r));
	assert_false(r.acr.essential); /* any will do */
	assert_ok(claims_request_read(SLICE("{\"id_token\":null,\"userinfo\":{}}"), &PORTAL, &f->arena, &r));
}

/* What nobody was shown stays out, also when the client's registration grows afterwards. */
static void what_is_left_out_is_forgotten(void **state)
{
	struct fixture *f = *state;
	static const struct client before = { .scope = SLICE_INIT("openid email") },
				   after = { .scope = SLICE_INIT("openid email phone address") };
	struct claims_request r;
	assert_ok(claims_request_read(SLICE("{\"userinfo\":{\"phone_number\":null,\"email\":null},"
					    "\"id_token\":{\"address\":null,\"sub\":null}}"),
				      &before, &f->arena, &r));
	assert_slice(r.json, "{\"userinfo\":{\"email\":null},\"id_token\":{\"sub\":null}}");
	assert_ok(claims_request_read(r.json, &after, &f->arena, &r));
	assert_slice(r.userinfo, "email");
	assert_null(r.id_token.p);
}

static void a_parameter_of_another_form_is_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = {
		"null", "[]", "\"name\"", "{", "{\"userinfo\":[]}", "{\"userinfo\":\"name\"}",
		"{\"userinfo\":{\"name\":true}}", "{\"userinfo\":{\"name\":{\"essential\":\"yes\"}}}",
		"{\"userinfo\":{\"name\":{\"values\":\"x\"}}}", "{\"id_token\":{\"sub\":{\"value\":7}}}",
		"{\"id_token\":{\"acr\":{\"values\":[1]}}}", "{\"id_token\":{\"acr\":{\"value\":1}}}",
		"{\"userinfo\":{},\"userinfo\":{}}",
	};
	struct claims_request r;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (claims_request_read(slice_str(bad[i]), &PORTAL, &f->arena, &r) != ST_INVALID)
			fail_msg("%s was taken", bad[i]);
	char large[CLAIMS_REQUEST_MAX + 2];
	memset(large, ' ', sizeof large);
	memcpy(large, "{}", 2);
	assert_int_equal(claims_request_read(slice_of(large, sizeof large), &PORTAL, &f->arena, &r),
			 ST_INVALID);
}

static void what_the_scope_tells_is_not_asked_for_again(void **state)
{
	struct fixture *f = *state;
	static const struct client all = { .scope = SLICE_INIT("openid profile email phone") };
	struct claims_request r;
	struct slice beyond;
	assert_ok(claims_request_read(SLICE("{\"userinfo\":{\"name\":null,\"email\":null},\"id_token\":{\"name\":null,"
					    "\"email_verified\":null,\"address\":null}}"),
				      &all, &f->arena, &r));
	assert_ok(claims_request_beyond(&r, SLICE("openid"), &f->arena, &beyond));
	assert_slice(beyond, "name email email_verified");
	assert_ok(claims_request_beyond(&r, SLICE("openid email"), &f->arena, &beyond));
	assert_slice(beyond, "name");
	assert_ok(claims_request_beyond(&r, SLICE("email profile"), &f->arena, &beyond));
	assert_null(beyond.p);
}

/* ---- in tokens ------------------------------------------------------------------------------ */

static struct slice sign(struct fixture *f, struct sign_job *job)
{
	struct waiting w = waiting_begin();
	keys_sign(f->issuer.keys, job, 1, &w.op);
	assert_ok(waiting_end(&w));
	struct slice token = arena_copy(&f->arena, buf_slice(&job->token));
	buf_done(&job->token);
	return token;
}

static struct grant asking(const char *claims, struct slice audience)
{
	struct grant g = { .client_id = PORTAL.client_id,
			   .scope = SLICE("openid"),
			   .audience = audience,
			   .kind = SUBJECT_NATURAL,
			   .claims = slice_str(claims),
			   .created_at = NOW };
	memset(g.id.bytes, 1, 16);
	memset(g.subject_id.bytes, 2, 16);
	return g;
}

static const char ASKED[] = "{\"userinfo\":{\"name\":null,\"email\":null}}";

static void an_access_token_says_what_userinfo_is_to_tell(void **state)
{
	struct fixture *f = *state;
	struct own_access_token t;
	struct grant g = asking(ASKED, f->issuer.iss);
	struct sign_job job;
	assert_ok(access_token_prepare(&f->issuer, &g, &PORTAL, g.scope, NOW, &f->arena, &job));
	assert_ok(own_access_token_verify(&f->issuer, sign(f, &job), NOW, &f->arena, &t));
	assert_slice(t.claims, "name"); /* the client is not registered for email */

	/* A resource is not told what its client asked of userinfo. */
	g = asking(ASKED, SLICE("https://api.example"));
	assert_ok(access_token_prepare(&f->issuer, &g, &PORTAL, g.scope, NOW, &f->arena, &job));
	assert_ok(own_access_token_verify(&f->issuer, sign(f, &job), NOW, &f->arena, &t));
	assert_null(t.claims.p);
}

static void an_id_token_of_nobody_is_not_made(void **state)
{
	struct fixture *f = *state;
	struct grant g = asking("{\"id_token\":{\"name\":null}}", f->issuer.iss);
	struct claims_release release;
	struct sign_job job;
	assert_ok(id_token_release(&g, &PORTAL, &f->arena, &release));
	assert_true(claims_any(release));
	assert_int_equal(id_token_prepare(&f->issuer, &g, &PORTAL, NO_SLICE, SLICE("token"), NOW, &f->arena,
					  &job), ST_FORBIDDEN);
	g.claims = slice_str(ASKED);
	assert_ok(id_token_release(&g, &PORTAL, &f->arena, &release));
	assert_false(claims_any(release));
	assert_ok(id_token_prepare(&f->issuer, &g, &PORTAL, NO_SLICE, SLICE("token"), NOW, &f->arena, &job));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scope_tells_its_claims_alone),
		cmocka_unit_test(the_parameter_asks_within_the_clients_scopes),
		cmocka_unit_test(what_is_left_out_is_forgotten),
		cmocka_unit_test(a_parameter_of_another_form_is_refused),
		cmocka_unit_test(what_the_scope_tells_is_not_asked_for_again),
		cmocka_unit_test(an_access_token_says_what_userinfo_is_to_tell),
		cmocka_unit_test(an_id_token_of_nobody_is_not_made),
	};
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
