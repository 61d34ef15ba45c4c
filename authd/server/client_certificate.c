#include "authd/server/exchange.h"
#include "authd/server/tls.h"
#include "libauth/base/encode.h"

/* ---- by a proxy's header -------------------------------------------------------------------- */

/* Base64 (RFC 4648 §4) of at most CERTIFICATE_MAX characters, line breaks left out. */
enum { CERTIFICATE_MAX = 8192 };

static bool is_break(uint8_t c) { return c == '\r' || c == '\n'; }

static bool put_base64(struct buf *b, uint8_t c)
{
	if (is_break(c))
		return true;
	if (c == '-' || c == '_')
		return false;
	buf_put_byte(b, c == '+' ? '-' : c == '/' ? '_' : c);
	return true;
}

static struct slice base64_decode(struct slice text, struct arena *a)
{
	AUTO_BUF struct buf b = { 0 };
	struct slice der;
	while (text.n && (text.p[text.n - 1] == '=' || is_break(text.p[text.n - 1])))
		text.n--;
	for (size_t i = 0; i < text.n; i++)
		if (!put_base64(&b, text.p[i]))
			return NO_SLICE;
	struct slice url_safe = buf_slice(&b);
	bool ok = buf_status(&b) == ST_OK && url_safe.n && url_safe.n <= CERTIFICATE_MAX &&
		  arena_base64url_decode(a, url_safe, &der) == ST_OK;
	return ok ? der : NO_SLICE;
}

/* RFC 9440 §2.1: a byte sequence of structured fields, base64 between colons. */
static struct slice of_byte_sequence(struct slice value, struct arena *a)
{
	if (value.n < 2 || value.p[value.n - 1] != ':')
		return NO_SLICE;
	return base64_decode(slice_first(slice_from(value, 1), value.n - 2), a);
}

/* RFC 3986 §2.1; not a form's, where + is a space. */
static struct slice percent_decode(struct slice text, struct arena *a)
{
	uint8_t *out = arena_alloc(a, text.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n && out; i++, n++) {
		out[n] = text.p[i];
		if (text.p[i] != '%')
			continue;
		if (hex_decode(slice_first(slice_from(text, i + 1), 2), &out[n], 1) != ST_OK)
			return NO_SLICE;
		i += 2;
	}
	return out ? slice_of(out, n) : NO_SLICE;
}

/* nginx's $ssl_client_escaped_cert, HAProxy's and Apache's likes: PEM (RFC 7468), escaped. */
static struct slice of_escaped_pem(struct slice value, struct arena *a)
{
	const struct slice begin = SLICE("-----BEGIN CERTIFICATE-----"), end = SLICE("-----END CERTIFICATE-----");
	struct slice pem = percent_decode(value, a);
	while (pem.n && is_break(pem.p[pem.n - 1]))
		pem.n--;
	if (!slice_starts(pem, begin) || pem.n < begin.n + end.n ||
	    !slice_equal(slice_from(pem, pem.n - end.n), end))
		return NO_SLICE;
	pem = slice_first(pem, pem.n - end.n);
	return base64_decode(slice_from(pem, begin.n), a);
}

/* Two such fields are a list, and no certificate. */
static struct slice of_header(struct slice value, struct arena *a)
{
	if (!value.n)
		return NO_SLICE;
	return value.p[0] == ':' ? of_byte_sequence(value, a) : of_escaped_pem(value, a);
}

/* ---- of the connection ---------------------------------------------------------------------- */

static struct slice of_connection(const struct connection *c, struct MHD_Connection *mhd, struct arena *a)
{
	if (!c->worker->tls || !c->worker->options->certificate_host)
		return NO_SLICE;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	struct slice der = info ? tls_client_certificate(info->tls_session) : NO_SLICE;
	return der.p ? arena_copy(a, der) : NO_SLICE;
}

/* Behind a proxy, the certificate of the connection would be the proxy's own. */
struct slice client_certificate_of(const struct connection *c, struct MHD_Connection *mhd,
				   const struct head *h, struct arena *a)
{
	const struct server_options *o = c->worker->options;
	if (o->certificate_header && peer_is_trusted(o, slice_str(c->address)))
		return of_header(head_field_joined(h, o->certificate_header), a);
	return of_connection(c, mhd, a);
}
