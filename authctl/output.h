/* Files that commands write.                                              Threads: there is one. */
#pragma once

#include "authctl/ctl.h"

/* In place of what is there, whole or not at all: a verifier may be reading the file. NULL: standard
 * output. It has said what was wrong. */
enum exit_code output_write(struct ctl *c, const char *path, struct slice text);
/* A file that is not there yet, with this mode. */
enum exit_code output_create(struct ctl *c, const char *path, int mode, struct slice text);
