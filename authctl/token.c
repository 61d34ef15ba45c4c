#include "authctl/token.h"
#include "authctl/print.h"

#include "libauth/base/encode.h"

enum { TOKEN_MAX = 64 << 10 };

static bool is_blank(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

enum exit_code token_read(struct ctl *c, struct slice *ret)
{
	AUTO_BUF struct buf text = { 0 };
	struct slice s = slice_str(c->args_n ? c->args[0] : "-");
	if (slice_is(s, "-")) {
		enum exit_code code = ctl_read(c, "-", TOKEN_MAX, &text);
		if (code != DONE)
			return code;
		s = buf_slice(&text);
	}
	while (s.n && is_blank(s.p[0]))
		s = slice_from(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s = slice_first(s, s.n - 1);
	if (!s.n)
		return ctl_fail(c, REFUSED, "there is no token");
	*ret = arena_copy(&c->arena, s);
	return ret->p ? DONE : ctl_nomem(c);
}

static status part(struct slice text, struct arena *a, json_t **ret)
{
	struct slice bytes;
	TRY(arena_base64url_decode(a, text, &bytes));
	json_t *json = json_loadb((const char *)bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		return ST_INVALID;
	*ret = json;
	return ST_OK;
}

status token_parts(struct slice token, struct arena *a, json_t **ret_header, json_t **ret_payload)
{
	size_t first = slice_find(token, '.');
	struct slice rest = slice_from(token, first + 1);
	size_t second = slice_find(rest, '.');
	AUTO(json) json_t *header = NULL, *payload = NULL;
	if (second == rest.n)
		return ST_INVALID;
	TRY(part(slice_first(token, first), a, &header));
	TRY(part(slice_first(rest, second), a, &payload));
	*ret_header = TAKE(header);
	*ret_payload = TAKE(payload);
	return ST_OK;
}

static void print_part(const char *name, const json_t *part)
{
	printf("%s ", name);
	json_dumpf(part, stdout, JSON_INDENT(2));
	putchar('\n');
}

void token_print(const json_t *header, const json_t *payload)
{
	static const char *const times[] = { "iat", "nbf", "exp", "auth_time" };
	char room[TIME_TEXT_SIZE];
	print_part("header", header);
	print_part("payload", payload);
	for (size_t k = 0; k < COUNT_OF(times); k++) {
		const json_t *at = json_object_get(payload, times[k]);
		if (json_is_integer(at))
			printf("%-9s  %s\n", times[k], time_text(json_integer_value(at), room));
	}
}
