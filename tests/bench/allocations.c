#include "allocations.h"

#include <stdlib.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

/* So that the libraries meet it too. */
#pragma GCC visibility push(default)
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
#pragma GCC visibility pop

static bool counts; /* else nothing is written, so that threads do not slow each other down */
static long count;

void *malloc(size_t n)
{
	if (counts)
		count++;
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	if (counts)
		count++;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	if (counts)
		count++;
	return __libc_realloc(p, n);
}

long allocations_of(bool (*work)(void *), void *self)
{
	work(self);
	count = 0;
	counts = true;
	work(self);
	counts = false;
	return count;
}
