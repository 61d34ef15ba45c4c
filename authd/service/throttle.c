#include "authd/service/throttle.h"

static struct cache_command increment(const struct issuer *is, struct slice key, int64_t delta)
{
	return (struct cache_command){ .verb = CACHE_INCREMENT,
				       .kind = CACHE_THROTTLE,
				       .key = key,
				       .delta = delta,
				       .expires_in_s = is->conf->throttle.window_s };
}

void throttle_try(struct issuer *is, struct throttle *t)
{
	t->commands[0] = increment(is, t->account, 1);
	t->commands[1] = increment(is, t->address, 1);
}

status throttle_check(const struct issuer *is, const struct throttle *t)
{
	if (t->commands[0].count > is->conf->throttle.account_failures ||
	    t->commands[1].count > is->conf->throttle.address_failures)
		return ST_FORBIDDEN;
	return ST_OK;
}

void throttle_forgive(struct issuer *is, struct throttle *t)
{
	t->commands[0] = (struct cache_command){ .verb = CACHE_DELETE,
						 .kind = CACHE_THROTTLE,
						 .key = t->account };
	t->commands[1] = increment(is, t->address, -1);
}
