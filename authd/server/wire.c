#include "authd/server/wire.h"

struct reader {
	struct wire_head *wire;
	const uint8_t *expected; /* where the next line must begin */
	struct refusal refusal;
};

static struct slice trim_end(struct slice s)
{
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Nothing but white space between the colon, which is a zero now, and the value. */
static bool is_padding(const uint8_t *colon, const uint8_t *value)
{
	if (value <= colon || *colon != 0)
		return false;
	for (const uint8_t *p = colon + 1; p < value; p++)
		if (*p != ' ' && *p != '\t')
			return false;
	return true;
}

static enum MHD_Result read_field(void *context, enum MHD_ValueKind kind, const char *key,
                                  size_t key_n, const char *value, size_t value_n)
{
	(void)kind;
	struct reader *r = context;
	struct head *head = &r->wire->head;
	struct field f = { slice_of(key, key_n),
		           slice_of(value ? value : "", value ? value_n : 0) };
	if (head->n == FIELDS_MAX) {
		r->refusal = (struct refusal){ 431, "too many headers" };
		return MHD_NO;
	}
	if (f.name.p != r->expected || !is_padding(f.name.p + f.name.n, f.value.p)) {
		r->refusal = (struct refusal){ 400, "malformed header line" };
		return MHD_NO;
	}
	r->expected = f.value.p + f.value.n + 2;
	f.value = trim_end(f.value);
	r->wire->fields[head->n++] = f;
	return MHD_YES;
}

/* One space between the three parts, and CR LF behind them. */
static bool is_request_line(const struct head *h, const char *target_at)
{
	const uint8_t *target = (const uint8_t *)target_at;
	return h->method.p + h->method.n + 1 == target &&
	       target + h->target.n + 1 == h->version.p && h->target.n > 0;
}

/* The library says how long the whole head was, with the empty line at its end. */
static bool is_end(struct MHD_Connection *connection, const struct head *h,
                   const uint8_t *empty_line)
{
	const union MHD_ConnectionInfo *info =
	        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	return info && h->method.p + info->header_size == empty_line + 2;
}

struct refusal wire_read(struct MHD_Connection *connection, const char *method, const char *version,
                         struct slice target, const char *target_at, struct wire_head *ret)
{
	ret->head = (struct head){ .method = slice_str(method),
		                   .target = target,
		                   .version = slice_str(version),
		                   .fields = ret->fields };
	if (!is_request_line(&ret->head, target_at))
		return (struct refusal){ 400, "malformed request line" };
	struct reader reader = { .wire = ret, .expected = ret->head.version.p + 8 + 2 };
	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, read_field, &reader);
	if (!reader.refusal.status && !is_end(connection, &ret->head, reader.expected))
		return (struct refusal){ 400, "malformed header line" };
	return reader.refusal;
}
