/* A registered relying portal or platform (OIDC Dynamic Registration §2 names).   Threads: immutable. */
#pragma once

#include "libauth/base/arena.h"
#include "libauth/base/buf.h"

enum client_auth {
	CLIENT_AUTH_NONE = 1,
	CLIENT_AUTH_SECRET_BASIC = 2,
	CLIENT_AUTH_SECRET_POST = 3,
	CLIENT_AUTH_PRIVATE_KEY_JWT = 4,
};
const char *client_auth_name(enum client_auth m); /* "client_secret_basic" */
status client_auth_parse(struct slice name, enum client_auth *ret);

enum { CLIENT_LIST_MAX = 32 };
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
	struct slice jwks;        /* JSON; for private_key_jwt */
	struct client_list redirect_uris, post_logout_redirect_uris;
	struct client_list grant_types; /* "authorization_code", "refresh_token", "client_credentials" */
	struct slice scope;             /* all it may ever ask for, words separated by spaces */
	struct client_list audiences;   /* resources it may ask tokens for; the first is the default */
	struct slice sector;            /* host that names its pairwise subjects; never empty */
	struct slice id_token_signed_response_alg; /* "RS256", "ES256", "EdDSA" */
	bool require_pkce;     /* always true for public clients */
	bool state_owned;      /* the state's own: no consent page */
	bool rotate_refresh;   /* refresh tokens change at each use */
	bool legal_persons;    /* may receive legal persons as subjects */
	bool introspect_any;   /* a resource server: may introspect tokens whose aud it is */
	bool disabled;
	int64_t created_at, updated_at;
};

status client_encode(const struct client *c, struct buf *out);
/* Slices point into bytes; the lists are the arena's. ST_CORRUPT. */
status client_decode(struct slice bytes, struct arena *a, struct client *ret);
