/*
 * One sealed file of the keys' directory.
 *
 *	authd NAME VERSION KEK-ID\n | sealed bytes
 *
 * The line in front says which file this is, in which form, and under which key-encryption key, so
 * that a wrong key is told from damage; it is the associated data, so that no file opens in place
 * of another. Each file has a key of its own, derived from the KEK by the file's name.
 *                                Threads: all may call; writers of one directory hold its lock.
 */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/secret.h"
#include "libauth/base/status.h"

/*
 * The content of dir/name, in the arena.
 * Returns ST_NOT_FOUND; ST_INVALID for another KEK, a wrong owner or mode; ST_TOO_LARGE;
 * ST_CORRUPT when it was altered or cut, or is of another form; ST_IO.
 */
status keyfile_read(const char *dir, const char *name, const struct secret *kek, struct arena *a,
		    struct slice *ret, struct error *e);
/* Replace it, whole or not at all, durably. */
status keyfile_write(const char *dir, const char *name, const struct secret *kek,
		     struct slice content, struct error *e);
/* The same at another name, from where keyfile_adopt() puts it in its place. */
status keyfile_write_as(const char *dir, const char *name, const char *file, const struct secret *kek,
			struct slice content, struct error *e);
status keyfile_adopt(const char *dir, const char *file, const char *name, struct error *e);
status keyfile_remove(const char *dir, const char *file, struct error *e);
/* Is the file dir/file, one called `name`, sealed under this KEK? ST_NOT_FOUND. */
status keyfile_is_under(const char *dir, const char *name, const char *file, const struct secret *kek,
			bool *ret, struct error *e);
/* Is it there? ST_OK, ST_NOT_FOUND or ST_IO. */
status keyfile_exists(const char *dir, const char *name, struct error *e);
