/* A directory that is gone after the test, and a store in it. */
#pragma once

#include "authd/store/records.h"
#include "authd/store/records_backend.h"

#include <sys/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define assert_ok(call) assert_int_equal((call), ST_OK)
#define assert_slice(s, text) assert_true(slice_is((s), (text)))

struct fixture {
	char dir[64];
	struct records *records;
	struct arena arena;
};

void remove_tree(const char *path);
void make_dir(char path[64]);

/* A store with a map of this size to begin with. */
struct records *open_records(const char *dir, size_t map_size);
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A process that does one thing when told to, and says when it is done. */
struct peer {
	pid_t pid;
	int tell, hear; /* pipes */
};
/* Fork, while there is no store open in this process. */
struct peer start_peer(const char *dir, void (*work)(const char *dir));
void end_peer(struct peer *p); /* kill -9 */
void tell(int fd);
void hear(int fd);

static inline struct batch *new_batch(struct fixture *f)
{
	struct batch *b = batch_new(&f->arena);
	assert_non_null(b);
	return b;
}
