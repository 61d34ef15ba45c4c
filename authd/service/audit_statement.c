#include "authd/service/audit_statement.h"

#include "authd/service/foreign_jwt.h"
#include "authd/service/key_policy.h"
#include "authd/store/wait.h"
#include "libauth/base/encode.h"
#include "libauth/base/json_writer.h"

/* 99991231235959Z */
static const int64_t NEVER = INT64_C(253402300799);

static const char *const TYPES[] = {
	[STATEMENT_CHECKPOINT] = "audit-checkpoint+jwt",
	[STATEMENT_EXPORT] = "audit-export+jwt",
};

/* ---- signing -------------------------------------------------------------------------------- */

static void put_end(struct json_writer *w, const char *seq, const char *hash, const struct audit_chain *end)
{
	AUTO_BUF struct buf digest = { 0 };
	audit_digest_put(&digest, &end->digest);
	json_number(w, seq, (int64_t)end->seq);
	json_text(w, hash, buf_slice(&digest));
}

static status encode(struct issuer *is, enum audit_statement_kind kind, const struct audit_statement *s,
		     struct buf *out)
{
	struct json_writer w = json_writer(out);
	json_begin_object(&w, NULL);
	json_text(&w, "iss", is->iss);
	json_number(&w, "iat", s->issued_at);
	json_number(&w, "exp", NEVER);
	put_end(&w, "seq", "hash", &s->last);
	if (kind == STATEMENT_EXPORT)
		put_end(&w, "before_seq", "before_hash", &s->before);
	json_end(&w);
	return buf_status(out);
}

status audit_statement_sign(struct issuer *is, enum audit_statement_kind kind,
			    const struct audit_statement *s, struct arena *a, struct slice *ret_token)
{
	AUTO_BUF struct buf payload = { 0 };
	struct waiter w;
	TRY(encode(is, kind, s, &payload));
	struct sign_job job = {
		.algorithm = token_algorithm_of(is->conf),
		.type = TYPES[kind],
		.payload = buf_slice(&payload),
	};
	waiter_init(&w);
	keys_sign(is->keys, &job, 1, &w.op);
	status signed_ = waiter_wait(&w);
	struct slice token = buf_finish(&job.token, a);
	TRY(signed_);
	if (!token.p)
		return ST_NOMEM;
	*ret_token = token;
	return ST_OK;
}

/* ---- verifying ------------------------------------------------------------------------------ */

status audit_verifier_new(enum audit_statement_kind kind, const char *issuer, struct auth_keyset *keys,
			  struct auth_verifier **ret, struct error *e)
{
	AUTO(auth_verifier) struct auth_verifier *v = NULL;
	struct auth_options options = AUTH_OPTIONS_INIT;
	const char *const types[] = { TYPES[kind], NULL };
	options.kind = AUTH_OTHER_TOKEN;
	options.types = types;
	options.issuer = issuer;
	options.flags = AUTH_ANY_AUDIENCE;
	struct auth_error why = { { 0 } };
	if (auth_verifier_new(&options, &v, &why) != AUTH_OK)
		return error_set(e, ST_INVALID, "%s", why.message);
	enum auth_status s = auth_verifier_set_keys(v, keys);
	if (s != AUTH_OK)
		return error_set(e, ST_INVALID, "%s", auth_strerror(s));
	*ret = TAKE(v);
	return ST_OK;
}

static bool read_end(const struct auth_claims *c, const char *seq, const char *hash, struct audit_chain *ret)
{
	int64_t n;
	const char *digest = auth_claims_string(c, hash);
	if (auth_value_integer(auth_claims_value(c, seq), &n) != AUTH_OK || n < 0 || !digest)
		return false;
	ret->seq = (uint64_t)n;
	return audit_digest_parse(slice_str(digest), &ret->digest) == ST_OK;
}

status audit_statement_verify(struct auth_verifier *v, struct slice token, int64_t now,
			      struct audit_statement *ret, struct error *e)
{
	AUTO(auth_claims) struct auth_claims *c = NULL;
	struct audit_statement s = { 0 };
	enum auth_status answer = auth_verify(v, (const char *)token.p, token.n, now, &c);
	if (answer == AUTH_UNKNOWN_KEY)
		return error_set(e, ST_NOT_FOUND, "signed by a key that is not known");
	status st = status_of_auth(answer);
	if (st != ST_OK)
		return error_set(e, st, "%s", auth_strerror(answer));
	s.issued_at = auth_claims_iat(c);
	if (!read_end(c, "seq", "hash", &s.last))
		return error_set(e, ST_INVALID, "it names no entry");
	if (auth_claims_value(c, "before_seq") && !read_end(c, "before_seq", "before_hash", &s.before))
		return error_set(e, ST_INVALID, "it names no first entry");
	*ret = s;
	return ST_OK;
}
