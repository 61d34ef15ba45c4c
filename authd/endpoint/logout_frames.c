#include "authd/endpoint/logout_frames.h"

#include "authd/service/clients.h"
#include "authd/service/pairwise.h"
#include "authd/service/redirect_uri.h"
#include "authd/service/session_clients.h"

enum {
	FRAMES_MAX = 30, /* their origins stand in one header field; the others have the back channel */
	REFRESH_S = 3,
};

/* Both iss and sid, or neither (§3); so frontchannel_logout_session_required is met, too. */
static status frame_url(struct request *r, const struct session_ticket *t, const struct client *c,
			struct slice *ret)
{
	struct slice sid;
	TRY(pairwise_sid(r->issuer, t->session_id, c->sector, &r->arena, &sid));
	const struct answer_param params[] = { { "iss", r->issuer->iss }, { "sid", sid } };
	AUTO_BUF struct buf url = { 0 };
	redirect_uri_put(&url, c->frontchannel_logout_uri, params, COUNT_OF(params));
	struct slice text = buf_finish(&url, &r->arena);
	if (!text.p)
		return ST_NOMEM;
	*ret = text;
	return ST_OK;
}

static status add_frame(struct request *r, const struct session_ticket *t, struct slice client_id,
			struct logout_frames *frames)
{
	struct client client;
	status s = clients_get(r->issuer, client_id, &r->arena, &client);
	if (s == ST_NOT_FOUND || (s == ST_OK && (client.disabled || !client.frontchannel_logout_uri.n)))
		return ST_OK;
	TRY(s);
	TRY(frame_url(r, t, &client, &frames->urls[frames->n]));
	frames->origins[frames->n++] = redirect_uri_origin(client.frontchannel_logout_uri);
	return ST_OK;
}

status logout_frames_collect(struct request *r, const struct session_ticket *t,
			     struct logout_frames *ret)
{
	struct session_client_listed *clients;
	size_t n;
	TRY(session_clients_list(r->issuer, t->subject_id, t->session_id, &r->arena, &clients, &n));
	struct logout_frames frames = { arena_array(&r->arena, struct slice, FRAMES_MAX),
					arena_array(&r->arena, struct slice, FRAMES_MAX), 0 };
	if (!frames.urls || !frames.origins)
		return ST_NOMEM;
	for (size_t i = 0; i < n && frames.n < FRAMES_MAX; i++)
		TRY(add_frame(r, t, clients[i].client_id, &frames));
	*ret = frames;
	return ST_OK;
}

status logout_frames_show(struct request *r, const struct logout_frames *frames,
			  struct page_signed_out *page)
{
	AUTO_BUF struct buf csp = { 0 };
	if (!frames->n || page->stayed)
		return ST_OK;
	page->frames = frames->urls;
	page->frames_n = frames->n;
	buf_put_text(&csp, PAGE_CSP);
	buf_put_text(&csp, "; frame-src");
	for (size_t i = 0; i < frames->n; i++)
		buf_format(&csp, " %.*s", SLICE_FMT(frames->origins[i]));
	struct slice policy = buf_finish(&csp, &r->arena);
	if (!policy.p)
		return ST_NOMEM;
	response_header(r, "Content-Security-Policy", policy);
	if (page->return_to.n)
		response_header(r, "Refresh",
				arena_format(&r->arena, "%d; url=%.*s", REFRESH_S, SLICE_FMT(page->return_to)));
	return ST_OK;
}
