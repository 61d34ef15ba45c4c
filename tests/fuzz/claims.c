/*
 * Any bytes as the payload of a token whose signature holds. What is read can be walked through, ends
 * where it says, and gets a verdict from policies of every kind.
 */
#include "mutate.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"
#include "libauth/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { NOW = 1700000100 };

/* Returns how many values there are, this one included. */
static size_t walk(const struct auth_value *v)
{
	size_t values = 1, length = 0;
	int64_t integer;
	const char *text = auth_value_string(v), *name = auth_value_name(v);
	if ((text && strlen(text) != v->text.n) || (text && !slice_is_utf8(v->text)) ||
	    (name && strlen(name) != v->name.n))
		abort();
	if (auth_value_integer(v, &integer) == AUTH_OK && !auth_value_number(v, &length))
		abort();
	for (const struct auth_value *in = auth_value_first(v); in; in = auth_value_next(v, in)) {
		if (in->name.p && auth_value_member(v, auth_value_name(in)) != in)
			abort(); /* a second member of the name would be found first */
		values += walk(in);
	}
	return values;
}

static void judge(const struct auth_claims *c, enum auth_kind kind)
{
	struct auth_options o = AUTH_OPTIONS_INIT;
	struct policy p = { 0 };
	o.kind = kind;
	o.flags = AUTH_ANY_AUDIENCE;
	o.issuer = "i";
	o.types = (const char *const[]){ "x", NULL };
	o.scopes = (const char *const[]){ "read", NULL };
	o.authorized_party = "a";
	o.min_acr = "urn:authd:acr:rn3";
	o.max_age_s = o.max_token_age_s = o.max_lifetime_s = 1000;
	if (policy_init(&p, &o, NULL) != ST_OK)
		abort();
	enum auth_status s = policy_check(&p, c, NOW);
	if (s < 0 || (s == AUTH_OK && !auth_claims_has_scope(c, "read")))
		abort();
	policy_done(&p);
}

static void look(const struct auth_claims *c)
{
	if (walk(auth_claims_value(c, NULL)) != c->json.n)
		abort();
	for (size_t i = 0; i <= auth_claims_aud_count(c); i++) {
		const char *aud = auth_claims_aud(c, i);
		if (aud && !auth_claims_has_aud(c, aud))
			abort();
	}
	if (auth_claims_check_hash(c, "at_hash", "x", 1) < 0 || auth_claims_exp(c) < -1)
		abort();
	for (enum auth_kind kind = AUTH_ACCESS_TOKEN; kind <= AUTH_USERINFO; kind++)
		judge(c, kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_ARENA struct arena a = { 0 };
	struct jws jws = { .algorithm = ALGORITHMS, .kid = SLICE("k") };
	struct auth_claims *claims = auth_claims_new();
	if (!claims)
		abort();
	jws.payload = arena_base64url(&a, slice_of(data, n));
	if (claims_read(claims, &jws) == AUTH_OK)
		look(claims);
	auth_claims_free(claims);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	return mutate_json(data, n, most, seed);
}
