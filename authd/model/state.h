/*
 * What the issuer remembers about people signing in: sessions, codes, grants, consents, passwords.
 *                                                                              Threads: immutable.
 */
#pragma once

#include "authd/model/assurance.h"
#include "authd/model/client.h"
#include "authd/model/id.h"
#include "authd/model/subject.h"

/* How and when somebody was authenticated, as a grant and its tokens say it. */
struct authentication {
	int64_t auth_time; /* since when all that the level rests on was shown */
	int level;         /* -> acr */
	struct slice acr;  /* the name that the level was asked for by; absent: its own */
	struct slice amr;  /* words separated by spaces: "pwd" (RFC 8176) */
	int64_t proved_us; /* when the session began, in microseconds: marks on the subject are compared with it */
};

/* A signed-in browser; in the cache, under its key. */
struct session {
	struct id id;  /* what tokens and marks name; stays when the person is authenticated again */
	struct id key; /* what the cookie proves; new each time (session fixation) */
	struct id subject_id;
	enum subject_kind kind;
	struct factors factors; /* what was shown in it, and when; of the level: authd/service/levels.h */
	int federation;         /* that axis: how the session came here */
	int64_t proved_us;      /* the sign-in: marks on the subject are compared with it */
	int64_t created_at, used_at, expires_at;
	uint64_t epoch;
	struct slice acting; /* in whose name at which client: service/acting.h */
};
status session_encode(const struct session *s, struct buf *out);
status session_decode(struct slice bytes, struct session *ret);

/* A token that an exchanged one hangs on: the one that was exchanged, those that it hung on itself, or an
 * actor's (RFC 8693). It ends with each of them. */
struct ancestor {
	struct id grant_id, session_id, subject_id; /* as in its handle */
	int64_t proved_us;
	uint8_t token[32];      /* the id of its mark */
	enum subject_kind kind; /* of its subject; 0 for a client itself */
	bool acts;              /* its subject is an actor, not whom the token is about (§4.1) */
	bool by_mandate;        /* the actor acts by a mandate, whose id grant_id is */
	struct slice client_id;
};
enum { ANCESTORS_MAX = 6 };

/* What was asked for and agreed to; the part that codes and grants share. */
struct grant {
	struct id id;
	struct id subject_id; /* zero for client credentials */
	struct id session_id; /* zero for an offline grant */
	struct slice client_id;
	struct slice scope;
	struct slice audience;
	enum subject_kind kind; /* of the subject; 0 for client credentials */
	struct authentication authentication;
	int64_t created_at;
	struct slice claims;                /* the `claims` parameter: JSON (OIDC Core §5.5) */
	claim_set agreed; /* what it may tell of the person, who has agreed or been told */
	struct slice authorization_details; /* JSON (RFC 9396) */
	struct slice dpop_jkt;              /* what it is bound to (RFC 9449 §6): base64url, or absent */
	struct slice x5t_s256;              /* the same (RFC 8705 §3.1) */
	struct id actor_id;   /* the natural person who acts for the subject; zero: nobody does */
	struct id mandate_id; /* by which they do */
	/* What follows is not stored: of a token exchange, and of acting (service/acting.h). */
	const struct ancestor *ancestors; /* the oldest first */
	size_t ancestors_n;
	int64_t expires_at; /* no token outlives it; 0: as long as any */
};

/* Who was authenticated: whoever acts, or the subject. */
static inline struct id grant_person(const struct grant *g)
{
	return id_is_zero(g->actor_id) ? g->subject_id : g->actor_id;
}

/* Whose consents and offline grants it stands with: what somebody does by a mandate is apart. */
static inline struct id grant_owner(const struct grant *g)
{
	return id_is_zero(g->mandate_id) ? g->subject_id : g->mandate_id;
}

/* An authorization code's record; in the cache, under a hash over code and client. */
struct code {
	struct grant grant;
	struct slice redirect_uri;
	struct slice nonce;          /* absent if none was sent */
	struct slice code_challenge; /* absent if none was sent; always S256 */
	int64_t expires_at;          /* the entry outlives this, so that a replay is recognised */
};
status code_encode(const struct code *c, struct buf *out);
status code_decode(struct slice bytes, struct code *ret);

/*
 * A request that waits while a person decides elsewhere: of a device (RFC 8628), or over the back
 * channel (CIBA). In the cache under a hash over code and client; and once decided, under the same
 * hash, as the decision.
 */
struct deferred {
	struct grant grant;  /* client, scope and audience; of CIBA the subject; the rest once decided */
	struct slice handle; /* that hash; 32 bytes */
	int64_t expires_at;  /* the entry outlives this, so that the client hears of it */
	int64_t interval_s;  /* that the client has to leave between two polls */
	bool denied;
	/* CIBA alone: */
	struct slice binding_message;
	struct slice acr_values;
	struct slice auth_req_id, notification_token; /* of the client that wants a ping */
};
status deferred_encode(const struct deferred *d, struct buf *out);
status deferred_decode(struct slice bytes, struct deferred *ret);

/* A refresh family: one record for all of an offline grant's refresh tokens. */
struct family {
	struct grant grant;
	uint64_t generation;      /* of the newest token */
	int64_t stepped_at;       /* when the newest was made */
	int64_t used_at;          /* the last use; the idle limit counts from here */
	int64_t expires_at;       /* the end of all */
	uint32_t secret_version;  /* of SECRET_REFRESH, which authenticates its tokens */
};
status family_encode(const struct family *f, struct buf *out);
status family_decode(struct slice bytes, struct family *ret);

/* What lets a developer register a client (RFC 7591 §3): kept under its id, the token itself nowhere. */
struct initial_token {
	struct id id;
	struct slice hash;  /* SHA-256 of the token */
	struct slice label; /* an operator's words: for whom it is */
	struct slice scope; /* all that its clients may ask for; absent: what the setting says */
	struct client_list grant_types; /* that they may have; empty: any that is served */
	int64_t created_at, expires_at;
	uint32_t uses, uses_max; /* uses_max 0: as often as wanted */
};
status initial_token_encode(const struct initial_token *t, struct buf *out);
/* The list is the arena's. */
status initial_token_decode(struct slice bytes, struct arena *a, struct initial_token *ret);

struct consent {
	struct slice scope;  /* agreed to so far */
	claim_set claims;    /* the same */
	int64_t given_at;
};
status consent_encode(const struct consent *c, struct buf *out);
status consent_decode(struct slice bytes, struct consent *ret);

/* One entry of the list of a person's sessions; in records. */
struct session_entry {
	int64_t created_at, expires_at;
	struct slice amr; /* what was shown in it */
};
status session_entry_encode(const struct session_entry *s, struct buf *out);
status session_entry_decode(struct slice bytes, struct session_entry *ret);

/* A client that hears of the end of a session: it was given a code in it; in records. */
struct session_client {
	enum subject_kind kind; /* of the session's subject, for `sub` */
};
status session_client_encode(const struct session_client *s, struct buf *out);
status session_client_decode(struct slice bytes, struct session_client *ret);

/* What a client is to be told: that a session has ended; in records, until it has heard. */
struct outbox_entry {
	struct slice client_id;
	struct id subject_id;
	enum subject_kind kind;
	struct id session_id;
	int64_t created_at;
	int tries; /* begun so far */
	struct slice error; /* how the last one failed, for operators; absent: none has */
};
enum { OUTBOX_TRIES_MAX = 10000 };
status outbox_entry_encode(const struct outbox_entry *e, struct buf *out);
/* client_id and error point into bytes. */
status outbox_entry_decode(struct slice bytes, struct outbox_entry *ret);

/* A password credential. */
struct credential {
	struct slice password_hash; /* argon2id, as libsodium writes it */
	int64_t changed_at;
};
status credential_encode(const struct credential *c, struct buf *out);
status credential_decode(struct slice bytes, struct credential *ret);

/* What makes one-time passwords (RFC 6238). */
struct totp {
	struct slice secret;
	int64_t created_at;
	int64_t used_step; /* the last that was used: no code counts twice */
	int failures;      /* in a row */
	int64_t failed_at; /* the last of them */
	struct slice recovery; /* hashes of the recovery codes that are left, one after another */
};
enum { TOTP_FAILURES_LIMIT = 10000 };
status totp_encode(const struct totp *t, struct buf *out);
status totp_decode(struct slice bytes, struct totp *ret);
