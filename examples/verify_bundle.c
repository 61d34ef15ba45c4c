/*
 * verify_bundle BUNDLE ROOT STATE ISSUER AUDIENCE <TOKEN: is this access token good, on a machine that
 * has no network? BUNDLE is what `authctl root sign` wrote, ROOT the root.json that came by a way you
 * trust, STATE a file of ours that remembers which bundle was the newest.
 *
 *	cc verify_bundle.c $(pkg-config --cflags --libs libauth) -o verify_bundle
 *
 * Exits 0 if the token is valid, 1 if not, 2 if the bundle is refused.
 */
#include <auth.h>
#include <stdio.h>
#include <time.h>

static int refuse(int code, const char *what, const char *why)
{
	fprintf(stderr, "verify_bundle: %s: %s\n", what, why);
	return code;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return refuse(2, "usage", "verify_bundle BUNDLE ROOT STATE ISSUER AUDIENCE <TOKEN");
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_bundle_options bundle = AUTH_BUNDLE_OPTIONS_INIT;
	struct auth_keyset *roots = NULL;
	struct auth_verifier *verifier = NULL;
	struct auth_error error = { "no memory" };
	bundle.state_file = argv[3];
	bundle.issuer = options.issuer = argv[4];
	options.audience = argv[5];
	/* Months without a network make every status list too old. Who lives with that says so here:
	options.flags |= AUTH_ACCEPT_REVOCATION_UNKNOWN; */

	enum auth_status status = auth_keyset_from_file(argv[2], &roots, &error);
	bundle.roots = roots;
	if (status == AUTH_OK)
		status = auth_verifier_new(&options, &verifier, &error);
	if (status == AUTH_OK)
		status = auth_verifier_load_bundle_file(verifier, argv[1], &bundle, time(NULL), &error);
	auth_keyset_free(roots);
	if (status != AUTH_OK) {
		auth_verifier_free(verifier);
		return refuse(2, auth_strerror(status), error.message);
	}

	char token[AUTH_TOKEN_MAX + 2];
	size_t n = fread(token, 1, sizeof token, stdin);
	if (n && token[n - 1] == '\n')
		n--;
	struct auth_claims *claims = NULL;
	status = auth_verify(verifier, token, n, time(NULL), &claims);
	if (status == AUTH_OK)
		printf("subject %s\n", auth_claims_sub(claims));
	auth_claims_free(claims);
	auth_verifier_free(verifier);
	return status == AUTH_OK ? 0 : refuse(1, "refused", auth_strerror(status));
}
