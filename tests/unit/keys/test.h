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
#include <sys/stat.h>
#include <unistd.h>

static const int64_t NOW = 1800000000;
/* Every algorithm there is. */
enum { ALL = (1 << KEY_ALGORITHM_COUNT) - 1 };

#define assert_ok(call) assert_int_equal((call), ST_OK)
#define assert_slice(s, text)                                              \
	do {                                                               \
		struct slice assert_ = (s);                                \
		assert_int_equal(assert_.n, strlen(text));                 \
		assert_memory_equal(assert_.p, (text), strlen(text));      \
	} while (0)
#define assert_mentions(error, text)                                                      \
	do {                                                                              \
		if (!strstr((error).message, (text)))                                     \
			fail_msg("\"%s\" does not mention %s", (error).message, (text));  \
	} while (0)

/* Decode hexadecimal digits; returns how many bytes. */
static inline size_t unhex(const char *text, uint8_t *out)
{
	size_t n = strlen(text) / 2;
	assert_ok(hex_decode(slice_str(text), out, n));
	return n;
}

/* ---- places ----------------------------------------------------------------------------- */

/* A directory of its own for each test, with the paths that an issuer's keys lie in. */
struct place {
	char root[64], dir[96], kek[96], data[96], ring[128], secrets[128];
	struct keys_options options;
};

static inline void place_init(struct place *p)
{
	snprintf(p->root, sizeof p->root, "/tmp/authd-keys-XXXXXX");
	assert_non_null(mkdtemp(p->root));
	snprintf(p->dir, sizeof p->dir, "%s/keys", p->root);
	snprintf(p->kek, sizeof p->kek, "%s/kek", p->root);
	snprintf(p->data, sizeof p->data, "%s/data", p->root);
	snprintf(p->ring, sizeof p->ring, "%s/ring", p->dir);
	snprintf(p->secrets, sizeof p->secrets, "%s/secrets", p->dir);
	assert_int_equal(mkdir(p->data, 0700), 0);
	p->options = (struct keys_options){ .dir = p->dir, .kek_file = p->kek, .data_dir = p->data, .algorithms = ALL };
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

/* ---- files ------------------------------------------------------------------------------ */

static inline void file_get(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	uint8_t *room = buf_room(ret, 1 << 16);
	assert_non_null(room);
	buf_grown(ret, fread(room, 1, 1 << 16, f));
	fclose(f);
}

static inline void file_put(const char *path, struct slice bytes)
{
	(void)unlink(path);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	if (bytes.n)
		assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
}

static inline void file_copy(const char *from, const char *to)
{
	AUTO_BUF struct buf b = { 0 };
	file_get(from, &b);
	file_put(to, buf_slice(&b));
}

/* Making RSA keys takes a while: one issuer's keys are made, and copied for each test. */
static inline int place_make_template(void **state)
{
	struct place *p = malloc(sizeof *p);
	place_init(p);
	struct error e = { 0 };
	if (keys_create(&p->options, NOW, &e) != ST_OK)
		fail_msg("%s", e.message);
	*state = p;
	return 0;
}

static inline int place_free_template(void **state)
{
	place_done(*state);
	free(*state);
	return 0;
}

static inline void place_copy(const struct place *template, struct place *p)
{
	place_init(p);
	assert_int_equal(mkdir(p->dir, 0700), 0);
	file_copy(template->kek, p->kek);
	file_copy(template->ring, p->ring);
	file_copy(template->secrets, p->secrets);
}

static inline struct keys *place_open(const struct place *p)
{
	struct error e = { 0 };
	struct keys *k = NULL;
	if (keys_open(&p->options, &k, &e) != ST_OK)
		fail_msg("%s", e.message);
	return k;
}

/* ---- signing ---------------------------------------------------------------------------- */

struct signed_op {
	struct op op;
	int calls;
};

static inline void signed_done(struct op *op)
{
	CONTAINER_OF(op, struct signed_op, op)->calls++;
}

/* Append a token of one payload to the buffer. */
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

/* How many keys of this algorithm are in this state; the last one's info. */
static inline size_t count_keys(struct keys *k, enum key_algorithm alg, enum key_state state,
				struct key_info *ret)
{
	AUTO_ARENA struct arena a = { 0 };
	struct key_info *list;
	size_t n, found = 0;
	assert_ok(keys_list(k, &a, &list, &n));
	for (size_t i = 0; i < n; i++) {
		if (list[i].algorithm != alg || list[i].state != state)
			continue;
		found++;
		if (ret)
			*ret = list[i];
	}
	return found;
}
