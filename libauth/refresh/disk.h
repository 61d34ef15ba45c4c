/*
 * What was fetched last, in a directory, for the next start: jwks.json, and a file for each status
 * list. Only an issuer's key vouches for a list; that the keys are the issuer's, the directory does, so
 * nobody else may write to it.                                        Threads: one at a time.
 */
#pragma once

#include "libauth/base/buf.h"

/* Is it a directory that only this user, or root, can write to? ST_OK or ST_IO with a message. */
status disk_check(const char *dir, struct error *e);

/* Both do nothing where dir is NULL. A list's file is named by the hash of its uri. */
status disk_put_keys(const char *dir, struct slice jwks, struct error *e);
status disk_put_list(const char *dir, struct slice uri, struct slice token, struct error *e);

/* The keys, and when they were written. ST_NOT_FOUND, or a fault with a message. */
status disk_get_keys(const char *dir, struct buf *ret, int64_t *ret_at, struct error *e);

/* Call with each list's path; remove the file where the answer is false. */
typedef bool disk_list_fn(void *context, const char *path);
void disk_each_list(const char *dir, disk_list_fn *take, void *context);
