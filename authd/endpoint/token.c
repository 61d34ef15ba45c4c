/* POST /token: the token endpoint. All of it is in oauth/token_request.c and oauth/grants/. */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/token_request.h"

const struct route TOKEN_ROUTE = {
	.path = "/token",
	.methods = METHOD_POST,
	.steps = TOKEN_STEPS,
	.state_size = sizeof(struct token_request),
	.form = true,
	.metadata = "token_endpoint",
	.has_alias = true,
};
