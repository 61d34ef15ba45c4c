/*
 * For the commands that open the data directory themselves: init and restore. authd must not be
 * running meanwhile, and what they make must belong to authd's user.        Threads: there is one.
 */
#pragma once

#include "authctl/ctl.h"
#include "authd/service/layout.h"
#include "authd/store/records.h"
#include "keys/keys.h"

/* REFUSED if an authd answers on the admin socket. */
enum exit_code offline_begin(struct ctl *c, const struct conf *conf);
/* mkdir -m 0700, where there is no such directory; its parent must be there. */
enum exit_code offline_make_dir(struct ctl *c, const char *path);
/* As root: give data and keys to the owner of the data directory, or to the user authd. */
enum exit_code offline_end(struct ctl *c, const struct conf *conf);
