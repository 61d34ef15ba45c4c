/*
 * What a client may ever be told of a person: its registration's `claims`, nothing by default.
 *
 *	"name,birthdate duty 办理居住证"     NAME[,NAME...] BASIS PURPOSE
 *
 * The basis is a duty that the law lays on the client, of which people are told, or their consent, for which
 * they are asked (PIPL Art. 13, 34, 35).                                  Threads: pure functions.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/service/claims.h"

enum claim_basis { BASIS_DUTY = 1, BASIS_CONSENT = 2 };

struct claim_right {
	claim_set claims;
	enum claim_basis basis;
	struct slice purpose; /* the client's words; in the text */
};

/* ST_INVALID with the reason in e. */
status claim_right_read(struct slice text, struct claim_right *ret, struct error *e);
/* All of a list: each well-formed, and no claim in two of them. */
status claim_rights_check(const struct client_list *rights, struct error *e);

/* Read what has been checked into the client's sets, for those who ask at each release. */
void claim_rights_read(struct client *client);

/* What the client may be told. */
static inline claim_set claims_allowed(const struct client *client)
{
	return client->claims_by_duty | client->claims_by_consent;
}
