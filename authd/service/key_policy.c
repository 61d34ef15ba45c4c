#include "authd/service/key_policy.h"

/* Verifiers may hold a JWKS for a while, and clocks differ: a retired key stays published for this
 * much longer than the last token that it signed. */
enum { RETAIN_MARGIN_S = 3600 };

/* conf_load() has checked both texts: what is not known has no key, and nothing is signed with it. */
unsigned key_algorithms_of(const struct conf *conf)
{
	unsigned set;
	return key_algorithms_parse(slice_str(conf->keys.algorithms), &set) == ST_OK ? set : 0;
}

enum key_algorithm token_algorithm_of(const struct conf *conf)
{
	enum key_algorithm a;
	return key_algorithm_parse(slice_str(conf->tokens.algorithm), &a) == ST_OK ? a : KEY_ALGORITHM_COUNT;
}

struct key_policy key_policy_of(const struct conf *conf)
{
	int64_t access = conf->life.access_token_s, id = conf->life.id_token_s;
	return (struct key_policy){
		.announce_s = conf->keys.announce_s,
		.active_s = conf->keys.active_s,
		.retain_s = (access > id ? access : id) + RETAIN_MARGIN_S,
		.algorithms = key_algorithms_of(conf),
	};
}
