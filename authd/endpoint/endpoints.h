/* The public routes, one file each; routes.c puts them into one table. */
#pragma once

#include "authd/oauth/request.h"

extern const struct route AUTHORIZE_ROUTE, CONSENT_ROUTE;            /* authorize.c */
extern const struct route PAR_ROUTE;                                 /* par.c */
extern const struct route SIGN_IN_ROUTE;                             /* signin.c */
extern const struct route ACCOUNT_ROUTE;                             /* account.c */
extern const struct route PASSWORD_ROUTE;                            /* password.c */
extern const struct route LOGOUT_ROUTE;                              /* logout.c */
extern const struct route DEVICE_AUTHORIZATION_ROUTE;                /* device_authorization.c */
extern const struct route DEVICE_ROUTE, DEVICE_DECISION_ROUTE;       /* device.c */
extern const struct route BACKCHANNEL_ROUTE;                         /* backchannel.c */
extern const struct route REQUESTS_ROUTE, REQUEST_ROUTE;             /* requests.c */
extern const struct route TOKEN_ROUTE;                               /* token.c */
extern const struct route USERINFO_ROUTE;                            /* userinfo.c */
extern const struct route INTROSPECT_ROUTE;                          /* introspect.c */
extern const struct route REVOKE_ROUTE;                              /* revoke.c */
extern const struct route REGISTER_ROUTE, REGISTERED_ROUTE;          /* register.c */
/* Does discovery name it? */
bool registration_is_served(const struct issuer *is);
extern const struct route JWKS_ROUTE;                                /* jwks.c */
extern const struct route OPENID_CONFIGURATION_ROUTE, OAUTH_METADATA_ROUTE; /* discovery.c */
/* Append the issuer's metadata as a JSON object; a failure is left in the buffer. */
void discovery_write(struct request *r, struct buf *json);
extern const struct route STATUS_LIST_ROUTE, STATUS_LISTS_ROUTE;    /* status_lists.c */
extern const struct route STYLE_ROUTE;                               /* style.c */
extern const struct route HEALTHZ_ROUTE, READYZ_ROUTE;               /* health.c */
