/*
 * A root: the key that signs trust bundles, on a machine that is no issuer's.
 *
 *	root_generate() | root_open() -> root_sign() a few times a year -> root_free()
 *
 * It is an ES256 key in a PEM file of its own, encrypted under a passphrase (PKCS#8, RFC 5958; PBES2
 * with scrypt, RFC 7914 §7, and AES-256-CBC), which `openssl pkey` opens as well.
 *                                                       Threads: a root belongs to one at a time.
 */
#pragma once

#include "keys/keys.h"

struct root;

/* `typ` of what it signs: the next root's public key, and a bundle. */
#define ROOT_LINK_TYPE "root+jwt"
#define ROOT_BUNDLE_TYPE "trust-bundle+jwt"

enum {
	ROOT_PASSPHRASE_MIN = 12,
	ROOT_PASSPHRASE_MAX = 1024,
};

status root_generate(struct root **ret);
/* ST_INVALID: not such a file, or not its passphrase. */
status root_open(struct slice pem, struct slice passphrase, struct root **ret, struct error *e);
void root_free(struct root *r);
DEFINE_AUTO(root, struct root *, root_free)

/* Append the private key's PEM. ST_INVALID: the passphrase is too short or too long. */
status root_seal(const struct root *r, struct slice passphrase, struct buf *pem, struct error *e);
/* Append the public key as a JWK (RFC 7517); the kid is its thumbprint (RFC 7638). */
status root_put_jwk(const struct root *r, struct buf *json);
/* Append a compact JWS of the payload. */
status root_sign(struct root *r, const char *type, struct slice payload, struct buf *token);
