/*
 * Any bytes as a token. It may be accepted only if it is, byte for byte, one of those that the keys'
 * owner signed: which are in the corpus and nowhere else.
 */
#include "mutate.h"

#include "libauth/auth.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { NOW = 1700000100 };

/* GM/T 0003.5's example key, and two signatures with it; RFC 8037 A's key. */
static const char KEYS[] =
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"SM2-P-256\",\"kid\":\"gbt32918-5\","
	"\"x\":\"CfnfMR5UIaFQ3X0WHkvFxnIXn60YM_wHa7CP81bzUCA\","
	"\"y\":\"zOpJDOJndaUtxupxjMGqYArtBfvzXghKZjL2By2prRM\"},"
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"e\","
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"p\","
	"\"x\":\"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY\","
	"\"y\":\"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw\"}]}";
static const char SIGNED[] =
	"eyJhbGciOiJTR0RfU00zX1NNMiIsInR5cCI6IkpXVCIsImtpZCI6ImdidDMyOTE4LTUifQ."
	"eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmdvdi5jbiIsInN1YiI6InRlc3QiLCJhdWQiOiJycDEiLCJpYXQiOjE3"
	"MDAwMDAwMDAsImV4cCI6MTcwMDAwMDMwMH0.";
static const char *const SIGNATURES[] = {
	"fnsnQ5JJ_hEzYZdP7MhqrL5b5kvFNEk5Wd_jts5fxBHdNb1tHEu8Guh7wsrZ4zHPRMNYOuex1kXwKsr1MObgYw",
	"AEkxLIlnl-_IwTjbbUP_5ru9nSe5qvSXNhYwoOexRchMLCDFIApoKhy7FxE4KZEgxPa5Z3F8eeVbo76BIOSsPQ",
};

static struct auth_verifier *make_verifier(void)
{
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_keyset *keys;
	struct auth_verifier *v;
	options.kind = AUTH_ID_TOKEN;
	options.issuer = "https://idp.example.gov.cn";
	options.audience = "rp1";
	if (auth_keyset_from_json(KEYS, sizeof KEYS - 1, &keys, NULL) != AUTH_OK ||
	    auth_verifier_new(&options, &v, NULL) != AUTH_OK)
		abort();
	if (auth_verifier_set_keys(v, keys) != AUTH_OK)
		abort();
	auth_keyset_free(keys);
	return v;
}

static bool was_signed(const uint8_t *data, size_t n)
{
	size_t head = sizeof SIGNED - 1;
	for (int i = 0; i < 2; i++) {
		size_t tail = strlen(SIGNATURES[i]);
		if (n == head + tail && !memcmp(data, SIGNED, head) &&
		    !memcmp(data + head, SIGNATURES[i], tail))
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct auth_verifier *v;
	struct auth_claims *claims = NULL;
	if (!v)
		v = make_verifier();
	enum auth_status s = auth_verify(v, (const char *)data, n, NOW, &claims);
	if ((s == AUTH_OK) != was_signed(data, n) || (s == AUTH_OK) != (claims != NULL) || s < 0)
		abort();
	auth_claims_free(claims);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	return mutate_token(data, n, most, seed);
}
