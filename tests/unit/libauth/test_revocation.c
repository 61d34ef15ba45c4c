/* Status lists: the published vectors, what each bit does, age, and what is refused. */
#include "tokens.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"
#include "libauth/status_list.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

enum { NOW = 1700000100, ISSUED = 1700000000 };

#define URI "https://id.example/statuslists/7"
#define LIST_HEADER "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"kid\":\"k1\"}"

struct scene {
	struct signer issuer, other;
	struct auth_verifier *v;
};

static struct auth_options options(void)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	o.issuer = "https://id.example";
	o.audience = "https://a.example";
	return o;
}

static void renew(struct scene *s, const struct auth_options *o)
{
	auth_verifier_free(s->v);
	s->v = verifier(o, &s->issuer);
}

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	struct auth_options o = options();
	signer_init(&s->issuer, "ES256", "k1");
	signer_init(&s->other, "ES256", "k1");
	renew(s, &o);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	auth_verifier_free(s->v);
	signer_done(&s->issuer);
	signer_done(&s->other);
	free(s);
	return 0;
}

/* ---- tokens and lists ----------------------------------------------------------------------- */

/* An access token whose claims end with `more`. */
static char *token_with(const struct scene *s, const char *more)
{
	char payload[1024];
	snprintf(payload, sizeof payload,
		 "{\"iss\":\"https://id.example\",\"sub\":\"u\",\"aud\":\"https://a.example\",\"client_id\":"
		 "\"c\",\"iat\":%d,\"exp\":%d,\"jti\":\"j\"%s}",
		 ISSUED, ISSUED + 1000000, more);
	return sign_access(&s->issuer, payload);
}

static char *token_at(const struct scene *s, long long index)
{
	char more[200];
	snprintf(more, sizeof more, ",\"status\":{\"status_list\":{\"idx\":%lld,\"uri\":\"" URI "\"}}",
		 index);
	return token_with(s, more);
}

static enum auth_status status_at(const struct scene *s, long long index, int64_t now)
{
	AUTO_MEM char *token = token_at(s, index);
	return verdict(s->v, token, now);
}

/* "lst" of bytes; the caller frees it. */
static char *packed(const uint8_t *bytes, size_t n)
{
	AUTO_BUF struct buf b = { 0 };
	uLongf room = compressBound(n);
	AUTO_MEM uint8_t *out = malloc(room);
	assert_int_equal(compress(out, &room, bytes, n), Z_OK);
	buf_put_base64url(&b, slice_of(out, room));
	return strndup((const char *)b.p, b.n);
}

/* A list token with these claims before its statuses. */
static char *list_with(const struct signer *s, const char *header, const char *claims, int bits,
		       const char *lst)
{
	size_t room = strlen(lst) + strlen(claims) + 200;
	AUTO_MEM char *payload = malloc(room);
	snprintf(payload, room, "{%s,\"status_list\":{\"bits\":%d,\"lst\":\"%s\"}}", claims, bits, lst);
	return sign(s, header, payload);
}

#define CLAIMS "\"sub\":\"" URI "\",\"iat\":1700000000,\"ttl\":300"

static enum auth_status add(struct auth_verifier *v, const char *list, int64_t now)
{
	struct auth_error e = { "" };
	enum auth_status s = auth_verifier_add_list(v, list, strlen(list), now, &e);
	assert_int_equal(s == AUTH_OK, e.message[0] == '\0');
	return s;
}

static enum auth_status add_with(const struct scene *s, const char *claims, int bits, const char *lst)
{
	AUTO_MEM char *list = list_with(&s->issuer, LIST_HEADER, claims, bits, lst);
	return add(s->v, list, NOW);
}

/* Sixteen tokens, the third of them revoked. */
static void add_plain(const struct scene *s)
{
	AUTO_MEM char *lst = packed((const uint8_t[]){ 0x04, 0x00 }, 2);
	assert_int_equal(add_with(s, CLAIMS, 1, lst), AUTH_OK);
}

#define assert_answer(have, want) assert_string_equal(auth_strerror(have), auth_strerror(want))

/* ---- what a list does ----------------------------------------------------------------------- */

static void one_of_two_is_revoked(void **state)
{
	const struct scene *s = *state;
	assert_answer(status_at(s, 2, NOW), AUTH_REVOCATION_UNKNOWN);
	add_plain(s);
	assert_answer(status_at(s, 2, NOW), AUTH_REVOKED);
	for (int i = 0; i < 16; i++)
		assert_answer(status_at(s, i, NOW), i == 2 ? AUTH_REVOKED : AUTH_OK);
	assert_answer(status_at(s, 16, NOW), AUTH_BAD_CLAIM);
	assert_answer(status_at(s, -1, NOW), AUTH_BAD_CLAIM);
	assert_answer(status_at(s, 1LL << 52, NOW), AUTH_BAD_CLAIM);
}

static void each_width(void **state)
{
	const struct scene *s = *state;
	const uint8_t bytes[] = { 0xc9, 0x44, 0xf9 };
	AUTO_MEM char *lst = packed(bytes, sizeof bytes);
	for (unsigned bits = 1; bits <= 8; bits *= 2) {
		assert_answer(add_with(s, CLAIMS, (int)bits, lst), AUTH_OK);
		for (unsigned i = 0; i < 24 / bits; i++) {
			unsigned value = bytes[i * bits / 8] >> i * bits % 8 & ((1U << bits) - 1);
			assert_answer(status_at(s, i, NOW), value ? AUTH_REVOKED : AUTH_OK);
		}
	}
	assert_answer(add_with(s, CLAIMS, 3, lst), AUTH_BAD_LIST);
	assert_answer(add_with(s, CLAIMS, 0, lst), AUTH_BAD_LIST);
	assert_answer(add_with(s, CLAIMS, 16, lst), AUTH_BAD_LIST);
}

static void published_vectors(void **state)
{
	const struct scene *s = *state;
	json_t *file = json_load_file(VECTORS "/status-list/status_list_vectors.json", 0, NULL), *vector;
	size_t i;
	assert_non_null(file);
	assert_true(json_array_size(json_object_get(file, "vectors")) >= 6);
	json_array_foreach(json_object_get(file, "vectors"), i, vector) {
		json_t *value, *statuses = json_object_get(vector, "status");
		const char *at;
		int bits = (int)json_integer_value(json_object_get(vector, "bits"));
		const char *lst = json_string_value(json_object_get(vector, "lst"));
		assert_answer(add_with(s, CLAIMS, bits, lst), AUTH_OK);
		if (!json_is_object(statuses))
			continue;
		json_object_foreach(statuses, at, value)
			assert_answer(status_at(s, atoll(at), NOW),
				      json_integer_value(value) ? AUTH_REVOKED : AUTH_OK);
	}
	json_decref(file);
}

/* ---- age ------------------------------------------------------------------------------------ */

static void age(void **state)
{
	struct scene *s = *state;
	add_plain(s);
	/* ttl 300 and a leeway of 60 */
	assert_answer(status_at(s, 0, ISSUED + 360), AUTH_OK);
	assert_answer(status_at(s, 0, ISSUED + 361), AUTH_REVOCATION_UNKNOWN);
	assert_answer(status_at(s, 2, ISSUED + 361), AUTH_REVOKED);

	struct auth_options o = options();
	o.max_list_age_s = 10;
	renew(s, &o);
	add_plain(s);
	assert_answer(status_at(s, 0, ISSUED + 70), AUTH_OK);
	assert_answer(status_at(s, 0, ISSUED + 71), AUTH_REVOCATION_UNKNOWN);

	o.flags = AUTH_ACCEPT_REVOCATION_UNKNOWN;
	renew(s, &o);
	assert_answer(status_at(s, 0, NOW), AUTH_OK); /* no list at all */
	add_plain(s);
	assert_answer(status_at(s, 0, ISSUED + 71), AUTH_OK);
	assert_answer(status_at(s, 2, ISSUED + 71), AUTH_REVOKED);
	assert_answer(status_at(s, 99, ISSUED + 71), AUTH_BAD_CLAIM);
}

/* Who asks is told whether a list was there. */
static void checked(void **state)
{
	struct scene *s = *state;
	struct auth_options o = options();
	struct auth_claims *claims = auth_claims_new();
	AUTO_MEM char *token = token_at(s, 0), *plain = token_with(s, "");
	o.flags = AUTH_ACCEPT_REVOCATION_UNKNOWN;
	renew(s, &o);
	assert_answer(auth_verify_into(s->v, token, strlen(token), NOW, claims), AUTH_OK);
	assert_false(auth_claims_status_checked(claims));
	add_plain(s);
	assert_answer(auth_verify_into(s->v, token, strlen(token), NOW, claims), AUTH_OK);
	assert_true(auth_claims_status_checked(claims));
	assert_answer(auth_verify_into(s->v, plain, strlen(plain), NOW, claims), AUTH_OK);
	assert_false(auth_claims_status_checked(claims));
	auth_claims_free(claims);

	o.flags = AUTH_REQUIRE_STATUS;
	renew(s, &o);
	assert_answer(verdict(s->v, plain, NOW), AUTH_MISSING_CLAIM);
}

static void younger_replaces_older(void **state)
{
	const struct scene *s = *state;
	AUTO_MEM char *none = packed((const uint8_t[]){ 0, 0 }, 2);
	AUTO_MEM char *all = packed((const uint8_t[]){ 255, 255 }, 2);
	assert_answer(add_with(s, "\"sub\":\"" URI "\",\"iat\":1700000050", 1, all), AUTH_OK);
	assert_answer(status_at(s, 0, NOW), AUTH_REVOKED);
	assert_answer(add_with(s, "\"sub\":\"" URI "\",\"iat\":1700000049", 1, none), AUTH_OLDER);
	assert_answer(status_at(s, 0, NOW), AUTH_REVOKED);
	assert_answer(add_with(s, "\"sub\":\"" URI "\",\"iat\":1700000051", 1, none), AUTH_OK);
	assert_answer(status_at(s, 0, NOW), AUTH_OK);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void bad_claims(void **state)
{
	static const struct {
		const char *claims;
		enum auth_status answer;
	} ROWS[] = {
		{ "\"iat\":1700000000", AUTH_BAD_LIST },
		{ "\"sub\":7,\"iat\":1700000000", AUTH_BAD_LIST },
		{ "\"sub\":\"\",\"iat\":1700000000", AUTH_BAD_LIST },
		{ "\"sub\":\"" URI "\"", AUTH_BAD_LIST },
		{ "\"sub\":\"" URI "\",\"iat\":\"1700000000\"", AUTH_BAD_LIST },
		{ "\"sub\":\"" URI "\",\"iat\":-1", AUTH_BAD_LIST },
		{ CLAIMS ",\"exp\":\"x\"", AUTH_BAD_LIST },
		{ "\"sub\":\"" URI "\",\"iat\":1700000000,\"ttl\":\"5\"", AUTH_BAD_LIST },
		{ CLAIMS ",\"exp\":1700000040", AUTH_EXPIRED },
		{ "\"sub\":\"" URI "\",\"iat\":1700000161", AUTH_NOT_YET_VALID },
		{ CLAIMS ",\"iss\":\"https://other.example\"", AUTH_WRONG_ISSUER },
		{ CLAIMS ",\"iss\":\"https://id.example\"", AUTH_OK },
		{ CLAIMS ",\"exp\":1700000041", AUTH_OK },
	};
	const struct scene *s = *state;
	AUTO_MEM char *lst = packed((const uint8_t[]){ 0, 0 }, 2);
	for (size_t i = 0; i < COUNT_OF(ROWS); i++)
		assert_answer(add_with(s, ROWS[i].claims, 1, lst), ROWS[i].answer);
}

static void bad_lists(void **state)
{
	static const char *const ROWS[] = {
		"", "=", "eNrbuRgAAhcBXQ=", "AAAA", "eNrbuRgAAhcBX", "eNrbuRgAAhcBXQAA", "eNrbuRgAAhcBXg",
		"H4sIAAAAAAAAA9u5GAAAAP__", /* gzip */
	};
	const struct scene *s = *state;
	for (size_t i = 0; i < COUNT_OF(ROWS); i++)
		assert_answer(add_with(s, CLAIMS, 1, ROWS[i]), AUTH_BAD_LIST);
	assert_answer(add_with(s, CLAIMS, 1, "eNrbuRgAAhcBXQ"), AUTH_OK);
}

/* A gibibyte of zeros is a mebibyte of "lst": it must be refused long before it is written out. */
static void bomb(void **state)
{
	const struct scene *s = *state;
	z_stream z = { 0 };
	AUTO_MEM uint8_t *zeros = calloc(1, 1 << 20), *out = malloc(2 << 20);
	AUTO_BUF struct buf b = { 0 };
	assert_int_equal(deflateInit(&z, Z_BEST_COMPRESSION), Z_OK);
	z.next_out = out;
	z.avail_out = 2 << 20;
	for (int i = 0; i < 1024; i++) {
		z.next_in = zeros;
		z.avail_in = 1 << 20;
		assert_int_equal(deflate(&z, i < 1023 ? Z_NO_FLUSH : Z_FINISH), i < 1023 ? Z_OK : Z_STREAM_END);
	}
	deflateEnd(&z);
	buf_put_base64url(&b, slice_of(out, z.total_out));
	buf_put_byte(&b, '\0');
	assert_answer(add_with(s, CLAIMS, 1, (const char *)b.p), AUTH_TOO_LARGE);

	/* The most that is allowed, and one more. */
	AUTO_MEM char *most = packed(zeros, AUTH_STATUSES_MAX);
	assert_answer(add_with(s, CLAIMS, 1, most), AUTH_OK);
	assert_answer(status_at(s, AUTH_STATUSES_MAX * 8LL - 1, NOW), AUTH_OK);
	AUTO_MEM uint8_t *more = calloc(1, AUTH_STATUSES_MAX + 1);
	AUTO_MEM char *over = packed(more, AUTH_STATUSES_MAX + 1);
	assert_answer(add_with(s, CLAIMS, 1, over), AUTH_TOO_LARGE);
}

static void not_trusted(void **state)
{
	struct scene *s = *state;
	AUTO_MEM char *lst = packed((const uint8_t[]){ 0, 0 }, 2);
	AUTO_MEM char *good = list_with(&s->issuer, LIST_HEADER, CLAIMS, 1, lst);
	AUTO_MEM char *forged = list_with(&s->other, LIST_HEADER, CLAIMS, 1, lst);
	AUTO_MEM char *access = list_with(
		&s->issuer, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}", CLAIMS, 1, lst);
	AUTO_MEM char *untyped =
		list_with(&s->issuer, "{\"alg\":\"ES256\",\"kid\":\"k1\"}", CLAIMS, 1, lst);
	AUTO_MEM char *unknown = list_with(
		&s->issuer, "{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"kid\":\"k2\"}", CLAIMS, 1, lst);
	assert_answer(add(s->v, forged, NOW), AUTH_BAD_SIGNATURE);
	assert_answer(add(s->v, access, NOW), AUTH_WRONG_TYPE);
	assert_answer(add(s->v, untyped, NOW), AUTH_WRONG_TYPE);
	assert_answer(add(s->v, unknown, NOW), AUTH_UNKNOWN_KEY);
	assert_answer(add(s->v, "", NOW), AUTH_MALFORMED);
	assert_answer(status_at(s, 0, NOW), AUTH_REVOCATION_UNKNOWN);
	/* A list is no access token. */
	assert_answer(verdict(s->v, good, NOW), AUTH_WRONG_TYPE);

	/* With the key that signed it, a list goes. */
	assert_answer(add(s->v, good, NOW), AUTH_OK);
	assert_answer(status_at(s, 0, NOW), AUTH_OK);
	struct signer next;
	signer_init(&next, "ES256", "k2");
	const struct signer *both[] = { &s->issuer, &next };
	AUTO_MEM char *two = jwks(both, 2);
	struct auth_keyset *keys;
	assert_int_equal(auth_keyset_from_json(two, strlen(two), &keys, NULL), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(s->v, keys), AUTH_OK);
	auth_keyset_free(keys);
	assert_answer(status_at(s, 0, NOW), AUTH_OK);
	struct auth_keyset *without = keyset(&next), *again = keyset(&s->issuer);
	assert_int_equal(auth_verifier_set_keys(s->v, without), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(s->v, again), AUTH_OK);
	assert_answer(status_at(s, 0, NOW), AUTH_REVOCATION_UNKNOWN);
	auth_keyset_free(without);
	auth_keyset_free(again);
	signer_done(&next);

	struct auth_options o = options();
	struct auth_verifier *empty;
	assert_int_equal(auth_verifier_new(&o, &empty, NULL), AUTH_OK);
	assert_answer(add(empty, good, NOW), AUTH_NO_KEYS);
	auth_verifier_free(empty);
}

/* A status that is none. */
static void bad_references(void **state)
{
	static const struct {
		const char *claim;
		enum auth_status answer;
	} ROWS[] = {
		{ ",\"status\":1", AUTH_BAD_CLAIM },
		{ ",\"status\":null", AUTH_BAD_CLAIM },
		{ ",\"status\":{\"status_list\":{}}", AUTH_BAD_CLAIM },
		{ ",\"status\":{\"status_list\":{\"idx\":0}}", AUTH_BAD_CLAIM },
		{ ",\"status\":{\"status_list\":{\"idx\":\"0\",\"uri\":\"" URI "\"}}", AUTH_BAD_CLAIM },
		{ ",\"status\":{\"status_list\":{\"idx\":0.5,\"uri\":\"" URI "\"}}", AUTH_BAD_CLAIM },
		{ ",\"status\":{\"status_list\":{\"idx\":0,\"uri\":7}}", AUTH_BAD_CLAIM },
		{ ",\"status\":{}", AUTH_REVOCATION_UNKNOWN },
		{ ",\"status\":{\"another\":{}}", AUTH_REVOCATION_UNKNOWN },
		{ ",\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"x\"}}", AUTH_REVOCATION_UNKNOWN },
		{ ",\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"" URI "\"}}", AUTH_OK },
	};
	const struct scene *s = *state;
	add_plain(s);
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		AUTO_MEM char *token = token_with(s, ROWS[i].claim);
		assert_answer(verdict(s->v, token, NOW), ROWS[i].answer);
	}
}

static void from_a_file(void **state)
{
	const struct scene *s = *state;
	char path[] = "/tmp/list-XXXXXX";
	struct auth_error e;
	AUTO_MEM char *lst = packed((const uint8_t[]){ 1 }, 1);
	AUTO_MEM char *list = list_with(&s->issuer, LIST_HEADER, CLAIMS, 1, lst);
	FILE *f = fdopen(mkstemp(path), "w");
	fprintf(f, "%s\n", list);
	fclose(f);
	assert_answer(auth_verifier_add_list_file(s->v, path, NOW, &e), AUTH_OK);
	assert_answer(status_at(s, 0, NOW), AUTH_REVOKED);
	unlink(path);
	assert_answer(auth_verifier_add_list_file(s->v, path, NOW, &e), AUTH_IO);
	assert_non_null(strstr(e.message, "No such file"));
}

/* A token that is remembered as well signed is still revoked, and still expires. */
static void remembered_tokens(void **state)
{
	struct scene *s = *state;
	struct auth_options o = options();
	o.cache_tokens = 16;
	renew(s, &o);
	AUTO_MEM char *token = token_at(s, 2);
	AUTO_MEM char *none = packed((const uint8_t[]){ 0 }, 1), *third = packed((const uint8_t[]){ 4 }, 1);
	assert_answer(add_with(s, CLAIMS, 1, none), AUTH_OK);
	for (int i = 0; i < 3; i++)
		assert_answer(verdict(s->v, token, NOW), AUTH_OK);
	assert_answer(add_with(s, CLAIMS, 1, third), AUTH_OK);
	assert_answer(verdict(s->v, token, NOW), AUTH_REVOKED);
	assert_answer(verdict(s->v, token, ISSUED + 1000060), AUTH_EXPIRED);
	for (size_t i = 0; i < strlen(token); i++) {
		char was = token[i];
		token[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(verdict(s->v, token, NOW), AUTH_OK);
		token[i] = was;
	}
	/* Another key under the same name: what the old one signed is forgotten. */
	struct auth_keyset *keys = keyset(&s->other);
	assert_int_equal(auth_verifier_set_keys(s->v, keys), AUTH_OK);
	auth_keyset_free(keys);
	assert_answer(verdict(s->v, token, NOW), AUTH_BAD_SIGNATURE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(one_of_two_is_revoked), TEST(each_width),	     TEST(published_vectors),
		TEST(age),		     TEST(checked),	     TEST(younger_replaces_older),
		TEST(bad_claims),	     TEST(bad_lists),	     TEST(bomb),
		TEST(not_trusted),	     TEST(bad_references),   TEST(from_a_file),
		TEST(remembered_tokens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
