/*
 * The settings of an issuer: one YAML file, one table (conf/settings.c) that names each key, its
 * type, its bounds, its default and its place in this struct.            Threads: immutable.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/status.h"

struct conf_operator {
	const char *user; /* a system user, known by SO_PEERCRED */
	const char *role; /* "admin" | "auditor" */
	int64_t uid;
};

/* Addresses of one network; an IPv4 address is as RFC 4291 §2.5.5.2 maps it into IPv6. */
struct conf_network {
	uint8_t prefix[16];
	int bits;
};
bool conf_network_has(const struct conf_network *network, const uint8_t address[16]);

/* What a level of assurance needs on each axis, at least. */
struct conf_level {
	int identity;      /* 2 to 5, of the record */
	int authenticator; /* 1 one factor, 2 two of different kinds, 3 with a cryptographic one */
	int federation;    /* 1 to 3; 3: authenticated here */
};

struct conf {
	const char *issuer; /* https://id.example.gov.cn, exactly as in `iss`; no trailing slash */

	struct {
		const char *address; /* 127.0.0.1, ::, 0.0.0.0 */
		int64_t port;
		int64_t threads;     /* 0: one per processor */
		int64_t connections; /* at most */
		int64_t idle_s;      /* an idle connection is closed after this */
	} listen;
	struct {
		const char *certificate; /* PEM chain; both or neither */
		const char *key;
	} tls;
	/* Proxies whose X-Forwarded-For is believed: addresses. */
	const char **trusted_proxies;
	size_t trusted_proxies_n;
	struct {
		const char *url;       /* where clients come with a certificate; no trailing slash */
		const char *client_ca; /* PEM: who may certify clients of tls_client_auth */
		const char *header;    /* in which a trusted proxy passes the certificate on */
	} mtls;
	const char *dpop_nonce; /* "optional" | "required" */

	const char *data_dir;
	const char *keys_dir;
	const char *kek_file; /* default: $CREDENTIALS_DIRECTORY/kek if set, else kek beside the file */
	const char *cache;    /* "embedded", redis://, or redis+unix:// */
	int64_t cache_deadline_ms;

	struct {
		const char *socket; /* path of the admin interface */
		struct conf_operator *operators;
		size_t operators_n;
	} admin;

	struct {
		int64_t code_s, access_token_s, id_token_s;
		int64_t session_idle_s, session_s;
		int64_t refresh_idle_s, refresh_s, refresh_grace_s;
		int64_t sign_in_s; /* how long a sign-in page may stay open */
		int64_t pushed_request_s;
	} life;
	struct {
		const char *requests;      /* "any" | "pushed" */
		const char *details_types; /* of authorization_details, words separated by spaces */
	} authorization;
	struct {
		int64_t announce_s, active_s, bundle_s, settle_s;
		const char *algorithms; /* as key_algorithms_parse() reads them */
	} keys;
	struct {
		const char *algorithm; /* of access tokens and status lists; one of keys.algorithms */
	} tokens;
	struct {
		int64_t checkpoint_s, keep_s;
		const char *checkpoints_file; /* NULL: layout_checkpoints() says where */
	} audit;
	struct {
		int64_t memory_kib, passes; /* argon2id; p = 1 */
		int64_t threads, queue;     /* of the hashing pool */
		int64_t min_length;
	} password;
	struct {
		int64_t account_failures, address_failures; /* in one window */
		int64_t address_requests; /* of clients without a secret, in one window */
		int64_t window_s;
	} throttle;
	/* Requests of authd's own: to clients, and to other issuers. */
	struct {
		struct conf_network *allow; /* reached although they are not public */
		size_t allow_n;
		const char *ca_file; /* NULL: the system's */
		int64_t deadline_ms;
		int64_t threads, queue;
	} outbound;
	struct {
		const char *mode;         /* who may: "off" | "token" | "open" */
		const char *scope;        /* all that a registered client may ask for */
		const char *claims;       /* what it may be told of people: service/claim_rights.h; or NULL */
		const char *pkce;         /* "required" | "optional" */
		const char *statements;   /* folder of the issuers of software statements, or NULL */
		int64_t quota;            /* clients registered so, in all */
		int64_t address_attempts; /* without a token, in throttle.window_s */
	} registration;
	struct {
		int64_t keep_s; /* what clients were told of people */
	} ledger;
	struct {
		struct conf_level ladder[4]; /* rn2 to rn5 */
		const char *names;           /* further names of levels: NAME=rn4, separated by spaces; or NULL */
		int64_t factor_age_s;        /* how old a factor may be where several are needed */
		int64_t fresh_s;             /* and where a person's factors change */
	} levels;
	const char *log_level; /* "debug" | "info" | "warning" | "error" */
};

/*
 * Read and check a file. All of the result lives in the arena. The message names file, line and
 * reason: "authd.yaml:12: listen.port: 70000 is not between 0 and 65535".
 * Returns ST_NOT_FOUND (no such file), ST_INVALID, or a fault.
 */
status conf_load(const char *path, struct arena *a, struct conf **ret, struct error *e);

/* A duration as the file has them, 90s, 5min, 12h or 30d, of at least a second. ST_INVALID. */
status conf_duration(struct slice text, int64_t *ret_s, struct error *e);
