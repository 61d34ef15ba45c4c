#include "authd/service/client_certificate.h"

#include "authd/service/distinguished_name.h"
#include "libauth/base/encode.h"

#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <pthread.h>

DEFINE_AUTO(certificate, X509 *, X509_free)

static X509 *read_certificate(struct slice der)
{
	const unsigned char *p = der.p;
	X509 *certificate = der.n <= LONG_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;
	ERR_clear_error();
	if (certificate && p != der.p + der.n) {
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

/* ---- authorities ---------------------------------------------------------------------------- */

struct client_ca {
	const char *file;
	pthread_mutex_t lock; /* of store */
	X509_STORE *store;    /* counted: each verification holds one */
};

status client_ca_reload(struct client_ca *ca, struct error *e)
{
	X509_STORE *store = X509_STORE_new();
	if (!store)
		return ST_NOMEM;
	int read = X509_STORE_load_file(store, ca->file);
	ERR_clear_error();
	if (read != 1) {
		X509_STORE_free(store);
		return error_set(e, ST_INVALID, "%s: no certificates can be read", ca->file);
	}
	pthread_mutex_lock(&ca->lock);
	X509_STORE *old = ca->store;
	ca->store = store;
	pthread_mutex_unlock(&ca->lock);
	X509_STORE_free(old);
	return ST_OK;
}

status client_ca_new(const char *file, struct client_ca **ret, struct error *e)
{
	AUTO(client_ca) struct client_ca *ca = calloc(1, sizeof *ca);
	if (!ca)
		return ST_NOMEM;
	pthread_mutex_init(&ca->lock, NULL);
	ca->file = file;
	TRY(client_ca_reload(ca, e));
	*ret = TAKE(ca);
	return ST_OK;
}

void client_ca_free(struct client_ca *ca)
{
	if (!ca)
		return;
	X509_STORE_free(ca->store);
	pthread_mutex_destroy(&ca->lock);
	free(ca);
}

static X509_STORE *hold_store(struct client_ca *ca)
{
	pthread_mutex_lock(&ca->lock);
	X509_STORE *store = ca->store;
	X509_STORE_up_ref(store);
	pthread_mutex_unlock(&ca->lock);
	return store;
}

/* The file has roots and intermediates: the proxy's header has only the client's own certificate. */
static status verify(struct client_ca *ca, X509 *certificate, int64_t now, bool *ret_good)
{
	X509_STORE *store = hold_store(ca);
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool ready = context && X509_STORE_CTX_init(context, store, certificate, NULL) == 1 &&
		     X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1;
	if (ready) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
		X509_VERIFY_PARAM_set_time(param, (time_t)now);
		X509_VERIFY_PARAM_set_auth_level(param, 1); /* no SHA-1, no RSA below 1024 */
		*ret_good = X509_verify_cert(context) == 1;
	}
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	ERR_clear_error();
	return ready ? ST_OK : ST_NOMEM;
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool subject_is(struct slice wanted, X509 *certificate)
{
	return distinguished_name_is(wanted, X509_get_subject_name(certificate));
}

static bool same_text(const ASN1_STRING *text, struct slice wanted)
{
	return slice_equal(slice_of(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)), wanted);
}

static bool same_host(const ASN1_STRING *text, struct slice wanted)
{
	size_t n = (size_t)ASN1_STRING_length(text);
	return n == wanted.n && !strncasecmp((const char *)ASN1_STRING_get0_data(text), (const char *)wanted.p, n);
}

static bool ip_bytes(struct slice text, uint8_t ret[16], size_t *ret_n)
{
	char address[INET6_ADDRSTRLEN];
	if (!text.n || text.n >= sizeof address)
		return false;
	memcpy(address, text.p, text.n);
	address[text.n] = '\0';
	bool is_4 = inet_pton(AF_INET, address, ret) == 1;
	*ret_n = is_4 ? 4 : 16;
	return is_4 || inet_pton(AF_INET6, address, ret) == 1;
}

static bool same_address(const ASN1_STRING *bytes, struct slice wanted)
{
	uint8_t address[16];
	size_t n;
	return ip_bytes(wanted, address, &n) && same_text(bytes, slice_of(address, n));
}

static bool alternative_is(int type, bool (*same)(const ASN1_STRING *, struct slice), struct slice wanted,
			   X509 *certificate)
{
	bool found = false;
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		int is;
		const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &is);
		found = is == type && same(value, wanted);
	}
	GENERAL_NAMES_free(names);
	return found;
}

static bool dns_is(struct slice w, X509 *c) { return alternative_is(GEN_DNS, same_host, w, c); }
static bool uri_is(struct slice w, X509 *c) { return alternative_is(GEN_URI, same_text, w, c); }
static bool ip_is(struct slice w, X509 *c) { return alternative_is(GEN_IPADD, same_address, w, c); }
static bool email_is(struct slice w, X509 *c) { return alternative_is(GEN_EMAIL, same_text, w, c); }

static bool is_any_text(struct slice s) { return slice_find(s, '\0') == s.n; }
static bool is_name(struct slice s) { return distinguished_name_check(s) == ST_OK; }
static bool is_ip(struct slice s)
{
	uint8_t bytes[16];
	size_t n;
	return ip_bytes(s, bytes, &n);
}

/* RFC 8705 §2.1.2: a client registers one of them. */
static const struct {
	const char *member;
	size_t offset;
	bool (*is_good)(struct slice wanted);
	bool (*matches)(struct slice wanted, X509 *certificate);
} NAMES[] = {
	{ "tls_client_auth_subject_dn", offsetof(struct client, tls_client_auth_subject_dn), is_name, subject_is },
	{ "tls_client_auth_san_dns", offsetof(struct client, tls_client_auth_san_dns), is_any_text, dns_is },
	{ "tls_client_auth_san_uri", offsetof(struct client, tls_client_auth_san_uri), is_any_text, uri_is },
	{ "tls_client_auth_san_ip", offsetof(struct client, tls_client_auth_san_ip), is_ip, ip_is },
	{ "tls_client_auth_san_email", offsetof(struct client, tls_client_auth_san_email), is_any_text, email_is },
};

static struct slice registered(const struct client *c, size_t i)
{
	return *(const struct slice *)((const char *)c + NAMES[i].offset);
}

status client_certificate_check_name(struct client_ca *ca, const struct client *client, struct slice der,
				     int64_t now, const char **ret_reason)
{
	AUTO(certificate) X509 *certificate = read_certificate(der);
	bool is_certified = false;
	if (certificate && ca)
		TRY(verify(ca, certificate, now, &is_certified));
	if (!is_certified) {
		*ret_reason = "the certificate is not one of an authority that is trusted here";
		return ST_INVALID;
	}
	for (size_t i = 0; i < COUNT_OF(NAMES); i++)
		if (registered(client, i).n && NAMES[i].matches(registered(client, i), certificate))
			return ST_OK;
	*ret_reason = "the certificate is not of the name that the client registered";
	return ST_INVALID;
}

status client_certificate_check_metadata(const struct client *client, struct error *e)
{
	size_t given = 0;
	bool is_by_name = client->token_endpoint_auth_method == CLIENT_AUTH_TLS;
	for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
		given += registered(client, i).n > 0;
		if (registered(client, i).n && !NAMES[i].is_good(registered(client, i)))
			return error_set(e, ST_INVALID, "%s: cannot be read", NAMES[i].member);
	}
	if (given == is_by_name)
		return ST_OK;
	return error_set(e, ST_INVALID, "tls_client_auth needs one of tls_client_auth_subject_dn, "
					"_san_dns, _san_uri, _san_ip and _san_email, and nothing else does");
}
