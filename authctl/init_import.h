/* Filling a fresh store, which nobody else has open.                       Threads: there is one. */
#pragma once

#include "authctl/import.h"
#include "authctl/offline.h"

/* DONE, PARTLY (some lines were refused), or REFUSED; it has said what came of it. */
enum exit_code init_import(struct ctl *c, const struct conf *conf, const char *path);
