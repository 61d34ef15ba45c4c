/* TLS: versions, suites, and certificates that are replaced while serving. */
#include "authd/server/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/server/tls_fixture.h"

/* ---- a certificate --------------------------------------------------------------------------- */

static void write_pem(const char *path, const gnutls_datum_t *pem)
{
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(pem->data, 1, pem->size, f), pem->size);
	assert_int_equal(fclose(f), 0);
}

/* Self-signed, with this serial number and life. */
static void make_certificate(const char *dir, unsigned char serial, int64_t life_s)
{
	char path[100];
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;
	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
	                             GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, &serial, 1);
	gnutls_x509_crt_set_dn(crt, "CN=localhost", NULL);
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 60);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + life_s);
	gnutls_x509_crt_set_key(crt, key);
	assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);

	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	snprintf(path, sizeof path, "%s/certificate.pem", dir);
	write_pem(path, &pem);
	gnutls_free(pem.data);
	assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0);
	snprintf(path, sizeof path, "%s/key.pem", dir);
	write_pem(path, &pem);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

/* ---- a client -------------------------------------------------------------------------------- */

struct client {
	int fd;
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
};

static int client_connect(struct client *c, int port, const char *priorities)
{
	c->fd = tls_fixture_dial(port);
	gnutls_certificate_allocate_credentials(&c->credentials);
	gnutls_init(&c->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
	assert_int_equal(gnutls_priority_set_direct(c->session, priorities, NULL), 0);
	gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, c->credentials);
	gnutls_transport_set_int(c->session, c->fd);
	gnutls_handshake_set_timeout(c->session, 5000);
	int code;
	do
		code = gnutls_handshake(c->session);
	while (code < 0 && !gnutls_error_is_fatal(code));
	return code;
}

static void client_close(struct client *c)
{
	gnutls_deinit(c->session);
	gnutls_certificate_free_credentials(c->credentials);
	close(c->fd);
}

static int served_serial(struct client *c)
{
	unsigned n;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(c->session, &n);
	unsigned char serial[20];
	size_t size = sizeof serial;
	gnutls_x509_crt_t crt;
	gnutls_x509_crt_init(&crt);
	assert_int_equal(gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER), 0);
	assert_int_equal(gnutls_x509_crt_get_serial(crt, serial, &size), 0);
	gnutls_x509_crt_deinit(crt);
	return serial[size - 1];
}

/* The answer's status. */
static int client_get(struct client *c, const char *target, char *answer, size_t size)
{
	char request[200];
	int n = snprintf(request, sizeof request,
	                 "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", target);
	assert_int_equal(gnutls_record_send(c->session, request, (size_t)n), n);
	size_t got = 0;
	for (ssize_t more;
	     (more = gnutls_record_recv(c->session, answer + got, size - 1 - got)) > 0;)
		got += (size_t)more;
	answer[got] = '\0';
	return got > 12 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static char dir[] = "/tmp/tls-test-XXXXXX", answer[64 << 10];

static int set_up(void **state)
{
	assert_non_null(mkdtemp(dir));
	make_certificate(dir, 1, 86400);
	*state = tls_fixture_start(dir);
	return 0;
}

static int tear_down(void **state)
{
	char command[100];
	tls_fixture_stop(*state);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static void test_serves(void **state)
{
	struct client c;
	assert_int_equal(client_connect(&c, tls_fixture_port(*state), "NORMAL"), 0);
	assert_int_equal(gnutls_protocol_get_version(c.session), GNUTLS_TLS1_3);
	assert_int_equal(client_get(&c, "/slow", answer, sizeof answer), 200);
	assert_non_null(strstr(answer, "\"sum\":6"));
	assert_non_null(strstr(answer, "Strict-Transport-Security: max-age=31536000\r\n"));
	client_close(&c);
}

/* RFC 9325 §3.1, §4.2: nothing before TLS 1.2, forward secrecy and AEAD alone. */
static void test_versions_and_suites(void **state)
{
	static const struct {
		const char *priorities;
		bool ok;
	} rows[] = {
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", true },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", true },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM", true },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC", false },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA", false },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA", false },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.1", false },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.0", false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct client c;
		int code = client_connect(&c, tls_fixture_port(*state), rows[i].priorities);
		if ((code == 0) != rows[i].ok)
			fail_msg("%s: %s", rows[i].priorities, gnutls_strerror(code));
		client_close(&c);
	}
}

static void test_no_renegotiation(void **state)
{
	struct client c;
	assert_int_equal(
	        client_connect(&c, tls_fixture_port(*state), "NORMAL:-VERS-ALL:+VERS-TLS1.2"), 0);
	int code = gnutls_handshake(c.session);
	assert_true(code < 0);
	client_close(&c);
	assert_int_equal(client_connect(&c, tls_fixture_port(*state), "NORMAL"), 0);
	assert_int_equal(client_get(&c, "/echo", answer, sizeof answer), 200);
	client_close(&c);
}

/* Plain HTTP on the TLS port, and a hello that never goes on. */
static void test_no_tls(void **state)
{
	int plain = tls_fixture_dial(tls_fixture_port(*state));
	assert_true(send(plain, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, MSG_NOSIGNAL) > 0);
	ssize_t n = recv(plain, answer, sizeof answer, 0);
	assert_true(n <= 0 || memcmp(answer, "HTTP", 4) != 0);
	close(plain);
	int silent = tls_fixture_dial(tls_fixture_port(*state));
	assert_true(send(silent, "\x16\x03\x01\x02", 4, MSG_NOSIGNAL) > 0);
	assert_true(recv(silent, answer, sizeof answer, 0) <=
	            0); /* closed: not for want of patience */
	close(silent);
}

static void test_reload(void **state)
{
	struct client before, after;
	assert_int_equal(client_connect(&before, tls_fixture_port(*state), "NORMAL"), 0);
	assert_int_equal(served_serial(&before), 1);
	make_certificate(dir, 2, 2 * 86400);
	assert_int_equal(tls_fixture_reload(*state), ST_OK);
	assert_int_equal(tls_fixture_reload(*state), ST_OK); /* the same again */
	assert_int_equal(client_connect(&after, tls_fixture_port(*state), "NORMAL"), 0);
	assert_int_equal(served_serial(&after), 2);
	/* The connection from before goes on. */
	assert_int_equal(client_get(&before, "/echo", answer, sizeof answer), 200);
	client_close(&before);
	client_close(&after);
	int64_t left_s = tls_fixture_expires_at(*state) - time(NULL);
	assert_in_range(left_s, 2 * 86400 - 60, 2 * 86400);
}

static void test_reload_under_load(void **state)
{
	for (unsigned char i = 3; i < 23; i++) {
		struct client c;
		make_certificate(dir, i, 86400);
		assert_int_equal(tls_fixture_reload(*state), ST_OK);
		assert_int_equal(client_connect(&c, tls_fixture_port(*state), "NORMAL"), 0);
		assert_int_equal(served_serial(&c), i);
		assert_int_equal(client_get(&c, "/echo", answer, sizeof answer), 200);
		client_close(&c);
	}
}

static void test_bad_files_change_nothing(void **state)
{
	char certificate[100], key[100];
	struct error e;
	struct tls *t = NULL;
	gnutls_datum_t broken = { (unsigned char *)"broken", 6 };
	snprintf(certificate, sizeof certificate, "%s/certificate.pem", dir);
	snprintf(key, sizeof key, "%s/key.pem", dir);
	make_certificate(dir, 40, 86400);
	assert_int_equal(tls_fixture_reload(*state), ST_OK);

	write_pem(certificate, &broken);
	assert_int_equal(tls_fixture_reload(*state), ST_INVALID);
	assert_int_equal(tls_new(certificate, key, NULL, &t, &e), ST_INVALID);
	assert_non_null(strstr(e.message, certificate));

	make_certificate(dir, 41, 86400);
	write_pem(key, &broken);
	assert_int_equal(tls_new(certificate, key, NULL, &t, &e), ST_INVALID);
	assert_non_null(strstr(e.message, key));

	char other[100];
	snprintf(other, sizeof other, "%s/other.pem", dir);
	make_certificate(dir, 42, 86400);
	assert_int_equal(rename(key, other), 0);
	make_certificate(dir, 43, 86400);
	assert_int_equal(tls_new(certificate, other, NULL, &t, &e), ST_INVALID);
	assert_non_null(strstr(e.message, "is not the private key of"));
	assert_int_equal(unlink(key), 0);
	assert_int_equal(tls_fixture_reload(*state), ST_INVALID);
	assert_null(t);
	tls_free(NULL);

	struct client c;
	assert_int_equal(client_connect(&c, tls_fixture_port(*state), "NORMAL"), 0);
	assert_int_equal(served_serial(&c), 40);
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serves),
		cmocka_unit_test(test_versions_and_suites),
		cmocka_unit_test(test_no_renegotiation),
		cmocka_unit_test(test_no_tls),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_reload_under_load),
		cmocka_unit_test(test_bad_files_change_nothing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
