#include "authd/service/audit_checkpoints.h"

#include "authd/service/audit.h"
#include "authd/service/audit_guard.h"
#include "authd/service/foreign_jwt.h"
#include "authd/service/layout.h"
#include "authd/store/files.h"
#include "libauth/base/big_endian.h"
#include "libauth/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAST_LINES = 64 << 10 };

/* ---- the store ------------------------------------------------------------------------------ */

status audit_head_get(struct issuer *is, struct audit_head *ret)
{
	AUTO_ARENA struct arena a = { 0 };
	struct record stored;
	struct audit_guard guard = audit_guard_of(is->keys);
	TRY(records_get(is->records, TABLE_META, AUDIT_HEAD_KEY, &a, &stored));
	return audit_head_read(&guard, stored.value, ret);
}

status audit_entry_get(struct issuer *is, uint64_t seq, struct arena *a, struct slice *ret)
{
	uint8_t key[AUDIT_KEY_SIZE];
	struct record entry;
	put_u64(key, seq);
	TRY(records_get(is->records, TABLE_AUDIT, slice_of(key, sizeof key), a, &entry));
	*ret = entry.value;
	return ST_OK;
}

static status write_entry(struct issuer *is, const struct audit_entry *entries, size_t n)
{
	AUTO_ARENA struct arena a = { 0 };
	struct batch *b = batch_new(&a);
	if (!b)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++)
		if (entries[k].event)
			TRY(audit_write(b, &entries[k]));
	return records_commit_wait(is->records, b);
}

/* ---- the file ------------------------------------------------------------------------------- */

static status failed(struct error *e, const char *path, const char *what)
{
	return error_set(e, files_status(errno), "%s: %s: %s", path, what, strerror(errno));
}

/* The folder where it goes by default is ours to make. */
static status make_folder(struct issuer *is, struct arena *a, struct error *e)
{
	const char *dir = (const char *)arena_format(a, "%s/audit", is->conf->keys_dir).p;
	if (is->conf->audit.checkpoints_file)
		return ST_OK;
	if (!dir)
		return ST_NOMEM;
	return mkdir(dir, 0700) == 0 || errno == EEXIST ? ST_OK : failed(e, dir, "cannot be made");
}

static status append_line(struct issuer *is, struct slice token, struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	const char *path = layout_checkpoints(is->conf, &a);
	struct slice line = arena_format(&a, "%.*s\n", SLICE_FMT(token));
	if (!path || !line.p)
		return ST_NOMEM;
	TRY(make_folder(is, &a, e));
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed(e, path, "cannot be opened");
	/* In one write: several authd may share it. */
	if (write(fd, line.p, line.n) != (ssize_t)line.n || fdatasync(fd) != 0)
		return failed(e, path, "cannot be written");
	return ST_OK;
}

/* From a whole line on. */
static status read_tail(int fd, size_t most, struct buf *out)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return ST_IO;
	bool cut = (size_t)st.st_size > most;
	if (cut && lseek(fd, st.st_size - (off_t)most, SEEK_SET) < 0)
		return ST_IO;
	AUTO_BUF struct buf bytes = { 0 };
	TRY(fd_read_all(fd, most + LAST_LINES, &bytes)); /* it may grow meanwhile */
	struct slice text = buf_slice(&bytes);
	if (cut)
		text = slice_from(text, slice_find(text, '\n') + 1);
	buf_put(out, text);
	return buf_status(out);
}

status audit_checkpoints_read(struct issuer *is, size_t most, struct buf *out, struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	const char *path = layout_checkpoints(is->conf, &a);
	if (!path)
		return ST_NOMEM;
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ST_OK : failed(e, path, "cannot be read");
	status s = read_tail(fd, most, out);
	return s == ST_IO ? failed(e, path, "cannot be read") : s;
}

/* ---- making one ------------------------------------------------------------------------------ */

status audit_checkpoint(struct issuer *is, int64_t now, struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	struct audit_head head;
	struct slice token;
	status s = audit_head_get(is, &head);
	if (is_fault(s))
		return s;
	if (s != ST_OK || !head.last.seq)
		return error_set(e, ST_CORRUPT, "the audit has no head to sign");
	const struct audit_statement statement = { .issued_at = now, .last = head.last };
	TRY(audit_statement_sign(is, STATEMENT_CHECKPOINT, &statement, &a, &token));
	const struct audit_entry entry = { .event = "audit.checkpoint", .checkpoint = token };
	TRY(write_entry(is, &entry, 1));
	return append_line(is, token, e);
}

status audit_end(struct issuer *is, int64_t now, struct error *e)
{
	TRY(write_entry(is, &(struct audit_entry){ .event = "issuer.stop" }, 1));
	return audit_checkpoint(is, now, e);
}

/* ---- looking at the last one ------------------------------------------------------------------ */

static struct slice last_line(struct slice text)
{
	struct slice last = NO_SLICE;
	while (text.n) {
		struct slice line = slice_first(text, slice_find(text, '\n'));
		last = line.n ? line : last;
		text = slice_from(text, line.n + 1);
	}
	return last;
}

static status verify_line(struct issuer *is, struct slice token, int64_t now, struct audit_statement *ret,
			  struct error *e)
{
	AUTO_ARENA struct arena a = { 0 };
	AUTO(auth_keyset) struct auth_keyset *keys = NULL;
	AUTO(auth_verifier) struct auth_verifier *v = NULL;
	struct slice archive;
	TRY(keys_archive(is->keys, &a, &archive));
	TRY(status_of_auth(auth_keyset_from_json(archive.p, archive.n, &keys, NULL)));
	TRY(audit_verifier_new(STATEMENT_CHECKPOINT, is->conf->issuer, keys, &v, e));
	return audit_statement_verify(v, token, now, ret, e);
}

/* Is the entry that was signed there, as it was? *ret_broken is NULL, or says why not. */
static status compare(struct issuer *is, const struct audit_statement *said, struct arena *a,
		      const char **ret_broken)
{
	struct audit_head head = { 0 };
	struct audit_digest digest;
	struct slice value;
	status s = audit_head_get(is, &head);
	if (is_fault(s))
		return s;
	if (s == ST_OK && head.pruned.seq >= said->last.seq)
		return ST_OK;
	s = audit_entry_get(is, said->last.seq, a, &value);
	if (s == ST_OK)
		s = audit_digest_of(said->last.digest.hash, value, &digest);
	if (is_fault(s))
		return s;
	if (s == ST_OK && audit_digest_equal(&digest, &said->last.digest))
		return ST_OK;
	*ret_broken = (const char *)arena_format(
		a, "entry %llu is not the one that was signed at %lld: it was cut off, or older records were put back",
		(unsigned long long)said->last.seq, (long long)said->issued_at).p;
	return *ret_broken ? ST_OK : ST_NOMEM;
}

static status look_back(struct issuer *is, int64_t now, struct arena *a, const char **ret_broken,
			struct error *e)
{
	AUTO_BUF struct buf text = { 0 };
	struct audit_statement said;
	struct error why = { 0 };
	TRY(audit_checkpoints_read(is, LAST_LINES, &text, e));
	struct slice line = last_line(buf_slice(&text));
	if (!line.n)
		return ST_OK;
	status s = verify_line(is, line, now, &said, &why);
	if (is_fault(s))
		return s;
	if (s == ST_OK)
		return compare(is, &said, a, ret_broken);
	*ret_broken = (const char *)arena_format(a, "the last checkpoint in the file: %s", why.message).p;
	return *ret_broken ? ST_OK : ST_NOMEM;
}

/* What the store will say itself, in an entry before the first that it is given: for the log. */
static status look_at_end(struct issuer *is, struct arena *a, const char **ret_broken)
{
	struct audit_head head = { 0 };
	struct slice value;
	status s = audit_head_get(is, &head);
	if (s == ST_INVALID)
		*ret_broken = "the head of the audit is not this issuer's";
	if (s == ST_OK && head.last.seq)
		s = audit_entry_get(is, head.last.seq, a, &value);
	if (s == ST_NOT_FOUND && head.last.seq)
		*ret_broken = "the last entries of the audit are gone";
	return is_fault(s) ? s : ST_OK;
}

status audit_begin(struct issuer *is, int64_t now, struct arena *a, const char **ret_broken, struct error *e)
{
	const char *broken = NULL;
	TRY(look_back(is, now, a, &broken, e));
	const struct audit_entry entries[] = {
		{ .event = broken ? "audit.broken" : NULL, .outcome = "failed", .detail = slice_str(broken) },
		{ .event = "issuer.start" },
	};
	if (!broken)
		TRY(look_at_end(is, a, ret_broken));
	TRY(write_entry(is, entries, 2));
	TRY(audit_checkpoint(is, now, e));
	if (broken)
		*ret_broken = broken;
	return ST_OK;
}
