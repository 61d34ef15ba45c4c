/*
 * verify JWKS ISSUER AUDIENCE [LIST...] <TOKEN: is this access token good, and what does it say?
 *
 *	cc verify.c $(pkg-config --cflags --libs libauth) -o verify
 *
 * LIST: status lists, fetched from where tokens name them (`status.status_list.uri`); without the one
 * that a token names, nobody can say whether it has been revoked, and it is refused.
 *
 * Exits 0 if the token is valid, 1 if not, 2 if the question cannot be asked.
 */
#include <auth.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int refuse(int code, const char *what, const char *why)
{
	fprintf(stderr, "verify: %s: %s\n", what, why);
	return code;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return refuse(2, "usage", "verify JWKS ISSUER AUDIENCE [LIST...] <TOKEN");
	struct auth_options options = AUTH_OPTIONS_INIT;
	options.issuer = argv[2];
	options.audience = argv[3];

	struct auth_error error;
	struct auth_keyset *keys;
	struct auth_verifier *verifier;
	if (auth_keyset_from_file(argv[1], &keys, &error) != AUTH_OK)
		return refuse(2, argv[1], error.message);
	if (auth_verifier_new(&options, &verifier, &error) != AUTH_OK)
		return refuse(2, "options", error.message);
	if (auth_verifier_set_keys(verifier, keys) != AUTH_OK)
		return refuse(2, argv[1], "no memory");
	auth_keyset_free(keys);
	for (int i = 4; i < argc; i++) {
		enum auth_status s = auth_verifier_add_list_file(verifier, argv[i], time(NULL), &error);
		if (s != AUTH_OK && s != AUTH_OLDER)
			return refuse(2, argv[i], error.message);
	}

	char token[AUTH_TOKEN_MAX + 2];
	size_t n = fread(token, 1, sizeof token, stdin);
	if (n && token[n - 1] == '\n')
		n--;
	struct auth_claims *claims;
	enum auth_status status = auth_verify(verifier, token, n, time(NULL), &claims);
	auth_verifier_free(verifier);
	if (status != AUTH_OK)
		return refuse(1, "refused", auth_strerror(status));

	const char *scope = auth_claims_scope(claims), *acr = auth_claims_acr(claims);
	printf("subject %s\nclient  %s\nscope   %s\nlevel   %s\nexpires %lld\n",
	       auth_claims_sub(claims), auth_claims_client_id(claims), scope ? scope : "-",
	       acr ? acr : "-", (long long)auth_claims_exp(claims));
	auth_claims_free(claims);
	return 0;
}
