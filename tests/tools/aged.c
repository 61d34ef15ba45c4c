/*
 * aged NOW JWKS LIST ISSUER [lenient] <TOKEN: what a verifier without a network says at that time, with
 * this one status list. The leeway is none, so that the list's `ttl` counts to the second; who holds the key
 * that a token is bound to is not asked.
 *
 * Prints the answer's number and what it means; "0" is good.
 */
#include "libauth/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct auth_verifier *verifier(char **argv, bool lenient)
{
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_keyset *keys;
	struct auth_verifier *v;
	options.issuer = argv[4];
	options.leeway_s = 0;
	options.flags = AUTH_ANY_AUDIENCE | AUTH_BOUND | (lenient ? AUTH_ACCEPT_REVOCATION_UNKNOWN : 0U);
	if (auth_keyset_from_file(argv[2], &keys, NULL) != AUTH_OK ||
	    auth_verifier_new(&options, &v, NULL) != AUTH_OK || auth_verifier_set_keys(v, keys) != AUTH_OK ||
	    auth_verifier_add_list_file(v, argv[3], atoll(argv[1]), NULL) != AUTH_OK)
		exit(2);
	auth_keyset_free(keys);
	return v;
}

int main(int argc, char **argv)
{
	static char token[AUTH_TOKEN_MAX + 2];
	if (argc < 5)
		return 2;
	struct auth_verifier *v = verifier(argv, argc > 5 && strcmp(argv[5], "lenient") == 0);
	struct auth_claims *claims = NULL;
	size_t n = fread(token, 1, sizeof token, stdin);
	enum auth_status s = auth_verify(v, token, n, atoll(argv[1]), &claims);
	auth_claims_free(claims);
	auth_verifier_free(v);
	printf("%d %s\n", (int)s, auth_strerror(s));
	return 0;
}
