/*
 * The audit: what happened, who did it, to whom; written in the same batch as the change itself, so
 * that there is no change without its entry. Ids only: never a name, a number, an address.
 *                                              Threads: a batch belongs to one at a time.
 */
#pragma once

#include "authd/model/id.h"
#include "authd/store/records.h"

/* Only `event` must be there; what is zero or absent is left out. */
struct audit_entry {
	const char *event;          /* "session.begin", "grant.refresh", "admin.client.add" ... */
	const char *outcome;        /* "refused", "failed"; NULL is "ok" */
	struct slice operator_name; /* who did it: an operator ... */
	struct id actor;            /* ... or a subject */
	struct slice client_id;     /* the client that asked, or that was changed */
	struct id subject;          /* whom it is about */
	struct id session;
	struct id grant;
	/* What was agreed to, as it is kept (RFC 9396): it may name people, so its SHA-256 stands there. */
	struct slice authorization_details;
	struct id mandate;          /* under which, or about which; it says who acts for whom */
	struct slice kid;
	int64_t count;              /* of records, where one entry stands for many */
	struct slice checkpoint;    /* a signed statement: audit_statement.h */
	struct slice detail;        /* plain words or scopes; UTF-8, no personal data, at most 512 bytes */
};

/* The entry as it stands in the chain. ST_NOMEM. */
status audit_encode(const struct audit_entry *entry, struct buf *out);
/* Append the entry to the audit chain in this batch, which copies it. ST_NOMEM. */
status audit_write(struct batch *b, const struct audit_entry *entry);
