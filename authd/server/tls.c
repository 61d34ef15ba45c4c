#include "authd/server/tls.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { CHAIN_MAX = 8 };

const char TLS_PRIORITIES[] =
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
        ":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"
        ":-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:-MAC-ALL:+AEAD"
        ":-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE:%SAFE_RENEGOTIATION";

/* One reading of the two files. */
struct identity {
	struct identity *older; /* sessions may still point to it: freed with the server */
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned chain_n;
	gnutls_privkey_t key;
	int64_t expires_at;
};

struct tls {
	const char *certificate_file, *key_file, *ask_host;
	_Atomic(struct identity *) current;
};

static void identity_free(struct identity *i)
{
	if (!i)
		return;
	for (unsigned k = 0; k < i->chain_n; k++)
		gnutls_pcert_deinit(&i->chain[k]);
	if (i->key)
		gnutls_privkey_deinit(i->key);
	free(i);
}
DEFINE_AUTO(identity, struct identity *, identity_free)

/* GnuTLS says only that it could not read; the system says why. */
static status check_readable(const char *file, struct error *e)
{
	if (access(file, R_OK) == 0)
		return ST_OK;
	return error_set(e, ST_INVALID, "%s: cannot be read by authd's user: %s", file, strerror(errno));
}

static status read_chain(struct identity *i, const char *file, struct error *e)
{
	unsigned n = CHAIN_MAX;
	TRY(check_readable(file, e));
	int code = gnutls_pcert_list_import_x509_file(i->chain, &n, file, GNUTLS_X509_FMT_PEM, NULL,
	                                              NULL, 0);
	if (code < 0)
		return error_set(e, ST_INVALID, "%s: no certificates can be read: %s", file,
		                 gnutls_strerror(code));
	i->chain_n = n;

	gnutls_x509_crt_t own;
	if (gnutls_pcert_export_x509(&i->chain[0], &own) != 0)
		return error_set(e, ST_INVALID, "%s: not an X.509 certificate", file);
	i->expires_at = gnutls_x509_crt_get_expiration_time(own);
	gnutls_x509_crt_deinit(own);
	return ST_OK;
}

static status read_key(struct identity *i, const char *file, struct error *e)
{
	gnutls_datum_t pem = { NULL, 0 };
	TRY(check_readable(file, e));
	int code = gnutls_load_file(file, &pem);
	if (code == 0)
		code = gnutls_privkey_init(&i->key);
	if (code == 0)
		code = gnutls_privkey_import_x509_raw(i->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (pem.data)
		gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	if (code != 0)
		return error_set(e, ST_INVALID, "%s: no private key can be read: %s", file,
		                 gnutls_strerror(code));
	return ST_OK;
}

/* The key's own public half must be the one that the certificate carries. */
static bool is_pair(const struct identity *i)
{
	unsigned char of_key[32], of_certificate[32];
	size_t key_n = sizeof of_key, certificate_n = sizeof of_certificate;
	gnutls_pubkey_t public;
	if (gnutls_pubkey_init(&public) != 0)
		return false;
	bool ok = gnutls_pubkey_import_privkey(public, i->key, 0, 0) == 0 &&
	          gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &key_n) == 0 &&
	          gnutls_pubkey_get_key_id(i->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256,
	                                   of_certificate, &certificate_n) == 0;
	gnutls_pubkey_deinit(public);
	return ok && key_n == certificate_n && memcmp(of_key, of_certificate, key_n) == 0;
}

/* Whoever reloads every minute makes no heap of old ones. */
static bool is_same(const struct identity *a, const struct identity *b)
{
	if (!b || a->chain_n != b->chain_n)
		return false;
	for (unsigned i = 0; i < a->chain_n; i++)
		if (a->chain[i].cert.size != b->chain[i].cert.size ||
		    memcmp(a->chain[i].cert.data, b->chain[i].cert.data, a->chain[i].cert.size) !=
		            0)
			return false;
	return true;
}

status tls_reload(struct tls *t, struct error *e)
{
	AUTO(identity) struct identity *i = calloc(1, sizeof *i);
	if (!i)
		return ST_NOMEM;
	TRY(read_chain(i, t->certificate_file, e));
	TRY(read_key(i, t->key_file, e));
	if (!is_pair(i))
		return error_set(e, ST_INVALID, "%s is not the private key of %s", t->key_file,
		                 t->certificate_file);
	i->older = atomic_load(&t->current);
	if (is_same(i, i->older))
		return ST_OK;
	while (!atomic_compare_exchange_weak(&t->current, &i->older, i))
		;
	i = NULL;
	return ST_OK;
}

status tls_new(const char *certificate, const char *key, const char *ask_host, struct tls **ret,
	       struct error *e)
{
	AUTO(tls) struct tls *t = calloc(1, sizeof *t);
	if (!t)
		return ST_NOMEM;
	t->certificate_file = certificate;
	t->key_file = key;
	t->ask_host = ask_host;
	TRY(tls_reload(t, e));
	*ret = TAKE(t);
	return ST_OK;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	for (struct identity *i = atomic_load(&t->current), *older; i; i = older) {
		older = i->older;
		identity_free(i);
	}
	free(t);
}

int64_t tls_expires_at(struct tls *t)
{
	return atomic_load(&t->current)->expires_at;
}

/* Is this the host that clients with certificates come to? A browser that was asked would trouble
 * its user with a choice, so that people's host does not ask. */
static bool asks_for_certificate(const struct tls *t, gnutls_session_t session)
{
	char name[256];
	size_t n = sizeof name;
	unsigned type;
	if (!t->ask_host || !t->ask_host[0])
		return t->ask_host != NULL;
	return gnutls_server_name_get(session, name, &n, &type, 0) == 0 && type == GNUTLS_NAME_DNS &&
	       strcasecmp(name, t->ask_host) == 0;
}

struct slice tls_client_certificate(void *session)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = session ? gnutls_certificate_get_peers(session, &n) : NULL;
	return chain && n ? slice_of(chain->data, chain->size) : NO_SLICE;
}

/* libmicrohttpd gives the callback no context, but the session points to its connection. */
static int give_certificate(gnutls_session_t session, const gnutls_datum_t *authorities,
                            int authorities_n, const gnutls_pk_algorithm_t *algorithms,
                            int algorithms_n, gnutls_pcert_st **ret_chain, unsigned *ret_n,
                            gnutls_privkey_t *ret_key)
{
	(void)authorities, (void)authorities_n, (void)algorithms, (void)algorithms_n;
	struct MHD_Connection *mhd = gnutls_session_get_ptr(session);
	const union MHD_ConnectionInfo *info =
	        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct tls *t = info ? tls_of_connection(info->socket_context) : NULL;
	if (!t)
		return -1;
	if (asks_for_certificate(t, session))
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	struct identity *i = atomic_load(&t->current);
	*ret_chain = i->chain;
	*ret_n = i->chain_n;
	*ret_key = i->key;
	return 0;
}

void *tls_certificate_callback(void)
{
	return (void *)(uintptr_t)give_certificate;
}
