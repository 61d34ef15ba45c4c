/* What has to hold between settings, and the forms of URLs. */
#include "conf/settings.h"
#include "keys/keys.h"

#include "libauth/base/mem.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

enum { ANNOUNCED_MAX = 12 };

/* ---- URLs ----------------------------------------------------------------------------------- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}
static bool is_small(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool take(struct slice *rest, struct slice prefix)
{
	if (!slice_starts(*rest, prefix))
		return false;
	*rest = slice_from(*rest, prefix.n);
	return true;
}

/* 1 to 65535, at the start of rest. */
static bool take_port(struct slice *rest, struct reason *why)
{
	size_t n = 0;
	long port = 0;
	for (; n < rest->n && n < 6 && is_digit(rest->p[n]); n++)
		port = port * 10 + (rest->p[n] - '0');
	if (!n || rest->p[0] == '0' || port > 65535)
		return value_refused(why, "the port is not between 1 and 65535");
	*rest = slice_from(*rest, n);
	return true;
}

/* A name or an IPv4 address in small letters, or an IPv6 address in brackets (RFC 3986 §3.2.2). */
static bool take_host(struct slice *rest, struct slice *ret, struct reason *why)
{
	size_t n = 0;
	if (rest->n && rest->p[0] == '[') {
		n = slice_find(*rest, ']');
		if (n == rest->n || !value_is_address(slice_of(rest->p + 1, n - 1), why))
			return value_refused(why, "there is no IPv6 address between [ and ]");
		n++;
	}
	while (n < rest->n && rest->p[0] != '[' &&
	       (is_small(rest->p[n]) || is_digit(rest->p[n]) || rest->p[n] == '-' ||
	        rest->p[n] == '.'))
		n++;
	if (n < rest->n && rest->p[n] >= 'A' && rest->p[n] <= 'Z')
		return value_refused(
		        why, "the host has capital letters; it is compared as it is written");
	if (!n || rest->p[0] == '.' || rest->p[0] == '-')
		return value_refused(why, "there is no host");
	*ret = slice_first(*rest, n);
	*rest = slice_from(*rest, n);
	return true;
}

/* Browsers take these for secure without TLS (W3C Secure Contexts §3.1). */
static bool is_localhost(struct slice host)
{
	struct slice suffix = SLICE(".localhost");
	return slice_is(host, "localhost") ||
	       (host.n > suffix.n && slice_equal(slice_from(host, host.n - suffix.n), suffix));
}

/* Path segments that no client would write otherwise; RFC 3986 §3.3, without percent-encoding. */
static bool path_is_good(struct slice path, struct reason *why)
{
	for (size_t i = 0; i < path.n; i++) {
		uint8_t c = path.p[i];
		bool good = is_small(c) || is_digit(c) || (c >= 'A' && c <= 'Z') ||
		            (c && strchr("-._~!$&'()*+,;=:@/", c));
		if (!good)
			return value_refused(
			        why, "its path has a character that has no place in an issuer");
		if (c != '/')
			continue;
		struct slice rest = slice_from(path, i + 1);
		struct slice segment = slice_first(rest, slice_find(rest, '/'));
		if (!rest.n)
			return value_refused(why, "it ends with a slash");
		if (!segment.n || slice_is(segment, ".") || slice_is(segment, ".."))
			return value_refused(why, "its path has an empty segment, . or ..");
	}
	return true;
}

/* OpenID Connect Discovery §3: https, no query and no fragment. */
static bool issuer_is_good(const struct conf *c, struct reason *why)
{
	struct slice rest = slice_str(c->issuer), host;
	bool https = take(&rest, SLICE("https://"));
	if (!https && !take(&rest, SLICE("http://")))
		return value_refused(why, "it does not begin with https://");
	if (slice_find(rest, '?') < rest.n || slice_find(rest, '#') < rest.n)
		return value_refused(why, "it has a query or a fragment");
	if (!take_host(&rest, &host, why) || (take(&rest, SLICE(":")) && !take_port(&rest, why)))
		return false;
	if (!https && !is_localhost(host))
		return value_refused(why, "http is only for localhost and *.localhost");
	if (rest.n && rest.p[0] != '/')
		return value_refused(why, "there is something else than a path behind the host");
	return path_is_good(rest, why);
}

static bool is_small_number(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!is_digit(text.p[i]))
			return false;
	return text.n && text.n <= 5 && (text.n == 1 || text.p[0] != '0');
}

static bool redis_socket_is_good(struct slice rest, struct reason *why)
{
	size_t n = slice_find(rest, '?');
	struct slice query = slice_from(rest, n);
	if (!n || rest.p[0] != '/')
		return value_refused(why,
		                     "redis+unix:// is followed by the absolute path of a socket");
	if (n >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return value_refused(why, "the socket's path is too long");
	if (query.n && (!take(&query, SLICE("?db=")) || !is_small_number(query)))
		return value_refused(why, "a database is given as ?db=0");
	return true;
}

static bool redis_host_is_good(struct slice rest, struct reason *why)
{
	struct slice host;
	if (slice_find(rest, '@') < rest.n)
		return value_refused(why, "there can be no user or password in it");
	if (!take_host(&rest, &host, why))
		return false;
	if (!take(&rest, SLICE(":")))
		return value_refused(why, "the port is missing: redis://host:6379");
	if (!take_port(&rest, why))
		return false;
	if (rest.n && (!take(&rest, SLICE("/")) || !is_small_number(rest)))
		return value_refused(why, "a database is given as /0 behind the port");
	return true;
}

static bool cache_is_good(const struct conf *c, struct reason *why)
{
	struct slice rest = slice_str(c->cache);
	if (slice_is(rest, "embedded"))
		return true;
	if (take(&rest, SLICE("redis+unix://")))
		return redis_socket_is_good(rest, why);
	if (take(&rest, SLICE("redis://")))
		return redis_host_is_good(rest, why);
	return value_refused(
	        why, "it is none of: embedded, redis://host:port/db, redis+unix:///path?db=0");
}

/* ---- folders -------------------------------------------------------------------------------- */

/* Without "//", "." and ".."; in place. */
static void flatten(char *path)
{
	size_t n = 0;
	for (const char *p = path; *p;) {
		p += strspn(p, "/");
		size_t length = strcspn(p, "/");
		if (length == 2 && p[0] == '.' && p[1] == '.') {
			while (n && path[--n] != '/')
				;
		} else if (length && !(length == 1 && p[0] == '.')) {
			path[n++] = '/';
			memmove(path + n, p, length);
			n += length;
		}
		p += length;
	}
	path[n] = '\0';
}

/* Where a path leads, symbolic links followed as far as it exists. False: too long to tell. */
static bool resolve(const char *path, char ret[PATH_MAX])
{
	char head[PATH_MAX], real[PATH_MAX];
	size_t n = strlen(path);
	if (n >= sizeof head)
		return false;
	memcpy(head, path, n + 1);
	while (n && !realpath(head, real)) {
		while (n && head[--n] != '/')
			;
		head[n] = '\0';
	}
	int written = snprintf(ret, PATH_MAX, "%s/%s", n ? real : "", path + n);
	if (written < 0 || written >= PATH_MAX)
		return false;
	flatten(ret);
	return true;
}

static bool is_outside(const char *path, const char *dir)
{
	char inner[PATH_MAX], outer[PATH_MAX];
	if (!resolve(path, inner) || !resolve(dir, outer))
		return false;
	size_t n = strlen(outer);
	return strncmp(inner, outer, n) != 0 || (inner[n] && inner[n] != '/');
}

/* Who takes away the data must not have the keys with them. */
static bool keys_are_apart(const struct conf *c, struct reason *why)
{
	return is_outside(c->keys_dir, c->data_dir) ||
	       value_refused(why, "it lies inside data_dir");
}

static bool kek_is_apart(const struct conf *c, struct reason *why)
{
	return is_outside(c->kek_file, c->data_dir) ||
	       value_refused(why, "it lies inside data_dir");
}

static bool socket_fits(const struct conf *c, struct reason *why)
{
	size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
	return strlen(c->admin.socket) <= most ||
	       value_refused(why, "a socket's path has at most %zu bytes", most);
}

/* ---- TLS and times -------------------------------------------------------------------------- */

static bool certificate_has_key(const struct conf *c, struct reason *why)
{
	return !c->tls.certificate || c->tls.key ||
	       value_refused(why, "tls.key is missing beside it");
}

static bool key_has_certificate(const struct conf *c, struct reason *why)
{
	return !c->tls.key || c->tls.certificate ||
	       value_refused(why, "tls.certificate is missing beside it");
}

static bool session_idle_fits(const struct conf *c, struct reason *why)
{
	return c->life.session_idle_s <= c->life.session_s ||
	       value_refused(why, "it is longer than life.session");
}

static bool refresh_idle_fits(const struct conf *c, struct reason *why)
{
	return c->life.refresh_idle_s <= c->life.refresh_s ||
	       value_refused(why, "it is longer than life.refresh");
}

/* Verifiers that keep a key set as long as a token lives must meet each key before it signs. */
static bool announcement_is_long(const struct conf *c, struct reason *why)
{
	if (c->keys.announce_s < c->life.access_token_s)
		return value_refused(why, "it is shorter than life.access_token");
	if (c->keys.announce_s < c->life.id_token_s)
		return value_refused(why, "it is shorter than life.id_token");
	/* Each further period is one more key of each algorithm in every key set. */
	return c->keys.announce_s <= ANNOUNCED_MAX * c->keys.active_s ||
	       value_refused(why, "it is longer than %d times keys.active", ANNOUNCED_MAX);
}

/* No key that is announced after a bundle was made signs before it ends, and there is always one that
 * is announced already, for a rotation at once. */
static bool bundle_is_covered(const struct conf *c, struct reason *why)
{
	return !c->keys.bundle_s || c->keys.announce_s >= c->keys.bundle_s + c->keys.active_s ||
	       value_refused(why, "keys.announce is shorter than it and keys.active together");
}

/* OpenID Connect Discovery §3: RS256 is among those of ID tokens. */
static bool algorithms_are_good(const struct conf *c, struct reason *why)
{
	unsigned set;
	if (key_algorithms_parse(slice_str(c->keys.algorithms), &set) != ST_OK)
		return value_refused(why, "it is not one or several of ES256, RS256, EdDSA, PS256, SGD_SM3_SM2");
	return key_algorithms_have(set, KEY_RS256) ||
	       value_refused(why, "RS256 is not among them, which every client may ask for");
}

static bool tokens_can_be_signed(const struct conf *c, struct reason *why)
{
	return slice_has_word(slice_str(c->keys.algorithms), slice_str(c->tokens.algorithm)) ||
	       value_refused(why, "it is not one of keys.algorithms");
}

/* Below it stand the paths of the endpoints, as below the issuer. */
static bool mtls_url_is_good(const struct conf *c, struct reason *why)
{
	struct slice url = c->mtls.url ? slice_str(c->mtls.url) : NO_SLICE;
	if (!url.p)
		return true;
	if (!slice_starts(url, SLICE("https://")) || url.p[url.n - 1] == '/' || strpbrk(c->mtls.url, "?# "))
		return value_refused(why, "it is no https URL without query and without a slash at its end");
	return c->tls.certificate || c->mtls.header ||
	       value_refused(why, "nobody asks for certificates: neither tls nor mtls.header is set");
}

/* What a level needs, the one above needs at least. */
static bool ladder_ascends(const struct conf_level *low, struct reason *why)
{
	const struct conf_level *high = low + 1;
	bool less = high->identity < low->identity || high->authenticator < low->authenticator ||
		    high->federation < low->federation;
	return !less || value_refused(why, "it needs less than the level below on one axis");
}

static bool rn3_is_above(const struct conf *c, struct reason *why)
{
	return ladder_ascends(&c->levels.ladder[0], why);
}

static bool rn4_is_above(const struct conf *c, struct reason *why)
{
	return ladder_ascends(&c->levels.ladder[1], why);
}

static bool rn5_is_above(const struct conf *c, struct reason *why)
{
	return ladder_ascends(&c->levels.ladder[2], why);
}

static bool level_names_are_good(const struct conf *c, struct reason *why)
{
	struct slice rest = c->levels.names ? slice_str(c->levels.names) : NO_SLICE, word;
	while (slice_next_word(&rest, &word)) {
		size_t name = slice_find(word, '=');
		struct slice level = slice_from(word, name < word.n ? name + 1 : name);
		bool good = name && level.n == 3 && level.p[0] == 'r' && level.p[1] == 'n' &&
			    level.p[2] >= '2' && level.p[2] <= '5';
		if (!good)
			return value_refused(why, "%s is not NAME=rn2 to rn5", value_shown(word).text);
		if (slice_starts(word, SLICE("urn:authd:acr:")))
			return value_refused(why, "%s is a name of authd's own", value_shown(word).text);
	}
	return true;
}

const char *conf_fault(const struct conf *c, struct reason *why)
{
	static const struct {
		const char *key;
		bool (*is_good)(const struct conf *c, struct reason *why);
	} checks[] = {
	        {"issuer", issuer_is_good},
	        {"tls.certificate", certificate_has_key},
	        {"tls.key", key_has_certificate},
	        {"mtls.url", mtls_url_is_good},
	        {"keys_dir", keys_are_apart},
	        {"kek_file", kek_is_apart},
	        {"cache", cache_is_good},
	        {"admin.socket", socket_fits},
	        {"life.session_idle", session_idle_fits},
	        {"life.refresh_idle", refresh_idle_fits},
	        {"keys.announce", announcement_is_long},
	        {"keys.bundle", bundle_is_covered},
	        {"keys.algorithms", algorithms_are_good},
	        {"tokens.algorithm", tokens_can_be_signed},
	        {"levels.rn3", rn3_is_above},
	        {"levels.rn4", rn4_is_above},
	        {"levels.rn5", rn5_is_above},
	        {"levels.names", level_names_are_good},
	};
	for (size_t i = 0; i < COUNT_OF(checks); i++)
		if (!checks[i].is_good(c, why))
			return checks[i].key;
	return NULL;
}
