/*
 * From what is valid, nothing near it is: each byte altered, each part cut off, each member there twice
 * or of another type, the last two signed anew. Of a token, a status list, a trust bundle and a DPoP
 * proof, which are written as signed.h reads them.
 */
#include "tokens.h"

#include "libauth/base/mem.h"
#include "tests/fuzz/json_text.h"
#include "tests/fuzz/signed.h"

#define ISSUER "https://id.example"
#define X_A "rwaj4ykXFOTzVsGcmxXNGVHsbmZiqne-B1R_KJODNB0" /* the keys of signed.h */
#define X_B "LfBBJfABWvtHzoU674dyCU_5SYwUyxueEpc8KSfaD6Y"
#define JWK(kid, x) "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"" kid "\",\"x\":\"" x "\"}"
#define HEADER(typ, kid) "{\"alg\":\"EdDSA\",\"typ\":\"" typ "\",\"kid\":\"" kid "\"}\n"

/* ---- what is valid -------------------------------------------------------------------------- */

static const char TOKEN[] =
	HEADER("at+jwt", "a")
	"{\"iss\":\"" ISSUER "\",\"sub\":\"u\",\"aud\":\"a\",\"client_id\":\"c\",\"iat\":1700000000,"
	"\"nbf\":1700000000,\"exp\":1700000300,\"jti\":\"t\",\"scope\":\"openid read\",\"azp\":\"c\","
	"\"acr\":\"urn:authd:acr:rn3\",\"auth_time\":1699999900,\"sid\":\"s\",\"nonce\":\"n\","
	"\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"u\"}}}";

static const char LIST[] =
	HEADER("statuslist+jwt", "a")
	"{\"iss\":\"" ISSUER "\",\"sub\":\"u\",\"iat\":1700000000,\"exp\":1700000300,\"ttl\":300,"
	"\"status_list\":{\"bits\":1,\"lst\":\"eNpjYAQAAAMAAg\"}}";

/* Root "a" vouches for root "b", and that for the bundle. */
static const char BUNDLE[] =
	HEADER("root+jwt", "a")
	"{\"keys\":[" JWK("b", X_B) "]}\n"
	HEADER("trust-bundle+jwt", "b")
	"{\"iss\":\"" ISSUER "\",\"version\":1,\"iat\":1700000000,\"exp\":1700009000,"
	"\"jwks\":{\"keys\":[" JWK("a", X_A) "]},\"status_lists\":[]}";

static const char PROOF[] =
	"{\"alg\":\"EdDSA\",\"typ\":\"dpop+jwt\",\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X_A
	"\"}}\n"
	"{\"jti\":\"-BwC3ESc6acc2lTc\",\"htm\":\"POST\",\"htu\":\"https://server.example/token\","
	"\"iat\":1700000090,\"ath\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\"}";

/* ---- who judges ----------------------------------------------------------------------------- */

static struct auth_verifier *make_verifier(void)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct auth_keyset *keys = signed_keys('a');
	struct auth_verifier *v;
	AUTO_BUF struct buf list = { 0 };
	o.issuer = ISSUER;
	o.audience = "a";
	assert_int_equal(auth_verifier_new(&o, &v, NULL), AUTH_OK);
	assert_int_equal(auth_verifier_set_keys(v, keys), AUTH_OK);
	auth_keyset_free(keys);
	signed_input(SLICE("{\"alg\":\"EdDSA\",\"typ\":\"statuslist+jwt\",\"kid\":\"a\"}\n"
			   "{\"sub\":\"u\",\"iat\":1700000000,"
			   "\"status_list\":{\"bits\":1,\"lst\":\"eNpjYAAAAAIAAQ\"}}"),
		     &list);
	assert_int_equal(auth_verifier_add_list(v, (char *)list.p, list.n, SIGNED_NOW, NULL), AUTH_OK);
	return v;
}

static enum auth_status ask_token(struct slice text)
{
	struct auth_verifier *v = make_verifier();
	struct auth_claims *claims = NULL;
	enum auth_status s = auth_verify(v, (const char *)text.p, text.n, SIGNED_NOW, &claims);
	assert_int_equal(s == AUTH_OK, claims != NULL);
	auth_claims_free(claims);
	auth_verifier_free(v);
	return s;
}

static enum auth_status ask_list(struct slice text)
{
	struct auth_verifier *v = make_verifier();
	enum auth_status s =
		auth_verifier_add_list(v, (const char *)text.p, text.n, SIGNED_NOW, NULL);
	auth_verifier_free(v);
	return s;
}

static enum auth_status ask_bundle(struct slice text)
{
	struct auth_verifier *v = make_verifier();
	struct auth_keyset *roots = signed_keys('a');
	struct auth_bundle_options o = AUTH_BUNDLE_OPTIONS_INIT;
	o.roots = roots;
	o.issuer = ISSUER;
	o.min_version = 1;
	enum auth_status s = auth_verifier_load_bundle(v, text.p, text.n, &o, SIGNED_NOW, NULL);
	auth_keyset_free(roots);
	auth_verifier_free(v);
	return s;
}

static enum auth_status ask_proof(struct slice text)
{
	struct auth_claims *claims = NULL;
	struct auth_dpop o = AUTH_DPOP_INIT;
	o.method = "POST";
	o.uri = "https://server.example/token";
	o.access_token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
	enum auth_status s =
		auth_verify_dpop((const char *)text.p, text.n, &o, SIGNED_NOW, &claims);
	assert_int_equal(s == AUTH_OK, claims != NULL);
	auth_claims_free(claims);
	return s;
}

static const struct subject {
	const char *name, *text;
	enum auth_status (*ask)(struct slice text);
} SUBJECTS[] = {
	{ "token", TOKEN, ask_token },
	{ "status list", LIST, ask_list },
	{ "trust bundle", BUNDLE, ask_bundle },
	{ "DPoP proof", PROOF, ask_proof },
};

/* A refusal is an answer, not a fault. */
static void assert_refused(const struct subject *s, struct slice text, const char *what, size_t at)
{
	enum auth_status answer = s->ask(text);
	if (answer <= 0)
		fail_msg("%s, %s at %zu: %s", s->name, what, at, auth_strerror(answer));
}

static void assert_resigned_refused(const struct subject *s, const struct buf *text, const char *what,
				    size_t at)
{
	AUTO_BUF struct buf signed_text = { 0 };
	signed_input(buf_slice(text), &signed_text);
	assert_refused(s, buf_slice(&signed_text), what, at);
}

/* ---- altered -------------------------------------------------------------------------------- */

static void alter_bytes(const struct subject *s, struct slice text)
{
	static const uint8_t FLIPS[] = { 0x01, 0x02, 0x10, 0x20, 0x80 };
	AUTO_MEM uint8_t *copy = malloc(text.n);
	memcpy(copy, text.p, text.n);
	for (size_t i = 0; i < text.n; i++) {
		for (size_t k = 0; k < COUNT_OF(FLIPS); k++) {
			copy[i] = text.p[i] ^ FLIPS[k];
			assert_refused(s, slice_of(copy, text.n), "a byte altered", i);
		}
		copy[i] = text.p[i];
	}
}

static void cut_ends(const struct subject *s, struct slice text)
{
	for (size_t i = 1; i <= text.n; i++) {
		assert_refused(s, slice_first(text, text.n - i), "the end cut off", text.n - i);
		assert_refused(s, slice_from(text, i), "the start cut off", i);
	}
}

/* A segment ends with a dot, a newline or the text: it goes by itself, and with what ends it. */
static void cut_segments(const struct subject *s, struct slice text)
{
	size_t start = 0;
	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && text.p[i] != '.' && text.p[i] != '\n')
			continue;
		for (size_t more = 0; more < 2; more++) {
			AUTO_BUF struct buf b = { 0 };
			buf_put(&b, slice_first(text, start));
			buf_put(&b, slice_from(text, i + more));
			assert_refused(s, buf_slice(&b), "a segment cut", start);
		}
		start = i + 1;
	}
}

static void alter_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(SUBJECTS); i++) {
		const struct subject *s = &SUBJECTS[i];
		AUTO_BUF struct buf text = { 0 };
		signed_input(slice_str(s->text), &text);
		assert_int_equal(s->ask(buf_slice(&text)), AUTH_OK);
		alter_bytes(s, buf_slice(&text));
		cut_ends(s, buf_slice(&text));
		cut_segments(s, buf_slice(&text));
	}
}

/* ---- signed anew ---------------------------------------------------------------------------- */

static void duplicate(const struct subject *s, const struct json_place *p)
{
	struct slice text = slice_str(s->text);
	AUTO_BUF struct buf b = { 0 };
	buf_put(&b, slice_first(text, p->end));
	buf_put_byte(&b, ',');
	buf_put(&b, slice_from(text, p->name));
	/* What followed the first one follows the second. */
	assert_resigned_refused(s, &b, "a member twice", p->name);
}

static void retype(const struct subject *s, const struct json_place *p)
{
	static const char *const OTHERS[] = { "null", "true", "7", "\"7\"", "[]", "{}", "[7]" };
	struct slice text = slice_str(s->text);
	for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
		AUTO_BUF struct buf b = { 0 };
		/* Of the same type it is another value, which may be as good. */
		char have = (char)text.p[p->start];
		if (have == OTHERS[i][0] || (have >= '0' && have <= '9' && OTHERS[i][0] == '7'))
			continue;
		buf_put(&b, slice_first(text, p->start));
		buf_put_text(&b, OTHERS[i]);
		buf_put(&b, slice_from(text, p->end));
		assert_resigned_refused(s, &b, OTHERS[i], p->name);
	}
}

static void alter_members(void **state)
{
	(void)state;
	struct json_place places[JSON_PLACES_MAX];
	for (size_t i = 0; i < COUNT_OF(SUBJECTS); i++) {
		size_t members = 0, n = json_places(slice_str(SUBJECTS[i].text), places);
		for (size_t k = 0; k < n; k++) {
			if (!json_is_member(&places[k]))
				continue;
			duplicate(&SUBJECTS[i], &places[k]);
			retype(&SUBJECTS[i], &places[k]);
			members++;
		}
		assert_true(members > 9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alter_text),
		cmocka_unit_test(alter_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
