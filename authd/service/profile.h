/*
 * Profiles: what a client's registration and each of its requests must be, one row each.
 *
 * FAPI 2.0 Security Profile §5.3.2, §5.4; FAPI 2.0 Message Signing §5.3, §5.4. A client whose `profile`
 * is absent has the row that demands nothing.                                 Threads: const data.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/service/issuer.h"

struct profile {
	const char *name;
	bool pushed_requests;   /* authorization requests come by PAR alone */
	bool signed_requests;   /* as request objects, with exp and nbf */
	bool signed_responses;  /* by JARM */
	bool pkce;
	bool bound_tokens;      /* by DPoP or mTLS */
	bool issuer_audience;   /* an assertion's aud is the issuer, as one string */
	bool steady_refresh;    /* refresh tokens are not rotated */
	unsigned auth_methods;  /* 1 << enum client_auth; 0: any */
	const char *const *algorithms; /* of signatures, ends with NULL; NULL: any */
};

/* Never NULL for a client that is stored. */
const struct profile *profile_of(const struct client *c);
/* By name, "" or absent for none; NULL for a name that has no row. */
const struct profile *profile_find(struct slice name);

/* May signatures of or for this client use it? */
bool profile_allows(const struct profile *p, struct slice algorithm);

/* Does the registration keep to its profile? ST_INVALID with the reason in e. */
status profile_check(const struct client *c, struct error *e);

/* What this client owes, by its profile, its registration or the issuer's settings. */
bool client_must_push(const struct issuer *is, const struct client *c);
bool client_must_sign_requests(const struct client *c);
