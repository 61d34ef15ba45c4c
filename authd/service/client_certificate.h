/*
 * A client proves itself by its TLS certificate (RFC 8705 §2): TLS has shown that it holds the key.
 *
 *	tls_client_auth               an authority of ours says who it is: mtls.client_ca
 *	self_signed_tls_client_auth   it registered the key itself: jwks
 *
 * Threads: struct client_ca is internally locked.
 */
#pragma once

#include "authd/model/client.h"
#include "libauth/base/mem.h"
#include "libauth/base/status.h"

struct client_ca;
/* file: PEM, lent. ST_INVALID with a message. */
status client_ca_new(const char *file, struct client_ca **ret, struct error *e);
void client_ca_free(struct client_ca *ca);
DEFINE_AUTO(client_ca, struct client_ca *, client_ca_free)
/* Read the file again; on failure nothing changes. */
status client_ca_reload(struct client_ca *ca, struct error *e);

/* Is it valid at `now`, certified by the authorities, and of the one name that the client registered?
 * ca: NULL refuses. Returns ST_OK, ST_INVALID with a reason (a literal), or a fault. */
status client_certificate_check_name(struct client_ca *ca, const struct client *client, struct slice der,
				     int64_t now, const char **ret_reason);

/* Is it one of the client's JWK set: its certificate (x5c), or its public key? The same answers. */
status client_certificate_check_key(struct slice jwks, struct slice der, struct arena *a,
				    const char **ret_reason);

/* Is what the client registers for its method good? ST_INVALID with a message. */
status client_certificate_check_metadata(const struct client *client, struct error *e);
