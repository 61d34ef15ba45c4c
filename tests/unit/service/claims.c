/* What is told about a person: by scope, and by the `claims` parameter. */
#include "fixture.h"

#include "authd/model/client.h"
#include "authd/service/claim_rights.h"
#include "authd/service/claims_request.h"
#include "authd/service/own_tokens.h"
#include "authd/service/tokens.h"

static const struct subject ZHANG = {
	.kind = SUBJECT_NATURAL,
	.number_type = NUMBER_RESIDENT,
	.number = SLICE_INIT("11010519491231002X"),
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

static struct slice told(struct fixture *f, const struct subject *s, claim_set set, int64_t now)
{
	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	claims_write(&w, s, set, now);
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
		claim_set set = claims_of_scope(slice_str(rows[i].scope)) | claims_named(slice_str(rows[i].names));
		assert_slice(told(f, &ZHANG, set, NOW), rows[i].json);
	}
	assert_true(claims_of_scope(SLICE("openid offline_access")) == 0);
	assert_true(claims_named(SLICE("sub iss nothing")) == 0);
	struct slice names;
	assert_ok(claims_names(claims_named(SLICE("region name")), &f->arena, &names));
	assert_slice(names, "name region");
}

/* At midnight in Beijing, and not before: 16:00 UTC of the day before. */
static void what_is_derived_says_no_more(void **state)
{
	enum { NEW_YEARS_EVE_1967 = -63244800 }; /* 1967-12-31T00:00:00Z */
	struct fixture *f = *state;
	claim_set adult = claims_named(SLICE("age_over_18"));
	assert_slice(told(f, &ZHANG, adult, NEW_YEARS_EVE_1967 - 8 * 3600 - 1), "{\"age_over_18\":false}");
	assert_slice(told(f, &ZHANG, adult, NEW_YEARS_EVE_1967 - 8 * 3600), "{\"age_over_18\":true}");

	struct subject leap = ZHANG, company = { .number_type = NUMBER_CREDIT,
						 .number = SLICE_INIT("91350100M000100Y43") },
		       traveller = { .number_type = NUMBER_PASSPORT, .number = SLICE_INIT("E12345678") };
	leap.birthdate = SLICE("2000-02-29");
	enum { MARCH_FIRST_2018 = 1519862400 }; /* 2018-03-01T00:00:00Z */
	assert_slice(told(f, &leap, adult, MARCH_FIRST_2018 - 8 * 3600 - 1), "{\"age_over_18\":false}");
	assert_slice(told(f, &leap, adult, MARCH_FIRST_2018 - 8 * 3600), "{\"age_over_18\":true}");

	claim_set all = claims_named(SLICE("age_over_14 region document_type document_number"));
	assert_slice(told(f, &ZHANG, all, NOW),
		     "{\"age_over_14\":true,\"region\":\"110000\",\"document_type\":\"resident\","
		     "\"document_number\":\"11010519491231002X\"}");
	assert_slice(told(f, &company, claims_named(SLICE("age_over_18 region document_type")), NOW),
		     "{\"region\":\"350000\",\"document_type\":\"credit\"}");
	assert_slice(told(f, &traveller, claims_named(SLICE("age_over_18 region document_type")), NOW),
		     "{\"document_type\":\"passport\"}");
}

/* ---- what a registration names ---------------------------------------------------------------- */

static void a_right_names_claims_basis_and_purpose(void **state)
{
	struct claim_right right;
	struct error e = { 0 };
	(void)state;
	assert_ok(claim_right_read(SLICE("name,birthdate duty 办理 居住证"), &right, &e));
	assert_true(right.claims == claims_named(SLICE("name birthdate")));
	assert_int_equal(right.basis, BASIS_DUTY);
	assert_slice(right.purpose, "办理 居住证");
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "NAME[,NAME...]" },
		{ "name", "NAME[,NAME...]" },
		{ "name duty", "purpose" },
		{ "name law 办理", "duty or consent" },
		{ "names duty 办理", "no claim" },
		{ "name,,birthdate duty 办理", "no claim" },
		{ "name, duty 办理", "no claim" },
		{ "name,name duty 办理", "twice" },
		{ "sub duty 办理", "no claim" },
		{ "name duty a\nb", "purpose" },
		{ "name duty \xff", "purpose" },
		{ "name duty a\xe2\x80\xae" "b", "purpose" }, /* reversed from here */
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(claim_right_read(slice_str(bad[i].text), &right, &e), ST_INVALID);
		assert_non_null(strstr(e.message, bad[i].why));
	}
	struct slice twice[] = { SLICE_INIT("name,email duty a"), SLICE_INIT("email consent b") };
	assert_int_equal(claim_rights_check(&(struct client_list){ twice, 2 }, &e), ST_INVALID);
	struct client client = { .claims = { (struct slice[]){ SLICE_INIT("name duty a"),
								     SLICE_INIT("email consent b") }, 2 } };
	claim_rights_read(&client);
	assert_true(claims_allowed(&client) == claims_named(SLICE("name email")));
	assert_true(client.claims_by_consent == claims_named(SLICE("email")));
	assert_true(claims_allowed(&(struct client){ .scope = SLICE_INIT("openid profile") }) == 0);
}

/* ---- the parameter -------------------------------------------------------------------------- */

static struct client PORTAL = {
	.client_id = SLICE_INIT("portal"),
	.sector = SLICE_INIT("portal.example"),
	.scope = SLICE_INIT("openid profile"),
	.claims = { (struct slice[]){ SLICE_INIT("name,given_name,nickname,birthdate consent 办事") }, 1 },
	.id_token_signed_response_alg = SLICE_INIT("ES256"),
};

static void the_parameter_asks_within_the_registration(void **state)
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
	assert_true(r.userinfo == claims_named(SLICE("given_name nickname")));
	assert_true(r.id_token == claims_named(SLICE("birthdate")));
	assert_slice(r.sub, "somebody");
	assert_true(r.acr.essential);
	assert_int_equal(r.acr.n, 2);
	assert_slice(r.acr.names[1], "urn:authd:acr:rn5");

	assert_ok(claims_request_read(NO_SLICE, &PORTAL, &f->arena, &r));
	assert_true(r.userinfo == 0);
	assert_false(r.acr.essential);
	assert_ok(claims_request_read(SLICE("{\"id_token\":{\"acr\":{\"value\":\"x\"}}}"), &PORTAL,
				      &f->arena, &r));
	assert_int_equal(acr_request_lowest(&f->conf, &r.acr), 0);
	assert_ok(claims_request_read(SLICE("{\"id_token\":{\"acr\":{\"essential\":true}}}"), &PORTAL,
				      &f->arena, &r));
	assert_false(r.acr.essential); /* any will do */
	assert_ok(claims_request_read(SLICE("{\"id_token\":null,\"userinfo\":{}}"), &PORTAL, &f->arena, &r));
}

/* What nobody was shown stays out, also when the client's registration grows afterwards. */
static void what_is_left_out_is_forgotten(void **state)
{
	struct fixture *f = *state;
	const struct client before = { .claims_by_consent = claims_named(SLICE("email")) },
			    after = { .claims_by_consent = claims_named(SLICE("email phone_number address")) };
	struct claims_request r;
	assert_ok(claims_request_read(SLICE("{\"userinfo\":{\"phone_number\":null,\"email\":null},"
					    "\"id_token\":{\"address\":null,\"sub\":null}}"),
				      &before, &f->arena, &r));
	assert_slice(r.json, "{\"userinfo\":{\"email\":null},\"id_token\":{\"sub\":null}}");
	assert_ok(claims_request_read(r.json, &after, &f->arena, &r));
	assert_true(r.userinfo == claims_named(SLICE("email")));
	assert_true(r.id_token == 0);
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
			   .agreed = claims_named(SLICE("name email gender")),
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
	assert_true(t.handle.claims == claims_named(SLICE("name"))); /* it is not registered for email */

	/* A resource is not told what its client asked of userinfo. */
	g = asking(ASKED, SLICE("https://api.example"));
	assert_ok(access_token_prepare(&f->issuer, &g, &PORTAL, g.scope, NOW, &f->arena, &job));
	assert_ok(own_access_token_verify(&f->issuer, sign(f, &job), NOW, &f->arena, &t));
	assert_true(t.handle.claims == 0);

	/* A scope tells what was agreed to, of what the registration names. */
	g = asking(NULL, f->issuer.iss);
	assert_ok(access_token_prepare(&f->issuer, &g, &PORTAL, SLICE("openid profile"), NOW, &f->arena, &job));
	assert_ok(own_access_token_verify(&f->issuer, sign(f, &job), NOW, &f->arena, &t));
	assert_true(t.handle.claims == claims_named(SLICE("name")));
	g.agreed = 0;
	assert_ok(access_token_prepare(&f->issuer, &g, &PORTAL, SLICE("openid profile"), NOW, &f->arena, &job));
	assert_ok(own_access_token_verify(&f->issuer, sign(f, &job), NOW, &f->arena, &t));
	assert_true(t.handle.claims == 0);
}

static void an_id_token_of_nobody_is_not_made(void **state)
{
	struct fixture *f = *state;
	struct grant g = asking("{\"id_token\":{\"name\":null}}", f->issuer.iss);
	claim_set release;
	struct sign_job job;
	assert_ok(id_token_release(&g, &PORTAL, &f->arena, &release));
	assert_true(release != 0);
	assert_int_equal(id_token_prepare(&f->issuer, &g, &PORTAL, NO_SLICE, SLICE("token"), NOW, &f->arena,
					  &job), ST_FORBIDDEN);
	g.claims = slice_str(ASKED);
	assert_ok(id_token_release(&g, &PORTAL, &f->arena, &release));
	assert_true(release == 0);
	assert_ok(id_token_prepare(&f->issuer, &g, &PORTAL, NO_SLICE, SLICE("token"), NOW, &f->arena, &job));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scope_tells_its_claims_alone),
		cmocka_unit_test(what_is_derived_says_no_more),
		cmocka_unit_test(a_right_names_claims_basis_and_purpose),
		cmocka_unit_test(the_parameter_asks_within_the_registration),
		cmocka_unit_test(what_is_left_out_is_forgotten),
		cmocka_unit_test(a_parameter_of_another_form_is_refused),
		cmocka_unit_test(an_access_token_says_what_userinfo_is_to_tell),
		cmocka_unit_test(an_id_token_of_nobody_is_not_made),
	};
	claim_rights_read(&PORTAL);
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
