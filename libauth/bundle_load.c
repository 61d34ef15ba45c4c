/* How a verifier comes by a trust bundle. */
#include "libauth/base/mem.h"
#include "libauth/bundle.h"
#include "libauth/text_file.h"
#include "libauth/lists.h"
#include "libauth/verifier.h"

static enum auth_status check_options(const struct auth_bundle_options *o, struct error *e)
{
	const char *wrong = o->size != sizeof *o ? "options do not start from AUTH_BUNDLE_OPTIONS_INIT" :
			    !o->roots		 ? "no root keys" :
			    !o->issuer		 ? "no issuer" :
			    !o->state_file && o->min_version < 1 ?
						   "neither a state file nor a minimum version" :
						   NULL;
	if (!wrong)
		return AUTH_OK;
	(void)error_set(e, ST_INVALID, "%s", wrong);
	return AUTH_BAD_OPTIONS;
}

static enum auth_status read_state(const struct auth_bundle_options *o, struct bundle_state *ret,
				   struct error *e)
{
	*ret = (struct bundle_state){ 0 };
	return o->state_file ?
		       answer_of(bundle_state_read(o->state_file, ret, e), AUTH_BAD_BUNDLE, e, NULL) :
		       AUTH_OK;
}

/* Lists that have expired are of no use, and no harm: the tokens on them have expired too. */
static enum auth_status add_lists(const struct auth_verifier *v, struct trust *trust,
				  const struct bundle *b, int64_t now, struct error *e)
{
	const struct auth_value *item = auth_value_first(b->lists);
	for (; item; item = auth_value_next(b->lists, item)) {
		AUTO(status_list) struct status_list *list = NULL;
		enum auth_status s =
			list_verify(trust->keys, &v->policy, json_text(item), now, &list, e);
		if (s == AUTH_EXPIRED)
			continue;
		if (s < 0)
			return s;
		if (s != AUTH_OK) {
			(void)error_set(e, ST_INVALID, "a status list in it: %s", auth_strerror(s));
			return AUTH_BAD_BUNDLE;
		}
		s = trust_add_list(trust, list, now - v->policy.leeway_s);
		if (s == AUTH_OK)
			(void)TAKE(list);
		else if (s != AUTH_OLDER)
			return s;
	}
	return AUTH_OK;
}

/* Verify, compare with what has been seen, and remember: only then is anything trusted. */
static enum auth_status load(const struct auth_verifier *v, struct trust *trust, struct slice text,
			     const struct auth_bundle_options *o, int64_t now, struct error *e)
{
	AUTO_BUNDLE struct bundle b = { 0 };
	struct bundle_state seen;
	CHECK(check_options(o, e));
	CHECK(read_state(o, &seen, e));
	/* A clock that was set back does not make an old bundle young again. */
	int64_t at = now > seen.issued ? now : seen.issued;
	CHECK(bundle_read(text, o->roots, slice_str(o->issuer), at, &b, e));
	if (b.version < seen.version || b.version < o->min_version || b.issued < seen.issued)
		return AUTH_OLDER;
	trust_set_keys(trust, b.keys);
	CHECK(add_lists(v, trust, &b, now, e));
	if (!o->state_file)
		return AUTH_OK;
	const struct bundle_state state = { b.version, b.issued };
	return answer_of(bundle_state_write(o->state_file, &state, e), AUTH_BAD_BUNDLE, e, NULL);
}

enum auth_status auth_verifier_load_bundle(struct auth_verifier *v, const void *bundle, size_t n,
					   const struct auth_bundle_options *options, int64_t now,
					   struct auth_error *error)
{
	struct error e = { 0 };
	AUTO(trust) struct trust *trust = verifier_learn(v);
	enum auth_status s = trust ? load(v, trust, slice_of(bundle, n), options, now, &e) : AUTH_NOMEM;
	verifier_learned(v, s == AUTH_OK ? TAKE(trust) : NULL);
	return explain(s, &e, error);
}

enum auth_status auth_verifier_load_bundle_file(struct auth_verifier *v, const char *path,
						const struct auth_bundle_options *options,
						int64_t now, struct auth_error *error)
{
	struct error e = { 0 };
	AUTO_MEM uint8_t *text = NULL;
	size_t n;
	status s = text_file_read(path, AUTH_BUNDLE_MAX, &text, &n, &e);
	if (s != ST_OK)
		return answer_of(s, AUTH_BAD_BUNDLE, &e, error);
	return auth_verifier_load_bundle(v, text, n, options, now, error);
}
