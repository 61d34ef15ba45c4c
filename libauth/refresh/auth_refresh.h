/*
 * libauth-refresh: keeps the verifiers of an issuer fresh, for those who have a network.
 *
 *	struct auth_refresh *refresh;
 *	struct auth_refresh_options options = AUTH_REFRESH_OPTIONS_INIT;
 *
 *	options.issuer = "https://id.example";
 *	options.cache_dir = "/var/lib/portal/auth";
 *	if (auth_refresh_start(&options, &verifier, 1, &refresh, &error) != AUTH_OK)
 *		return 1;
 *	if (auth_refresh_verify(refresh, verifier, token, n, time(NULL), &claims) == AUTH_OK)
 *		printf("hello %s\n", auth_claims_sub(claims));
 *	auth_refresh_stop(refresh);
 *
 * A thread of its own fetches the issuer's metadata, keys and status lists, as often as their answers
 * allow, and gives them to the verifiers. When the issuer does not answer, the last good ones stay in
 * use; a key that the issuer no longer publishes is dropped with the next answer. What was fetched is
 * kept in a directory for the next start.
 *
 * Names under .localhost are loopback (RFC 6761 §6.3); only they may be reached by plain HTTP.
 * Redirects are not followed.
 *
 * C99 and C++17. Where nothing else is said, a function is there since 0.1.
 */
#ifndef AUTH_REFRESH_H
#define AUTH_REFRESH_H

#include <auth.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Start from AUTH_REFRESH_OPTIONS_INIT; pointers are borrowed for the call alone. */
struct auth_refresh_options {
	size_t size;           /* set by AUTH_REFRESH_OPTIONS_INIT */
	const char *issuer;    /* its metadata lies at issuer + /.well-known/openid-configuration */
	const char *cache_dir; /* a directory that nobody else can write to; NULL: nothing is kept */
	const char *ca_file;   /* PEM of the authorities to trust; NULL: those of the system */
	int64_t least_s;       /* between two fetches of keys that tokens have asked for; 1 to 3600 */
	int64_t most_s;        /* keys are fetched at least so often; least_s to 86400 */
	int64_t outage_s;      /* how long the last good keys serve without an answer; -1: for ever */
	int64_t timeout_ms;    /* of one fetch, and of waiting for one; 1 to 60000 */
};

#define AUTH_REFRESH_OPTIONS_INIT                                                                  \
	{                                                                                          \
		sizeof(struct auth_refresh_options), NULL, NULL, NULL, 30, 3600, 604800, 5000      \
	}

struct auth_refresh;

/**
 * Begin to keep verifiers fresh: take what the directory holds, and fetch. Does not wait for the first
 * answer.
 *
 * verifiers   n of them, which must live until auth_refresh_stop()
 * ret         the running refresh, ended with auth_refresh_stop()
 *
 * Returns AUTH_OK, AUTH_BAD_OPTIONS (with a message in error, which may be NULL), AUTH_IO (the
 *   directory), AUTH_NOMEM or AUTH_BUG (no thread).
 * Threads: any.
 */
AUTH_CHECK enum auth_status auth_refresh_start(const struct auth_refresh_options *options,
					       struct auth_verifier *const *verifiers, size_t n,
					       struct auth_refresh **ret, struct auth_error *error);

/**
 * End the thread, at the latest when a fetch under way has; NULL is allowed.
 * Threads: none may be in auth_refresh_verify() any more.
 */
AUTH_API void auth_refresh_stop(struct auth_refresh *refresh);

/**
 * Verify as auth_verify() does, and once more after a fetch if a key or a list was missing.
 *
 * Such a fetch happens at most once in options.least_s for keys, and once a second for lists, however
 * many tokens ask for it: a storm of invented `kid` makes no storm of requests. Waits for at most
 * options.timeout_ms.
 *
 * verifier    one of those given to auth_refresh_start()
 * token, n, now, ret  as for auth_verify()
 *
 * Returns what auth_verify() does.
 * Threads: any number at once.
 */
AUTH_CHECK enum auth_status auth_refresh_verify(struct auth_refresh *refresh,
						struct auth_verifier *verifier, const char *token,
						size_t n, int64_t now, struct auth_claims **ret);

/** How it goes. Times are in seconds since the epoch; 0: never. */
struct auth_refresh_state {
	int64_t keys_at;   /* the keys in use were fetched, or confirmed */
	int64_t lists_at;  /* all status lists were fetched */
	int64_t failed_at; /* a fetch failed last */
	char why[256];     /* how it failed; empty if none has */
};

/**
 * Tell how the refreshing goes, for monitoring.
 * ret     filled in any case
 * Threads: any.
 */
AUTH_API void auth_refresh_get_state(struct auth_refresh *refresh, struct auth_refresh_state *ret);

#ifdef __cplusplus
}
#endif

#endif
