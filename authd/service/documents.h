/*
 * JSON documents that others publish and change when they like, fetched when needed and kept in this
 * node's memory: a client's keys, an upstream's metadata and keys.
 *
 *	status s = document_get(is->documents, &d, now, a, &text, &version);
 *	if (s == ST_OK && the text has what is needed) ...
 *	else if (!asked && document_fetch(is, &d, version, now, a, op))
 *		return STEP_WAIT;      and then the same once more, with asked set
 *
 * Whoever finds that what is there does not do asks for a fetch. However many ask, there is one fetch
 * at a time, and for 30 s none after one that was made although what was there was fresh, or that has
 * failed. What is there counts as long as Cache-Control says, but at least a minute and at most an
 * hour; without a word, five minutes. Then it is fetched anew, and only where that fails, the last
 * one serves for an hour more.                                     Threads: internally locked.
 */
#pragma once

#include "authd/service/issuer.h"
#include "libauth/base/op.h"

enum {
	DOCUMENT_BYTES_MAX = 32 << 10,
	DOCUMENT_FRESH_S = 300, /* where Cache-Control does not say */
	DOCUMENT_FRESH_MIN_S = 60,
	DOCUMENT_FRESH_MAX_S = 3600,
	DOCUMENT_OUTAGE_S = 3600,
	DOCUMENT_AGAIN_S = 30,
};

/* Is this such a document? What is none does not take the place of one. */
typedef bool document_check(struct slice text);

struct document {
	struct slice owner, uri; /* both are its name */
	struct slice accept;     /* a literal */
	document_check *check;
};

/*
 * The document as it is known: in the arena.
 * ST_OK; ST_NOT_FOUND: none is known, or it is too old to count; then nothing is returned.
 */
status document_get(struct documents *m, const struct document *d, int64_t now, struct arena *a,
		    struct slice *ret_text, uint64_t *ret_version);

/*
 * Fetch it, because the version seen does not do; 0 if there was none.
 * True: op is completed when there is something new to get, or nothing; its status says no more than
 * document_get() will. At once where others have fetched a newer one than seen.
 * False: op is left alone, for it is not to be asked yet.
 */
bool document_fetch(struct issuer *is, const struct document *d, uint64_t seen, int64_t now, struct arena *a,
		    struct op *op);

/* This node's memory; freed when no fetch is under way any more: after the issuer's `fetching`. */
status documents_new(struct documents **ret);
void documents_free(struct documents *m);
DEFINE_AUTO(documents, struct documents *, documents_free)
