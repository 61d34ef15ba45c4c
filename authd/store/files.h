/* Files that are there whole or not at all, whatever happens to the machine.
 *                                                             Threads: all may call. */
#pragma once

#include "libauth/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { FILES_PATH_MAX = 4096 };

/* dir/name into path. ST_TOO_LARGE. */
status files_path(const char *dir, const char *name, char path[FILES_PATH_MAX]);
/* ST_OK, ST_NOT_FOUND, or a fault. */
status files_exists(const char *path);
/* Make what was created, renamed or removed in dir survive a power cut. */
status files_sync_dir(const char *dir);
/* The same for the bytes of a file. */
status files_sync(const char *path);
/* Remove the files in a flat directory, and it. Nothing there is fine. */
status files_remove_dir(const char *dir);

/*
 * Hold an advisory lock on dir for as long as the descriptor is open; it ends with the process.
 * Waits up to wait_ms. ST_BUSY, ST_NOT_FOUND (no such directory), or a fault.
 */
status files_lock_dir(const char *dir, int wait_ms, int *ret_fd);

/* Write dir/name, which must not be there, in a directory that must be empty. ST_EXISTS,
 * ST_NOT_FOUND, or a fault, with a message. */
status files_publish(const char *dir, const char *name, status (*write)(void *context, int fd),
		     void *context, struct error *e);

/* Which start of the machine this is: a text with a newline at its end. ST_UNAVAILABLE. */
enum { BOOT_ID_SIZE = 37 };
status files_boot_id(uint8_t ret[BOOT_ID_SIZE]);

/* The status of an errno. */
status files_status(int error);
