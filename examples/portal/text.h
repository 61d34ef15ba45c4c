/*
 * Texts: put together in a stream, escaped for the place where they go, and drawn at random.
 *
 *	struct writer w;
 *	if (!writer_open(&w))
 *		return NULL;
 *	fputs("https://id.example/authorize?state=", w.out);
 *	put_percent(w.out, state);
 *	return writer_close(&w);
 *                                                                              Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text that grows; what is written to `out` needs no check before writer_close(). */
struct writer {
	FILE *out;
	char *text;
	size_t length;
};
bool writer_open(struct writer *w);
/* Ends it. The text is the caller's to free; NULL if memory ran out on the way. */
char *writer_close(struct writer *w);

/* For text and for attributes in double quotes. */
void put_html(FILE *out, const char *text);
/* All but the unreserved characters of RFC 3986 §2.3. */
void put_percent(FILE *out, const char *text);
/* "&name=value", or nothing for a value that is NULL. */
void put_parameter(FILE *out, const char *name, const char *value);

/* 256 bits, base64url: a state, a nonce, a session id, a PKCE verifier. */
enum { RANDOM_SIZE = 44 };
bool random_text(char ret[RANDOM_SIZE]);
/* The base64url of the SHA-256 of a text (RFC 7636 §4.2: S256). */
bool sha256_text(const char *text, char ret[RANDOM_SIZE]);
/* Compares secrets in a time that tells nothing about them. */
bool secret_equal(const char *a, const char *b);

/* Only the printable characters that RFC 6749 §4.1.2.1 allows in an error, at most n - 1 of them. */
void copy_printable(char *ret, size_t n, const char *text);

/* Frees at the end of the scope. */
#define AUTO_FREE __attribute__((cleanup(text_free)))
static inline void text_free(char **text)
{
	free(*text);
}
