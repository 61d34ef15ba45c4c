/*
 * offline NOW BUNDLE ROOT STATE ISSUER [lenient] <TOKEN: what a verifier without a network says at that
 * time. A token lives for minutes, so its `exp` is left out of it: keys, bundle and status alone count.
 *
 * Prints the answer's number, of the bundle or of the token, and what it means; "0" is good.
 */
#include "libauth/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int say(const char *what, enum auth_status s)
{
	printf("%s: %d %s\n", what, (int)s, auth_strerror(s));
	return s == AUTH_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc < 6)
		return 2;
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_bundle_options bundle = AUTH_BUNDLE_OPTIONS_INIT;
	struct auth_keyset *roots;
	struct auth_verifier *v;
	int64_t now = atoll(argv[1]);
	bundle.state_file = argv[4];
	bundle.issuer = options.issuer = argv[5];
	options.flags = AUTH_ANY_AUDIENCE | AUTH_IGNORE_EXPIRY;
	if (argc > 6 && strcmp(argv[6], "lenient") == 0)
		options.flags |= AUTH_ACCEPT_REVOCATION_UNKNOWN;
	if (auth_keyset_from_file(argv[3], &roots, NULL) != AUTH_OK ||
	    auth_verifier_new(&options, &v, NULL) != AUTH_OK)
		return 2;
	bundle.roots = roots;
	enum auth_status s = auth_verifier_load_bundle_file(v, argv[2], &bundle, now, NULL);
	auth_keyset_free(roots);
	if (s != AUTH_OK) {
		auth_verifier_free(v);
		return say("bundle", s);
	}

	char token[AUTH_TOKEN_MAX + 2];
	size_t n = fread(token, 1, sizeof token, stdin);
	struct auth_claims *claims = NULL;
	s = auth_verify(v, token, n, now, &claims);
	auth_claims_free(claims);
	auth_verifier_free(v);
	return say("token", s);
}
