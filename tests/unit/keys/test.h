/* What the tests of this floor share. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keys/keys.h"
#include "libauth/base/encode.h"
#include "libauth/base/mem.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define assert_ok(call) assert_int_equal((call), ST_OK)
#define assert_slice(s, text)                                              \
	do {                                                               \
		struct slice assert_ = (s);                                \
		assert_int_equal(assert_.n, strlen(text));                 \
		assert_memory_equal(assert_.p, (text), strlen(text));      \
	} while (0)

/* Decode hexadecimal digits into a static-size array; returns how many bytes. */
static inline size_t unhex(const char *text, uint8_t *out)
{
	size_t n = strlen(text) / 2;
	assert_ok(hex_decode(slice_str(text), out, n));
	return n;
}

/* A directory of its own for each test, with the paths that an issuer's keys lie in. */
struct place {
	char root[64], dir[96], kek[96], data[96];
	struct keys_options options;
};

static inline void place_init(struct place *p)
{
	snprintf(p->root, sizeof p->root, "/tmp/authd-keys-XXXXXX");
	assert_non_null(mkdtemp(p->root));
	snprintf(p->dir, sizeof p->dir, "%s/keys", p->root);
	snprintf(p->kek, sizeof p->kek, "%s/kek", p->root);
	snprintf(p->data, sizeof p->data, "%s/data", p->root);
	p->options = (struct keys_options){ .dir = p->dir, .kek_file = p->kek, .data_dir = p->data };
}

static inline int place_remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static inline void place_done(struct place *p)
{
	nftw(p->root, place_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
#define AUTO_PLACE __attribute__((cleanup(place_done)))

/* Sign one payload; the token is the buffer's. */
struct signed_op {
	struct op op;
	int calls;
};

static inline void signed_done(struct op *op)
{
	CONTAINER_OF(op, struct signed_op, op)->calls++;
}

static inline status sign_text(struct keys *k, enum key_algorithm alg, const char *type,
			       const char *payload, struct buf *token)
{
	struct sign_job job = { alg, type, slice_str(payload), *token };
	struct signed_op op = { .op.done = signed_done };
	keys_sign(k, &job, 1, &op.op);
	assert_int_equal(op.calls, 1);
	*token = job.token;
	return op.op.status;
}
