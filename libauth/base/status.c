#include "libauth/base/status.h"

#include <stdio.h>

const char *status_name(status s)
{
	switch (s) {
	case ST_OK: return "OK";
	case ST_NOMEM: return "NOMEM";
	case ST_IO: return "IO";
	case ST_UNAVAILABLE: return "UNAVAILABLE";
	case ST_CORRUPT: return "CORRUPT";
	case ST_BUG: return "BUG";
	case ST_NOT_FOUND: return "NOT_FOUND";
	case ST_EXISTS: return "EXISTS";
	case ST_CONFLICT: return "CONFLICT";
	case ST_USED: return "USED";
	case ST_EXPIRED: return "EXPIRED";
	case ST_INVALID: return "INVALID";
	case ST_FORBIDDEN: return "FORBIDDEN";
	case ST_TOO_LARGE: return "TOO_LARGE";
	case ST_BUSY: return "BUSY";
	}
	return "UNKNOWN";
}

status error_set(struct error *e, status s, const char *format, ...)
{
	if (!e)
		return s;
	e->status = s;
	va_list args;
	va_start(args, format);
	vsnprintf(e->message, sizeof e->message, format, args);
	va_end(args);
	return s;
}
