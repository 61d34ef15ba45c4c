#include "libauth/answer.h"

#include <stdio.h>

enum auth_status answer_of(status s, enum auth_status unfit, const struct error *e,
			   struct auth_error *ret)
{
	if (ret && s != ST_OK)
		snprintf(ret->message, sizeof ret->message, "%s", e->message);
	switch (s) {
	case ST_OK: return AUTH_OK;
	case ST_NOMEM: return AUTH_NOMEM;
	case ST_NOT_FOUND:
	case ST_IO: return AUTH_IO;
	case ST_INVALID: return unfit;
	case ST_TOO_LARGE: return AUTH_TOO_LARGE;
	default: return AUTH_BUG;
	}
}

enum auth_status explain(enum auth_status s, const struct error *e, struct auth_error *ret)
{
	const char *why = e->message[0] ? e->message : auth_strerror(s);
	if (ret && s != AUTH_OK)
		snprintf(ret->message, sizeof ret->message, "%s", why);
	return s;
}
