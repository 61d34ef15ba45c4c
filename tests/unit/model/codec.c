#include "authd/model/codec.h"

#include "authd/model/client.h"
#include "authd/model/id.h"
#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct thing {
	struct slice text;
	bool yes;
	int level;
	enum client_auth method;
	int64_t at;
	uint32_t version;
	uint64_t epoch;
	struct id id;
	struct client_list list;
};

static const struct codec_field fields[] = {
        {1, CODEC_SLICE, offsetof(struct thing, text)},
        {2, CODEC_BOOL, offsetof(struct thing, yes)},
        {3, CODEC_INT, offsetof(struct thing, level), -5, 5},
        {4, CODEC_ENUM, offsetof(struct thing, method), 1, 4},
        {5, CODEC_INT64, offsetof(struct thing, at)},
        {6, CODEC_UINT32, offsetof(struct thing, version)},
        {7, CODEC_UINT64, offsetof(struct thing, epoch)},
        {8, CODEC_ID, offsetof(struct thing, id)},
        {9, CODEC_LIST, offsetof(struct thing, list)},
};
static const struct codec THING = CODEC(struct thing, fields);
/* What a version before knew: a few of the same tags. */
static const struct codec OLDER = {fields + 2, 3, sizeof(struct thing)};

/* Bytes written by hand, so that the format itself is pinned. */
#define BYTES(...) slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct arena arena;

static int setup(void **)
{
	arena = (struct arena){0};
	return 0;
}

static int teardown(void **)
{
	arena_done(&arena);
	return 0;
}

static void assert_encodes(struct thing t, struct slice bytes)
{
	AUTO_BUF struct buf out = {0};
	assert_int_equal(codec_encode(&THING, &t, &out), ST_OK);
	assert_int_equal(out.n, bytes.n);
	assert_memory_equal(out.p, bytes.p, bytes.n);
}

static struct thing decoded(struct slice bytes)
{
	struct thing t;
	assert_int_equal(codec_decode(&THING, bytes, &arena, &t), ST_OK);
	return t;
}

static void assert_corrupt(struct slice bytes)
{
	struct thing t = {.level = 3};
	assert_int_equal(codec_decode(&THING, bytes, &arena, &t), ST_CORRUPT);
	assert_int_equal(t.level, 3);
}

static void the_format_is_pinned(void **)
{
	assert_encodes((struct thing){.method = 1}, BYTES(1, 4, 1, 2, 0));
	assert_encodes((struct thing){.text = SLICE("hi"), .yes = true, .level = -1, .method = 4},
	               BYTES(1, 1, 2, 'h', 'i', 2, 0, 3, 1, 1, 4, 1, 8, 0));
	assert_encodes((struct thing){.method = 1, .at = 256, .version = 0x10000, .epoch = 255},
	               BYTES(1, 4, 1, 2, 5, 2, 0, 2, 6, 3, 0, 0, 1, 7, 1, 255, 0));
	struct slice items[] = {SLICE("a"), SLICE(""), SLICE("bc")};
	assert_encodes((struct thing){.method = 1, .list = {items, 3}},
	               BYTES(1, 4, 1, 2, 9, 6, 1, 'a', 0, 2, 'b', 'c', 0));
}

static void integers_come_back(void **)
{
	static const int64_t values[] = {0,         1,          -1,        127,      128,
	                                 -128,      -129,       255,       256,      INT32_MAX,
	                                 INT32_MIN, 1750000000, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		AUTO_BUF struct buf out = {0};
		struct thing t = {.method = 2,
		                  .at = values[i],
		                  .version = (uint32_t)values[i],
		                  .epoch = (uint64_t)values[i]};
		assert_int_equal(codec_encode(&THING, &t, &out), ST_OK);
		struct thing back = decoded(buf_slice(&out));
		assert_true(back.at == t.at && back.version == t.version && back.epoch == t.epoch);
		assert_int_equal(back.method, 2);
	}
}

static void absent_and_empty_stay_apart(void **)
{
	AUTO_BUF struct buf out = {0};
	struct thing t = {.method = 1, .text = SLICE("")};
	assert_int_equal(codec_encode(&THING, &t, &out), ST_OK);
	struct thing back = decoded(buf_slice(&out));
	assert_non_null(back.text.p);
	assert_int_equal(back.text.n, 0);
	assert_null(decoded(BYTES(1, 4, 1, 2, 0)).text.p);
}

static void long_values_and_lists(void **)
{
	uint8_t long_text[20000];
	memset(long_text, 'x', sizeof long_text);
	struct slice items[CLIENT_LIST_MAX + 1];
	for (size_t i = 0; i < COUNT_OF(items); i++)
		items[i] = slice_of(long_text, i * 100);
	struct thing t = {.method = 1,
	                  .text = slice_of(long_text, sizeof long_text),
	                  .list = {items, CLIENT_LIST_MAX}};

	AUTO_BUF struct buf out = {0};
	assert_int_equal(codec_encode(&THING, &t, &out), ST_OK);
	struct thing back = decoded(buf_slice(&out));
	assert_true(slice_equal(back.text, t.text));
	assert_int_equal(back.list.n, CLIENT_LIST_MAX);
	for (size_t i = 0; i < back.list.n; i++)
		assert_true(slice_equal(back.list.items[i], items[i]));

	t.list.n++;
	buf_reset(&out);
	assert_int_equal(codec_encode(&THING, &t, &out), ST_BUG);
}

static void lists_of_too_many_are_corrupt(void **)
{
	uint8_t bytes[7 + CLIENT_LIST_MAX + 2] = {1, 4, 1, 2, 9, CLIENT_LIST_MAX + 1};
	assert_corrupt(slice_of(bytes, 6 + CLIENT_LIST_MAX + 2));
	bytes[5]--;
	assert_int_equal(decoded(slice_of(bytes, 6 + CLIENT_LIST_MAX + 1)).list.n, CLIENT_LIST_MAX);
}

static void unknown_tags_are_skipped(void **)
{
	struct thing t = decoded(BYTES(1, 4, 1, 6, 77, 2, 'x', 'y', 255, 0, 0));
	assert_int_equal(t.method, 3);

	AUTO_BUF struct buf out = {0};
	struct slice items[] = {SLICE("item")};
	t = (struct thing){SLICE("text"), true, -5, 4, -9, 7, 8, {{1}}, {items, 1}};
	assert_int_equal(codec_encode(&THING, &t, &out), ST_OK);
	struct thing old;
	assert_int_equal(codec_decode(&OLDER, buf_slice(&out), NULL, &old), ST_OK);
	assert_true(old.level == -5 && old.method == 4 && old.at == -9);
	assert_true(!old.text.p && !old.yes && !old.epoch && !old.list.n);
}

static void what_was_never_written_is_corrupt(void **)
{
	assert_corrupt(NO_SLICE);
	assert_corrupt(BYTES(1));
	assert_corrupt(BYTES(0, 4, 1, 2, 0)); /* version */
	assert_corrupt(BYTES(2, 4, 1, 2, 0));
	assert_corrupt(BYTES(1, 4, 1, 2));                  /* no end */
	assert_corrupt(BYTES(1, 4, 1, 2, 0, 0));            /* something behind the end */
	assert_corrupt(BYTES(1, 4, 1, 2, 4, 1, 2, 0));      /* twice */
	assert_corrupt(BYTES(1, 4, 1, 2, 99, 0, 99, 0, 0)); /* twice, unknown */
	assert_corrupt(BYTES(1, 4, 1, 2, 2, 0, 0));         /* order */
	assert_corrupt(BYTES(1, 0));                        /* method left out: 0 is not in 1..4 */
	assert_corrupt(BYTES(1, 4, 1, 10, 0));              /* method 5 */
	assert_corrupt(BYTES(1, 3, 1, 12, 4, 1, 2, 0));     /* level 6 */
	assert_corrupt(BYTES(1, 2, 1, 1, 4, 1, 2, 0));      /* a boolean with a value */
	assert_corrupt(BYTES(1, 4, 2, 2, 0, 0));            /* a longer form of 1 */
	assert_corrupt(BYTES(1, 4, 0, 0));                  /* an integer of no bytes */
	assert_corrupt(BYTES(1, 4, 1, 2, 5, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0)); /* nine bytes */
	assert_corrupt(BYTES(1, 4, 1, 2, 6, 5, 1, 1, 1, 1, 1, 0));             /* over 32 bits */
	assert_corrupt(BYTES(1, 4, 5, 2, 0, 0, 0, 2, 0)); /* the same, signed */
	assert_corrupt(BYTES(1, 1, 0x80, 0, 4, 1, 2, 0)); /* a longer form of the length 0 */
	assert_corrupt(BYTES(1, 1, 0x80, 0x80, 0x80, 0x80, 1, 4, 1, 2, 0));
	assert_corrupt(BYTES(1, 1, 200, 1, 4, 1, 2, 0));     /* a length beyond the end */
	assert_corrupt(BYTES(1, 4, 1, 2, 8, 3, 1, 2, 3, 0)); /* an id of three bytes */
	assert_corrupt(BYTES(1, 4, 1, 2, 8, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	assert_corrupt(BYTES(1, 4, 1, 2, 9, 0, 0));         /* a list of nothing */
	assert_corrupt(BYTES(1, 4, 1, 2, 9, 2, 5, 'a', 0)); /* an item beyond its list */
}

static void faults(void **)
{
	AUTO_BUF struct buf out = {0};
	assert_int_equal(codec_encode(&THING, &(struct thing){.method = 0}, &out), ST_BUG);
	assert_int_equal(codec_encode(&THING, &(struct thing){.method = 1, .level = 6}, &out),
	                 ST_BUG);
	AUTO_BUF struct buf small = {.limit = 3};
	assert_int_equal(codec_encode(&THING, &(struct thing){.method = 1}, &small), ST_NOMEM);

	struct thing t = {0};
	struct slice with_list = BYTES(1, 4, 1, 2, 9, 2, 1, 'a', 0);
	AUTO_ARENA struct arena none = {.limit = 1};
	assert_int_equal(codec_decode(&THING, with_list, &none, &t), ST_NOMEM);
	assert_int_equal(codec_decode(&THING, with_list, NULL, &t), ST_BUG);
	const struct codec too_big = {fields, 1, CODEC_SIZE_MAX + 1};
	assert_int_equal(codec_decode(&too_big, with_list, &arena, &t), ST_BUG);
	const struct codec_field bad[] = {{4, 99, 0}};
	const struct codec bad_type = {bad, 1, sizeof t};
	assert_int_equal(codec_decode(&bad_type, with_list, &arena, &t), ST_BUG);
	assert_int_equal(codec_encode(&bad_type, &t, &out), ST_BUG);
}

static void ids_as_text(void **)
{
	struct id id = {{0x00, 0x1f, 0xa0, [15] = 0xff}}, back;
	struct slice text = id_text(&arena, id);
	assert_true(slice_is(text, "001fa0000000000000000000000000ff"));
	assert_int_equal(id_parse(text, &back), ST_OK);
	assert_true(id_equal(id, back));
	assert_int_equal(id_parse(slice_first(text, 31), &back), ST_INVALID);
	AUTO_ARENA struct arena none = {.limit = 1};
	assert_null(id_text(&none, id).p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(the_format_is_pinned, setup, teardown),
	        cmocka_unit_test_setup_teardown(integers_come_back, setup, teardown),
	        cmocka_unit_test_setup_teardown(absent_and_empty_stay_apart, setup, teardown),
	        cmocka_unit_test_setup_teardown(long_values_and_lists, setup, teardown),
	        cmocka_unit_test_setup_teardown(lists_of_too_many_are_corrupt, setup, teardown),
	        cmocka_unit_test_setup_teardown(unknown_tags_are_skipped, setup, teardown),
	        cmocka_unit_test_setup_teardown(what_was_never_written_is_corrupt, setup, teardown),
	        cmocka_unit_test_setup_teardown(faults, setup, teardown),
	        cmocka_unit_test_setup_teardown(ids_as_text, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
