/*
 * One row of what may be exchanged for what (RFC 8693, RFC 7523 §2.1). Where no row says so, nothing may.
 *                                                                              Threads: immutable.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/buf.h"

/* Whom an assertion's `sub` means. */
enum subject_rule {
	SUBJECT_OF_TOKEN = 0, /* an access token of ours says that itself */
	SUBJECT_CLIENT = 1,   /* the client that presents it, by its client_id */
	SUBJECT_LOGIN = 2,    /* a person, by what they sign in with: a document number or a chosen name */
	SUBJECT_ID = 3,       /* a person or an entity, by its id in this register */
};
const char *subject_rule_name(enum subject_rule rule); /* "login" */
status subject_rule_parse(struct slice name, enum subject_rule *ret); /* ST_INVALID */

struct exchange_policy {
	struct slice client_id;  /* who may exchange */
	struct slice issuer;     /* of the token that is exchanged: `iss` */
	struct slice token_type; /* of that token: a URN of RFC 8693 §3 */
	struct slice audience;   /* whom the new token may be meant for */
	struct slice jwks;       /* the issuer's keys; absent where that is us */
	enum subject_rule subject_rule;
	struct slice scope; /* all that the new token may have; absent: this row adds no limit */
	int64_t created_at;
};

status exchange_policy_encode(const struct exchange_policy *p, struct buf *out);
/* Slices point into bytes. ST_CORRUPT. */
status exchange_policy_decode(struct slice bytes, struct exchange_policy *ret);
