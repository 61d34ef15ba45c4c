#include "signed.h"

#include "libauth/base/encode.h"

#include <sodium.h>
#include <stdlib.h>

struct pair {
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
};

static struct pair pair_of(char kid)
{
	struct pair pair;
	uint8_t seed[crypto_sign_SEEDBYTES];
	memset(seed, kid, sizeof seed);
	if (sodium_init() < 0 || crypto_sign_seed_keypair(pair.public, pair.secret, seed))
		abort();
	return pair;
}

struct auth_keyset *signed_keys(char kid)
{
	struct pair pair = pair_of(kid);
	struct auth_keyset *keys;
	AUTO_BUF struct buf b = { 0 };
	buf_format(&b, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%c\",\"x\":\"", kid);
	buf_put_base64url(&b, slice_of(pair.public, sizeof pair.public));
	buf_put_text(&b, "\"}]}");
	if (auth_keyset_from_json(b.p, b.n, &keys, NULL) != AUTH_OK)
		abort();
	return keys;
}

static void put_token(struct slice header, struct slice payload, struct buf *out)
{
	bool second = memmem(header.p, header.n, "\"kid\":\"b\"", 9);
	struct pair pair = pair_of(second ? 'b' : 'a');
	uint8_t signature[crypto_sign_BYTES];
	size_t start = out->n;
	buf_put_base64url(out, header);
	buf_put_byte(out, '.');
	buf_put_base64url(out, payload);
	struct slice message = slice_from(buf_slice(out), start);
	if (out->failed || crypto_sign_detached(signature, NULL, message.p, message.n, pair.secret))
		abort();
	buf_put_byte(out, '.');
	buf_put_base64url(out, slice_of(signature, sizeof signature));
}

static struct slice next_line(struct slice *rest)
{
	size_t n = slice_find(*rest, '\n');
	struct slice line = slice_first(*rest, n);
	*rest = slice_from(*rest, n + 1);
	return line;
}

void signed_input(struct slice data, struct buf *ret)
{
	if (!data.n || data.p[0] != '{') {
		buf_put(ret, data);
		return;
	}
	while (data.n) {
		struct slice header = next_line(&data), payload = next_line(&data);
		if (ret->n)
			buf_put_byte(ret, '\n');
		put_token(header, payload, ret);
	}
}

bool signed_holds(struct slice token)
{
	const uint8_t *dot = token.n ? memrchr(token.p, '.', token.n) : NULL;
	uint8_t signature[crypto_sign_BYTES];
	size_t n;
	if (!dot)
		return false;
	struct slice message = slice_first(token, (size_t)(dot - token.p));
	if (sodium_base642bin(signature, sizeof signature, (const char *)dot + 1,
			      token.n - message.n - 1, NULL, &n, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
	    n != sizeof signature)
		return false;
	struct pair a = pair_of('a'), b = pair_of('b');
	return !crypto_sign_verify_detached(signature, message.p, message.n, a.public) ||
	       !crypto_sign_verify_detached(signature, message.p, message.n, b.public);
}
