#include "authd/store/redis_address.h"

#include "libauth/base/encode.h"
#include "libauth/base/secret.h"

#include <stdlib.h>

enum { PORT_DEFAULT = 6379, DB_MAX = 1 << 16 };

/* Decode %XX in place. */
static status decode_percent(char *text)
{
	char *out = text;
	for (const char *p = text; *p; out++) {
		uint8_t byte = (uint8_t)*p++;
		if (byte == '%') {
			if (strnlen(p, 2) < 2)
				return ST_INVALID;
			TRY(hex_decode(slice_of(p, 2), &byte, 1));
			p += 2;
		}
		if (!byte)
			return ST_INVALID;
		*out = (char)byte;
	}
	*out = '\0';
	return ST_OK;
}

static status parse_number(const char *text, long max, int *ret)
{
	char *end;
	if (*text < '0' || *text > '9')
		return ST_INVALID;
	long n = strtol(text, &end, 10);
	if (*end || n > max)
		return ST_INVALID;
	*ret = (int)n;
	return ST_OK;
}

/* End a text at this place. Returns what is behind it, or NULL where there is no such place. */
static char *cut(char *at)
{
	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* "user:password" in front of the last @. Returns what is behind it. */
static char *parse_user(char *text, struct redis_address *a, status *ret)
{
	char *rest = cut(strrchr(text, '@'));
	if (!rest)
		return text;
	char *password = cut(strchr(text, ':'));
	if (!password || !*password || decode_percent(text) || decode_percent(password))
		*ret = ST_INVALID;
	a->user = *text ? text : NULL;
	a->password = password;
	return rest;
}

static status parse_tcp(char *text, struct redis_address *a)
{
	char *db = cut(strchr(text, '/'));
	if (db && *db)
		TRY(parse_number(db, DB_MAX, &a->db));
	/* [::1]:6379 */
	char *host = text, *port;
	if (*text == '[') {
		host = text + 1;
		char *rest = cut(strchr(host, ']'));
		if (!rest || (*rest && *rest != ':'))
			return ST_INVALID;
		port = *rest ? rest + 1 : NULL;
	} else {
		port = cut(strchr(text, ':'));
	}
	a->host = host;
	a->port = PORT_DEFAULT;
	return !*host ? ST_INVALID : port ? parse_number(port, 65535, &a->port) : ST_OK;
}

static status parse_unix(char *text, struct redis_address *a)
{
	char *query = cut(strchr(text, '?'));
	if (query && strncmp(query, "db=", 3) != 0)
		return ST_INVALID;
	if (query)
		TRY(parse_number(query + 3, DB_MAX, &a->db));
	a->path = text;
	return *text == '/' ? ST_OK : ST_INVALID;
}

static status parse(struct redis_address *a)
{
	char *rest = strstr(a->text, "://") + 3;
	bool is_unix = slice_starts(slice_str(a->text), SLICE("redis+unix://"));
	status s = ST_OK;
	rest = parse_user(rest, a, &s);
	TRY(s);
	return is_unix ? parse_unix(rest, a) : parse_tcp(rest, a);
}

status redis_address_parse(const char *url, struct redis_address *ret, struct error *e)
{
	struct slice text = slice_str(url);
	if (!slice_starts(text, SLICE("redis://")) && !slice_starts(text, SLICE("redis+unix://")))
		return error_set(e, ST_INVALID,
				 "cache: not embedded, redis://host:port/db or redis+unix:///path");
	struct redis_address a = { .text = strdup(url) };
	if (!a.text)
		return ST_NOMEM;
	status s = parse(&a);
	if (s) {
		redis_address_done(&a);
		return error_set(e, s, "cache: malformed address; redis://[:password@]host:port/db "
				       "or redis+unix:///path?db=0");
	}
	*ret = a;
	return ST_OK;
}

void redis_address_done(struct redis_address *a)
{
	if (a->text && a->password)
		secret_wipe((char *)a->password, strlen(a->password));
	free(a->text);
	*a = (struct redis_address){ 0 };
}
