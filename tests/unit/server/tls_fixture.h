/* A server with TLS. Apart from the test, since gnutls.h and request.h do not go together: see
 * authd/server/tls.h. */
#pragma once

#include "libauth/base/status.h"

#include <stdint.h>

struct fixture;
/* With certificate.pem and key.pem of this folder. */
struct fixture *tls_fixture_start(const char *dir);
void tls_fixture_stop(struct fixture *f);
int tls_fixture_port(struct fixture *f);
int tls_fixture_dial(int port);
status tls_fixture_reload(struct fixture *f);
int64_t tls_fixture_expires_at(struct fixture *f);
