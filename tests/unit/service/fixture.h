/* An issuer with keys, records, cache and a hashing pool in a directory that is gone after the test. */
#pragma once

#include "authd/service/issuer.h"
#include "authd/model/state.h"
#include "authd/service/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define assert_ok(call) assert_int_equal((call), ST_OK)
#define assert_slice(s, text) assert_true(slice_is((s), (text)))

enum { NOW = 1800000000 };
#define US INT64_C(1000000)

struct fixture {
	char dir[64], records_dir[96], keys_dir[96], kek_file[96];
	struct conf conf;
	struct issuer issuer;
	struct arena arena;
};

/* For cmocka_unit_test_setup_teardown(): *state is a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Stop and start again on the same files. */
void fixture_reopen(struct fixture *f);
/* Give SECRET_BLIND_INDEX or another use one more version, as a rotation does. */
void fixture_add_secret(struct fixture *f, enum secret_use use);

static inline struct batch *new_batch(struct fixture *f)
{
	struct batch *b = batch_new(&f->arena);
	assert_non_null(b);
	return b;
}

static inline status commit(struct fixture *f, struct batch *b)
{
	return records_commit_wait(f->issuer.records, b);
}

/* Of the client "portal", for a person and a session that nobody else has. */
struct grant fixture_grant(void);

/* An operation that a test waits for. */
struct waiting {
	struct op op;
	atomic_bool done;
};
void waiting_done(struct op *op);
static inline struct waiting waiting_begin(void)
{
	return (struct waiting){ .op.done = waiting_done };
}
status waiting_end(struct waiting *w);
