#include "keys/concat_kdf.h"

#include "libauth/base/big_endian.h"
#include "libauth/base/buf.h"
#include "libauth/base/mem.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

DEFINE_AUTO(kdf, EVP_KDF *, EVP_KDF_free)
DEFINE_AUTO(kdf_context, EVP_KDF_CTX *, EVP_KDF_CTX_free)

static void put_count(struct buf *b, size_t n)
{
	uint8_t bytes[4];
	put_u32(bytes, (uint32_t)n);
	buf_put(b, slice_of(bytes, sizeof bytes));
}

static void put_counted(struct buf *b, struct slice s)
{
	put_count(b, s.n);
	buf_put(b, s);
}

status concat_kdf(struct slice secret, struct slice algorithm, struct slice apu, struct slice apv,
		  uint8_t *out, size_t n)
{
	AUTO_BUF struct buf info = { 0 };
	put_counted(&info, algorithm);
	put_counted(&info, apu);
	put_counted(&info, apv);
	put_count(&info, n * 8); /* SuppPubInfo */
	TRY(buf_status(&info));

	AUTO(kdf) EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_SSKDF, NULL);
	AUTO(kdf_context) EVP_KDF_CTX *c = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	if (!c)
		return ST_NOMEM;
	char digest[] = "SHA2-256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret.p, secret.n),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.p, info.n),
		OSSL_PARAM_construct_end(),
	};
	return EVP_KDF_derive(c, out, n, params) == 1 ? ST_OK : ST_BUG;
}
