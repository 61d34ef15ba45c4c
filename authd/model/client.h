/* A registered relying portal or platform (OIDC Dynamic Registration §2 names).   Threads: immutable. */
#pragma once

#include "authd/model/subject.h"
#include "libauth/base/arena.h"
#include "libauth/base/buf.h"

enum client_auth {
	CLIENT_AUTH_NONE = 1,
	CLIENT_AUTH_SECRET_BASIC = 2,
	CLIENT_AUTH_SECRET_POST = 3,
	CLIENT_AUTH_PRIVATE_KEY_JWT = 4,
	CLIENT_AUTH_SECRET_JWT = 5,
	CLIENT_AUTH_TLS = 6,
	CLIENT_AUTH_SELF_SIGNED_TLS = 7, /* the last */
};
const char *client_auth_name(enum client_auth m); /* "client_secret_basic" */
status client_auth_parse(struct slice name, enum client_auth *ret);

enum { CLIENT_LIST_MAX = 32, CLIENT_ID_MAX = 100 };
struct client_list {
	struct slice *items;
	size_t n;
};
bool client_list_has(const struct client_list *l, struct slice value);

struct client {
	struct slice client_id;
	struct slice client_name; /* shown to people; Chinese */
	struct slice client_name_en;
	enum client_auth token_endpoint_auth_method;
	struct slice secret_hash; /* SHA-256 of the secret; 32 bytes or absent */
	struct slice jwks;        /* JSON; for private_key_jwt and self_signed_tls_client_auth */
	struct client_list redirect_uris, post_logout_redirect_uris;
	struct client_list grant_types; /* "authorization_code", "refresh_token", "client_credentials" */
	struct slice scope;             /* all it may ever ask for, words separated by spaces */
	struct client_list audiences;   /* resources it may ask tokens for; the first is the default */
	struct slice sector;            /* host that names its pairwise subjects; never empty */
	struct slice id_token_signed_response_alg; /* "RS256", "SGD_SM3_SM2" */
	bool require_pkce;     /* always true for public clients */
	bool state_owned;      /* the state's own: no consent page */
	bool rotate_refresh;   /* refresh tokens change at each use */
	bool legal_persons;    /* may receive legal persons as subjects */
	bool introspect_any;   /* a resource server: may introspect tokens whose aud it is */
	bool disabled;
	int64_t created_at, updated_at;

	/* What people see of it: https URIs. */
	struct slice client_uri, logo_uri, policy_uri, tos_uri;
	struct slice purpose; /* why it asks, in words for the consent page */
	struct client_list claims; /* what it may ever be told: service/claim_rights.h */
	claim_set claims_by_duty, claims_by_consent; /* the same, read */
	struct client_list contacts;
	struct slice initiate_login_uri; /* where another site begins a sign-in (OIDC Core §4) */

	/* Keys, and the algorithms that it asks for; absent: not so. */
	struct slice jwks_uri;
	struct slice token_endpoint_auth_signing_alg;
	struct slice id_token_encrypted_response_alg, id_token_encrypted_response_enc;
	struct slice userinfo_signed_response_alg;
	struct slice userinfo_encrypted_response_alg, userinfo_encrypted_response_enc;
	struct slice introspection_signed_response_alg;
	struct slice authorization_signed_response_alg; /* JARM */
	struct slice request_object_signing_alg;
	struct slice backchannel_authentication_request_signing_alg;
	struct slice secret_sealed; /* for client_secret_jwt, which needs the secret itself */

	/* Its certificate's name: one of them, for tls_client_auth (RFC 8705 §2.1.2). */
	struct slice tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri;
	struct slice tls_client_auth_san_ip, tls_client_auth_san_email;

	/* Authorization requests. */
	struct slice application_type; /* "web" or "native" */
	struct slice subject_type;     /* "pairwise" or "public" */
	struct slice sector_identifier_uri;
	struct slice profile; /* absent, "fapi2-security" or "fapi2-message-signing" */
	struct client_list response_types, request_uris, default_acr_values;
	struct client_list authorization_details_types;
	int64_t default_max_age; /* seconds; 0: none */
	bool require_auth_time;
	bool require_signed_request_object;
	bool require_pushed_authorization_requests;

	/* Tokens bound to a key. */
	bool dpop_bound_access_tokens;
	bool tls_client_certificate_bound_access_tokens;

	/* Logout. */
	struct slice backchannel_logout_uri, frontchannel_logout_uri;
	bool backchannel_logout_session_required, frontchannel_logout_session_required;

	/* CIBA. */
	struct slice backchannel_token_delivery_mode; /* "poll" or "ping" */
	struct slice backchannel_client_notification_endpoint;

	/* Dynamic registration (RFC 7591, RFC 7592). */
	struct slice software_id, software_version;
	struct slice software_statement; /* as it was sent; verified */
	struct slice registration_scope; /* all that its metadata may ever ask for */
	struct client_list registration_grant_types; /* the same; empty: those in which a person is asked */
	struct slice registration_token_hash; /* SHA-256; absent for those that operators register */
};

status client_encode(const struct client *c, struct buf *out);
/* Slices point into bytes; the lists are the arena's. ST_CORRUPT. */
status client_decode(struct slice bytes, struct arena *a, struct client *ret);
