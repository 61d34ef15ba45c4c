/*
 * Two tables in memory: sign-ins under way, and people who are signed in at this portal.
 *
 * Both are bounded; when one is full, its oldest entry makes room. What is kept longer than a
 * restart belongs into a store of the portal's own.
 *                                                                     Threads: internally locked.
 */
#pragma once

#include "examples/portal/text.h"

#include <auth.h>
#include <jansson.h>
#include <stdint.h>

enum { LOGIN_S = 600, SESSION_S = 1800, LOGINS_MAX = 1024, SESSIONS_MAX = 1024 };

/* A sign-in under way: what must come back from the issuer, and to which browser. */
struct login {
	char state[RANDOM_SIZE];
	char nonce[RANDOM_SIZE];    /* must stand in the ID token */
	char verifier[RANDOM_SIZE]; /* RFC 7636: proves to the issuer that we asked for the code */
	char browser[RANDOM_SIZE];  /* the cookie of the browser that began */
	int64_t started_at;
};

/* Somebody signed in. Immutable once it is in the table. */
struct session {
	char id[RANDOM_SIZE]; /* the cookie */
	int64_t started_at;   /* when the sign-in began at this portal */
	int64_t created_at;
	char *id_token;       /* for id_token_hint at sign-out */
	char *access_token;
	struct auth_claims *identity; /* what the ID token says */
	json_t *userinfo;             /* what the issuer answered about the person */
	_Atomic int holders;
};

struct sessions;
struct sessions *sessions_new(void); /* NULL: out of memory */
void sessions_free(struct sessions *s);

/* False: out of memory or of randomness. ret has everything but `browser` drawn at random. */
bool login_begin(struct sessions *s, const char *browser, int64_t now, struct login *ret);
/* Single use: a login is found once, and only by the browser that began it. */
bool login_take(struct sessions *s, const char *state, const char *browser, int64_t now,
                struct login *ret);

/* NULL: out of memory or of randomness. The caller fills it in, then adds or releases it. */
struct session *session_new(int64_t now);
/* Takes over the caller's hold. */
void session_add(struct sessions *s, struct session *session);
/* NULL if there is none, or it is over; otherwise one hold is the caller's. */
struct session *session_find(struct sessions *s, const char *id, int64_t now);
void session_end(struct sessions *s, const char *id);
void session_release(struct session *session); /* NULL is allowed */
#define AUTO_SESSION __attribute__((cleanup(session_let_go)))
static inline void session_let_go(struct session **session)
{
	session_release(*session);
}
