/*
 * base64url without padding (RFC 7515 §2), hexadecimal, decimal, percent-encoding and JSON strings.
 * Decoders are strict: one text has one decoding and one value has one text.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/buf.h"

/* The length of the text of n bytes. */
static inline size_t base64url_length(size_t n) { return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0); }

/* Write base64url_length(bytes.n) characters to out; no NUL. */
void base64url_encode(struct slice bytes, char *out);
void buf_put_base64url(struct buf *b, struct slice bytes);
/* p == NULL without memory. */
struct slice arena_base64url(struct arena *a, struct slice bytes);

/*
 * Decode into out, which has room for text.n * 3 / 4 bytes. Returns ST_INVALID for padding, any
 * other character, an impossible length, and set bits behind the last byte.
 */
status base64url_decode(struct slice text, uint8_t *out, size_t *ret_n);
/* ST_INVALID or ST_NOMEM. */
status arena_base64url_decode(struct arena *a, struct slice text, struct slice *ret);

/* Lower case. */
void buf_put_hex(struct buf *b, struct slice bytes);
/* Either case; ST_INVALID unless text is exactly 2n hexadecimal digits. */
status hex_decode(struct slice text, uint8_t *out, size_t n);

/* RFC 3986 §2.3 */
static inline bool is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.' || c == '_' || c == '~';
}

/*
 * One name or value of application/x-www-form-urlencoded (URL Standard §5.1) into out, which has
 * room for text.n bytes. ST_INVALID: a bad escape, a NUL, or no UTF-8.
 */
status form_decode(struct slice text, uint8_t *out, struct slice *ret);

/* Percent-encode all but unreserved characters. */
void buf_put_percent(struct buf *b, struct slice s);

/* A number in decimal: its length; no NUL. */
enum { DECIMAL_MAX = 20 };
size_t decimal_encode(int64_t value, char out[DECIMAL_MAX]);
void buf_put_integer(struct buf *b, int64_t value);

/* A JSON string with its quotes (RFC 8259 §7). s is UTF-8: check foreign bytes first. */
void buf_put_json_string(struct buf *b, struct slice s);
