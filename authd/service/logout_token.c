#include "authd/service/logout_token.h"

#include "authd/service/pairwise.h"
#include "authd/store/wait.h"
#include "keys/seal.h"
#include "libauth/base/encode.h"
#include "libauth/base/json_writer.h"

static void write_events(struct json_writer *w)
{
	json_begin_object(w, "events");
	json_begin_object(w, "http://schemas.openid.net/event/backchannel-logout");
	json_end(w);
	json_end(w);
}

/* Both sub and sid: so backchannel_logout_session_required is met, too. No nonce. A client that takes legal
 * persons may know the session under several names, so it gets sid alone (Back-Channel Logout §2.4). */
static status claims_make(struct issuer *is, const struct outbox_entry *e, const struct client *c,
			  int64_t now, struct arena *a, struct slice *ret)
{
	struct slice sub, sid;
	struct id jti;
	TRY(pairwise_sub(is, e->kind, e->subject_id, c->sector, a, &sub));
	TRY(pairwise_sid(is, e->session_id, c->sector, a, &sid));
	TRY(random_bytes(jti.bytes, sizeof jti.bytes));

	struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "iss", is->iss);
	if (!c->legal_persons)
		json_text(&w, "sub", sub);
	json_text(&w, "aud", c->client_id);
	json_number(&w, "iat", now);
	json_number(&w, "exp", now + LOGOUT_TOKEN_S);
	json_text(&w, "jti", id_text(a, jti));
	write_events(&w);
	json_text(&w, "sid", sid);
	json_end(&w);
	struct slice payload = buf_finish(&json, a);
	if (!payload.p)
		return ST_NOMEM;
	*ret = payload;
	return ST_OK;
}

status logout_token_make(struct issuer *is, const struct outbox_entry *e, const struct client *c,
			 int64_t now, struct arena *a, struct slice *ret)
{
	struct sign_job job = { .type = "logout+jwt" };
	if (key_algorithm_parse(c->id_token_signed_response_alg, &job.algorithm) != ST_OK)
		return ST_CORRUPT;
	TRY(claims_make(is, e, c, now, a, &job.payload));

	struct waiter waiter;
	waiter_init(&waiter);
	keys_sign(is->keys, &job, 1, &waiter.op);
	status s = waiter_wait(&waiter);
	struct slice token = s == ST_OK ? buf_finish(&job.token, a) : NO_SLICE;
	buf_done(&job.token);
	TRY(s);
	if (!token.p)
		return ST_NOMEM;
	*ret = token;
	return ST_OK;
}
