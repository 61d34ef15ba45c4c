/*
 * A run of bytes that somebody else owns. Never NUL-terminated by promise.
 * An absent value has p == NULL; an empty one has n == 0.                     Threads: immutable.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const uint8_t *p;
	size_t n;
};

#define NO_SLICE ((struct slice){ NULL, 0 })
/* A slice of a string literal; the quotes make anything else fail to compile. */
#define SLICE(literal) ((struct slice){ (const uint8_t *)("" literal), sizeof(literal) - 1 })
/* The same as an initialiser of a const table. */
#define SLICE_INIT(literal) { (const uint8_t *)("" literal), sizeof(literal) - 1 }
/* For printf: "%.*s", SLICE_FMT(s). Only for bytes already known to be printable. */
#define SLICE_FMT(s) (int)(s).n, (const char *)(s).p

static inline struct slice slice_of(const void *p, size_t n)
{
	return (struct slice){ (const uint8_t *)p, n };
}

static inline struct slice slice_str(const char *s)
{
	return s ? slice_of(s, strlen(s)) : NO_SLICE;
}

static inline bool slice_empty(struct slice s) { return s.n == 0; }

/* Not for secrets: see slice_equal_secret(). */
static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_is(struct slice a, const char *s) { return slice_equal(a, slice_str(s)); }

static inline bool slice_starts(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

/* memcmp order, the shorter first. */
int slice_compare(struct slice a, struct slice b);

/* Equality in time that depends on the lengths alone. */
bool slice_equal_secret(struct slice a, struct slice b);

static inline struct slice slice_from(struct slice s, size_t offset)
{
	offset = offset < s.n ? offset : s.n;
	return slice_of(offset ? s.p + offset : s.p, s.n - offset); /* NULL + 0 is undefined */
}

static inline struct slice slice_first(struct slice s, size_t n)
{
	return slice_of(s.p, n < s.n ? n : s.n);
}

/* The offset of the first byte c, or s.n. */
static inline size_t slice_find(struct slice s, char c)
{
	const uint8_t *at = s.n ? memchr(s.p, (unsigned char)c, s.n) : NULL;
	return at ? (size_t)(at - s.p) : s.n;
}

/*
 * Take the next word of a list such as `scope` (RFC 6749 §3.3) or `prompt`: words are separated by
 * single or several spaces. Returns false at the end. `rest` is moved past the word.
 */
bool slice_next_word(struct slice *rest, struct slice *ret_word);
bool slice_has_word(struct slice list, struct slice word);

/* UTF-8 as RFC 3629 allows it: no overlong form, no surrogate, nothing above U+10FFFF. */
bool slice_is_utf8(struct slice s);
