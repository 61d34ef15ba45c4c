/*
 * The certificate that TLS connections are served with, replaced while serving.
 *
 * Only TLS 1.2 and 1.3, with forward secrecy and AES-GCM: the cipher suites of RFC 9325 §4.2, which
 * FAPI 2.0 §5.2 asks for.
 *                                              Threads: struct tls is internally locked.
 */
#pragma once

#include "libauth/base/mem.h"
#include "libauth/base/slice.h"
#include "libauth/base/status.h"

#include <stdint.h>

struct tls;
/* PEM files: the chain, its own certificate first, and the key. They are lent.
 * ST_INVALID with a message: cannot be read, or the key is not the certificate's. */
/* ask_host: the host (SNI) where clients are asked for a certificate; "": any; NULL: none; lent. */
status tls_new(const char *certificate, const char *key, const char *ask_host, struct tls **ret,
	       struct error *e);
void tls_free(struct tls *t);
DEFINE_AUTO(tls, struct tls *, tls_free)

/* Read the files again; handshakes from now on use what they hold. On failure nothing changes. */
status tls_reload(struct tls *t, struct error *e);
int64_t tls_expires_at(struct tls *t);

/* For MHD_OPTION_HTTPS_PRIORITIES and MHD_OPTION_HTTPS_CERT_CALLBACK. GnuTLS's own types stay in
 * tls.c: gnutls.h has a `union params`. */
extern const char TLS_PRIORITIES[];
void *tls_certificate_callback(void);

/* The client's certificate (DER) in a session of this room, lent by the session; NO_SLICE without one.
 * session: MHD_CONNECTION_INFO_GNUTLS_SESSION. That it holds the key was proved; who says so of its
 * name was not asked. */
struct slice tls_client_certificate(void *session);

/* Asked in each handshake; implemented in connections.c. NULL refuses it. */
struct tls *tls_of_connection(void *socket_context);
