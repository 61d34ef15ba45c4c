#include "authd/service/audit.h"

#include "keys/seal.h"
#include "libauth/base/encode.h"

enum { DETAIL_MAX = 512 };

static void put_name(struct buf *out, const char *name)
{
	buf_put_byte(out, out->n > 1 ? ',' : '{');
	buf_put_json_string(out, slice_str(name));
	buf_put_byte(out, ':');
}

static void put_text(struct buf *out, const char *name, struct slice value)
{
	if (!value.p)
		return;
	put_name(out, name);
	buf_put_json_string(out, slice_is_utf8(value) ? value : SLICE("(not UTF-8)"));
}

static void put_id(struct buf *out, const char *name, struct id id)
{
	if (id_is_zero(id))
		return;
	put_name(out, name);
	buf_put_byte(out, '"');
	buf_put_hex(out, id_slice(&id));
	buf_put_byte(out, '"');
}

static status put_sha256(struct buf *out, const char *name, struct slice value)
{
	uint8_t hash[32];
	if (!value.p)
		return ST_OK;
	TRY(sha256(value, hash));
	put_name(out, name);
	buf_put_byte(out, '"');
	buf_put_hex(out, slice_of(hash, sizeof hash));
	buf_put_byte(out, '"');
	return ST_OK;
}

/* At most DETAIL_MAX bytes, cut between two characters. */
static struct slice cut(struct slice s)
{
	if (s.n <= DETAIL_MAX)
		return s;
	size_t n = DETAIL_MAX;
	while (n && (s.p[n] & 0xc0) == 0x80)
		n--;
	return slice_first(s, n);
}

status audit_encode(const struct audit_entry *entry, struct buf *out)
{
	put_text(out, "event", slice_str(entry->event));
	put_text(out, "outcome", slice_str(entry->outcome ? entry->outcome : "ok"));
	put_text(out, "operator", entry->operator_name);
	put_id(out, "actor", entry->actor);
	put_text(out, "client_id", cut(entry->client_id));
	put_id(out, "subject", entry->subject);
	put_id(out, "session", entry->session);
	put_id(out, "grant", entry->grant);
	TRY(put_sha256(out, "authorization_details_sha256", entry->authorization_details));
	put_id(out, "mandate", entry->mandate);
	put_text(out, "kid", cut(entry->kid));
	if (entry->count) {
		put_name(out, "count");
		buf_put_integer(out, entry->count);
	}
	put_text(out, "checkpoint", entry->checkpoint);
	put_text(out, "detail", cut(entry->detail));
	buf_put_byte(out, '}');
	return buf_status(out);
}

status audit_write(struct batch *b, const struct audit_entry *entry)
{
	AUTO_BUF struct buf out = {0};
	TRY(audit_encode(entry, &out));
	batch_audit(b, buf_slice(&out));
	return ST_OK;
}
