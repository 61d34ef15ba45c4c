/*
 * Proof of possession at our own endpoints (RFC 9449): libauth verifies the proof, the nonce is ours.
 *
 * A nonce is a MAC over a window of time, so that every node can check what another one gave out and
 * none has to remember it.                                              Threads: one at a time.
 */
#pragma once

#include "authd/service/issuer.h"

/* All asymmetric algorithms that libauth takes: discovery and challenges name them. */
extern const char DPOP_ALGORITHMS[];

struct dpop_request {
	const char *method;        /* a literal */
	const char *path;          /* below the issuer, or below mtls_url */
	struct slice access_token; /* that came with it; absent at a token endpoint */
};

struct dpop_proof {
	struct slice jkt;            /* thumbprint of the key that the sender holds (RFC 7638) */
	struct slice alg;            /* of its signature */
	struct cache_command replay; /* a proof counts once: to be submitted */
	const char *reason;          /* why it is refused; a literal */
};

/*
 * Verify a proof. Returns ST_OK; ST_INVALID with ret->reason; ST_EXPIRED with ret->reason: it has no
 * nonce of now, and could be sent again with one; or a fault.
 */
status dpop_verify(struct issuer *is, struct slice proof, const struct dpop_request *request,
		   int64_t now, struct arena *a, struct dpop_proof *ret);

/* The nonce to be put into proofs from now on. In the arena. */
status dpop_nonce(struct issuer *is, int64_t now, struct arena *a, struct slice *ret);
