/* The grant types, one file each. */
#pragma once

#include "authd/oauth/grants.gen.h"
#include "authd/oauth/token_request.h"

/* The end that the grants of a person share: what was agreed to becomes the tokens' grant; it still
 * holds; an offline grant begins, where the scope asks for one; sign and answer. */
void grant_take(struct request *r, const struct grant *g);
/* Whoever acts by a mandate may still do so: t->grant is ready for its tokens. */
step_fn grant_check_acting;
step_fn grant_check_grounds, grant_begin_family, grant_issue;
/* The access token may be for a part of the grant's resources (RFC 8707 §2.2), with a part of its
 * authorization_details (RFC 9396 §6.1). */
enum step_result grant_narrow(struct request *r);

/* GRANT_CLIENT_CREDENTIALS and so on, as the table in authd/oauth/meson.build has them. */
#define ROW(grant) extern const struct grant_type grant;
GRANTS(ROW)
#undef ROW
