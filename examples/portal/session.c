#include "examples/portal/session.h"

#include <openssl/crypto.h>
#include <pthread.h>

struct sessions {
	pthread_mutex_t lock;
	struct login logins[LOGINS_MAX];
	size_t next_login; /* the oldest: the place that is written next */
	struct session *sessions[SESSIONS_MAX];
	size_t next_session;
};

struct sessions *sessions_new(void)
{
	struct sessions *s = calloc(1, sizeof *s);
	if (s)
		pthread_mutex_init(&s->lock, NULL);
	return s;
}

void sessions_free(struct sessions *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		session_release(s->sessions[i]);
	pthread_mutex_destroy(&s->lock);
	OPENSSL_cleanse(s->logins, sizeof s->logins);
	free(s);
}

/* ---- sign-ins under way --------------------------------------------------------------------- */

bool login_begin(struct sessions *s, const char *browser, int64_t now, struct login *ret)
{
	struct login login = {.started_at = now};
	snprintf(login.browser, sizeof login.browser, "%s", browser);
	if (!random_text(login.state) || !random_text(login.nonce) || !random_text(login.verifier))
		return false;
	pthread_mutex_lock(&s->lock);
	s->logins[s->next_login] = login;
	s->next_login = (s->next_login + 1) % LOGINS_MAX;
	pthread_mutex_unlock(&s->lock);
	*ret = login;
	return true;
}

bool login_take(struct sessions *s, const char *state, const char *browser, int64_t now,
                struct login *ret)
{
	bool found = false;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < LOGINS_MAX && !found; i++) {
		struct login *l = &s->logins[i];
		if (!*l->state || now - l->started_at > LOGIN_S)
			continue;
		found = secret_equal(l->state, state) && secret_equal(l->browser, browser);
		if (found) {
			*ret = *l;
			OPENSSL_cleanse(l, sizeof *l);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

/* ---- people signed in ----------------------------------------------------------------------- */

struct session *session_new(int64_t now)
{
	struct session *session = calloc(1, sizeof *session);
	if (session && random_text(session->id)) {
		session->created_at = now;
		session->holders = 1;
		return session;
	}
	free(session);
	return NULL;
}

void session_release(struct session *session)
{
	if (!session || --session->holders > 0)
		return;
	if (session->access_token)
		OPENSSL_cleanse(session->access_token, strlen(session->access_token));
	free(session->access_token);
	free(session->id_token);
	auth_claims_free(session->identity);
	json_decref(session->userinfo);
	OPENSSL_cleanse(session, sizeof *session);
	free(session);
}

void session_add(struct sessions *s, struct session *session)
{
	pthread_mutex_lock(&s->lock);
	struct session *oldest = s->sessions[s->next_session];
	s->sessions[s->next_session] = session;
	s->next_session = (s->next_session + 1) % SESSIONS_MAX;
	pthread_mutex_unlock(&s->lock);
	session_release(oldest);
}

/* The place of a session, or NULL. Under the lock. */
static struct session **place_of(struct sessions *s, const char *id)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->sessions[i] && secret_equal(s->sessions[i]->id, id))
			return &s->sessions[i];
	return NULL;
}

struct session *session_find(struct sessions *s, const char *id, int64_t now)
{
	struct session *found = NULL;
	pthread_mutex_lock(&s->lock);
	struct session **place = place_of(s, id);
	if (place && now - (*place)->created_at <= SESSION_S) {
		found = *place;
		found->holders++;
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

void session_end(struct sessions *s, const char *id)
{
	struct session *ended = NULL;
	pthread_mutex_lock(&s->lock);
	struct session **place = place_of(s, id);
	if (place) {
		ended = *place;
		*place = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	session_release(ended);
}
