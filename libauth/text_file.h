/* Small files, read whole and replaced whole.                        Threads: nothing is kept. */
#pragma once

#include "libauth/base/slice.h"
#include "libauth/base/status.h"

/*
 * Read a file of at most `most` bytes. *ret is from malloc() and has a NUL behind.
 * Returns ST_NOT_FOUND (no such file), ST_IO, ST_TOO_LARGE or ST_NOMEM, with a message.
 */
status text_file_read(const char *path, size_t most, uint8_t **ret, size_t *ret_n, struct error *e);

/* Replace it, durably: whoever opens it finds the old bytes or the new ones. Returns ST_IO. */
status text_file_replace(const char *path, struct slice bytes, struct error *e);
