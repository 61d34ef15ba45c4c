#include "libauth/algorithm.h"

#include "libauth/base/mem.h"

const struct algorithm ALGORITHMS[] = {
	{ SLICE_INIT("ES256"), KIND_P256, "SHA256", false },
	{ SLICE_INIT("ES384"), KIND_P384, "SHA384", false },
	{ SLICE_INIT("ES512"), KIND_P521, "SHA512", false },
	{ SLICE_INIT("RS256"), KIND_RSA, "SHA256", false },
	{ SLICE_INIT("RS384"), KIND_RSA, "SHA384", false },
	{ SLICE_INIT("RS512"), KIND_RSA, "SHA512", false },
	{ SLICE_INIT("PS256"), KIND_RSA, "SHA256", true },
	{ SLICE_INIT("PS384"), KIND_RSA, "SHA384", true },
	{ SLICE_INIT("PS512"), KIND_RSA, "SHA512", true },
	{ SLICE_INIT("EdDSA"), KIND_ED25519, "SHA512", false },
	{ SLICE_INIT("SGD_SM3_SM2"), KIND_SM2, "SM3", false },
#if HAS_ML_DSA
	{ SLICE_INIT("ML-DSA-44"), KIND_ML_DSA_44, "SHA512", false },
	{ SLICE_INIT("ML-DSA-65"), KIND_ML_DSA_65, "SHA512", false },
	{ SLICE_INIT("ML-DSA-87"), KIND_ML_DSA_87, "SHA512", false },
#endif
};
const size_t ALGORITHM_COUNT = COUNT_OF(ALGORITHMS);

static const struct algorithm MACS[] = {
	{ SLICE_INIT("HS256"), KIND_SECRET, "SHA256", false },
	{ SLICE_INIT("HS384"), KIND_SECRET, "SHA384", false },
	{ SLICE_INIT("HS512"), KIND_SECRET, "SHA512", false },
};

static const struct algorithm *find(const struct algorithm *rows, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++)
		if (slice_equal(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const struct algorithm *algorithm_find(struct slice name)
{
	return find(ALGORITHMS, ALGORITHM_COUNT, name);
}

const struct algorithm *algorithm_find_mac(struct slice name)
{
	return find(MACS, COUNT_OF(MACS), name);
}
