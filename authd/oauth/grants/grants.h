/* The grant types, one file each. */
#pragma once

#include "authd/oauth/token_request.h"

extern const struct grant_type GRANT_AUTHORIZATION_CODE; /* RFC 6749 §4.1.3 */
extern const struct grant_type GRANT_CLIENT_CREDENTIALS; /* RFC 6749 §4.4 */
extern const struct grant_type GRANT_REFRESH_TOKEN;      /* RFC 6749 §6 */
