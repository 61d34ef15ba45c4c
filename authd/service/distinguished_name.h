/*
 * A distinguished name as text (RFC 4514), compared with that of a certificate.
 *
 * Each attribute is compared by its type (short name, long name or OID) and by the bytes of its value
 * in UTF-8; nothing is folded, so that one text names one subject.              Threads: pure.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/status.h"

#include <openssl/x509.h>

/* ST_OK if the text is one: "CN=portal,O=省政务服务网,C=CN". ST_INVALID. */
status distinguished_name_check(struct slice text);

/* Does the name read as the text does? The text's first attribute is the name's last (RFC 4514 §2.1). */
bool distinguished_name_is(struct slice text, const X509_NAME *name);
