/*
 * May authd read the files that its settings name? authctl is often root, who may read everything;
 * authd's own user may not.                                               Threads: there is one.
 */
#pragma once

#include "authctl/ctl.h"

/*
 * As root, it is tried as the user whom the data directory belongs to, or else the user authd, where
 * there is one. Others can only try for themselves: *ret_unknown, if they are not that user.
 * REFUSED after it has said which file, and why.
 */
enum exit_code readable_check(struct ctl *c, const struct conf *conf, bool *ret_unknown);
