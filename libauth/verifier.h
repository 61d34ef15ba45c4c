/* A policy and what it goes by. See auth.h for the public part. */
#pragma once

#include "libauth/policy.h"
#include "libauth/remembered.h"
#include "libauth/swap.h"
#include "libauth/trust.h"

#include <pthread.h>

struct auth_verifier {
	struct swap trust; /* of struct trust */
	struct policy policy;
	struct remembered remembered;
	pthread_mutex_t learning; /* held from reading the trust until the new one is in its place */
};

/* Change what the verifier goes by: copy, change, put. Between the two no other thread changes it.
 * ret is NULL without memory; then, and to drop the change, put with NULL. */
struct trust *verifier_learn(struct auth_verifier *v);
void verifier_learned(struct auth_verifier *v, struct trust *trust);
