#include "examples/portal/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

bool writer_open(struct writer *w)
{
	*w = (struct writer){0};
	w->out = open_memstream(&w->text, &w->length);
	return w->out != NULL;
}

char *writer_close(struct writer *w)
{
	bool failed = ferror(w->out);
	failed |= fclose(w->out) != 0;
	if (!failed)
		return w->text;
	free(w->text);
	return NULL;
}

void put_html(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default: fputc(*text, out);
		}
	}
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

void put_percent(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (is_unreserved(*text))
			fputc(*text, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*text);
	}
}

void put_parameter(FILE *out, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(out, "&%s=", name);
	put_percent(out, value);
}

/* 32 bytes make 43 characters, and one "=" that base64url leaves out (RFC 7515 §2). */
static void base64url(const unsigned char bytes[32], char ret[RANDOM_SIZE])
{
	unsigned char text[RANDOM_SIZE + 1];
	EVP_EncodeBlock(text, bytes, 32);
	for (size_t i = 0; i < RANDOM_SIZE - 1; i++)
		ret[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : (char)text[i];
	ret[RANDOM_SIZE - 1] = '\0';
}

bool random_text(char ret[RANDOM_SIZE])
{
	unsigned char bytes[32];
	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	base64url(bytes, ret);
	OPENSSL_cleanse(bytes, sizeof bytes);
	return true;
}

bool sha256_text(const char *text, char ret[RANDOM_SIZE])
{
	unsigned char hash[32];
	if (!EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL))
		return false;
	base64url(hash, ret);
	return true;
}

bool secret_equal(const char *a, const char *b)
{
	size_t n = strlen(a);
	return n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}

void copy_printable(char *ret, size_t n, const char *text)
{
	size_t used = 0;
	for (; *text && used + 1 < n; text++)
		if (*text >= 0x20 && *text <= 0x7e && *text != '"' && *text != '\\')
			ret[used++] = *text;
	ret[used] = '\0';
}
