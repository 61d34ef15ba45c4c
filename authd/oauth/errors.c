#include "authd/oauth/errors.h"

#define ERROR(symbol, text, code) const struct oauth_error symbol = { text, code }

ERROR(INVALID_REQUEST, "invalid_request", 400);
ERROR(UNAUTHORIZED_CLIENT, "unauthorized_client", 400);
ERROR(ACCESS_DENIED, "access_denied", 403);
ERROR(UNSUPPORTED_RESPONSE_TYPE, "unsupported_response_type", 400);
ERROR(INVALID_SCOPE, "invalid_scope", 400);
ERROR(SERVER_ERROR, "server_error", 500);
ERROR(TEMPORARILY_UNAVAILABLE, "temporarily_unavailable", 503);
ERROR(INVALID_CLIENT, "invalid_client", 401);
ERROR(INVALID_GRANT, "invalid_grant", 400);
ERROR(UNSUPPORTED_GRANT_TYPE, "unsupported_grant_type", 400);

ERROR(LOGIN_REQUIRED, "login_required", 400);
ERROR(CONSENT_REQUIRED, "consent_required", 400);
ERROR(ACCOUNT_SELECTION_REQUIRED, "account_selection_required", 400);
ERROR(UNMET_AUTHENTICATION_REQUIREMENTS, "unmet_authentication_requirements", 400);
ERROR(INVALID_REQUEST_OBJECT, "invalid_request_object", 400);
ERROR(INVALID_REQUEST_URI, "invalid_request_uri", 400);
ERROR(REQUEST_NOT_SUPPORTED, "request_not_supported", 400);
ERROR(REGISTRATION_NOT_SUPPORTED, "registration_not_supported", 400);

ERROR(INVALID_REDIRECT_URI, "invalid_redirect_uri", 400);
ERROR(INVALID_CLIENT_METADATA, "invalid_client_metadata", 400);
ERROR(INVALID_SOFTWARE_STATEMENT, "invalid_software_statement", 400);
ERROR(TOO_MANY_REQUESTS, "temporarily_unavailable", 429);
ERROR(UNAPPROVED_SOFTWARE_STATEMENT, "unapproved_software_statement", 400);

ERROR(INVALID_TOKEN, "invalid_token", 401);
ERROR(INSUFFICIENT_SCOPE, "insufficient_scope", 403);
ERROR(INVALID_DPOP_PROOF, "invalid_dpop_proof", 400);
ERROR(USE_DPOP_NONCE, "use_dpop_nonce", 400);
ERROR(INVALID_TARGET, "invalid_target", 400);

ERROR(AUTHORIZATION_PENDING, "authorization_pending", 400);
ERROR(SLOW_DOWN, "slow_down", 400);
ERROR(EXPIRED_TOKEN, "expired_token", 400);
ERROR(GRANT_DENIED, "access_denied", 400); /* at the token endpoint (RFC 6749 §5.2) */
ERROR(UNKNOWN_USER_ID, "unknown_user_id", 400);
ERROR(INVALID_BINDING_MESSAGE, "invalid_binding_message", 400);
ERROR(INVALID_AUTHORIZATION_DETAILS, "invalid_authorization_details", 400);
