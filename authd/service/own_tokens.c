#include "authd/service/own_tokens.h"

#include "authd/service/foreign_jwt.h"
#include "authd/service/tokens.h"
#include "libauth/base/json_writer.h"

#include <pthread.h>

/* A resource server asks about the same token again and again: its signature is verified once. Of
 * 16 bytes each. */
enum { TOKENS_REMEMBERED = 1 << 16 };

struct own_tokens {
	struct keys *keys;
	struct auth_verifier *access_tokens, *id_tokens;
	_Atomic uint64_t generation; /* of the keys that the verifiers hold */
	pthread_mutex_t following;   /* one thread at a time takes over new keys */
};

static status from_auth(enum auth_status s)
{
	return s == AUTH_EXPIRED ? ST_EXPIRED : status_of_auth(s);
}

static status give_keys(struct auth_verifier *v, struct slice jwks)
{
	AUTO(auth_keyset) struct auth_keyset *set = NULL;
	TRY(from_auth(auth_keyset_from_json(jwks.p, jwks.n, &set, NULL)));
	return from_auth(auth_verifier_set_keys(v, set));
}

/* A hint may be older than the published keys: it is checked with the archive. */
static status take_keys(struct own_tokens *o)
{
	AUTO_ARENA struct arena a = { 0 };
	uint64_t generation = keys_generation(o->keys);
	struct slice published, archive;
	TRY(keys_jwks(o->keys, &a, &published));
	TRY(keys_archive(o->keys, &a, &archive));
	TRY(give_keys(o->access_tokens, published));
	TRY(give_keys(o->id_tokens, archive));
	atomic_store(&o->generation, generation);
	return ST_OK;
}

/* The ring may have rotated since the last token. */
static status follow_keys(struct own_tokens *o)
{
	if (atomic_load(&o->generation) == keys_generation(o->keys))
		return ST_OK;
	pthread_mutex_lock(&o->following);
	status s = atomic_load(&o->generation) == keys_generation(o->keys) ? ST_OK : take_keys(o);
	pthread_mutex_unlock(&o->following);
	return s;
}

status own_tokens_new(const struct conf *conf, struct keys *keys, struct own_tokens **ret)
{
	AUTO(own_tokens) struct own_tokens *o = calloc(1, sizeof *o);
	if (!o)
		return ST_NOMEM;
	o->keys = keys;
	pthread_mutex_init(&o->following, NULL);

	struct auth_options options = AUTH_OPTIONS_INIT;
	options.issuer = conf->issuer;
	/* Marks are asked directly, below: they know before any list does. */
	options.flags = AUTH_ANY_AUDIENCE | AUTH_ACCEPT_REVOCATION_UNKNOWN | AUTH_BOUND;
	options.leeway_s = 0; /* it is our own clock */
	options.cache_tokens = TOKENS_REMEMBERED;
	TRY(from_auth(auth_verifier_new(&options, &o->access_tokens, NULL)));

	options.kind = AUTH_ID_TOKEN;
	options.cache_tokens = 0;
	options.flags = AUTH_ANY_AUDIENCE | AUTH_IGNORE_EXPIRY;
	TRY(from_auth(auth_verifier_new(&options, &o->id_tokens, NULL)));
	TRY(take_keys(o));
	*ret = TAKE(o);
	return ST_OK;
}

void own_tokens_free(struct own_tokens *o)
{
	if (!o)
		return;
	auth_verifier_free(o->access_tokens);
	auth_verifier_free(o->id_tokens);
	pthread_mutex_destroy(&o->following);
	free(o);
}

static struct slice keep(struct arena *a, const char *text, bool *failed)
{
	struct slice copy = text ? arena_copy(a, slice_str(text)) : NO_SLICE;
	*failed |= text && !copy.p;
	return copy;
}

static struct slice keep_audience(struct arena *a, const struct auth_claims *c, bool *failed)
{
	struct slice words = keep(a, auth_claims_aud(c, 0), failed);
	for (size_t i = 1; i < auth_claims_aud_count(c) && !*failed; i++) {
		words = arena_format(a, "%.*s %s", SLICE_FMT(words), auth_claims_aud(c, i));
		*failed |= !words.p;
	}
	return words;
}

static struct slice keep_words(struct arena *a, const struct auth_value *list, bool *failed)
{
	struct slice words = NO_SLICE;
	for (const struct auth_value *v = auth_value_first(list); v && !*failed; v = auth_value_next(list, v)) {
		const char *word = auth_value_string(v);
		if (!word)
			continue;
		words = words.p ? arena_format(a, "%.*s %s", SLICE_FMT(words), word) : keep(a, word, failed);
		*failed |= !words.p;
	}
	return words;
}

static void write_value(struct json_writer *w, const char *name, const struct auth_value *v)
{
	size_t n;
	const char *number = auth_value_number(v, &n);
	switch (auth_value_type(v)) {
	case AUTH_TYPE_STRING: json_text(w, name, slice_str(auth_value_string(v))); return;
	case AUTH_TYPE_NUMBER: json_raw(w, name, slice_of(number, n)); return;
	case AUTH_TYPE_BOOLEAN: json_bool(w, name, auth_value_true(v)); return;
	case AUTH_TYPE_OBJECT: json_begin_object(w, name); break;
	case AUTH_TYPE_ARRAY: json_begin_array(w, name); break;
	default: json_raw(w, name, SLICE("null")); return;
	}
	for (const struct auth_value *inner = auth_value_first(v); inner; inner = auth_value_next(v, inner))
		write_value(w, auth_value_name(inner), inner);
	json_end(w);
}

static struct slice keep_json(struct arena *a, const struct auth_value *v, bool *failed)
{
	AUTO_BUF struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	if (!v)
		return NO_SLICE;
	write_value(&w, NULL, v);
	struct slice text = buf_finish(&json, a);
	*failed |= !text.p;
	return text;
}

static enum subject_kind kind_of(const struct handle *h, const struct auth_claims *c)
{
	if (id_is_zero(h->subject_id))
		return 0;
	return auth_claims_string(c, "sub_type") ? SUBJECT_LEGAL : SUBJECT_NATURAL;
}

status own_access_token_verify(struct issuer *is, struct slice token, int64_t now, struct arena *a,
			       struct own_access_token *ret)
{
	AUTO(auth_claims) struct auth_claims *c = NULL;
	TRY(follow_keys(is->own_tokens));
	TRY(from_auth(auth_verify(is->own_tokens->access_tokens, (const char *)token.p, token.n, now, &c)));

	bool failed = false;
	const struct auth_value *cnf = auth_claims_value(c, "cnf");
	struct own_access_token t = {
		.sub = keep(a, auth_claims_sub(c), &failed),
		.client_id = keep(a, auth_claims_client_id(c), &failed),
		.scope = keep(a, auth_claims_scope(c), &failed),
		.audience = keep_audience(a, c, &failed),
		.jti = keep(a, auth_claims_jti(c), &failed),
		.acr = keep(a, auth_claims_acr(c), &failed),
		.amr = keep_words(a, auth_claims_value(c, "amr"), &failed),
		.act = keep_json(a, auth_claims_value(c, "act"), &failed),
		.dpop_jkt = keep(a, auth_value_string(auth_value_member(cnf, "jkt")), &failed),
		.x5t_s256 = keep(a, auth_value_string(auth_value_member(cnf, "x5t#S256")), &failed),
		.details = keep_json(a, auth_claims_value(c, "authorization_details"), &failed),
		.iat = auth_claims_iat(c),
		.exp = auth_claims_exp(c),
		.auth_time = auth_claims_auth_time(c),
	};
	if (failed)
		return ST_NOMEM;
	TRY(handle_open(is, t.jti, a, &t.handle));
	t.kind = kind_of(&t.handle, c);
	bool revoked;
	TRY(handle_revoked(is, &t.handle, t.jti, t.client_id, t.iat, a, &revoked));
	if (revoked)
		return ST_FORBIDDEN;
	*ret = t;
	return ST_OK;
}

status own_id_token_verify(struct issuer *is, struct slice token, int64_t now, struct arena *a,
			   struct own_id_token *ret)
{
	AUTO(auth_claims) struct auth_claims *c = NULL;
	TRY(follow_keys(is->own_tokens));
	TRY(from_auth(auth_verify(is->own_tokens->id_tokens, (const char *)token.p, token.n, now, &c)));

	bool failed = false;
	struct own_id_token t = {
		.sub = keep(a, auth_claims_sub(c), &failed),
		.client_id = keep(a, auth_claims_aud(c, 0), &failed),
		.sid = keep(a, auth_claims_sid(c), &failed),
	};
	struct slice jti = keep(a, auth_claims_jti(c), &failed);
	struct handle handle = { 0 };
	if (failed)
		return ST_NOMEM;
	status s = jti.n ? handle_open(is, jti, a, &handle) : ST_OK;
	if (is_fault(s))
		return s;
	t.subject_id = handle.subject_id;
	*ret = t;
	return ST_OK;
}
