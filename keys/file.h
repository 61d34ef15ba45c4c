/*
 * Files that hold keys: who may own them, and how they are replaced.
 *                                Threads: all may call; writers of one directory hold its lock.
 */
#pragma once

#include "libauth/base/buf.h"
#include "libauth/base/mem.h"

enum { PRIVATE_FILE_MAX = 8 << 20 };

/* How strictly a file's place and owner are taken. */
enum file_trust {
	FILE_PRIVATE,   /* regular, not a symbolic link, ours or root's, no bits for group or others */
	FILE_CREDENTIAL, /* also through a symbolic link, and with group-read if owner and group are
			  * root's: that is how a systemd credential's access list shows itself */
};

/*
 * Read a whole file into ret, appending.
 * Returns ST_NOT_FOUND, ST_INVALID (not such a file), ST_TOO_LARGE, ST_IO.
 */
status file_read(const char *path, enum file_trust trust, struct buf *ret, struct error *e);

/*
 * Put a file of mode 0600 in place of dir/name, whole or not at all, also through a power cut:
 * written under another name, synced, renamed, the directory synced.
 */
status file_replace(const char *dir, const char *name, struct slice bytes, struct error *e);
/* The same where no such file may be yet. Returns ST_EXISTS. */
status file_create(const char *dir, const char *name, struct slice bytes, struct error *e);

/* Make sure that renames seen in the directory stay. */
status file_sync_dir(const char *dir, struct error *e);

/* Ours or root's, a directory, nothing for group or others. ST_NOT_FOUND, ST_INVALID or ST_IO. */
status file_check_dir(const char *dir, struct error *e);

/* Is this the directory itself, or below it, symbolic links resolved? False where either is not
 * there, or dir is NULL. */
bool file_is_within(const char *path, const char *dir);

/*
 * The lock of a directory, between processes and between threads. Waits at most two seconds:
 * then ST_UNAVAILABLE. Let go with file_unlock().
 */
status file_lock(const char *dir, int *ret, struct error *e);
void file_unlock(int lock);
/* For AUTO(file_lock) int lock = -1. */
DEFINE_AUTO(file_lock, int, file_unlock)
