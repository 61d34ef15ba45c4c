#include "libauth/base/secret.h"

#include <malloc.h>
#include <stdlib.h>

void secret_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

void *secret_alloc(size_t n) { return malloc(n); }

void secret_free(void *p)
{
	if (p)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}
