#include "conf/settings.h"

#include "libauth/base/mem.h"

#include <arpa/inet.h>
#include <stdio.h>

bool value_refused(struct reason *why, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(why->text, sizeof why->text, format, args);
	va_end(args);
	return false;
}

struct shown value_shown(struct slice value)
{
	enum { MOST = 40 };
	struct shown s = {""};
	size_t n = value.n;
	if (n > MOST)
		for (n = MOST; n && (value.p[n] & 0xc0) == 0x80;)
			n--; /* not within a character */
	for (size_t i = 0; i < n; i++)
		s.text[i] = (char)(value.p[i] < 0x20 || value.p[i] == 0x7f ? '?' : value.p[i]);
	if (n < value.n)
		memcpy(s.text + n, "...", 4);
	return s;
}

/* ---- numbers and durations ------------------------------------------------------------------ */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* The digits at the start of rest, which is moved past them; no leading zero, at most 15. */
static bool take_number(struct slice *rest, int64_t *ret)
{
	size_t n = 0;
	int64_t value = 0;
	for (; n < rest->n && is_digit(rest->p[n]); n++) {
		if (n == 15)
			return false;
		value = value * 10 + (rest->p[n] - '0');
	}
	if (!n || (n > 1 && rest->p[0] == '0'))
		return false;
	*rest = slice_from(*rest, n);
	*ret = value;
	return true;
}

static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1},
};

/* The longest unit that gives a whole number. */
static const char *duration_text(int64_t ms, char *out, size_t size)
{
	size_t u = 0;
	while (ms % units[u].ms)
		u++;
	snprintf(out, size, "%lld%s", (long long)(ms / units[u].ms), ms ? units[u].name : "s");
	return out;
}

static bool take_unit(struct slice rest, int64_t *ret_ms)
{
	if (!rest.n) {
		*ret_ms = 1000;
		return true;
	}
	for (size_t u = 0; u < COUNT_OF(units); u++) {
		if (slice_is(rest, units[u].name)) {
			*ret_ms = units[u].ms;
			return true;
		}
	}
	return false;
}

static bool read_duration(const struct setting *s, struct slice text, int64_t *ret,
                          struct reason *why)
{
	const int64_t scale = s->type == SETTING_SECONDS ? 1000 : 1;
	struct slice rest = text;
	int64_t value, unit;
	if (!take_number(&rest, &value) || !take_unit(rest, &unit))
		return value_refused(why,
		                     "expected a duration such as 90s, 5min, 12h or 30d, found %s",
		                     value_shown(text).text);
	if (value > INT64_MAX / unit || (value * unit) % scale || value * unit / scale < s->min ||
	    value * unit / scale > s->max) {
		char min[24], max[24];
		return value_refused(why, "%s is not between %s and %s", value_shown(text).text,
		                     duration_text(s->min * scale, min, sizeof min),
		                     duration_text(s->max * scale, max, sizeof max));
	}
	*ret = value * unit / scale;
	return true;
}

status conf_duration(struct slice text, int64_t *ret_s, struct error *e)
{
	static const struct setting any = {
	        .type = SETTING_SECONDS, .min = 1, .max = (int64_t)100 * 365 * 86400};
	struct reason why = {0};
	return read_duration(&any, text, ret_s, &why) ? ST_OK :
	                                                error_set(e, ST_INVALID, "%s", why.text);
}

static bool read_number(const struct setting *s, struct slice text, int64_t *ret,
                        struct reason *why)
{
	struct slice rest = text;
	bool negative = text.n && text.p[0] == '-';
	if (negative)
		rest = slice_from(rest, 1);
	int64_t value;
	if (!take_number(&rest, &value) || rest.n)
		return value_refused(why, "expected a number, found %s", value_shown(text).text);
	if (negative)
		value = -value;
	if (value < s->min || value > s->max)
		return value_refused(why, "%s is not between %lld and %lld", value_shown(text).text,
		                     (long long)s->min, (long long)s->max);
	*ret = value;
	return true;
}

/* ---- texts ---------------------------------------------------------------------------------- */

static bool is_text(struct slice text, struct reason *why)
{
	if (!text.n)
		return value_refused(why, "is empty");
	if (text.n > SETTING_TEXT_MAX)
		return value_refused(why, "is longer than %d bytes", SETTING_TEXT_MAX);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < 0x20 || text.p[i] == 0x7f)
			return value_refused(why, "has a control character in it");
	return true;
}

bool value_is_address(struct slice text, struct reason *why)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;
	if (text.n < sizeof copy) {
		memcpy(copy, text.p, text.n);
		copy[text.n] = '\0';
		if (strlen(copy) == text.n && (inet_pton(AF_INET, copy, &address) == 1 ||
		                               inet_pton(AF_INET6, copy, &address) == 1))
			return true;
	}
	return value_refused(why, "%s is not an IPv4 or IPv6 address", value_shown(text).text);
}

/* The digits of rest are a prefix length of at most `most`. */
static bool take_bits(struct slice rest, int most, int *ret)
{
	int64_t bits;
	if (!take_number(&rest, &bits) || rest.n || bits > most)
		return false;
	*ret = (int)bits;
	return true;
}

/* Nothing is set behind the prefix: 10.1.0.0/8 is more likely a slip than meant. */
static bool is_network(const struct conf_network *n)
{
	for (int bit = n->bits; bit < 128; bit++)
		if (n->prefix[bit / 8] >> (7 - bit % 8) & 1)
			return false;
	return true;
}

bool value_is_network(struct slice text, struct conf_network *ret, struct reason *why)
{
	static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
	size_t slash = slice_find(text, '/');
	struct slice address = slice_first(text, slash);
	struct conf_network network = {0};
	if (!value_is_address(address, why))
		return false;
	char copy[INET6_ADDRSTRLEN] = "";
	memcpy(copy, address.p, address.n);
	int most = 128;
	if (inet_pton(AF_INET6, copy, network.prefix) != 1) {
		memcpy(network.prefix, MAPPED, sizeof MAPPED);
		(void)inet_pton(AF_INET, copy, network.prefix + sizeof MAPPED);
		most = 32;
	}
	network.bits = most;
	if (slash < text.n && !take_bits(slice_from(text, slash + 1), most, &network.bits))
		return value_refused(why, "%s has no prefix length of 0 to %d behind the slash",
		                     value_shown(text).text, most);
	network.bits += 128 - most;
	if (!is_network(&network))
		return value_refused(why, "%s has bits set behind its prefix", value_shown(text).text);
	*ret = network;
	return true;
}

bool conf_network_has(const struct conf_network *network, const uint8_t address[16])
{
	size_t whole = (size_t)network->bits / 8, rest = (size_t)network->bits % 8;
	return memcmp(network->prefix, address, whole) == 0 &&
	       (!rest || (network->prefix[whole] ^ address[whole]) >> (8 - rest) == 0);
}

bool value_is_word(const char *const *words, struct slice text, struct reason *why)
{
	char list[100] = "";
	size_t n = 0;
	for (size_t i = 0; words[i]; i++) {
		if (slice_is(text, words[i]))
			return true;
		int more = snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", words[i]);
		n += more > 0 && (size_t)more < sizeof list - n ? (size_t)more : 0;
	}
	return value_refused(why, "%s is none of: %s", value_shown(text).text, list);
}

static char *absolute(struct slice path, const char *dir, struct arena *a)
{
	if (path.p[0] == '/')
		return arena_string(a, path);
	return (char *)arena_format(a, "%s/%.*s", dir, SLICE_FMT(path)).p;
}

static bool text_is_good(const struct setting *s, struct slice text, struct reason *why)
{
	if (!is_text(text, why))
		return false;
	if (s->type == SETTING_ADDRESS)
		return value_is_address(text, why);
	return s->type != SETTING_WORD || value_is_word(s->words, text, why);
}

static status read_text(const struct setting *s, struct slice text, const char *dir,
                        struct arena *a, const char **ret, struct reason *why)
{
	if (!text_is_good(s, text, why))
		return ST_INVALID;
	const char *value =
	        s->type == SETTING_PATH ? absolute(text, dir, a) : arena_string(a, text);
	if (!value)
		return ST_NOMEM;
	*ret = value;
	return ST_OK;
}

/* identity/authenticator/federation, a digit each. */
static bool read_level(struct slice text, struct conf_level *ret, struct reason *why)
{
	static const char *const FORM = "is not identity/authenticator/federation: 2 to 5, 1 to 3, 1 to 3";
	if (text.n != 5 || text.p[1] != '/' || text.p[3] != '/')
		return value_refused(why, "%s %s", value_shown(text).text, FORM);
	struct conf_level level = {text.p[0] - '0', text.p[2] - '0', text.p[4] - '0'};
	if (level.identity < 2 || level.identity > 5 || level.authenticator < 1 ||
	    level.authenticator > 3 || level.federation < 1 || level.federation > 3)
		return value_refused(why, "%s %s", value_shown(text).text, FORM);
	*ret = level;
	return true;
}

status value_read(const struct setting *s, struct slice text, const char *dir, struct arena *a,
                  struct conf *c, struct reason *why)
{
	void *place = (char *)c + s->offset;
	switch (s->type) {
	case SETTING_TEXT:
	case SETTING_PATH:
	case SETTING_ADDRESS:
	case SETTING_WORD: return read_text(s, text, dir, a, place, why);
	case SETTING_NUMBER: return read_number(s, text, place, why) ? ST_OK : ST_INVALID;
	case SETTING_SECONDS:
	case SETTING_MILLISECONDS: return read_duration(s, text, place, why) ? ST_OK : ST_INVALID;
	case SETTING_LEVEL: return read_level(text, place, why) ? ST_OK : ST_INVALID;
	case SETTING_ADDRESSES:
	case SETTING_NETWORKS:
	case SETTING_OPERATORS: break;
	}
	value_refused(why, "expected a list, found %s", value_shown(text).text);
	return ST_INVALID;
}
