/* The program's allocator, which can count what is asked of it, by libraries too. One thread. */
#pragma once

#include <stdbool.h>

/* How many allocations one call makes. */
long allocations_of(bool (*work)(void *), void *self);
