/*
 * What every binding must answer: cases VECTORS, one JSON object a line on standard output.
 *
 *	name, options, keys (a JWK set, as text), lists, bundle and roots, token, now, checks
 *	dpop: then token is a proof, and this is the request
 *	answer: what C gets from libauth's public functions: the enum auth_status as a number
 *
 * What is not needed is left out. The cases are the published vectors, each also with its signature
 * altered, and tokens for each option and answer, made here with OpenSSL; for those the answer is
 * compared with what is expected.
 */
#include "tests/bindings/ask.h"
#include "tests/unit/libauth/tokens.h"

#include "libauth/base/mem.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 1700000100, ISSUED = 1700000000 };

#define ISSUER "https://id.example"
#define LIST_URI ISSUER "/statuslists/7"

/* Answers the case, writes it, and gives it up. */
static enum auth_status put(json_t *c)
{
	enum auth_status answer = ask(c);
	json_object_set_new(c, "answer", json_integer(answer));
	json_dumpf(c, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(c);
	return answer;
}

static void expect(json_t *c, enum auth_status expected)
{
	AUTO_MEM char *name = strdup(json_string_value(json_object_get(c, "name")));
	enum auth_status answer = put(c);
	if (answer != expected)
		fail_msg("%s: %s; expected: %s", name, auth_strerror(answer),
		         auth_strerror(expected));
}

/* ---- tokens --------------------------------------------------------------------------------- */

static json_t *parsed(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);
	if (!j)
		fail_msg("no JSON: %s", text);
	return j;
}

/* Claims with every type of JSON, and names and texts that a careless binding stumbles over. */
static json_t *claims_with(const char *more)
{
	json_t *claims = parsed(
	        "{\"iss\":\"" ISSUER
	        "\",\"sub\":\"u\",\"aud\":\"https://a.example\",\"client_id\":\"c\","
	        "\"iat\":1700000000,\"exp\":1700000400,\"jti\":\"j\",\"scope\":\"openid read\","
	        "\"acr\":\"urn:authd:acr:rn3\",\"auth_time\":1700000000,"
	        "\"name\":\"\\u5f20\\u4e09 \\ud83d\\ude00\",\"verified\":true,\"blocked\":false,"
	        "\"none\":null,\"height\":1.75,\"tiny\":-2.5e-7,\"most\":9007199254740991,"
	        "\"least\":-9007199254740991,\"address\":{\"country\":\"CN\",\"lines\":[\"a\",[],{}"
	        "]},"
	        "\"__proto__\":{\"admin\":true},\"constructor\":\"x\",\"\":\"empty\"}");
	json_t *patch = parsed(more);
	json_object_update(claims, patch);
	json_decref(patch);
	return claims;
}

static char *access_token(const struct signer *s, const char *more)
{
	json_t *claims = claims_with(more);
	AUTO_MEM char *payload = json_dumps(claims, JSON_COMPACT);
	json_decref(claims);
	return sign_access(s, payload);
}

static json_t *access_case(const char *name, const struct signer *s, const char *token)
{
	AUTO_MEM char *keys = jwks(&s, 1);
	return json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:i}", "name", name, "options", "issuer",
	                 ISSUER, "audience", "https://a.example", "keys", keys, "token", token,
	                 "now", NOW);
}

static void each_algorithm(void)
{
	static const char *const ALGS[] = {"ES256", "ES384", "ES512",      "RS256",
	                                   "RS384", "RS512", "PS256",      "PS384",
	                                   "PS512", "EdDSA", "SGD_SM3_SM2"};
	for (size_t i = 0; i < COUNT_OF(ALGS); i++) {
		struct signer s;
		signer_init(&s, ALGS[i], "k1");
		AUTO_MEM char *token = access_token(&s, "{}");
		expect(access_case(ALGS[i], &s, token), AUTH_OK);
		signer_done(&s);
	}
}

/* ---- options and checks --------------------------------------------------------------------- */

struct row {
	const char *name, *options, *claims, *checks;
	int64_t now;
	enum auth_status expected;
};

#define CNF "{\"cnf\":{\"jkt\":\"thumb\"}}"
static const struct row ROWS[] = {
        {"expired", "{}", "{}", "{}", NOW + 1000, AUTH_EXPIRED},
        {"not yet", "{}", "{\"nbf\":1700000200}", "{}", NOW, AUTH_NOT_YET_VALID},
        {"no time", "{}", "{\"nbf\":\"soon\"}", "{}", NOW, AUTH_BAD_CLAIM},
        {"issuer", "{\"issuer\":\"https://x\"}", "{}", "{}", NOW, AUTH_WRONG_ISSUER},
        {"audience", "{\"audience\":\"https://x\"}", "{}", "{}", NOW, AUTH_WRONG_AUDIENCE},
        {"both audiences", "{\"audiences\":[\"a\"]}", "{}", "{}", NOW, AUTH_BAD_OPTIONS},
        {"single audience", "{\"flags\":4}", "{\"aud\":[\"https://a.example\"]}", "{}", NOW,
         AUTH_WRONG_AUDIENCE},
        {"scopes", "{\"scopes\":[\"openid\",\"read\"]}", "{}", "{}", NOW, AUTH_OK},
        {"second scope", "{\"scopes\":[\"openid\",\"write\"]}", "{}", "{}", NOW,
         AUTH_MISSING_SCOPE},
        {"level", "{\"min_acr\":\"urn:authd:acr:rn3\"}", "{}", "{}", NOW, AUTH_OK},
        {"low level", "{\"min_acr\":\"urn:authd:acr:rn4\"}", "{}", "{}", NOW, AUTH_LEVEL_TOO_LOW},
        {"own ladder", "{\"min_acr\":\"b\",\"acr_ladder\":[\"a\",\"b\"]}", "{\"acr\":\"b\"}", "{}",
         NOW, AUTH_OK},
        {"claims", "{\"claims\":[\"sub\",\"blood_type\"]}", "{}", "{}", NOW, AUTH_MISSING_CLAIM},
        {"type", "{\"kind\":1}", "{}", "{}", NOW, AUTH_WRONG_TYPE},
        {"own type", "{\"kind\":4,\"types\":[\"at+jwt\"]}", "{}", "{}", NOW, AUTH_OK},
        {"algorithms", "{\"algorithms\":[\"EdDSA\"]}", "{}", "{}", NOW, AUTH_UNSUPPORTED_ALGORITHM},
        {"no algorithms", "{\"algorithms\":[]}", "{}", "{}", NOW, AUTH_BAD_OPTIONS},
        {"party", "{\"authorized_party\":\"x\"}", "{\"azp\":\"y\"}", "{}", NOW, AUTH_WRONG_PARTY},
        {"age of sign-in", "{\"max_age_s\":10}", "{}", "{}", NOW, AUTH_TOO_OLD},
        {"age of token", "{\"max_token_age_s\":10,\"leeway_s\":0}", "{}", "{}", NOW, AUTH_TOO_OLD},
        {"lifetime", "{\"max_lifetime_s\":10,\"leeway_s\":0}", "{}", "{}", NOW,
         AUTH_LIVES_TOO_LONG},
        {"leeway", "{\"leeway_s\":3601}", "{}", "{}", NOW, AUTH_BAD_OPTIONS},
        {"cache", "{\"cache_tokens\":100}", "{}", "{}", NOW, AUTH_OK},
        {"status demanded", "{\"flags\":16}", "{}", "{}", NOW, AUTH_MISSING_CLAIM},
        {"bound", "{}", CNF, "{}", NOW, AUTH_WRONG_BINDING},
        {"bound to a key", "{\"flags\":64}", CNF, "{\"jkt\":\"thumb\"}", NOW, AUTH_OK},
        {"bound to another", "{\"flags\":64}", CNF, "{\"jkt\":\"finger\"}", NOW,
         AUTH_WRONG_BINDING},
        {"bound to none", "{}", "{}", "{\"jkt\":\"thumb\"}", NOW, AUTH_NO_CLAIM},
        {"certificate", "{\"flags\":64}", CNF, "{\"certificate\":\"der\"}", NOW, AUTH_NO_CLAIM},
        {"nonce", "{}", "{\"nonce\":\"n\"}", "{\"nonce\":\"n\"}", NOW, AUTH_OK},
        {"another nonce", "{}", "{\"nonce\":\"n\"}", "{\"nonce\":\"m\"}", NOW, AUTH_WRONG_NONCE},
        /* OpenID Connect Core A.6: the code and its hash */
        {"hash", "{}", "{\"c_hash\":\"LDktKdoQak3Pk0cnXxCltA\"}",
         "{\"c_hash\":\"Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk\"}", NOW,
         AUTH_OK},
        {"another hash", "{}", "{\"at_hash\":\"LDktKdoQak3Pk0cnXxCltA\"}", "{\"at_hash\":\"x\"}",
         NOW, AUTH_WRONG_HASH},
};

static void set_parsed(json_t *c, const char *name, const char *text)
{
	json_t *value = parsed(text);
	if (json_object_size(value))
		json_object_set(c, name, value);
	json_decref(value);
}

static void each_option(const struct signer *s)
{
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		AUTO_MEM char *token = access_token(s, ROWS[i].claims);
		json_t *c = access_case(ROWS[i].name, s, token), *patch = parsed(ROWS[i].options);
		json_object_update(json_object_get(c, "options"), patch);
		json_decref(patch);
		set_parsed(c, "checks", ROWS[i].checks);
		json_object_set_new(c, "now", json_integer(ROWS[i].now));
		expect(c, ROWS[i].expected);
	}
}

static void each_fault(const struct signer *s)
{
	struct signer other;
	signer_init(&other, "ES256", "k2");
	AUTO_MEM char *token = access_token(s, "{}"), *long_token = malloc(AUTH_TOKEN_MAX + 2);
	memset(long_token, 'a', AUTH_TOKEN_MAX + 1);
	long_token[AUTH_TOKEN_MAX + 1] = '\0';
	expect(access_case("another's key", &other, token), AUTH_UNKNOWN_KEY);
	expect(access_case("empty", s, ""), AUTH_MALFORMED);
	expect(access_case("not a token", s, "\u5f20.\u4e09.x"), AUTH_MALFORMED);
	expect(access_case("too large", s, long_token), AUTH_TOO_LARGE);
	json_t *none = access_case("no keys", s, token), *bad = access_case("bad keys", s, token);
	json_object_del(none, "keys");
	json_object_set_new(bad, "keys",
	                    json_string("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"));
	expect(none, AUTH_NO_KEYS);
	expect(bad, AUTH_BAD_KEYS);
	signer_done(&other);
}

/* ---- status lists and bundles --------------------------------------------------------------- */

static char *signed_as(const struct signer *s, const char *type, json_t *payload)
{
	char header[128];
	AUTO_MEM char *text = json_dumps(payload, JSON_COMPACT);
	snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"kid\":\"%s\"}", type,
	         s->kid);
	json_decref(payload);
	return sign(s, header, text);
}

static char *list_of(const struct signer *s, int64_t bits, const char *lst)
{
	return signed_as(s, "statuslist+jwt",
	                 json_pack("{s:s, s:i, s:i, s:{s:I, s:s}}", "sub", LIST_URI, "iat", ISSUED,
	                           "ttl", 300, "status_list", "bits", (json_int_t)bits, "lst",
	                           lst));
}

static void one_status(const struct signer *s, const char *list, const char *at,
                       enum auth_status expected)
{
	char more[200], name[100];
	snprintf(more, sizeof more,
	         "{\"status\":{\"status_list\":{\"idx\":%s,\"uri\":\"" LIST_URI "\"}}}", at);
	snprintf(name, sizeof name, "status %s", at);
	AUTO_MEM char *token = access_token(s, more);
	json_t *c = access_case(name, s, token);
	if (list)
		json_object_set_new(c, "lists", json_pack("[s]", list));
	expect(c, expected);
}

static void each_status(const struct signer *s, const char *vectors)
{
	json_t *file = load(vectors, "status-list/status_list_vectors.json"), *vector, *value;
	const char *at;
	size_t i;
	json_array_foreach(json_object_get(file, "vectors"), i, vector)
	{
		json_t *statuses = json_object_get(vector, "status");
		AUTO_MEM char *list =
		        list_of(s, json_integer_value(json_object_get(vector, "bits")),
		                json_string_value(json_object_get(vector, "lst")));
		if (!json_is_object(statuses))
			continue;
		one_status(s, list, "2", AUTH_OK);
		json_object_foreach(statuses, at, value)
		        one_status(s, list, at, json_integer_value(value) ? AUTH_REVOKED : AUTH_OK);
	}
	AUTO_MEM char *bad = list_of(s, 3, "eNpjYAAAAAIAAQ");
	one_status(s, NULL, "1", AUTH_REVOCATION_UNKNOWN);
	one_status(s, bad, "1", AUTH_BAD_LIST);
	json_decref(file);
}

static void each_bundle(const struct signer *s)
{
	struct signer root, other;
	signer_init(&root, "ES256", "r1");
	signer_init(&other, "ES256", "r1");
	AUTO_MEM char *token = access_token(s, "{}");
	AUTO_MEM char *bundle = signed_as(&root, "trust-bundle+jwt",
	                                  json_pack("{s:s, s:i, s:i, s:i, s:{s:[o]}}", "iss",
	                                            ISSUER, "version", 3, "iat", ISSUED, "exp",
	                                            NOW + 1000, "jwks", "keys", parsed(s->jwk)));
	static const struct {
		bool pinned;
		int min_version;
		enum auth_status expected;
	} LOADS[] = {{true, 3, AUTH_OK},
	             {true, 4, AUTH_OLDER},
	             {false, 3, AUTH_BAD_SIGNATURE},
	             {true, 0, AUTH_BAD_OPTIONS}};
	for (size_t i = 0; i < COUNT_OF(LOADS); i++) {
		const struct signer *pinned = LOADS[i].pinned ? &root : &other;
		AUTO_MEM char *roots = jwks(&pinned, 1);
		json_t *c = access_case("bundle", s, token);
		json_object_del(c, "keys");
		json_object_set_new(c, "bundle", json_string(bundle));
		json_object_set_new(c, "roots", json_string(roots));
		json_object_set_new(c, "bundle_options",
		                    json_pack("{s:s, s:i}", "issuer", ISSUER, "min_version",
		                              LOADS[i].min_version));
		expect(c, LOADS[i].expected);
	}
	signer_done(&root);
	signer_done(&other);
}

/* ---- published vectors ---------------------------------------------------------------------- */

static void vector(const char *file, json_t *keys, json_t *test)
{
	char name[100];
	AUTO_MEM char *token = strdup(json_string_value(json_object_get(test, "jws")));
	AUTO_MEM char *set = json_dumps(keys, JSON_COMPACT);
	char *signature = strrchr(token, '.');
	for (int altered = 0; altered < 2; altered++) {
		snprintf(name, sizeof name, "%s %d%s", file,
		         (int)json_integer_value(json_object_get(test, "tcId")),
		         altered ? " altered" : "");
		if (altered && signature && signature[1])
			signature[1] = signature[1] == 'A' ? 'B' : 'A';
		put(json_pack("{s:s, s:{s:i, s:i, s:[s,s,s]}, s:s, s:s, s:i}", "name", name,
		              "options", "kind", AUTH_OTHER_TOKEN, "flags",
		              AUTH_ANY_ISSUER | AUTH_ANY_AUDIENCE, "types", "", "JWT", "JWS",
		              "keys", set, "token", token, "now", NOW));
	}
}

/* A JWK without what is private. */
static json_t *public_part(json_t *jwk)
{
	static const char *const SECRETS[] = {"d", "p", "q", "dp", "dq", "qi"};
	json_t *copy = json_deep_copy(jwk);
	for (size_t i = 0; i < COUNT_OF(SECRETS); i++)
		json_object_del(copy, SECRETS[i]);
	return copy;
}

static void wycheproof(const char *vectors, const char *file, bool sets)
{
	char path[100];
	size_t i, k;
	json_t *group, *test;
	snprintf(path, sizeof path, "wycheproof/%s_test.json", file);
	json_t *root = load(vectors, path);
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		json_t *key = json_object_get(group, "public");
		key = key ? key : json_object_get(group, "private");
		json_t *keys =
		        sets ? json_incref(key) : json_pack("{s:[o]}", "keys", public_part(key));
		json_array_foreach(json_object_get(group, "tests"), k, test)
		        vector(file, keys, test);
		json_decref(keys);
	}
	json_decref(root);
}

static void dpop(const char *vectors)
{
	json_t *file = load(vectors, "dpop/rfc9449_examples.json"), *row;
	size_t i;
	json_array_foreach(json_object_get(file, "proofs"), i, row)
	{
		json_t *claim = json_object_get(row, "payload");
		json_t *request = json_pack("{s:O, s:O}", "method", json_object_get(claim, "htm"),
		                            "uri", json_object_get(claim, "htu"));
		if (json_object_get(claim, "nonce"))
			json_object_set(request, "nonce", json_object_get(claim, "nonce"));
		if (json_object_get(claim, "ath"))
			json_object_set(request, "access_token",
			                json_object_get(file, "access_token"));
		json_t *c = json_pack("{s:s, s:o, s:O, s:O}", "name", "dpop", "dpop", request,
		                      "token", json_object_get(row, "proof"), "now",
		                      json_object_get(claim, "iat"));
		json_t *wrong = json_deep_copy(c), *old = json_deep_copy(c);
		json_object_set(c, "jkt", json_object_get(file, "jkt"));
		expect(c, AUTH_OK);
		json_object_set_new(json_object_get(wrong, "dpop"), "method", json_string("PATCH"));
		expect(wrong, AUTH_WRONG_BINDING);
		json_object_set_new(json_object_get(old, "dpop"), "max_age_s", json_integer(5));
		json_object_set_new(old, "now", json_integer(NOW));
		expect(old, AUTH_TOO_OLD);
	}
	json_decref(file);
}

int main(int argc, char **argv)
{
	struct signer s;
	if (argc != 2)
		return 2;
	signer_init(&s, "ES256", "k1");
	each_algorithm();
	each_option(&s);
	each_fault(&s);
	each_status(&s, argv[1]);
	each_bundle(&s);
	dpop(argv[1]);
	wycheproof(argv[1], "json_web_signature", false);
	wycheproof(argv[1], "json_web_key", true);
	signer_done(&s);
	return 0;
}
