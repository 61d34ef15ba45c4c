#include "authd/service/password.h"

#include "authd/service/pool.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

_Static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_STRBYTES, "as libsodium writes it");

/* The characters of UTF-8 text: its bytes without the continuation bytes. */
static int64_t characters(struct slice s)
{
	int64_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

status password_check(const struct conf *conf, struct slice password, struct error *e)
{
	if (password.n > PASSWORD_MAX)
		return error_set(e, ST_TOO_LARGE, "the password is longer than %d bytes",
		                 PASSWORD_MAX);
	if (!slice_is_utf8(password))
		return error_set(e, ST_INVALID, "the password is not UTF-8 text");
	if (characters(password) < conf->password.min_length)
		return error_set(e, ST_INVALID, "the password has fewer than %d characters",
		                 (int)conf->password.min_length);
	return ST_OK;
}

static size_t memory_bytes(const struct conf *conf)
{
	return (size_t)conf->password.memory_kib * 1024;
}

/* A hash of nothing: verifying against it costs what a real one costs, and never matches. */
static void dummy_hash(const struct conf *conf, char ret[PASSWORD_HASH_SIZE])
{
	snprintf(ret, PASSWORD_HASH_SIZE,
	         "$argon2id$v=19$m=%lld,t=%lld,p=1$c29kaXVtIGNobG9yaWRl$"
	         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	         (long long)conf->password.memory_kib, (long long)conf->password.passes);
}

/* libsodium takes no null pointer, not even to nothing. */
static const char *text_of(struct slice password)
{
	return password.n ? (const char *)password.p : "";
}

static status hash(struct password_job *job)
{
	if (sodium_init() < 0)
		return ST_UNAVAILABLE;
	int rc =
	        crypto_pwhash_str_alg(job->ret_hash, text_of(job->password), job->password.n,
	                              (unsigned long long)job->conf->password.passes,
	                              memory_bytes(job->conf), crypto_pwhash_ALG_ARGON2ID13);
	return rc == 0 ? ST_OK : ST_NOMEM;
}

static bool needs_rehash(const struct password_job *job, const char *stored)
{
	return crypto_pwhash_str_needs_rehash(stored,
	                                      (unsigned long long)job->conf->password.passes,
	                                      memory_bytes(job->conf)) != 0;
}

static status verify(void *context)
{
	if (sodium_init() < 0)
		return ST_UNAVAILABLE;
	struct password_job *job = context;
	char stored[PASSWORD_HASH_SIZE] = {0};
	bool real =
	        job->hash.n > 0 && job->hash.n < sizeof stored && job->password.n <= PASSWORD_MAX;
	dummy_hash(job->conf, stored);
	if (real) {
		memset(stored, 0, sizeof stored);
		memcpy(stored, job->hash.p, job->hash.n);
	}
	struct slice password = slice_first(job->password, PASSWORD_MAX);
	errno = 0;
	int rc = crypto_pwhash_str_verify(stored, text_of(password), password.n);
	if (rc != 0 && errno == ENOMEM)
		return ST_NOMEM; /* which is not a wrong password */

	job->ret_match = real && rc == 0;
	job->ret_needs_rehash = job->ret_match && needs_rehash(job, stored);
	secret_wipe(stored, sizeof stored);
	return job->ret_needs_rehash ? hash(job) : ST_OK;
}

static status make(void *context)
{
	struct password_job *job = context;
	return job->password.n > PASSWORD_MAX ? ST_TOO_LARGE : hash(job);
}

void password_verify_submit(struct issuer *is, struct password_job *job, struct op *op)
{
	job->conf = is->conf;
	job->ret_match = job->ret_needs_rehash = false;
	pool_submit(is->hashing, verify, job, op);
}

void password_hash_submit(struct issuer *is, struct password_job *job, struct op *op)
{
	job->conf = is->conf;
	pool_submit(is->hashing, make, job, op);
}
