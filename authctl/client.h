/* What the commands about clients share.                                  Threads: there is one. */
#pragma once

#include "authctl/ctl.h"

/* The object in the file that a flag names; NULL without the flag. */
enum exit_code client_read_object(struct ctl *c, const char *flag, json_t **ret);

/* A client's id, and its secret where the answer has one. */
void client_print(const json_t *answer);
