#include "authd/service/key_policy.h"

/* Verifiers may hold a JWKS for a while, and clocks differ: a retired key stays published for this
 * much longer than the last token that it signed. */
enum { RETAIN_MARGIN_S = 3600 };

struct key_policy key_policy_of(const struct conf *conf)
{
	int64_t access = conf->life.access_token_s, id = conf->life.id_token_s;
	return (struct key_policy){
		.announce_s = conf->keys.announce_s,
		.active_s = conf->keys.active_s,
		.retain_s = (access > id ? access : id) + RETAIN_MARGIN_S,
	};
}
