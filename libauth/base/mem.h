/* Cleanup at the end of a scope, and a few small macros. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

/*
 * AUTO(thing) struct thing *t = NULL;   calls thing_free(t) when t goes out of scope.
 * Needs DEFINE_AUTO(thing, struct thing *, thing_free) once, beside the type.
 */
#define AUTO(name) __attribute__((cleanup(auto_##name)))
#define DEFINE_AUTO(name, type, release) \
	static inline void auto_##name(type *p) { release(*p); }

DEFINE_AUTO(mem, void *, free)
#define AUTO_MEM __attribute__((cleanup(auto_mem_any)))
static inline void auto_mem_any(void *p) { free(*(void **)p); }

/* Hand an AUTO pointer on to its new owner. */
#define TAKE(p)                         \
	({                              \
		__auto_type take_ = (p); \
		(p) = NULL;             \
		take_;                  \
	})

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define CONTAINER_OF(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))
