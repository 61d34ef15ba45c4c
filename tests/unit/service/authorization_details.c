/* authorization_details (RFC 9396): what is taken, how it is kept, and what is less than it. */
#include "authd/service/authorization_details.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct slice TYPES[] = { SLICE_INIT("payment"), SLICE_INIT("filing") };
static struct slice AUDIENCES[] = { SLICE_INIT("https://a.example"), SLICE_INIT("https://b.example") };
static const struct client CLIENT = { .authorization_details_types = { TYPES, 2 }, .audiences = { AUDIENCES, 2 } };
static const struct conf CONF = { .authorization.details_types = "payment filing account" };
static const struct slice ISSUER = SLICE_INIT("https://id.example");

static status read(const char *text, struct arena *a, struct slice *ret)
{
	struct error e;
	return authorization_details_read(slice_str(text), &CONF, &CLIENT, a, ret, &e);
}

static struct slice kept(const char *text, struct arena *a)
{
	struct slice s;
	assert_int_equal(read(text, a, &s), ST_OK);
	return s;
}

static void equal_details_are_equal_bytes(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct slice s = kept(" [ {\"b\": 0.10, \"a\":{\"d\":null,\"c\":\"\\u5f20\"}, \"type\":\"payment\"} ] ", &a);
	assert_true(slice_is(s, "[{\"a\":{\"c\":\"张\",\"d\":null},\"b\":0.1,\"type\":\"payment\"}]"));
	assert_null(kept("", &a).p);
}

/* Each prefix of a good one is a bad one, and so is each with a byte that does not belong there. */
static void what_is_altered_is_refused_or_still_good(void **state)
{
	(void)state;
	static const char good[] = "[{\"type\":\"payment\",\"actions\":[\"a\"],\"n\":{\"x\":[1,2.5,true,null]}}]";
	AUTO_ARENA struct arena a = { 0 };
	struct error e;
	struct slice s;
	kept(good, &a);
	for (size_t n = 1; n < sizeof good - 1; n++)
		assert_int_equal(authorization_details_read(slice_of(good, n), &CONF, &CLIENT, &a, &s, &e), ST_INVALID);
	for (size_t i = 0; i < sizeof good - 1; i++)
		for (int byte = 0; byte < 256; byte++) {
			char text[sizeof good];
			memcpy(text, good, sizeof good);
			text[i] = (char)byte;
			arena_reset(&a);
			status one = authorization_details_read(slice_of(text, sizeof text - 1), &CONF,
								&CLIENT, &a, &s, &e);
			assert_true(one == ST_OK || one == ST_INVALID);
			/* What was kept once is kept as it is. */
			struct slice again;
			if (one == ST_OK) {
				assert_int_equal(authorization_details_read(s, &CONF, &CLIENT, &a, &again, &e), ST_OK);
				assert_true(slice_equal(s, again));
			}
		}
}

static void only_types_of_issuer_and_client_are_taken(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	static const char *const bad[] = { "[{\"type\":\"account\"}]", "[{\"type\":\"other\"}]",
					   "[{\"type\":\"payment filing\"}]" };
	const struct client none = { 0 };
	const struct conf silent = { 0 };
	struct slice s, good = SLICE("[{\"type\":\"payment\"}]");
	struct error e;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(read(bad[i], &a, &s), ST_INVALID);
	assert_int_equal(authorization_details_read(good, &CONF, &none, &a, &s, &e), ST_INVALID);
	assert_int_equal(authorization_details_read(good, &silent, &CLIENT, &a, &s, &e), ST_INVALID);
	assert_int_equal(authorization_details_read(good, &CONF, &CLIENT, &a, &s, &e), ST_OK);
}

static void less_is_a_part_and_nothing_else(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct slice granted = kept("[{\"type\":\"payment\",\"actions\":[\"a\",\"b\"],\"x\":[1,2]},"
				    "{\"type\":\"filing\"}]", &a);
	static const struct {
		const char *asked;
		status answer;
	} rows[] = {
		{ "[{\"type\":\"filing\"}]", ST_OK },
		{ "[{\"type\":\"payment\",\"actions\":[\"b\"],\"x\":[1,2]}]", ST_OK },
		{ "[{\"type\":\"payment\",\"actions\":[\"b\",\"a\"],\"x\":[1,2]},{\"type\":\"filing\"}]", ST_OK },
		{ "[{\"type\":\"payment\",\"actions\":[\"b\",\"c\"],\"x\":[1,2]}]", ST_FORBIDDEN },
		{ "[{\"type\":\"payment\",\"actions\":[\"b\"],\"x\":[1]}]", ST_FORBIDDEN },
		{ "[{\"type\":\"payment\",\"x\":[1,2]}]", ST_FORBIDDEN },
		{ "[{\"type\":\"payment\",\"actions\":[\"a\"],\"x\":[1,2],\"y\":0}]", ST_FORBIDDEN },
		{ "[{\"type\":\"payment\",\"actions\":[\"a\"],\"y\":[1,2]}]", ST_FORBIDDEN },
		{ "[{\"type\":\"filing\",\"actions\":[\"a\"]}]", ST_FORBIDDEN },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(authorization_details_within(granted, kept(rows[i].asked, &a)), rows[i].answer);
	assert_int_equal(authorization_details_within(NO_SLICE, granted), ST_FORBIDDEN);
}

static struct slice told(struct slice granted, const char *audience, struct arena *a)
{
	struct slice ret;
	assert_int_equal(authorization_details_for(granted, slice_str(audience), &CLIENT, ISSUER, a, &ret), ST_OK);
	return ret;
}

static void a_token_tells_what_is_not_for_elsewhere_alone(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct slice granted = kept(
		"[{\"type\":\"payment\",\"locations\":[\"https://a.example\"]},"
		"{\"type\":\"payment\",\"locations\":[\"https://b.example\",\"https://id.example\"]},"
		"{\"type\":\"filing\",\"locations\":[\"https://unknown.example\"]},{\"type\":\"filing\"}]", &a);
	assert_true(slice_is(told(granted, "https://a.example https://x.example", &a),
			     "[{\"locations\":[\"https://a.example\"],\"type\":\"payment\"},"
			     "{\"locations\":[\"https://unknown.example\"],\"type\":\"filing\"},"
			     "{\"type\":\"filing\"}]"));
	granted = kept("[{\"type\":\"payment\",\"locations\":[\"https://b.example\"]}]", &a);
	assert_null(told(granted, "https://a.example", &a).p);
}

/* [{"type":"payment","x":[0,…]}] has three parts, and one for each item. */
static void parts_are_counted_wherever_they_are(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct slice s;
	enum { MAX = AUTHORIZATION_DETAILS_PARTS_MAX };
	for (int nested = 0; nested < 2; nested++)
		for (int items = MAX - 4; items < MAX; items++) {
			AUTO_BUF struct buf text = { 0 };
			buf_put(&text, nested ? SLICE("[{\"type\":\"payment\",\"x\":[{\"y\":[0") :
						SLICE("[{\"type\":\"payment\",\"x\":[0"));
			for (int i = 1; i < items; i++)
				buf_put(&text, SLICE(",0"));
			buf_put(&text, nested ? SLICE("]}]}]") : SLICE("]}]"));
			buf_put_byte(&text, 0);
			int parts = 3 + items + 2 * nested;
			assert_int_equal(read((const char *)text.p, &a, &s),
					 parts > MAX ? ST_INVALID : ST_OK);
		}
	/* Few in each object, many in all. */
	assert_int_equal(read(
			 "[{\"type\":\"payment\",\"a\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]},"
			 "{\"type\":\"payment\",\"b\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]},"
			 "{\"type\":\"payment\",\"c\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}]",
			 &a, &s), ST_INVALID);
}

static void a_page_gets_the_items_of_a_list_one_by_one(void **state)
{
	(void)state;
	AUTO_ARENA struct arena a = { 0 };
	struct authorization_detail *list;
	size_t n;
	struct slice granted = kept("[{\"type\":\"payment\",\"actions\":[\"read, write\",\"pay\"],"
				    "\"b\":\"[1]\",\"c\":[\"x\",1],\"d\":[]}]", &a);
	assert_int_equal(authorization_details_list(granted, &a, &list, &n), ST_OK);
	assert_int_equal(n, 1);
	assert_true(slice_is(list->type, "payment"));
	assert_int_equal(list->n, 4);
	static const struct {
		const char *name, *values[2];
		size_t n;
	} rows[] = {
		{ "actions", { "read, write", "pay" }, 2 },
		{ "b", { "[1]" }, 1 },
		{ "c", { "[\"x\",1]" }, 1 },
		{ "d", { "[]" }, 1 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(slice_is(list->members[i].name, rows[i].name));
		assert_int_equal(list->members[i].n, rows[i].n);
		for (size_t k = 0; k < rows[i].n; k++)
			assert_true(slice_is(list->members[i].values[k], rows[i].values[k]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_details_are_equal_bytes),
		cmocka_unit_test(what_is_altered_is_refused_or_still_good),
		cmocka_unit_test(only_types_of_issuer_and_client_are_taken),
		cmocka_unit_test(less_is_a_part_and_nothing_else),
		cmocka_unit_test(a_token_tells_what_is_not_for_elsewhere_alone),
		cmocka_unit_test(parts_are_counted_wherever_they_are),
		cmocka_unit_test(a_page_gets_the_items_of_a_list_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
