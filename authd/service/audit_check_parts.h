/* The files of the check share this. */
#pragma once

#include "authd/service/audit_check.h"

enum { AUDIT_REMEMBERED = 1 << 12, AUDIT_STRAYS_MAX = 1024 };

struct audit_check {
	struct auth_verifier *verifier;
	int64_t now;
	struct audit_check_counts counts;
	struct audit_finding *findings;
	size_t findings_n;

	/* The last entry in its place. */
	uint64_t begin, last;
	bool linked;                /* the next one's `prev` can be compared: with the digest, */
	struct audit_digest digest; /* or with that of the value, where there is one */
	struct buf value;
	uint64_t doubtful;          /* the link into this entry did not hold; 0: none */

	/* A number too high: the next entry tells whether it was moved or others are gone. */
	struct buf held;
	bool is_held;
	/* Numbers that stood too early. */
	uint64_t strays[AUDIT_STRAYS_MAX];
	size_t strays_n;

	/* What the last entries' digests are, by number modulo. */
	struct audit_digest remembered[AUDIT_REMEMBERED];
	uint64_t agreed; /* the last entry that a checkpoint agrees with */
	bool contradicted;

	struct audit_statement *outside; /* sorted when the check begins */
	size_t outside_n, outside_room, outside_next;
};

void audit_find(struct audit_check *c, enum audit_finding_kind kind, uint64_t first, uint64_t last,
		const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The entry has the number after the last one's, or follows a gap: `linked` says so. */
status audit_check_in_order(struct audit_check *c, const struct audit_line *line, struct slice value);
/* The order of numbers: it calls the one above. */
status audit_check_order(struct audit_check *c, const struct audit_line *line, struct slice value);
/* What is still held: there is no next entry. */
status audit_check_order_end(struct audit_check *c);
