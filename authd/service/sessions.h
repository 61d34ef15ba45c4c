/*
 * Sessions: signed-in browsers.
 *
 * The session itself is in the cache and may be lost; that it exists is in records, in the list of
 * a person's sessions. The browser holds one cookie, which names session and subject under a seal,
 * so that signing out works even while the cache cannot be reached.
 *
 * Functions that need the cache only prepare commands and read their answers: the caller submits
 * them, together with whatever else its step needs.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/issuer.h"

/* __Host-: Secure, Path=/, no Domain (RFC 6265bis §4.1.3.2). */
#define SESSION_COOKIE "__Host-session"

/* What the cookie says, without asking the cache. */
struct session_ticket {
	struct id key, session_id, subject_id;
	uint64_t epoch;
};

/* Returns ST_INVALID when the cookie is absent, foreign or of an earlier epoch. */
status session_ticket_open(struct issuer *is, struct slice cookie, struct arena *a,
			   struct session_ticket *ret);
/* The whole Set-Cookie value. */
status session_cookie(struct issuer *is, const struct session *s, struct arena *a, struct slice *ret);
struct slice session_cookie_cleared(void);

/* A command that gets the session of a ticket. */
struct cache_command session_get_command(const struct session_ticket *t);
/* Read its answer. Returns ST_NOT_FOUND (none, idle for too long, or at its end; or marked ended),
 * or a fault. */
status session_from_answer(struct issuer *is, const struct session_ticket *t,
			   const struct cache_command *answer, int64_t now, struct arena *a,
			   struct session *ret);

/* A new session for somebody who has just signed in here by this factor. */
status session_begin(struct issuer *is, const struct subject *subject, enum factor factor, int64_t now_us,
		     struct session *ret);
/* The same person has shown this factor again, or another one: the session goes on under a new key. It is
 * no sign-in: a mark on the person ends what it ended before. */
status session_renew(const struct conf *conf, enum factor factor, int64_t now_us, struct session *s);
/* A command that keeps the session, until it idles out or ends. */
status session_put_command(struct issuer *is, const struct session *s, int64_t now, struct arena *a,
			   struct cache_command *ret);
/* Is it time to note that the session was used? Not at every request: it is one more write. */
bool session_wants_touch(const struct session *s, int64_t now);
struct cache_command session_delete_command(const struct session_ticket *t);

/* The durable side: the entry in the person's list, and its end with a mark, of which the session's
 * clients will hear. */
status session_record_begin(struct batch *b, const struct session *s);
status session_record_end(struct issuer *is, struct batch *b, struct id subject_id,
			  struct id session_id, int64_t now, struct arena *a);
/* Fail the batch with ST_CONFLICT unless the session goes on as it is now. ST_NOT_FOUND: it does not. */
status session_record_expect(struct issuer *is, struct batch *b, const struct session *s,
			     struct arena *a);

/* Every session of the person but one (zero: none excepted) ends, by marks in the batch. */
status sessions_end_others(struct issuer *is, struct batch *b, struct id subject_id,
			   struct id except, int64_t now, struct arena *a);

/* Entries of the person's sessions that are over go, a few at a time. */
status sessions_prune(struct issuer *is, struct batch *b, struct id subject_id, int64_t now,
		      struct arena *a);

/* A person's sessions as they stand in records, at most limit; in the arena. */
struct session_listed {
	struct id id;
	struct session_entry entry;
};
status sessions_list(struct issuer *is, struct id subject_id, size_t limit, struct arena *a,
		     struct session_listed **ret, size_t *ret_n);
