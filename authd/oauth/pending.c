#include "authd/oauth/pending.h"

#include "authd/service/sealed_text.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/encode.h"

enum { BROWSER_SIZE = 16, BROWSER_TEXT = 22 };

/* format | step | browser | session | mandate | expiry | asked, then the parameters */
struct packed {
	uint8_t format, step, own_page, chosen, unused[4];
	uint8_t browser[BROWSER_SIZE];
	struct id session_id, mandate_id;
	uint8_t expires_at[8], asked_us[8];
};
_Static_assert(sizeof(struct packed) == 72, "no padding");
enum { FORMAT = 3 };

static const struct slice LABEL = SLICE_INIT("pending request");

/* The random number in the pre-session cookie. */
static status browser_of(const struct request *r, uint8_t ret[BROWSER_SIZE])
{
	struct slice cookie = request_cookie(r, PRE_SESSION_COOKIE);
	uint8_t bytes[BROWSER_TEXT];
	size_t n;
	if (cookie.n != BROWSER_TEXT || base64url_decode(cookie, bytes, &n) != ST_OK || n != BROWSER_SIZE)
		return ST_NOT_FOUND;
	memcpy(ret, bytes, BROWSER_SIZE);
	return ST_OK;
}

static status browser_new(struct request *r, uint8_t ret[BROWSER_SIZE])
{
	TRY(random_bytes(ret, BROWSER_SIZE));
	struct slice text = arena_base64url(&r->arena, slice_of(ret, BROWSER_SIZE));
	if (!text.p)
		return ST_NOMEM;
	struct slice cookie = arena_format(&r->arena,
					   PRE_SESSION_COOKIE "=%.*s; Path=/; Secure; HttpOnly; SameSite=Lax",
					   SLICE_FMT(text));
	if (!cookie.p)
		return ST_NOMEM;
	response_header(r, "Set-Cookie", cookie);
	return ST_OK;
}

status pending_seal(struct request *r, const struct pending *p, struct slice *ret_text)
{
	struct packed head = { .format = FORMAT, .step = (uint8_t)p->step,
			       .own_page = p->own_page, .session_id = p->session_id,
			       .chosen = p->chosen, .mandate_id = p->mandate_id };
	put_u64(head.expires_at, (uint64_t)p->expires_at);
	put_u64(head.asked_us, (uint64_t)p->asked_us);
	status s = browser_of(r, head.browser);
	if (s == ST_NOT_FOUND)
		s = browser_new(r, head.browser);
	TRY(s);

	uint8_t *plain = arena_alloc(&r->arena, sizeof head + p->parameters.n);
	if (!plain)
		return ST_NOMEM;
	memcpy(plain, &head, sizeof head);
	if (p->parameters.n)
		memcpy(plain + sizeof head, p->parameters.p, p->parameters.n);
	return sealed_text_make(r->issuer, SECRET_PAGE, LABEL,
				slice_of(plain, sizeof head + p->parameters.n), &r->arena, ret_text);
}

status pending_open(struct request *r, enum pending_step step, struct slice text, struct pending *ret)
{
	struct slice plain;
	TRY(sealed_text_open(r->issuer, SECRET_PAGE, LABEL, text, &r->arena, &plain));
	struct packed head;
	if (plain.n < sizeof head)
		return ST_INVALID;
	memcpy(&head, plain.p, sizeof head);
	if (head.format != FORMAT || head.step != step)
		return ST_INVALID;

	uint8_t browser[BROWSER_SIZE];
	if (browser_of(r, browser) != ST_OK ||
	    !slice_equal_secret(slice_of(browser, BROWSER_SIZE), slice_of(head.browser, BROWSER_SIZE)))
		return ST_INVALID;

	struct pending p = { .step = step,
			     .parameters = slice_from(plain, sizeof head),
			     .own_page = head.own_page,
			     .session_id = head.session_id,
			     .chosen = head.chosen,
			     .mandate_id = head.mandate_id,
			     .expires_at = (int64_t)get_u64(head.expires_at),
			     .asked_us = (int64_t)get_u64(head.asked_us) };
	if (r->now >= p.expires_at)
		return ST_EXPIRED;
	*ret = p;
	return ST_OK;
}
