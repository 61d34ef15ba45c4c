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
/* mkdir -m 0700, where there is no such directory; its parent must be there. What root makes is the
 * user authd's, if there is one. */
enum exit_code offline_make_dir(struct ctl *c, const char *path);
/*
 * As root, take the keys that may be authd's already: keys of another user are not trusted. The data
 * directory stays whose it is, so that also after a power cut it tells offline_end() whom to give
 * everything to: call it whatever came in between.
 */
enum exit_code offline_take(struct ctl *c, const struct conf *conf);
enum exit_code offline_end(struct ctl *c, const struct conf *conf);
