#include "authd/service/totp.h"

#include "authd/service/credentials.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

enum { SHA1_SIZE = 20, SKEW_STEPS = 1, RECOVERY_BYTES = 10, RECOVERY_TEXT = 16, RECOVERY_HASH = 16 };

/* ---- codes ------------------------------------------------------------------------------------ */

/* RFC 4226 §5.3 */
status totp_code(struct slice secret, int64_t step, int digits, char ret[16])
{
	uint8_t counter[8], hash[SHA1_SIZE];
	unsigned size = sizeof hash;
	uint32_t modulus = 1;
	put_u64(counter, (uint64_t)step);
	if (!HMAC(EVP_sha1(), secret.p, (int)secret.n, counter, sizeof counter, hash, &size))
		return ST_UNAVAILABLE;
	for (int i = 0; i < digits; i++)
		modulus *= 10;
	uint32_t number = get_u32(hash + (hash[SHA1_SIZE - 1] & 0xf)) & 0x7fffffff;
	snprintf(ret, 16, "%0*u", digits, number % modulus);
	explicit_bzero(hash, sizeof hash);
	return ST_OK;
}

static const char BASE32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

struct slice base32_text(struct slice bytes, struct arena *a)
{
	size_t n = (bytes.n * 8 + 4) / 5;
	uint8_t *text = arena_alloc(a, n);
	if (!text)
		return NO_SLICE;
	for (size_t i = 0; i < n; i++) {
		size_t bit = i * 5, at = bit / 8;
		unsigned pair = bytes.p[at] << 8 | (at + 1 < bytes.n ? bytes.p[at + 1] : 0);
		text[i] = (uint8_t)BASE32[pair >> (11 - bit % 8) & 31];
	}
	return slice_of(text, n);
}

status base32_read(struct slice text, struct arena *a, struct slice *ret)
{
	size_t n = text.n * 5 / 8;
	uint8_t *bytes = arena_alloc(a, n + 1);
	unsigned rest = 0, bits = 0;
	size_t out = 0;
	if (!bytes)
		return ST_NOMEM;
	for (size_t i = 0; i < text.n; i++) {
		const char *digit = text.p[i] ? strchr(BASE32, text.p[i]) : NULL;
		if (!digit)
			return ST_INVALID;
		rest = rest << 5 | (unsigned)(digit - BASE32);
		bits += 5;
		if (bits < 8)
			continue;
		bits -= 8;
		bytes[out++] = (uint8_t)(rest >> bits);
	}
	*ret = slice_of(bytes, n);
	return ST_OK;
}

/* ---- the record ------------------------------------------------------------------------------- */

status totp_enrolled(struct issuer *is, struct id subject_id, bool *ret)
{
	return credential_record_has(is, subject_id, CREDENTIAL_TOTP, ret);
}

status totp_get(struct issuer *is, struct id subject_id, struct arena *a, struct totp *ret, uint64_t *ret_version)
{
	struct slice plain;
	TRY(credential_record_get(is, subject_id, CREDENTIAL_TOTP, a, &plain, ret_version));
	return totp_decode(plain, ret);
}

status totp_put(struct issuer *is, struct batch *b, struct arena *a, struct id subject_id, const struct totp *t,
		uint64_t expected)
{
	AUTO_BUF struct buf plain = { 0 };
	TRY(totp_encode(t, &plain));
	return credential_record_put(is, b, a, subject_id, CREDENTIAL_TOTP, buf_slice(&plain), expected);
}

void totp_remove(struct batch *b, struct id subject_id, uint64_t expected)
{
	credential_record_delete(b, subject_id, CREDENTIAL_TOTP, expected);
}

/* ---- recovery codes --------------------------------------------------------------------------- */

/* 80 random bits need no slow hash; the person's id makes equal codes of two people differ. */
static status recovery_hash(struct id subject_id, struct slice code, uint8_t ret[RECOVERY_HASH])
{
	uint8_t in[sizeof subject_id.bytes + RECOVERY_TEXT], hash[32];
	if (code.n != RECOVERY_TEXT)
		return ST_BUG;
	memcpy(in, subject_id.bytes, sizeof subject_id.bytes);
	memcpy(in + sizeof subject_id.bytes, code.p, RECOVERY_TEXT);
	TRY(sha256(slice_of(in, sizeof in), hash));
	memcpy(ret, hash, RECOVERY_HASH);
	return ST_OK;
}

status recovery_codes_make(struct id subject_id, struct arena *a, struct totp *t,
			   struct slice ret_texts[RECOVERY_CODES])
{
	uint8_t *hashes = arena_alloc(a, (size_t)RECOVERY_CODES * RECOVERY_HASH);
	if (!hashes)
		return ST_NOMEM;
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		uint8_t bytes[RECOVERY_BYTES];
		TRY(random_bytes(bytes, sizeof bytes));
		struct slice text = base32_text(slice_of(bytes, sizeof bytes), a);
		if (!text.p)
			return ST_NOMEM;
		TRY(recovery_hash(subject_id, text, hashes + i * RECOVERY_HASH));
		ret_texts[i] = arena_format(a, "%.4s-%.4s-%.4s-%.4s", text.p, text.p + 4, text.p + 8, text.p + 12);
		if (!ret_texts[i].p)
			return ST_NOMEM;
	}
	t->recovery = slice_of(hashes, (size_t)RECOVERY_CODES * RECOVERY_HASH);
	return ST_OK;
}

size_t recovery_codes_left(const struct totp *t)
{
	return t->recovery.n / RECOVERY_HASH;
}

/* All are compared, whichever it is. */
static size_t find_recovery(const struct totp *t, const uint8_t hash[RECOVERY_HASH])
{
	size_t n = recovery_codes_left(t), found = n;
	for (size_t i = 0; i < n; i++)
		if (slice_equal_secret(slice_of(t->recovery.p + i * RECOVERY_HASH, RECOVERY_HASH),
				       slice_of(hash, RECOVERY_HASH)))
			found = i;
	return found;
}

/* Where it is one, it is gone. */
static status take_recovery(struct id subject_id, struct slice code, struct arena *a, struct totp *t, bool *ret)
{
	uint8_t hash[RECOVERY_HASH];
	TRY(recovery_hash(subject_id, code, hash));
	size_t n = recovery_codes_left(t), at = find_recovery(t, hash);
	*ret = at < n;
	if (at == n)
		return ST_OK;
	uint8_t *rest = arena_alloc(a, t->recovery.n);
	if (!rest)
		return ST_NOMEM;
	memcpy(rest, t->recovery.p, at * RECOVERY_HASH);
	memcpy(rest + at * RECOVERY_HASH, t->recovery.p + (at + 1) * RECOVERY_HASH, (n - at - 1) * RECOVERY_HASH);
	t->recovery = slice_of(rest, (n - 1) * RECOVERY_HASH);
	return ST_OK;
}

/* ---- a try ------------------------------------------------------------------------------------ */

/* Without the spaces and dashes that people copy along, in capital letters. */
static struct slice normalised(struct slice typed, struct arena *a)
{
	uint8_t *text = arena_alloc(a, typed.n + 1);
	size_t n = 0;
	if (!text)
		return NO_SLICE;
	for (size_t i = 0; i < typed.n; i++) {
		uint8_t c = typed.p[i];
		if (c == ' ' || c == '-')
			continue;
		text[n++] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
	}
	return slice_of(text, n);
}

/* RFC 6238 §5.2: a step before and after now, and none up to the last that was used. */
static status take_step(struct slice code, int64_t now, struct totp *t, bool *ret)
{
	int64_t current = now / TOTP_PERIOD_S, used = t->used_step;
	*ret = false;
	for (int64_t step = current - SKEW_STEPS; step <= current + SKEW_STEPS; step++) {
		char expected[16];
		TRY(totp_code(t->secret, step, TOTP_DIGITS, expected));
		if (step <= t->used_step || !slice_equal_secret(code, slice_str(expected)))
			continue;
		used = step;
		*ret = true;
	}
	t->used_step = used;
	return ST_OK;
}

static bool is_locked(const struct conf *conf, const struct totp *t, int64_t now)
{
	return t->failures >= conf->throttle.account_failures && now < t->failed_at + conf->throttle.window_s;
}

status totp_try(const struct conf *conf, struct id subject_id, struct slice typed, int64_t now, struct arena *a,
		struct totp *t, enum totp_answer *ret)
{
	struct slice code = normalised(typed, a);
	struct totp after = *t;
	bool recovers = code.n == RECOVERY_TEXT, right = false;
	*ret = TOTP_LOCKED;
	if (!code.p)
		return ST_NOMEM;
	if (is_locked(conf, t, now) || (t->failures >= TOTP_FAILURES_MAX && !recovers))
		return ST_OK;
	if (recovers)
		TRY(take_recovery(subject_id, code, a, &after, &right));
	if (code.n == TOTP_DIGITS)
		TRY(take_step(code, now, &after, &right));
	after.failures = right ? 0 : t->failures + 1;
	after.failed_at = right ? 0 : now;
	*t = after;
	*ret = !right ? TOTP_WRONG : recovers ? TOTP_RECOVERED : TOTP_RIGHT;
	return ST_OK;
}
