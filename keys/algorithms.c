#include "keys/algorithms.h"

#include <pthread.h>

/* Written once, under pthread_once(); constant for everybody who can see it. */
static struct algorithms fetched;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	fetched.aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	fetched.aes_256_ecb = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
	fetched.sm4_ctr = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
	fetched.sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	fetched.sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
}

const struct algorithms *algorithms(void)
{
	if (pthread_once(&once, fetch) != 0)
		return NULL;
	if (!fetched.aes_256_gcm || !fetched.aes_256_ecb || !fetched.sm4_ctr || !fetched.sha256 ||
	    !fetched.sm3)
		return NULL;
	return &fetched;
}
