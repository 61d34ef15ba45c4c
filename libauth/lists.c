/* How a verifier comes by status lists. */
#include "libauth/lists.h"

#include "libauth/base/mem.h"
#include "libauth/text_file.h"
#include "libauth/verifier.h"

static bool is_list_type(struct slice type)
{
	return slice_is(type, "statuslist+jwt") || slice_is(type, "application/statuslist+jwt");
}

enum auth_status list_verify(const struct auth_keyset *keys, const struct policy *p,
			     struct slice token, int64_t now, struct status_list **ret,
			     struct error *e)
{
	struct jws jws;
	struct key_range range;
	struct key *key;
	if (!keys)
		return AUTH_NO_KEYS;
	CHECK(jws_read(&jws, token, AUTH_LIST_MAX, algorithm_find));
	if (!is_list_type(jws.type))
		return AUTH_WRONG_TYPE;
	CHECK(jws_find_keys(&jws, keys, p->algorithms, now, &range));
	CHECK(jws_verify(&jws, range, now, &key));
	return status_list_read(&jws, key, key->issuer.p ? key->issuer : p->issuer, now,
				p->leeway_s, ret, e);
}

static enum auth_status add(const struct auth_verifier *v, struct trust *trust, struct slice token,
			    int64_t now, struct error *e)
{
	AUTO(status_list) struct status_list *list = NULL;
	if (!trust)
		return AUTH_NOMEM;
	CHECK(list_verify(trust->keys, &v->policy, token, now, &list, e));
	CHECK(trust_add_list(trust, list, now - v->policy.leeway_s));
	(void)TAKE(list);
	return AUTH_OK;
}

enum auth_status auth_verifier_add_list(struct auth_verifier *v, const char *token, size_t n,
					int64_t now, struct auth_error *error)
{
	struct error e = { 0 };
	AUTO(trust) struct trust *trust = verifier_learn(v);
	enum auth_status s = add(v, trust, slice_of(token, n), now, &e);
	verifier_learned(v, s == AUTH_OK ? TAKE(trust) : NULL);
	return explain(s, &e, error);
}

/* A file may end with a newline; a token has none. */
static struct slice without_newline(struct slice text)
{
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	return text;
}

enum auth_status auth_verifier_add_list_file(struct auth_verifier *v, const char *path, int64_t now,
					     struct auth_error *error)
{
	struct error e = { 0 };
	AUTO_MEM uint8_t *text = NULL;
	size_t n;
	status s = text_file_read(path, AUTH_LIST_MAX + 2, &text, &n, &e);
	if (s != ST_OK)
		return answer_of(s, AUTH_BAD_LIST, &e, error);
	struct slice token = without_newline(slice_of(text, n));
	return auth_verifier_add_list(v, (const char *)token.p, token.n, now, error);
}
