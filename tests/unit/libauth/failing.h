/*
 * The program's allocator: it counts, and fails when it is told to. That of main() and of what is linked
 * into it, libauth among them; or everywhere, in the libraries below too.            Threads: any.
 */
#pragma once

#include <stdbool.h>

void failing_everywhere(bool everywhere);
/* The n-th allocation from now on fails, once; 0: none does. */
void failing_at(long n);
long failing_allocations(void); /* made until now */
long failing_living(void);      /* not freed until now */
