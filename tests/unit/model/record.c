/* Each stored struct: all of its fields come back, no truncation is taken for it, noise is refused.
 */
#include "authd/model/client.h"
#include "authd/model/exchange_policy.h"
#include "authd/model/mandate.h"
#include "authd/model/codec.h"
#include "authd/model/state.h"
#include "authd/model/subject.h"
#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SAME(member) assert_true(slice_equal(a->member, b->member) && !a->member.p == !b->member.p)
#define EQUAL(member) assert_true(a->member == b->member)
#define SAME_ID(member) assert_true(id_equal(a->member, b->member))

/* Initialisers. */
#define ID_A                                                                                       \
	{                                                                                          \
		{                                                                                  \
			1, 2, 3                                                                    \
		}                                                                                  \
	}
#define ID_B                                                                                       \
	{                                                                                          \
		{                                                                                  \
			4, [15] = 5                                                                \
		}                                                                                  \
	}
#define ID_C                                                                                       \
	{                                                                                          \
		{                                                                                  \
			6                                                                          \
		}                                                                                  \
	}

/* One kind of record, with its functions behind one shape. */
struct kind {
	size_t size;
	status (*encode)(const void *thing, struct buf *out);
	status (*decode)(struct slice bytes, struct arena *a, void *ret);
	void (*assert_same)(const void *a, const void *b);
};

#define KIND(name)                                                                                 \
	static status encode_##name(const void *thing, struct buf *out)                            \
	{                                                                                          \
		return name##_encode(thing, out);                                                  \
	}                                                                                          \
	static const struct kind name##_kind = {sizeof(struct name), encode_##name, decode_##name, \
	                                        same_##name};
#define DECODE(name)                                                                               \
	static status decode_##name(struct slice bytes, struct arena *, void *ret)                 \
	{                                                                                          \
		return name##_decode(bytes, ret);                                                  \
	}

static void same_subject(const void *left, const void *right)
{
	const struct subject *a = left, *b = right;
	SAME_ID(id);
	EQUAL(kind), EQUAL(state), EQUAL(number_type), EQUAL(level), EQUAL(created_at),
	        EQUAL(updated_at);
	EQUAL(phone_number_verified), EQUAL(email_verified), EQUAL(number_flagged);
	SAME(number), SAME(name), SAME(login_name), SAME(phone_number), SAME(email),
	        SAME(birthdate);
	SAME(gender), SAME(address), SAME(representative_name), SAME(representative_number);
	SAME(family_name), SAME(given_name), SAME(middle_name), SAME(nickname), SAME(profile),
	        SAME(picture), SAME(website), SAME(zoneinfo), SAME(locale);
}
DECODE(subject)
KIND(subject)

static void same_list(const struct client_list *a, const struct client_list *b)
{
	EQUAL(n);
	for (size_t i = 0; i < a->n; i++)
		SAME(items[i]);
}

static void same_client(const void *left, const void *right)
{
	const struct client *a = left, *b = right;
	SAME(client_id), SAME(client_name), SAME(client_name_en), SAME(secret_hash), SAME(jwks);
	SAME(scope), SAME(sector), SAME(id_token_signed_response_alg);
	EQUAL(claims_by_duty), EQUAL(claims_by_consent);
	EQUAL(token_endpoint_auth_method), EQUAL(created_at), EQUAL(updated_at);
	EQUAL(require_pkce), EQUAL(state_owned), EQUAL(rotate_refresh), EQUAL(legal_persons);
	EQUAL(introspect_any), EQUAL(disabled);
	same_list(&a->redirect_uris, &b->redirect_uris);
	same_list(&a->post_logout_redirect_uris, &b->post_logout_redirect_uris);
	same_list(&a->grant_types, &b->grant_types);
	same_list(&a->audiences, &b->audiences);
}

static status decode_client(struct slice bytes, struct arena *a, void *ret)
{
	return client_decode(bytes, a, ret);
}
KIND(client)

static void same_authentication(const struct authentication *a, const struct authentication *b)
{
	EQUAL(auth_time), EQUAL(level), SAME(acr), SAME(amr), EQUAL(proved_us);
}

static void same_session(const void *left, const void *right)
{
	const struct session *a = left, *b = right;
	SAME_ID(id), SAME_ID(key), SAME_ID(subject_id);
	assert_memory_equal(&a->factors, &b->factors, sizeof a->factors);
	EQUAL(federation), EQUAL(proved_us);
	EQUAL(kind), EQUAL(created_at), EQUAL(used_at), EQUAL(expires_at), EQUAL(epoch);
}
DECODE(session)
KIND(session)

static void same_grant(const struct grant *a, const struct grant *b)
{
	SAME_ID(id), SAME_ID(subject_id), SAME_ID(session_id);
	SAME(client_id), SAME(scope), SAME(audience), EQUAL(created_at), EQUAL(agreed);
	same_authentication(&a->authentication, &b->authentication);
}

static void same_code(const void *left, const void *right)
{
	const struct code *a = left, *b = right;
	same_grant(&a->grant, &b->grant);
	SAME(redirect_uri), SAME(nonce), SAME(code_challenge), EQUAL(expires_at);
}
DECODE(code)
KIND(code)

static void same_family(const void *left, const void *right)
{
	const struct family *a = left, *b = right;
	same_grant(&a->grant, &b->grant);
	EQUAL(generation), EQUAL(stepped_at), EQUAL(used_at), EQUAL(expires_at),
	        EQUAL(secret_version);
}
DECODE(family)
KIND(family)

static void same_consent(const void *left, const void *right)
{
	const struct consent *a = left, *b = right;
	SAME(scope), EQUAL(claims), EQUAL(given_at);
}
DECODE(consent)
KIND(consent)

static void same_exchange_policy(const void *left, const void *right)
{
	const struct exchange_policy *a = left, *b = right;
	SAME(client_id), SAME(issuer), SAME(token_type), SAME(audience), SAME(jwks), SAME(scope);
	EQUAL(subject_rule), EQUAL(created_at);
}
DECODE(exchange_policy)
KIND(exchange_policy)

static void same_mandate(const void *left, const void *right)
{
	const struct mandate *a = left, *b = right;
	SAME_ID(legal_id), SAME_ID(agent_id), SAME_ID(parent_id), SAME_ID(given_by);
	EQUAL(role), EQUAL(state), EQUAL(agent_type), EQUAL(all_matters);
	SAME(agent_number), SAME(agent_name);
	same_list(&a->matters, &b->matters);
	EQUAL(valid_from), EQUAL(valid_until), EQUAL(created_at), EQUAL(decided_at), EQUAL(ended_at);
}

static status decode_mandate(struct slice bytes, struct arena *a, void *ret)
{
	return mandate_decode(bytes, a, ret);
}
KIND(mandate)

static void same_session_entry(const void *left, const void *right)
{
	const struct session_entry *a = left, *b = right;
	EQUAL(created_at), EQUAL(expires_at), SAME(amr);
}
DECODE(session_entry)
KIND(session_entry)

static void same_credential(const void *left, const void *right)
{
	const struct credential *a = left, *b = right;
	SAME(password_hash), EQUAL(changed_at);
}
DECODE(credential)
KIND(credential)

/* ---- what is asked of each ------------------------------------------------------------------ */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Whatever is decoded can be encoded and decoded again to the same. */
static void survives(const struct kind *k, struct slice bytes)
{
	_Alignas(max_align_t) uint8_t first[CODEC_SIZE_MAX], second[CODEC_SIZE_MAX];
	AUTO_ARENA struct arena a = {0};
	AUTO_BUF struct buf again = {0};
	status s = k->decode(bytes, &a, first);
	assert_true(s == ST_OK || s == ST_CORRUPT);
	if (s != ST_OK)
		return;
	assert_int_equal(k->encode(first, &again), ST_OK);
	assert_int_equal(k->decode(buf_slice(&again), &a, second), ST_OK);
	k->assert_same(first, second);
}

/* Changed in up to four bytes, from a heap block of its own size, so that ASan sees each overrun.
 */
static void survives_noise(const struct kind *k, struct slice bytes)
{
	uint64_t seed = k->size;
	for (int i = 0; i < 4000; i++) {
		size_t n = i % 2 ? bytes.n : 1 + next_random(&seed) % bytes.n;
		AUTO_MEM uint8_t *copy = malloc(n);
		memcpy(copy, bytes.p, n);
		for (uint64_t changes = 1 + next_random(&seed) % 4; changes; changes--)
			copy[next_random(&seed) % n] = (uint8_t)next_random(&seed);
		survives(k, slice_of(copy, n));
	}
}

static void check_kind(const struct kind *k, const void *thing)
{
	_Alignas(max_align_t) uint8_t back[CODEC_SIZE_MAX], untouched[CODEC_SIZE_MAX];
	AUTO_ARENA struct arena a = {0};
	AUTO_BUF struct buf out = {0};
	assert_int_equal(k->encode(thing, &out), ST_OK);
	memset(back, 0xa5, sizeof back);
	assert_int_equal(k->decode(buf_slice(&out), &a, back), ST_OK);
	k->assert_same(thing, back);

	memset(back, 0xa5, sizeof back);
	memset(untouched, 0xa5, sizeof untouched);
	for (size_t n = 0; n < out.n; n++) {
		AUTO_MEM uint8_t *copy = malloc(n + !n);
		memcpy(copy, out.p, n);
		assert_int_equal(k->decode(slice_of(copy, n), &a, back), ST_CORRUPT);
		assert_memory_equal(back, untouched, sizeof back);
	}
	survives_noise(k, buf_slice(&out));
}

/* ---- each ----------------------------------------------------------------------------------- */

static void subjects(void **)
{
	const struct subject full = {
	        .id = ID_A,
	        .kind = SUBJECT_LEGAL,
	        .state = SUBJECT_SUSPENDED,
	        .number_type = NUMBER_CREDIT,
	        .number = SLICE("91350100M000100Y43"),
	        .name = SLICE("某某有限公司"),
	        .login_name = SLICE("mou"),
	        .phone_number = SLICE("+8612000000000"),
	        .email = SLICE("a@example.com"),
	        .phone_number_verified = true,
	        .email_verified = true,
	        .birthdate = SLICE("1949-12-31"),
	        .gender = SLICE("female"),
	        .address = SLICE("某路 1 号"),
	        .representative_name = SLICE("某"),
	        .representative_number = SLICE("11010519491231002X"),
	        .number_flagged = true,
	        .level = 5,
	        .created_at = 1750000000,
	        .updated_at = 1750000001,
	        .family_name = SLICE("某"),
	        .given_name = SLICE("某某"),
	        .middle_name = SLICE("m"),
	        .nickname = SLICE("阿某"),
	        .profile = SLICE("https://a.example/p"),
	        .picture = SLICE("https://a.example/i"),
	        .website = SLICE("https://a.example"),
	        .zoneinfo = SLICE("Asia/Shanghai"),
	        .locale = SLICE("zh-CN"),
	};
	check_kind(&subject_kind, &full);
	const struct subject least = {
	        .kind = SUBJECT_NATURAL, .state = SUBJECT_ACTIVE, .created_at = -1};
	check_kind(&subject_kind, &least);

	AUTO_BUF struct buf out = {0};
	struct subject bad = least;
	bad.kind = 0;
	assert_int_equal(subject_encode(&bad, &out), ST_BUG);
	bad = least;
	bad.level = LEVEL_MAX + 1;
	assert_int_equal(subject_encode(&bad, &out), ST_BUG);
}

static void clients(void **)
{
	struct slice uris[] = {SLICE("https://a.example/cb"), SLICE("https://b.example/cb?x=1")};
	struct slice out_uris[] = {SLICE("https://a.example/out")};
	struct slice grants[] = {SLICE("authorization_code"), SLICE("refresh_token"), SLICE("")};
	struct slice audiences[] = {SLICE("https://api.example")};
	const uint8_t hash[32] = {0, 1, 2};
	const struct client full = {
	        .client_id = SLICE("portal"),
	        .client_name = SLICE("门户"),
	        .client_name_en = SLICE("Portal"),
	        .token_endpoint_auth_method = CLIENT_AUTH_PRIVATE_KEY_JWT,
	        .secret_hash = {hash, sizeof hash},
	        .jwks = SLICE("{\"keys\":[]}"),
	        .redirect_uris = {uris, 2},
	        .post_logout_redirect_uris = {out_uris, 1},
	        .grant_types = {grants, 3},
	        .scope = SLICE("openid profile"),
	        .audiences = {audiences, 1},
	        .sector = SLICE("a.example"),
	        .id_token_signed_response_alg = SLICE("ES256"),
	        .require_pkce = true,
	        .state_owned = true,
	        .rotate_refresh = true,
	        .legal_persons = true,
	        .introspect_any = true,
	        .disabled = true,
	        .created_at = 1,
	        .updated_at = INT64_MAX,
	};
	check_kind(&client_kind, &full);
	const struct client least = {.token_endpoint_auth_method = CLIENT_AUTH_NONE};
	check_kind(&client_kind, &least);

	assert_true(client_list_has(&full.grant_types, SLICE("refresh_token")));
	assert_true(client_list_has(&full.grant_types, SLICE("")));
	assert_false(client_list_has(&full.grant_types, SLICE("refresh")));
	assert_false(client_list_has(&least.grant_types, SLICE("refresh_token")));
}

static void client_auth_names(void **)
{
	static const char *const names[] = {"none", "client_secret_basic", "client_secret_post",
	                                    "private_key_jwt", "client_secret_jwt",
	                                    "tls_client_auth", "self_signed_tls_client_auth"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		enum client_auth m;
		assert_int_equal(client_auth_parse(slice_str(names[i]), &m), ST_OK);
		assert_string_equal(client_auth_name(m), names[i]);
	}
	enum client_auth kept = CLIENT_AUTH_NONE;
	assert_int_equal(client_auth_parse(SLICE("client_secret"), &kept), ST_INVALID);
	assert_int_equal(client_auth_parse(NO_SLICE, &kept), ST_INVALID);
	assert_int_equal(kept, CLIENT_AUTH_NONE);
	assert_string_equal(client_auth_name((enum client_auth)0), "unknown");
	assert_string_equal(client_auth_name((enum client_auth)77), "unknown");
}

static const struct grant FULL_GRANT = {
        .id = ID_A,
        .subject_id = ID_B,
        .session_id = ID_C,
        .client_id = SLICE_INIT("portal"),
        .scope = SLICE_INIT("openid offline_access"),
        .audience = SLICE_INIT("https://api.example"),
        .authentication = {1750000000, 2, SLICE_INIT("urn:example:low"), SLICE_INIT("pwd"), 1750000000123456},
        .created_at = 1750000002,
	.agreed = 77,
};

static void sessions(void **)
{
	const struct session full = {ID_A, ID_C, ID_B, SUBJECT_LEGAL,
	                             {{1750000000123456, 2, 3, 4, 5}}, FEDERATION_HERE,
	                             1750000000123456, 1, 2, 3, UINT64_MAX};
	check_kind(&session_kind, &full);
	const struct session least = {.kind = SUBJECT_NATURAL};
	check_kind(&session_kind, &least);
	const struct session_entry entry = {5, 6, SLICE("pwd otp mfa")};
	check_kind(&session_entry_kind, &entry);
}

static void codes(void **)
{
	const struct code full = {FULL_GRANT, SLICE("https://a.example/cb"), SLICE("n"),
	                          SLICE("challenge"), 60};
	check_kind(&code_kind, &full);
	const struct code empty_nonce = {.nonce = SLICE("")};
	check_kind(&code_kind, &empty_nonce);
}

static void families(void **)
{
	const struct family full = {FULL_GRANT, UINT64_MAX, 1, 2, 3, UINT32_MAX};
	check_kind(&family_kind, &full);
	const struct family least = {0};
	check_kind(&family_kind, &least);
}

static void consents_and_credentials(void **)
{
	const struct consent consent = { SLICE("openid profile"), UINT64_C(1) << 63 | 5, 7 };
	check_kind(&consent_kind, &consent);
	const struct credential credential = {SLICE("$argon2id$v=19$m=19456,t=2,p=1$x$y"), 8};
	check_kind(&credential_kind, &credential);
}

static void exchange_policies(void **)
{
	const struct exchange_policy full = {SLICE("c"), SLICE("i"), SLICE("t"), SLICE("a"), SLICE("{}"),
	                                     SUBJECT_ID, SLICE("read"), 9};
	check_kind(&exchange_policy_kind, &full);
	const struct exchange_policy least = {0};
	check_kind(&exchange_policy_kind, &least);
}

static void every_field_of_a_mandate_comes_back(void **)
{
	struct slice matters[] = {SLICE("seal"), SLICE("tax")};
	const struct mandate full = {
	        .legal_id = ID_A, .agent_id = ID_B, .parent_id = ID_C, .given_by = ID_B,
	        .role = MANDATE_AGENT, .state = MANDATE_ENDED, .agent_type = NUMBER_PASSPORT,
	        .agent_number = SLICE("E12345678"), .agent_name = SLICE("李四"), .all_matters = true,
	        .matters = {matters, 2}, .valid_from = 1, .valid_until = 2, .created_at = 3,
	        .decided_at = 4, .ended_at = 5};
	check_kind(&mandate_kind, &full);
	const struct mandate least = {
	        .role = MANDATE_LEGAL_REP, .state = MANDATE_OFFERED, .agent_type = NUMBER_RESIDENT};
	check_kind(&mandate_kind, &least);
}

static void the_last_day_of_a_mandate(void **)
{
	static const char *const bad[] = {"", "2027-02-29", "2027-13-01", "2027-1-01", " 2027-01-1",
	                                  "2027-01-01 ", "20270101", "2027/01/01"};
	int64_t until = 0;
	char text[MANDATE_DAY_SIZE];
	assert_int_equal(mandate_last_day(SLICE("2027-12-31"), &until), ST_OK);
	assert_int_equal(until, 1830268800); /* 2028-01-01T00:00:00+08:00 */
	mandate_last_day_text(until, text);
	assert_string_equal(text, "2027-12-31");
	mandate_last_day_text(until + 1, text);
	assert_string_equal(text, "2028-01-01");
	mandate_last_day_text(0, text);
	assert_string_equal(text, "");
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(mandate_last_day(slice_str(bad[i]), &until), ST_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(subjects),
	        cmocka_unit_test(clients),
	        cmocka_unit_test(client_auth_names),
	        cmocka_unit_test(sessions),
	        cmocka_unit_test(codes),
	        cmocka_unit_test(families),
	        cmocka_unit_test(exchange_policies),
	        cmocka_unit_test(consents_and_credentials),
	        cmocka_unit_test(every_field_of_a_mandate_comes_back),
	        cmocka_unit_test(the_last_day_of_a_mandate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
