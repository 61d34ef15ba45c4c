/*
 * An authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1): read and checked by one table.
 *
 * Errors fall into two kinds. Until client and redirect URI are known to belong together, an error
 * is shown on a page, and nothing is redirected; after that, it goes back to the portal
 * (RFC 6749 §4.1.2.1).                                                  Threads: one at a time.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"
#include "authd/service/claims_request.h"
#include "libauth/base/json_writer.h"

enum response_mode { RESPONSE_MODE_QUERY, RESPONSE_MODE_FORM_POST };

enum prompt {
	PROMPT_NONE = 1,
	PROMPT_LOGIN = 2,
	PROMPT_CONSENT = 4,
	PROMPT_SELECT_ACCOUNT = 8,
};

struct authorization {
	struct client client;
	struct slice redirect_uri;
	bool may_redirect; /* client and redirect URI belong together */
	enum response_mode response_mode;
	bool signed_response; /* JARM: the answer's parameters are in a JWT */

	struct slice state, nonce, code_challenge, scope;
	struct slice audience;     /* of the access token: words separated by spaces */
	struct slice dpop_jkt;     /* the key that the code is bound to; absent: none (RFC 9449 §10) */
	unsigned prompt;           /* a set of enum prompt */
	int64_t max_age;           /* seconds; -1: neither asked for nor the client's default */
	struct slice claims;       /* JSON, checked */
	claim_set told;            /* all that it asks for and may be told */
	struct slice details;      /* authorization_details, as they are kept; or absent */
	struct slice sub;          /* who it must be, by `claims`; or absent */
	struct acr_request acr;
	struct slice login_hint, ui_locales, id_token_hint;
};

/* How the parameters came: a set. */
enum authorization_way {
	AUTHORIZATION_PUSHED = 1,  /* by PAR */
	AUTHORIZATION_SIGNED = 2,  /* in a signed request object */
	AUTHORIZATION_RESUMED = 4, /* back from a page of ours: their way was checked before */
};

/*
 * Read the request's parameters into ret, up to the first that is refused: ret->may_redirect says
 * which way the refusal goes. What lives in the parameters is not copied.
 * Returns ST_OK (*ret_refusal says whether it is refused) or a fault.
 */
status authorization_read(struct request *r, const struct params *params, unsigned way,
			  struct authorization *ret, struct refusal *ret_refusal);

/* The client alone, before it is known where the other parameters are. Refuses duplicates, too. */
status authorization_read_client(struct request *r, const struct params *params, struct authorization *ret,
				 struct refusal *ret_refusal);
/* Where a refusal of a request object goes: what stands outside of it may say. */
void authorization_read_return(struct request *r, const struct params *params, struct authorization *ret);

/* What a request may ask for, as discovery lists it: response types and modes, prompts, PKCE's methods. */
void authorization_write_metadata(struct json_writer *w);

/* The scopes that a person can be asked for, as discovery lists them. */
extern const char SCOPES_SUPPORTED[];
