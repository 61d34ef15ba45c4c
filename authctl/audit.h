/* What the commands about the audit share.                                 Threads: there is one. */
#pragma once

#include "authctl/ctl.h"
#include "authctl/progress.h"
#include "authd/service/audit_check.h"

DEFINE_AUTO(auth_keyset, struct auth_keyset *, auth_keyset_free)
DEFINE_AUTO(auth_verifier, struct auth_verifier *, auth_verifier_free)

/* ---- entries of the running authd ------------------------------------------------------------- */

/* Where reading stands. Set one of the first three, and call audit_next() until there are no lines. */
struct audit_pages {
	int64_t after, since, last;

	char *ticket;
	json_t *page;
	struct audit_chain head, pruned; /* as of the last page */
	const char *head_fault;          /* "missing", "forged"; lent by the page; NULL: it is good */
	int64_t begun_after;             /* the entry before the first that was read */
};
void audit_pages_done(struct audit_pages *p);
#define AUTO_AUDIT_PAGES __attribute__((cleanup(audit_pages_done)))

/* The next entries, as stored: an array of strings that the page lends; empty where there are none yet. */
enum exit_code audit_next(struct ctl *c, struct audit_pages *p, const json_t **ret_lines);

/* What verifies them: {"issuer", "jwks", "checkpoints"}. */
enum exit_code audit_evidence(struct ctl *c, json_t **ret);

/* ---- times ------------------------------------------------------------------------------------ */

/* 2026-11-23, 2026-11-23T09:30:00 (local time), or so long ago: 12h, 30d. It has said what is wrong. */
enum exit_code audit_time(const struct ctl *c, const char *flag, int64_t now, int64_t *ret);

/* ---- an export ---------------------------------------------------------------------------------
 *
 *	{"audit_export":1,"issuer":...,"first":...}
 *	an entry a line, as stored
 *	{"seal":...,"jwks":...}
 */
struct audit_file {
	struct slice bytes; /* mapped */
	struct slice entries; /* whole lines */
	json_t *header, *trailer;
};
enum exit_code audit_file_open(struct ctl *c, const char *path, struct audit_file *ret);
void audit_file_done(struct audit_file *f);
#define AUTO_AUDIT_FILE __attribute__((cleanup(audit_file_done)))

/* The next line, without its end. False: there is none. */
bool audit_file_line(struct slice *rest, struct slice *ret);

/* Look whether it is whole, by the keys in `keys_path`, or by its own where that is NULL; with the
 * checkpoints of another file, or NULL. What the check found stays in *ret. */
enum exit_code audit_file_check(struct ctl *c, const struct audit_file *f, const char *keys_path,
				const char *checkpoints_path, struct audit_check **ret);

/* ---- what was found ---------------------------------------------------------------------------- */

enum exit_code audit_keys(struct ctl *c, const json_t *jwks, const char *path, struct auth_keyset **ret);
/* DONE where nothing was found, else REFUSED; it has printed either. `by` says what vouches for the end. */
enum exit_code audit_report(const struct ctl *c, const struct audit_check *check, uint64_t first,
			    const char *by);
