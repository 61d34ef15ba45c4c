#include "authd/service/sessions.h"

#include "authd/service/marks.h"
#include "authd/service/sealed_text.h"
#include "authd/service/session_clients.h"
#include "keys/seal.h"
#include "libauth/base/big_endian.h"

static const struct slice LABEL = SLICE_INIT("session cookie 1");

struct packed {
	struct id key, session_id, subject_id;
	uint8_t epoch[8];
};
_Static_assert(sizeof(struct packed) == 56, "no padding");

status session_ticket_open(struct issuer *is, struct slice cookie, struct arena *a,
			   struct session_ticket *ret)
{
	if (slice_empty(cookie))
		return ST_INVALID;
	struct slice plain;
	TRY(sealed_text_open(is, SECRET_SESSION, LABEL, cookie, a, &plain));
	struct packed p;
	if (plain.n != sizeof p)
		return ST_INVALID;
	memcpy(&p, plain.p, sizeof p);

	struct session_ticket t = { p.key, p.session_id, p.subject_id, get_u64(p.epoch) };
	if (t.epoch != cache_epoch(is->cache))
		return ST_INVALID;
	*ret = t;
	return ST_OK;
}

status session_cookie(struct issuer *is, const struct session *s, struct arena *a, struct slice *ret)
{
	struct packed p = { s->key, s->id, s->subject_id, { 0 } };
	put_u64(p.epoch, s->epoch);
	struct slice text;
	TRY(sealed_text_make(is, SECRET_SESSION, LABEL, slice_of(&p, sizeof p), a, &text));
	struct slice cookie = arena_format(a, SESSION_COOKIE "=%.*s; Path=/; Secure; HttpOnly; SameSite=Lax",
					   SLICE_FMT(text));
	if (!cookie.p)
		return ST_NOMEM;
	*ret = cookie;
	return ST_OK;
}

struct slice session_cookie_cleared(void)
{
	return SLICE(SESSION_COOKIE "=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}

struct cache_command session_get_command(const struct session_ticket *t)
{
	return (struct cache_command){ .verb = CACHE_GET,
				       .kind = CACHE_SESSION,
				       .key = id_slice(&t->key) };
}

struct cache_command session_delete_command(const struct session_ticket *t)
{
	return (struct cache_command){ .verb = CACHE_DELETE,
				       .kind = CACHE_SESSION,
				       .key = id_slice(&t->key) };
}

/* Somebody else may have ended it: an operator, the person elsewhere, a change of password. */
static status session_is_marked(struct issuer *is, const struct session *s, struct arena *a, bool *ret)
{
	bool marked;
	TRY(mark_check(is, MARK_SESSION, id_slice(&s->id), 0, a, &marked));
	if (!marked)
		TRY(mark_check(is, MARK_SUBJECT, id_slice(&s->subject_id),
			       s->proved_us, a, &marked));
	*ret = marked;
	return ST_OK;
}

status session_from_answer(struct issuer *is, const struct session_ticket *t,
			   const struct cache_command *answer, int64_t now, struct arena *a,
			   struct session *ret)
{
	TRY(answer->status);
	struct session s;
	TRY(session_decode(answer->value, &s));
	bool is_this = id_equal(s.key, t->key) && id_equal(s.id, t->session_id);
	if (!is_this || s.epoch != t->epoch)
		return ST_NOT_FOUND;
	if (now >= s.expires_at || now - s.used_at >= is->conf->life.session_idle_s)
		return ST_NOT_FOUND;
	bool marked;
	TRY(session_is_marked(is, &s, a, &marked));
	if (marked)
		return ST_NOT_FOUND;
	*ret = s;
	return ST_OK;
}

enum { US = 1000000 };

status session_begin(struct issuer *is, const struct subject *subject, enum factor factor, int64_t now_us,
		     struct session *ret)
{
	int64_t now = now_us / US;
	struct session s = {
		.subject_id = subject->id,
		.kind = subject->kind,
		.federation = FEDERATION_HERE,
		.proved_us = now_us,
		.created_at = now,
		.used_at = now,
		.expires_at = now + is->conf->life.session_s,
		.epoch = cache_epoch(is->cache),
	};
	s.factors.shown_us[factor] = now_us;
	TRY(random_bytes(s.id.bytes, sizeof s.id.bytes));
	TRY(random_bytes(s.key.bytes, sizeof s.key.bytes));
	*ret = s;
	return ST_OK;
}

status session_renew(const struct conf *conf, enum factor factor, int64_t now_us, struct session *s)
{
	struct id key;
	TRY(random_bytes(key.bytes, sizeof key.bytes));
	s->key = key;
	s->factors.shown_us[factor] = now_us;
	s->used_at = now_us / US;
	s->expires_at = s->used_at + conf->life.session_s;
	return ST_OK;
}

status session_put_command(struct issuer *is, const struct session *s, int64_t now, struct arena *a,
			   struct cache_command *ret)
{
	AUTO_BUF struct buf encoded = { 0 };
	TRY(session_encode(s, &encoded));
	struct slice value = buf_finish(&encoded, a);
	if (!value.p)
		return ST_NOMEM;

	int64_t left = s->expires_at - now, idle = is->conf->life.session_idle_s;
	*ret = (struct cache_command){ .verb = CACHE_PUT,
				       .kind = CACHE_SESSION,
				       .key = id_slice(&s->key),
				       .value = value,
				       .expires_in_s = left < idle ? left : idle };
	return ST_OK;
}

bool session_wants_touch(const struct session *s, int64_t now)
{
	enum { TOUCH_S = 60 };
	return now - s->used_at >= TOUCH_S;
}

struct entry_key {
	uint8_t bytes[32];
};

/* subject id | session id: a person's sessions stand together. */
static struct slice entry_key(struct id subject_id, struct id session_id, struct entry_key *room)
{
	memcpy(room->bytes, subject_id.bytes, 16);
	memcpy(room->bytes + 16, session_id.bytes, 16);
	return slice_of(room->bytes, 32);
}

status session_record_begin(struct batch *b, const struct session *s)
{
	struct entry_key room;
	AUTO_BUF struct buf value = { 0 }, amr = { 0 };
	factors_amr(&s->factors, 0, &amr);
	TRY(buf_status(&amr));
	struct session_entry entry = { .created_at = s->created_at,
				       .expires_at = s->expires_at,
				       .amr = buf_slice(&amr) };
	TRY(session_entry_encode(&entry, &value));
	batch_put(b, TABLE_SESSIONS, entry_key(s->subject_id, s->id, &room), VERSION_ANY,
		  buf_slice(&value));
	return ST_OK;
}

status session_record_expect(struct issuer *is, struct batch *b, const struct session *s,
			     struct arena *a)
{
	struct entry_key room;
	struct record record;
	struct slice key = entry_key(s->subject_id, s->id, &room);
	TRY(records_get(is->records, TABLE_SESSIONS, key, a, &record));
	batch_expect(b, TABLE_SESSIONS, key, record.version);
	return ST_OK;
}

status session_record_end(struct issuer *is, struct batch *b, struct id subject_id,
			  struct id session_id, int64_t now, struct arena *a)
{
	struct entry_key room;
	TRY(session_clients_end(is, b, subject_id, session_id, now, a));
	batch_delete(b, TABLE_SESSIONS, entry_key(subject_id, session_id, &room), VERSION_ANY);
	/* Tokens outlive their session by no more than their own life. */
	int64_t keep = is->conf->life.session_s + is->conf->life.access_token_s;
	mark_put(b, MARK_SESSION, id_slice(&session_id), now + keep);
	return ST_OK;
}

status sessions_list(struct issuer *is, struct id subject_id, size_t limit, struct arena *a,
		     struct session_listed **ret, size_t *ret_n)
{
	struct record_row *rows;
	size_t n;
	TRY(records_rows(is->records, TABLE_SESSIONS, id_slice(&subject_id), NO_SLICE, limit, a, &rows, &n));
	struct session_listed *sessions = arena_array(a, struct session_listed, n);
	if (!sessions)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++) {
		if (id_from(slice_from(rows[k].key, sizeof(struct id)), &sessions[k].id) != ST_OK)
			return ST_CORRUPT;
		TRY(session_entry_decode(rows[k].record.value, &sessions[k].entry));
	}
	*ret = sessions;
	*ret_n = n;
	return ST_OK;
}

status sessions_end_others(struct issuer *is, struct batch *b, struct id subject_id,
			   struct id except, int64_t now, struct arena *a)
{
	enum { SESSIONS_MAX = 1000 };
	struct session_listed *sessions;
	size_t n;
	TRY(sessions_list(is, subject_id, SESSIONS_MAX, a, &sessions, &n));
	for (size_t i = 0; i < n; i++)
		if (!id_equal(sessions[i].id, except))
			TRY(session_record_end(is, b, subject_id, sessions[i].id, now, a));
	return ST_OK;
}

status sessions_prune(struct issuer *is, struct batch *b, struct id subject_id, int64_t now,
		      struct arena *a)
{
	enum { PRUNE_MAX = 16 };
	struct session_listed *sessions;
	struct entry_key room;
	size_t n;
	TRY(sessions_list(is, subject_id, PRUNE_MAX, a, &sessions, &n));
	for (size_t i = 0; i < n; i++) {
		if (sessions[i].entry.expires_at > now)
			continue;
		batch_delete(b, TABLE_SESSIONS, entry_key(subject_id, sessions[i].id, &room), VERSION_ANY);
		TRY(session_clients_forget(is, b, subject_id, sessions[i].id, a));
	}
	return ST_OK;
}
