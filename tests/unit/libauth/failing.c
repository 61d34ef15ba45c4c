#include "failing.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
void __libc_free(void *p);

static atomic_bool all;
static atomic_long allocations, living, fail_at;

extern const char __executable_start[], etext[];

/* So that the libraries meet it too. */
#pragma GCC visibility push(default)
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
void *aligned_alloc(size_t alignment, size_t n);
int posix_memalign(void **ret, size_t alignment, size_t n);
void free(void *p);
#pragma GCC visibility pop

static bool fails(const void *caller)
{
	bool ours = (const char *)caller >= __executable_start && (const char *)caller < etext;
	if (!ours && !atomic_load(&all))
		return false;
	long now = atomic_fetch_add(&allocations, 1) + 1;
	return now == atomic_load(&fail_at);
}

static void *count(void *p)
{
	if (p)
		atomic_fetch_add(&living, 1);
	return p;
}

void *malloc(size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : count(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : count(__libc_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
	if (fails(__builtin_return_address(0)))
		return NULL;
	return p ? __libc_realloc(p, n) : count(__libc_realloc(p, n));
}

void *aligned_alloc(size_t alignment, size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : count(__libc_memalign(alignment, n));
}

int posix_memalign(void **ret, size_t alignment, size_t n)
{
	void *p = fails(__builtin_return_address(0)) ? NULL : count(__libc_memalign(alignment, n));
	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}

void free(void *p)
{
	if (p)
		atomic_fetch_sub(&living, 1);
	__libc_free(p);
}

void failing_everywhere(bool everywhere) { atomic_store(&all, everywhere); }
void failing_at(long n) { atomic_store(&fail_at, n ? atomic_load(&allocations) + n : 0); }
long failing_allocations(void) { return atomic_load(&allocations); }
long failing_living(void) { return atomic_load(&living); }
