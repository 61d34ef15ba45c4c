#include "libauth/base/secret.h"

void secret_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}
