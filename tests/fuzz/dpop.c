/*
 * Any header and claims as a DPoP proof, signed by a known key. What is accepted was signed by the key
 * that it brings, and is for this very request.
 */
#include "mutate.h"
#include "signed.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool says(const struct auth_claims *c, const char *name, const char *value)
{
	const char *said = auth_claims_string(c, name);
	return said && !strcmp(said, value);
}

static void look(const struct auth_claims *c, struct slice proof)
{
	/* RFC 7638 of key "a", whose seed is 32 times 'a'. */
	static const char THUMBPRINT[] = "BVUs4Do-_4da3XUlteJz7dV_YdOAtK3sQp185l2j-MY";
	const char *jkt = auth_claims_jkt(c), *jti = auth_claims_jti(c);
	int64_t iat = auth_claims_iat(c);
	if (!jkt || strlen(jkt) != 43 || !jti || !jti[0] || !says(c, "htm", "POST") ||
	    !auth_claims_string(c, "htu") || iat < SIGNED_NOW - 70 || iat > SIGNED_NOW + 10 ||
	    !says(c, "ath", "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"))
		abort();
	if (!strcmp(jkt, THUMBPRINT) && !signed_holds(proof))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct auth_claims *claims = NULL;
	struct auth_dpop o = AUTH_DPOP_INIT;
	AUTO_BUF struct buf proof = { 0 };
	signed_input(slice_of(data, n), &proof);
	o.method = "POST";
	o.uri = "https://server.example/token?x=1";
	o.access_token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
	enum auth_status s = auth_verify_dpop((const char *)proof.p, proof.n, &o, SIGNED_NOW, &claims);
	if (s < 0 || (s == AUTH_OK) != (claims != NULL))
		abort();
	if (claims)
		look(claims, buf_slice(&proof));
	auth_claims_free(claims);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	return mutate_signed(data, n, most, seed);
}
