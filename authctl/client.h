/* What the commands about clients share.                                  Threads: there is one. */
#pragma once

#include "authctl/ctl.h"

/* An option for each member of a client's metadata that operators may set, as
 * authd/service/client_metadata.c has them, and --metadata for all at once. The last is --client-id. */
enum { CLIENT_FLAGS_N = 64 };
extern const struct flag CLIENT_FLAGS[CLIENT_FLAGS_N];

/* What the options say, as members of a new object. It has said what is wrong with one. */
enum exit_code client_read_options(struct ctl *c, json_t **ret);

/* A grant type's registered name, for the short word that an option may say; or as it is. */
const char *grant_type_name(const char *word);

/* A client's id, and its secret where the answer has one. */
void client_print(const struct ctl *c, const json_t *answer);
