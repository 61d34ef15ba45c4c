/*
 * User codes (RFC 8628 §6.1): what a person types to say which device is meant.
 *
 * Eight characters of 32, 40 bits, shown as XXXX-XXXX: letters and digits without 0, 1, I and O, which
 * are taken for one another. Read without regard to case, and to what stands between them.
 */
#pragma once

#include "authd/service/issuer.h"

/* A random one, in the arena, as it is shown. */
status user_code_new(struct arena *a, struct slice *ret);
/* The one form of what somebody has typed. ST_INVALID: it can be no code. */
status user_code_read(struct slice typed, struct arena *a, struct slice *ret);

/* The commands that let a code stand for a request (status ST_EXISTS: try another one), and that read
 * its handle. */
struct cache_command user_code_add(struct slice user_code, struct slice handle, int64_t expires_in_s);
struct cache_command user_code_get(struct slice user_code);
/* Once it was used, it stands for nothing. */
struct cache_command user_code_delete(struct slice user_code);
