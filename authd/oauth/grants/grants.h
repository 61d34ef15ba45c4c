/* The grant types, one file each. */
#pragma once

#include "authd/oauth/token_request.h"

/* The end that the grants of a person share: what was agreed to becomes the tokens' grant; it still
 * holds; an offline grant begins, where the scope asks for one; sign and answer. */
void grant_take(struct request *r, const struct grant *g);
step_fn grant_check_grounds, grant_begin_family, grant_issue;

extern const struct grant_type GRANT_AUTHORIZATION_CODE; /* RFC 6749 §4.1.3 */
extern const struct grant_type GRANT_CIBA;               /* CIBA §10.1 */
extern const struct grant_type GRANT_CLIENT_CREDENTIALS; /* RFC 6749 §4.4 */
extern const struct grant_type GRANT_DEVICE_CODE;        /* RFC 8628 §3.4 */
extern const struct grant_type GRANT_JWT_BEARER;         /* RFC 7523 §2.1 */
extern const struct grant_type GRANT_REFRESH_TOKEN;      /* RFC 6749 §6 */
extern const struct grant_type GRANT_TOKEN_EXCHANGE;     /* RFC 8693 */
