/* What token decode and token verify share. */
#pragma once

#include "authctl/ctl.h"
#include "libauth/auth.h"

/* The token: the argument, or standard input; blanks around it are cut off. In the arena. */
enum exit_code token_read(struct ctl *c, struct slice *ret);
/* Header and payload as JSON, without any check of the signature. ST_INVALID. */
status token_parts(struct slice token, struct arena *a, json_t **ret_header, json_t **ret_payload);
/* Header and payload as JSON, times explained. */
void token_print(const json_t *header, const json_t *payload);

/* The keys and lists of the bundle that --bundle, --root and --state name. */
enum exit_code token_bundle_load(struct ctl *c, struct auth_verifier *v, const char *issuer);
