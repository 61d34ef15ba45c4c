#include "authd/service/audit_guard.h"

#include "keys/seal.h"

static status guard_mac(void *context, uint32_t *version, struct slice bytes, uint8_t ret[32])
{
	AUTO_SECRET struct secret secret, key;
	TRY(keys_secret(context, SECRET_SUBJECT_WRAP, *version, &secret, version));
	TRY(derive(&secret, "audit-head", &key));
	return mac(&key, &bytes, 1, ret);
}

struct audit_guard audit_guard_of(struct keys *k)
{
	enum audit_hash hash = keys_suite(k) == SUITE_SM ? AUDIT_SM3 : AUDIT_SHA256;
	return (struct audit_guard){ .hash = hash, .mac = guard_mac, .context = k };
}
