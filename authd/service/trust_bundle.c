#include "authd/service/trust_bundle.h"

#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

#include <inttypes.h>
#include <time.h>

static const struct slice VERSION_KEY = SLICE_INIT("trust-bundle");

static void put_lists(const struct trust_bundle *b, struct buf *json)
{
	for (size_t i = 0; i < b->lists_n; i++) {
		if (i)
			buf_put_byte(json, ',');
		buf_put_json_string(json, b->lists[i]);
	}
}

status trust_bundle_encode(const struct trust_bundle *b, struct buf *json)
{
	buf_put_text(json, "{\"iss\":");
	buf_put_json_string(json, b->issuer);
	buf_format(json, ",\"version\":%" PRId64 ",\"iat\":%" PRId64 ",\"exp\":%" PRId64, b->version,
		   b->issued_at, b->expires_at);
	buf_put_text(json, ",\"metadata\":");
	buf_put(json, b->metadata);
	buf_put_text(json, ",\"jwks\":");
	buf_put(json, b->jwks);
	buf_put_text(json, ",\"status_lists\":[");
	put_lists(b, json);
	buf_put_text(json, "]}");
	return buf_status(json);
}

/* UTC, to the second (RFC 3339). */
static const char *utc(int64_t at, char room[24])
{
	struct tm tm;
	time_t t = at;
	if (!gmtime_r(&t, &tm) || strftime(room, 24, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return "an unknown time";
	return room;
}

status trust_bundle_expiry(const struct conf *conf, struct slice asked, int64_t until, int64_t now,
			   int64_t *ret, struct error *e)
{
	int64_t life = conf->keys.bundle_s;
	char end[24], last[24];
	if (asked.p)
		TRY(conf_duration(asked, &life, e));
	if (!life)
		return error_set(e, ST_INVALID, "how long shall it serve? Say --expires 30d, or set "
						"keys.bundle in the configuration");
	if (now + life > until)
		return error_set(e, ST_INVALID,
				 "it would serve until %s, but the keys announced so far sign only until "
				 "%s: ask for less, or set keys.bundle and a longer keys.announce",
				 utc(now + life, end), utc(until, last));
	*ret = now + life;
	return ST_OK;
}

status trust_bundle_next(struct records *r, struct batch *b, int64_t now, struct arena *a,
			 int64_t *ret_version)
{
	struct record last;
	int64_t version = now;
	status s = records_get(r, TABLE_META, VERSION_KEY, a, &last);
	if (s == ST_OK && last.value.n != 8)
		return ST_CORRUPT;
	if (s == ST_OK && (int64_t)get_u64(last.value.p) >= version)
		version = (int64_t)get_u64(last.value.p) + 1;
	if (s != ST_OK && s != ST_NOT_FOUND)
		return s;
	uint8_t bytes[8];
	put_u64(bytes, (uint64_t)version);
	batch_put(b, TABLE_META, VERSION_KEY, s == ST_OK ? last.version : VERSION_NONE,
		  slice_of(bytes, sizeof bytes));
	*ret_version = version;
	return ST_OK;
}
