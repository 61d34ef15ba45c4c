/*
 * Encryption to somebody's public key: compact JWE (RFC 7516) for one recipient.
 *
 *	jwe_recipient_new(jwks, "ECDH-ES", "A256GCM", &to, &why) -> jwe_encrypt(to, NULL, "JWT", ...)
 *
 * Keys are wrapped by RSA-OAEP-256 (RFC 7518 §4.3) or agreed upon by ECDH-ES (§4.6; P-256, and X25519
 * by RFC 8037 §3.2). The content is in A256GCM or A128CBC-HS256 (§5). Nothing here decrypts.
 *                                           Threads: a recipient is immutable, any number may use it.
 */
#pragma once

#include "libauth/base/buf.h"
#include "libauth/base/mem.h"

/* The names that are served, separated by spaces; for discovery and registration. */
extern const char JWE_ALGORITHMS[]; /* `alg` */
extern const char JWE_ENCODINGS[];  /* `enc` */

struct jwe_recipient;
/*
 * The first key of a key set (RFC 7517 §5) that is meant for this. A key says so by `use` "enc", by
 * `key_ops`, or by naming `alg`; one that says anything else, or nothing, is never taken: a key that
 * signs does not decrypt.
 *
 * Returns ST_INVALID for a set that is none, an unknown alg or enc, or a key that fits but is not
 * sound; ST_NOT_FOUND where no key fits; each with the reason in e.
 */
status jwe_recipient_new(struct slice jwks, struct slice alg, struct slice enc,
			 struct jwe_recipient **ret, struct error *e);
void jwe_recipient_free(struct jwe_recipient *to);
DEFINE_AUTO(jwe_recipient, struct jwe_recipient *, jwe_recipient_free)

/*
 * Append the JWE of plain. type, content_type: the header's `typ` and `cty`, literals; or NULL. For
 * a token that was signed first, cty is "JWT" (RFC 7519 §5.2). On failure `token` is as it was.
 */
status jwe_encrypt(const struct jwe_recipient *to, const char *type, const char *content_type,
		   struct slice plain, struct buf *token);
