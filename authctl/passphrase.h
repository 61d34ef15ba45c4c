/*
 * Secrets that people type, and those that stand in files.                 Threads: there is one.
 */
#pragma once

#include "authctl/ctl.h"

/* From a file, "-" for standard input, without the end of its line; NULL: asked for on the
 * terminal, which shows nothing of it; `twice` if it is a new one. It has said what was wrong. */
enum exit_code passphrase_read(struct ctl *c, const char *path, const char *what, bool twice,
			       size_t max, struct buf *out);
