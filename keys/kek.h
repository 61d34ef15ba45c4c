/*
 * The key-encryption key: 32 bytes that open every key file, kept apart from them. Its file says its
 * suite, too; nothing opens under the same bytes in the other suite.
 *                                                                          Threads: all may call.
 */
#pragma once

#include "libauth/base/buf.h"
#include "libauth/base/secret.h"
#include "libauth/base/status.h"

struct keys_options;

/*
 * Read it. Returns ST_NOT_FOUND with a message that says what to do; ST_INVALID for a file in the
 * wrong place (beside the keys that it seals, or in the data directory), of the wrong owner or
 * mode, or that is not 64 hexadecimal digits and a newline, with `sm:` in front in the SM suite.
 */
status kek_read(const struct keys_options *options, struct secret *ret, struct error *e);
/* The text of its file. ST_NOMEM. */
status kek_write(const struct secret *kek, struct buf *out);
/* Read it, or make it where there is none. ST_INVALID also where it is not of options->suite. */
status kek_ensure(const struct keys_options *options, struct secret *ret, struct error *e);
