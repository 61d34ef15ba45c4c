/*
 * Everything an issuer keeps secret: the signing key ring and the versioned symmetric secrets.
 *
 *	keys_open() -> keys_sign() many signatures, keys_secret() symmetric secrets, keys_jwks()
 *
 * All files lie in one directory outside the data directory, mode 0600, each sealed under the
 * key-encryption key (KEK), replaced atomically. The KEK itself is read from a file of its own or
 * a systemd credential; without it nothing opens. A backup copies `ring` and `secrets`; there is
 * nothing else to keep but the KEK, which is kept elsewhere.
 *
 * Several processes may share the directory: who changes it holds its lock, and works on what is
 * in the file; the others follow at their next keys_tick() or keys_reload().
 *                 Threads: struct keys is internally locked. Signing, secrets and lists never wait
 *                 for a change; a change may take a second (an RSA key, a lock): not on a thread
 *                 that serves requests.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/buf.h"
#include "libauth/base/op.h"
#include "libauth/base/secret.h"

struct keys;

struct keys_options {
	const char *dir;      /* made by keys_create() with mode 0700 */
	const char *kek_file; /* as keys/kek.h says; made by keys_create() */
	const char *data_dir; /* or NULL; the KEK is refused inside it, as inside `dir` */
	/* Of what keys_create() makes: signing keys, a set as key_algorithms_parse()'s; and secrets. */
	unsigned algorithms;
	enum suite suite;
};

/* The algorithms of a signing key, named as JOSE does (RFC 7518 §3.1, RFC 8037 §3.1); of the SM
 * suite, for which JOSE has no name, as GM/T 0125 does. A key has one: RS256 and PS256 never share a
 * key. Their numbers are in the ring's file. */
enum key_algorithm { KEY_ES256, KEY_RS256, KEY_EDDSA, KEY_PS256, KEY_SM2, KEY_ALGORITHM_COUNT };
const char *key_algorithm_name(enum key_algorithm a); /* "ES256", "SGD_SM3_SM2" */
status key_algorithm_parse(struct slice name, enum key_algorithm *ret); /* ST_INVALID */

/* A set of algorithms, one bit each, from names with spaces between them. ST_INVALID: a name that is
 * none, one twice, or none at all. */
status key_algorithms_parse(struct slice names, unsigned *ret);
static inline bool key_algorithms_have(unsigned set, enum key_algorithm a) { return set >> a & 1; }

/* Make a KEK (unless kek_file exists), symmetric secrets, and an active key of each algorithm.
 * Returns ST_EXISTS if the directory holds keys already; nothing is overwritten. ST_INVALID also where
 * a KEK that is there is of the other suite. */
status keys_create(const struct keys_options *options, int64_t now, struct error *e);

/* Returns ST_NOT_FOUND (no keys there), ST_INVALID (wrong KEK, wrong owner or mode), ST_CORRUPT. */
status keys_open(const struct keys_options *options, struct keys **ret, struct error *e);
/* Read the files again, as at SIGHUP. On failure, which keys_open() names, the running keys stay
 * as they are: so also for each function below that changes them. */
status keys_reload(struct keys *k, struct error *e);
void keys_free(struct keys *k);
DEFINE_AUTO(keys, struct keys *, keys_free)

/* ---- signing ---------------------------------------------------------------------------- */

/* One JWS to be made. The submitter owns all of it until the operation is done. */
struct sign_job {
	enum key_algorithm algorithm;
	const char *type;     /* header `typ`: "at+jwt", "JWT"; a literal */
	struct slice payload; /* JSON claims */
	struct buf token;     /* out: appended to, compact serialization; kid is the active key's */
};

/* Sign all jobs with the active key of each one's algorithm. File keys complete on the spot.
 * Ends with ST_OK, ST_NOT_FOUND (no active key of that algorithm) or a fault; then no job counts. */
void keys_sign(struct keys *k, struct sign_job *jobs, size_t n, struct op *op);

/* The JWKS document: all keys announced, active and retired but not yet dropped. In the arena. */
status keys_jwks(struct keys *k, struct arena *a, struct slice *ret_json);
/* The same and every key that was published before, unless it was revoked: for id_token_hint and
 * archives. Not to be served. */
status keys_archive(struct keys *k, struct arena *a, struct slice *ret_json);
/* The JWKS for those who cannot ask again: each key with `nbf` and `exp`. All that the planner lets
 * sign before *ret_until are in it. In the arena. */
struct key_policy;
status keys_jwks_dated(struct keys *k, const struct key_policy *policy, struct arena *a,
		       struct slice *ret_json, int64_t *ret_until);
/* Changes whenever the published set does; for ETag and for verifiers that follow the ring. */
uint64_t keys_generation(struct keys *k);

/* ---- the life of a key ------------------------------------------------------------------ */

enum key_state { KEY_ANNOUNCED, KEY_ACTIVE, KEY_RETIRED, KEY_REVOKED };
const char *key_state_name(enum key_state s); /* "announced" */

struct key_info {
	char kid[44]; /* RFC 7638 SHA-256 thumbprint, base64url */
	enum key_algorithm algorithm;
	enum key_state state;
	int64_t created_at, activates_at, retires_at, drops_at; /* seconds; 0 where not yet known */
};
status keys_list(struct keys *k, struct arena *a, struct key_info **ret, size_t *ret_n);

struct key_policy {
	int64_t announce_s; /* in the JWKS this long before it signs */
	int64_t active_s;   /* signs this long */
	int64_t retain_s;   /* published this long after it stopped: the longest life of a token.
			     * Two minutes are added for processes that have not reread yet */
	unsigned algorithms; /* keys of others sign no more */
};

/* Do what the policy asks for at `now`: announce, activate, retire, drop. Called every minute.
 * ST_OK also when there was nothing to do. A clock that went backwards or jumped over a whole
 * period changes nothing and returns ST_CONFLICT with a message, until keys_resume().
 * ST_INVALID: no such policy can be kept; ST_UNAVAILABLE: another process holds the lock. */
status keys_tick(struct keys *k, const struct key_policy *policy, int64_t now, struct error *e);
status keys_resume(struct keys *k, int64_t now, struct error *e);
/* Announce a new key of this algorithm. With at_once it signs from now on; if one is announced
 * already, that one does. `ret` may be NULL. Returns what keys_tick() does, ST_INVALID also for an
 * algorithm that the policy does not have, and ST_EXISTS if another key is to take over just as soon. */
status keys_rotate(struct keys *k, enum key_algorithm a, bool at_once,
		   const struct key_policy *policy, int64_t now, struct key_info *ret, struct error *e);
/* A compromised key: out of the JWKS at once. If it was the active one, the one announced next
 * signs from now on, or a new one where none is. Works whatever the clock shows.
 * ST_OK also when it was revoked before; ST_NOT_FOUND. */
status keys_revoke(struct keys *k, struct slice kid, int64_t now, struct error *e);

/* ---- symmetric secrets ------------------------------------------------------------------ */

enum secret_use {
	SECRET_SUBJECT_WRAP, /* wraps each subject's data key */
	SECRET_BLIND_INDEX,  /* keys the indexes over document numbers and names */
	SECRET_PAIRWISE,     /* the salt of pairwise subjects: one version for ever */
	SECRET_CACHE,        /* hashes cache keys, seals cache values */
	SECRET_SESSION,      /* seals session cookies and token handles (`jti`) */
	SECRET_PAGE,         /* seals pending requests in pages */
	SECRET_REFRESH,      /* authenticates refresh tokens */
	SECRET_USE_COUNT,
};

/* The suite of the current secrets, for what is sealed under a key of no version. */
enum suite keys_suite(struct keys *k);

/* The secret of this use and version; version 0 asks for the current one.
 * Returns ST_NOT_FOUND for a version that never was or is no more. */
status keys_secret(struct keys *k, enum secret_use use, uint32_t version, struct secret *ret,
		   uint32_t *ret_version);
/* Versions from the newest down, at most n; returns how many. For look-ups during a rotation. */
size_t keys_secret_versions(struct keys *k, enum secret_use use, uint32_t *ret, size_t n);

/*
 * A secret is rotated by a version more, which is the current one at once: what is made from now on
 * is made under it, and what was made before opens under its own. Another process meets the
 * new version in what it reads, and rereads the files then; for what it looks up by a keyed hash it cannot know,
 * so whoever looks up goes by both for as long as processes take to reread.
 */
const char *secret_use_name(enum secret_use use); /* "blind-index" */
status secret_use_parse(struct slice name, enum secret_use *ret); /* ST_INVALID */

struct secret_info {
	enum secret_use use;
	uint32_t version;
	int64_t created_at;
	bool current;
};
/* By use, from the newest version down. In the arena. */
status keys_secrets_list(struct keys *k, struct arena *a, struct secret_info **ret, size_t *ret_n);
/* The versions of one use that are alive: the newest, and when it was made; the one before, or 0. */
struct secret_ages {
	uint32_t newest, before;
	int64_t newest_at;
};
status keys_secret_ages(struct keys *k, enum secret_use use, struct secret_ages *ret);

/* Make a new version. ST_INVALID: SECRET_PAIRWISE never changes, since every `sub` hangs on it;
 * ST_EXISTS: the version before is still in use. */
status keys_secret_rotate(struct keys *k, enum secret_use use, int64_t now, uint32_t *ret_version,
			  struct error *e);
/* Destroy a version that is not the current one. ST_OK also when it is no more. */
status keys_secret_destroy(struct keys *k, enum secret_use use, uint32_t version, struct error *e);

/*
 * Put the key-encryption key of the file new_kek in place of the one in use: all key files are sealed
 * under it, then kek_file is replaced by it, which decides; what a crash leaves half done is finished,
 * or taken back, when the keys are opened next. Backups that were made before need the old one.
 * ST_EXISTS: it is the one in use; ST_FORBIDDEN: kek_file cannot be replaced (a systemd credential):
 * nothing has changed.
 */
status keys_rekey(struct keys *k, const char *new_kek, struct error *e);
