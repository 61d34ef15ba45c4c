#include "tests/unit/server/tls_fixture.h"

#include "tests/unit/server/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

/* What the server borrows has to live as long as it does. */
struct tls_fixture {
	struct fixture fixture;
	char certificate[100], key[100];
};

struct fixture *tls_fixture_start(const char *dir)
{
	struct tls_fixture *t = malloc(sizeof *t);
	struct fixture *f = &t->fixture;
	fixture_init(f);
	snprintf(t->certificate, sizeof t->certificate, "%s/certificate.pem", dir);
	snprintf(t->key, sizeof t->key, "%s/key.pem", dir);
	f->options.certificate = t->certificate;
	f->options.key = t->key;
	f->options.https = true;
	f->options.request_s = 1;
	fixture_start(f);
	return f;
}

void tls_fixture_stop(struct fixture *f)
{
	fixture_stop(f);
	free(f);
}

int tls_fixture_port(struct fixture *f)
{
	return server_port(f->server);
}

int tls_fixture_dial(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec = 5 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

status tls_fixture_reload(struct fixture *f)
{
	struct error e = { 0 };
	return server_reload(f->server, &e);
}

int64_t tls_fixture_expires_at(struct fixture *f)
{
	return server_certificate_expires_at(f->server);
}
