/*
 * How a client wants what it is told: signed, encrypted to its key, or both (OIDC Registration §2,
 * RFC 9701 §6).                                                          Threads: any.
 */
#pragma once

#include "authd/service/issuer.h"
#include "keys/keys.h"

struct client;

/* A default that the standard gives: A128CBC-HS256 where `alg` stands without `enc`. */
void client_answers_fill(struct client *c);
/* Does it ask for anything encrypted? */
bool client_answers_encrypted(const struct client *c);
/* ST_INVALID with the reason in e: an algorithm that the issuer does not sign with, an encryption that
 * is not served, `enc` without `alg`, or keys of which none is for it. */
status client_answers_check(const struct conf *conf, const struct client *c, struct error *e);

/* What an answer is signed in: the algorithm that the client has registered for it, else RS256, as the standards
 * have it, or ES256 where the client's profile bars that. ST_CORRUPT: a name that registers nobody. */
status client_answer_algorithm(const struct client *c, struct slice registered, enum key_algorithm *ret);

/* How one kind of answer is encrypted; alg is empty where it is not. */
struct answer_encryption {
	struct slice alg, enc;
	bool nested; /* what is inside was signed (RFC 7519 §5.2) */
};
/*
 * Encrypt an answer to the client, in the arena; not encrypted, it is returned as it is.
 * ST_INVALID: the keys of the client that are known now do not serve, with the reason in e.
 */
status client_answer_encrypt(struct issuer *is, const struct client *c, const struct answer_encryption *how,
			     struct slice plain, int64_t now, struct arena *a, struct slice *ret,
			     struct error *e);
