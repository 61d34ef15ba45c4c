/*
 * Published vectors. What each is to answer stands in tests/vectors/verdicts.tsv; a file or vector
 * without a row, and a row without one, fail.
 */
#include "tokens.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"
#include "libauth/jwk.h"
#include "libauth/jws.h"

#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

enum { ROWS_MAX = 96, ALL_ALGORITHMS = 0x7ff };
enum say { SAY_NOTHING, SAY_FILE, SAY_REFUSE, SAY_ACCEPT, SAY_SECRET, SAY_SKIP, SAY_OTHER, SAY_ABSENT };

/* ---- the table ------------------------------------------------------------------------------ */

struct row {
	char file[80], tests[80], reason[120];
	enum say say;
	bool used;
};
static struct row rows[ROWS_MAX];
static size_t row_count;

static enum say say_parse(const char *word)
{
	static const char *const WORDS[] = { "", "file", "refuse", "accept", "secret", "skip", "other",
					     "absent" };
	for (size_t i = 1; i < COUNT_OF(WORDS); i++)
		if (!strcmp(word, WORDS[i]))
			return (enum say)i;
	fail_msg("verdicts.tsv: \"%s\" is no verdict", word);
	return SAY_NOTHING;
}

static int load_table(void **state)
{
	(void)state;
	size_t n;
	char *text = read_file(VECTORS "/verdicts.tsv", &n), *rest = text, *line;
	while ((line = strsep(&rest, "\n"))) {
		if (!*line || *line == '#')
			continue;
		char *file = strsep(&line, "\t"), *tests = strsep(&line, "\t");
		char *say = strsep(&line, "\t");
		assert_non_null(say);
		assert_true(row_count < ROWS_MAX);
		struct row *r = &rows[row_count++];
		snprintf(r->file, sizeof r->file, "%s", file);
		snprintf(r->tests, sizeof r->tests, "%s", tests);
		snprintf(r->reason, sizeof r->reason, "%s", line ? line : "");
		r->say = say_parse(say);
	}
	free(text);
	return 0;
}

static bool covers(const char *tests, int id)
{
	if (!strcmp(tests, "*"))
		return true;
	for (const char *p = tests; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		char *end;
		long low = strtol(p, &end, 10), high = *end == '-' ? strtol(end + 1, NULL, 10) : low;
		if (id >= low && id <= high)
			return true;
	}
	return false;
}

static enum say look_up(const char *file, int id)
{
	struct row *found = NULL;
	for (size_t i = 0; i < row_count; i++)
		if (!strcmp(rows[i].file, file) && covers(rows[i].tests, id))
			found = &rows[i];
	if (!found)
		fail_msg("verdicts.tsv has no row for %s %d", file, id);
	found->used = true;
	return found->say;
}

static void each_row_was_used(void **state)
{
	(void)state;
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];
		bool judged = r->say != SAY_SKIP && r->say != SAY_OTHER && r->say != SAY_ABSENT;
		if (judged && !r->used)
			fail_msg("verdicts.tsv: no vector for %s %s", r->file, r->tests);
		if (r->say != SAY_FILE && !*r->reason)
			fail_msg("verdicts.tsv: no reason for %s %s", r->file, r->tests);
	}
}

/* ---- the files ------------------------------------------------------------------------------ */

static const struct row *row_of(const char *file)
{
	for (size_t i = 0; i < row_count; i++)
		if (!strcmp(rows[i].file, file))
			return &rows[i];
	return NULL;
}

/* nftw() hands nothing on. */
static size_t files_seen;

static int meet_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	char name[200];
	(void)st;
	(void)at;
	if (type != FTW_F || !strstr(path, ".json"))
		return 0;
	snprintf(name, sizeof name, "%.*s", (int)(strlen(path) - sizeof VECTORS - 5), path + sizeof VECTORS);
	const struct row *r = row_of(name);
	if (!r)
		fail_msg("verdicts.tsv has no row for %s", name);
	if (r->say == SAY_ABSENT)
		fail_msg("verdicts.tsv says that %s is absent", name);
	files_seen++;
	return 0;
}

static void each_file_has_a_row(void **state)
{
	(void)state;
	assert_int_equal(nftw(VECTORS, meet_file, 8, 0), 0);
	assert_true(files_seen > 20);
}

static bool mentions(const char *test, const char *file)
{
	char path[512], name[100];
	size_t n;
	snprintf(path, sizeof path, VECTORS "/../unit/libauth/%s", test);
	snprintf(name, sizeof name, "/%.79s.json", file);
	AUTO_MEM char *text = read_file(path, &n);
	return strstr(text, name);
}

static void each_row_has_a_file(void **state)
{
	(void)state;
	char path[512];
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];
		snprintf(path, sizeof path, VECTORS "/%.79s.json", r->file);
		if (r->say != SAY_ABSENT && access(path, R_OK))
			fail_msg("verdicts.tsv: there is no file %s", r->file);
		if (r->say == SAY_OTHER && !mentions(r->reason, r->file))
			fail_msg("verdicts.tsv: %s does not read %s", r->reason, r->file);
	}
}

/* `accepted` is our verdict, `valid` the file's. */
static void judge(const char *file, int id, bool accepted, bool valid)
{
	enum say say = look_up(file, id);
	bool expected = say == SAY_ACCEPT || (say == SAY_FILE && valid);
	if (say == SAY_SKIP || accepted == expected)
		return;
	fail_msg("%s %d: %s", file, id, accepted ? "accepted" : "refused");
}

/* ---- signatures ----------------------------------------------------------------------------- */

static json_t *load(const char *file)
{
	char path[512];
	snprintf(path, sizeof path, VECTORS "/%s.json", file);
	json_t *root = json_load_file(path, 0, NULL);
	if (!root)
		fail_msg("cannot read %s", path);
	return root;
}

static struct auth_keyset *keys_of(json_t *set)
{
	struct auth_keyset *keys = NULL;
	char *text = json_dumps(set, 0);
	if (auth_keyset_from_json(text, strlen(text), &keys, NULL) != AUTH_OK)
		assert_null(keys);
	free(text);
	return keys;
}

/* The public part of a key, in a set of its own. */
static struct auth_keyset *keys_of_one(json_t *jwk)
{
	static const char *const SECRETS[] = { "d", "p", "q", "dp", "dq", "qi" };
	json_t *copy = json_deep_copy(jwk);
	for (size_t i = 0; i < COUNT_OF(SECRETS); i++)
		json_object_del(copy, SECRETS[i]);
	json_t *set = json_pack("{s:[o]}", "keys", copy);
	struct auth_keyset *keys = keys_of(set);
	json_decref(set);
	return keys;
}

static bool has_payload(const struct jws *jws)
{
	uint8_t bytes[AUTH_TOKEN_MAX];
	size_t n;
	return jws_payload(jws, bytes, &n) == AUTH_OK;
}

static bool holds(const struct auth_keyset *keys, const char *token)
{
	struct jws jws;
	struct key_range range;
	struct key *key;
	return keys && jws_read(&jws, slice_str(token), AUTH_TOKEN_MAX, algorithm_find) == AUTH_OK &&
	       jws_find_keys(&jws, keys, ALL_ALGORITHMS, 0, &range) == AUTH_OK &&
	       jws_verify(&jws, range, 0, &key) == AUTH_OK && has_payload(&jws);
}

static bool holds_secret(json_t *jwk, const char *token)
{
	struct jws jws;
	AUTO_ARENA struct arena a = { 0 };
	struct slice secret = NO_SLICE;
	const char *k = json_string_value(json_object_get(jwk, "k"));
	assert_int_equal(arena_base64url_decode(&a, slice_str(k), &secret), ST_OK);
	return jws_read(&jws, slice_str(token), AUTH_TOKEN_MAX, algorithm_find_mac) == AUTH_OK &&
	       jws_verify_secret(&jws, secret) == AUTH_OK && has_payload(&jws);
}

static bool is_valid(json_t *test)
{
	return !strcmp(json_string_value(json_object_get(test, "result")), "valid");
}

static int id_of(json_t *test) { return (int)json_integer_value(json_object_get(test, "tcId")); }

static const char *jws_of(json_t *test) { return json_string_value(json_object_get(test, "jws")); }

static void judge_signature_group(json_t *group)
{
	size_t i;
	json_t *test, *key = json_object_get(group, "public");
	bool secret = !key;
	if (secret)
		key = json_object_get(group, "private");
	struct auth_keyset *keys = keys_of_one(key);
	assert_false(secret && keys); /* a symmetric key is never in a set */
	json_array_foreach(json_object_get(group, "tests"), i, test) {
		const char *jws = jws_of(test);
		assert_false(secret && holds(keys, jws));
		bool accepted = secret ? holds_secret(key, jws) : holds(keys, jws);
		judge("wycheproof/json_web_signature_test", id_of(test), accepted, is_valid(test));
	}
	auth_keyset_free(keys);
}

static void json_web_signature(void **state)
{
	(void)state;
	size_t i;
	json_t *group, *root = load("wycheproof/json_web_signature_test");
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
		judge_signature_group(group);
	json_decref(root);
}

/* ---- key sets ------------------------------------------------------------------------------- */

/* The secret of the kid that the token names: what a caller of the secret function has at hand. */
static bool holds_any_secret(json_t *set, const char *token)
{
	size_t i;
	json_t *key;
	bool held = false;
	json_array_foreach(json_object_get(set, "keys"), i, key)
		held |= holds_secret(key, token);
	return held;
}

static void json_web_key(void **state)
{
	(void)state;
	size_t i, k;
	json_t *group, *test, *root = load("wycheproof/json_web_key_test");
	json_array_foreach(json_object_get(root, "testGroups"), i, group) {
		json_t *set = json_object_get(group, "public");
		if (!set)
			set = json_object_get(group, "private");
		struct auth_keyset *keys = keys_of(set);
		json_array_foreach(json_object_get(group, "tests"), k, test) {
			int id = id_of(test);
			judge("wycheproof/json_web_key_test", id, holds(keys, jws_of(test)), is_valid(test));
			if (look_up("wycheproof/json_web_key_test", id) == SAY_SECRET)
				assert_true(!keys && holds_any_secret(set, jws_of(test)));
		}
		auth_keyset_free(keys);
	}
	json_decref(root);
}

/* ---- bare signatures ------------------------------------------------------------------------ */

static struct slice hex(struct arena *a, json_t *test, const char *name)
{
	struct slice text = slice_str(json_string_value(json_object_get(test, name)));
	uint8_t *out = arena_alloc(a, text.n / 2);
	assert_int_equal(hex_decode(text, out, text.n / 2), ST_OK);
	return slice_of(out, text.n / 2);
}

/* Some groups give the point alone: 04 || x || y. */
static json_t *jwk_of_point(json_t *group)
{
	AUTO_ARENA struct arena a = { 0 };
	struct slice point = hex(&a, json_object_get(group, "publicKey"), "uncompressed");
	struct slice x = arena_base64url(&a, slice_of(point.p + 1, 32));
	struct slice y = arena_base64url(&a, slice_of(point.p + 33, 32));
	assert_int_equal(point.n, 65);
	return json_pack("{s:s, s:s, s:s%, s:s%}", "kty", "EC", "crv", "P-256", "x", x.p, x.n, "y",
			 y.p, y.n);
}

static json_t *jwk_of_group(json_t *group)
{
	json_t *jwk = json_object_get(group, "publicKeyJwk");
	if (!jwk)
		jwk = json_object_get(group, "keyJwk");
	return jwk ? json_incref(jwk) : jwk_of_point(group);
}

static void judge_bare_group(const char *file, json_t *group, const struct algorithm *algorithm)
{
	size_t i;
	json_t *test, *jwk = jwk_of_group(group);
	struct auth_keyset *keys = keys_of_one(jwk);
	json_decref(jwk);
	json_array_foreach(json_object_get(group, "tests"), i, test) {
		AUTO_ARENA struct arena a = { 0 };
		struct slice sig = hex(&a, test, "sig");
		bool accepted = keys && sig.n == keys->keys->signature_size &&
				key_takes(keys->keys, algorithm) &&
				key_verify(keys->keys, algorithm, hex(&a, test, "msg"), sig) == ST_OK;
		judge(file, id_of(test), accepted, is_valid(test));
	}
	auth_keyset_free(keys);
}

static void judge_bare(const char *file, const char *alg)
{
	size_t i;
	json_t *group, *root = load(file);
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
		judge_bare_group(file, group, algorithm_find(slice_str(alg)));
	json_decref(root);
}

static void bare_signatures(void **state)
{
	(void)state;
	judge_bare("wycheproof/ecdsa_secp256r1_sha256_p1363_test", "ES256");
	judge_bare("wycheproof/ed25519_test", "EdDSA");
	judge_bare("wycheproof/rsa_signature_2048_sha256_test", "RS256");
	judge_bare("wycheproof/rsa_pss_2048_sha256_mgf1_32_test", "PS256");
}

/* ---- the JOSE cookbook ---------------------------------------------------------------------- */

static void judge_cookbook(const char *file)
{
	json_t *root = load(file), *output = json_object_get(root, "output");
	json_t *key = json_object_get(json_object_get(root, "input"), "key");
	json_t *compact = json_object_get(output, "compact");
	json_t *any = json_object_get(output, "json");
	if (json_is_array(key))
		key = json_array_get(key, 0);
	struct auth_keyset *keys = keys_of_one(key);
	char *text = compact ? strdup(json_string_value(compact)) : json_dumps(any, 0);
	judge(file, 1, holds(keys, text), true);
	bool secret = !strcmp(json_string_value(json_object_get(key, "kty")), "oct");
	if (secret)
		assert_int_equal(holds_secret(key, text), look_up(file, 1) == SAY_SECRET);
	free(text);
	auth_keyset_free(keys);
	json_decref(root);
}

static void cookbook(void **state)
{
	(void)state;
	judge_cookbook("cookbook/jws/4_1.rsa_v15_signature");
	judge_cookbook("cookbook/jws/4_2.rsa-pss_signature");
	judge_cookbook("cookbook/jws/4_3.ecdsa_signature");
	judge_cookbook("cookbook/jws/4_4.hmac-sha2_integrity_protection");
	judge_cookbook("cookbook/jws/4_5.signature_with_detached_content");
	judge_cookbook("cookbook/jws/4_6.protecting_specific_header_fields");
	judge_cookbook("cookbook/jws/4_7.protecting_content_only");
	judge_cookbook("cookbook/jws/4_8.multiple_signatures");
	judge_cookbook("cookbook/curve25519/jws");
	judge_cookbook("cookbook/rfc7797/4.2.hmac-sha2_b64_false");
	judge_cookbook("cookbook/rfc7797/hmac-sha2_b64_false");
}

/* ---- RFC 7638, RFC 8037 --------------------------------------------------------------------- */

static void check_thumbprint(json_t *jwk, const char *expected)
{
	char *text = json_dumps(jwk, 0), print[JWK_THUMBPRINT_LENGTH + 1];
	AUTO_JSON struct json json = { .limit = 32 };
	assert_int_equal(json_read(&json, (uint8_t *)text, strlen(text)), ST_OK);
	assert_int_equal(jwk_thumbprint(json.values, print), ST_OK);
	assert_string_equal(print, expected);
	free(text);
}

static void known_answers(void **state)
{
	(void)state;
	json_t *root = load("ietf_known_answers");
	json_t *rsa = json_object_get(root, "thumbprint_rfc7638_3_1");
	json_t *ed25519 = json_object_get(root, "ed25519_rfc8037_A");
	check_thumbprint(json_object_get(rsa, "jwk"),
			 json_string_value(json_object_get(rsa, "thumbprint")));
	check_thumbprint(json_object_get(ed25519, "jwk"),
			 json_string_value(json_object_get(ed25519, "thumbprint")));
	struct auth_keyset *keys = keys_of_one(json_object_get(ed25519, "jwk"));
	judge("ietf_known_answers", 1, holds(keys, jws_of(ed25519)), true);
	auth_keyset_free(keys);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_web_signature), cmocka_unit_test(json_web_key),
		cmocka_unit_test(bare_signatures),    cmocka_unit_test(cookbook),
		cmocka_unit_test(known_answers),      cmocka_unit_test(each_row_was_used),
		cmocka_unit_test(each_file_has_a_row), cmocka_unit_test(each_row_has_a_file),
	};
	return cmocka_run_group_tests(tests, load_table, NULL);
}
