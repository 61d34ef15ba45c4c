/*
 * Is an audit whole? Entries go in as they are stored, one after the other; out come findings that name
 * the place. Memory does not grow with the number of entries.
 *
 *	audit_check_new() -> audit_check_outside()... -> audit_check_begin()
 *	-> audit_check_entry()... -> audit_check_end() -> audit_check_findings()
 *
 * An entry that was altered no longer has the hash that the next one holds; one that was taken out leaves its
 * number; one that was moved stands under another. Who forges the whole chain anew meets the checkpoints, which
 * are signed, and the head, which ends it.                                Threads: one at a time.
 */
#pragma once

#include "authd/service/audit_statement.h"

enum audit_finding_kind {
	AUDIT_ALTERED,
	AUDIT_MISSING,
	AUDIT_MISPLACED,
	AUDIT_REPEATED,    /* a number comes a second time: one of the two was put in */
	AUDIT_CUT_OFF,     /* missing at the end */
	AUDIT_UNSIGNED,    /* behind the end that was signed */
	AUDIT_CONTRADICTED, /* a checkpoint has signed something else */
};
/* "altered" */
const char *audit_finding_name(enum audit_finding_kind kind);

struct audit_finding {
	enum audit_finding_kind kind;
	uint64_t first, last; /* the numbers of the entries that it is about */
	char text[200];       /* a sentence */
};

enum { AUDIT_FINDINGS_MAX = 1000 };

struct audit_check;
/* keys: the issuer's, retired ones too. ST_INVALID with the reason in e. */
status audit_check_new(const char *issuer, struct auth_keyset *keys, int64_t now, struct audit_check **ret,
		       struct error *e);
void audit_check_free(struct audit_check *c);
DEFINE_AUTO(audit_check, struct audit_check *, audit_check_free)

/* A checkpoint that was kept elsewhere. Before begin; what does not verify is a finding. */
status audit_check_outside(struct audit_check *c, struct slice token);
/* The entry before the first to come. `known`: its hash is. */
void audit_check_begin(struct audit_check *c, struct audit_chain before, bool known);
/* A stored value. ST_NOMEM, or a fault. */
status audit_check_entry(struct audit_check *c, struct slice value);
/* All entries were given; the chain is to end so. NULL: that is not known. `all`: there are no later ones,
 * so that no checkpoint can be over one. */
status audit_check_end(struct audit_check *c, const struct audit_chain *end, bool all);

/* Sorted by the place; lent. When there are AUDIT_FINDINGS_MAX, there may be more. */
const struct audit_finding *audit_check_findings(const struct audit_check *c, size_t *ret_n);

struct audit_check_counts {
	uint64_t entries;
	uint64_t checkpoints; /* entries that verified */
	uint64_t outside;     /* and those that are kept elsewhere */
	uint64_t unknown;     /* signed by a key that is not among the given ones: they prove nothing */
	uint64_t broken_noted; /* "audit.broken": what authd met itself */
	uint64_t last_broken;  /* the last of those entries */
	int64_t first_at, last_at;
};
struct audit_check_counts audit_check_counts(const struct audit_check *c);
/* The last entry in its place. */
uint64_t audit_check_last(const struct audit_check *c);
