/* The shipped file and the table of settings say the same. */
#include "fixture.h"


#include "libauth/base/buf.h"
#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* One line of the file that sets something, commented out or not. */
struct line {
	char key[80]; /* with its section */
	char value[80];
	bool commented;
	const char *comment; /* the line before, if it is a comment; "# ..." without its indent */
};

static const char *file_text(void)
{
	static const char *const path = SHIPPED_FILE;
	struct buf text = {0};
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	uint8_t *room = buf_room(&text, 64 << 10);
	buf_grown(&text, fread(room, 1, 64 << 10, f));
	fclose(f);
	const char *copy = arena_string(&arena, buf_slice(&text));
	buf_done(&text);
	assert_non_null(copy);
	return copy;
}

static bool take_line(const char **text, char out[200])
{
	if (!**text)
		return false;
	size_t n = strcspn(*text, "\n");
	assert_true(n < 200);
	memcpy(out, *text, n);
	out[n] = '\0';
	*text += n + ((*text)[n] == '\n');
	return true;
}

/* `#key: value` is a setting that is commented out, `# words` a comment. */
static bool is_setting(const char *line, struct line *ret, char section[40])
{
	size_t indent = strspn(line, " ");
	const char *at = line + indent;
	ret->commented = *at == '#';
	at += ret->commented;
	size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz_2345");
	if (!n || at[n] != ':' || indent > 2)
		return false;
	if (!indent && !ret->commented && !at[n + 1]) {
		snprintf(section, 40, "%.*s", (int)n, at);
		return false;
	}
	snprintf(ret->key, sizeof ret->key, "%s%s%.*s", indent ? section : "", indent ? "." : "",
	         (int)n, at);
	snprintf(ret->value, sizeof ret->value, "%s", at + n + 1 + strspn(at + n + 1, " "));
	return true;
}

static const struct setting *setting_of(const char *key)
{
	for (size_t i = 0; i < SETTINGS_N; i++)
		if (strcmp(SETTINGS[i].key, key) == 0)
			return &SETTINGS[i];
	return NULL;
}

static void the_table_is_whole(void **)
{
	for (size_t i = 0; i < SETTINGS_N; i++) {
		assert_non_null(SETTINGS[i].key);
		assert_non_null(SETTINGS[i].doc);
		assert_ptr_equal(setting_of(SETTINGS[i].key), &SETTINGS[i]);
	}
}

/* In the same order, each with its line of documentation before it, and its default if it has one.
 */
static void each_key_stands_in_both(void **)
{
	const char *text = file_text();
	char line[200], comment[200] = "", section[40] = "";
	size_t next = 0;
	while (take_line(&text, line)) {
		struct line l = {0};
		if (is_setting(line, &l, section)) {
			assert_true(next < SETTINGS_N);
			const struct setting *s = &SETTINGS[next++];
			assert_string_equal(l.key, s->key);
			assert_string_equal(comment, s->doc);
			assert_int_equal(l.commented, !s->required && s->type != SETTING_OPERATORS);
			if (s->standard && l.commented)
				assert_string_equal(l.value, s->standard);
		}
		const char *at = line + strspn(line, " ");
		snprintf(comment, sizeof comment, "%s", strncmp(at, "# ", 2) == 0 ? at + 2 : "");
	}
	if (next < SETTINGS_N)
		fail_msg("%s is missing in the shipped file", SETTINGS[next].key);
}

static struct conf *parsed(const char *text)
{
	struct conf *c = NULL;
	struct error e = {0};
	if (conf_parse(slice_str(text), "authd.yaml", "/etc/authd", &arena, &c, &e) != ST_OK)
		fail_msg("%s", e.message);
	return c;
}

static const char *uncommented(const char *text)
{
	char *out = arena_alloc(&arena, strlen(text) + 1), *end = out;
	char line[200], section[40] = "";
	while (take_line(&text, line)) {
		struct line l = {0};
		char *hash = strchr(line, '#');
		if (is_setting(line, &l, section) && l.commented && hash)
			memmove(hash, hash + 1, strlen(hash));
		size_t n = strlen(line);
		memcpy(end, line, n);
		end[n] = '\n';
		end += n + 1;
	}
	return out;
}

static void it_loads(void **)
{
	struct conf *c = NULL;
	struct error e = {0};
	if (conf_load(SHIPPED_FILE, &arena, &c, &e) != ST_OK)
		fail_msg("%s", e.message);
	assert_int_equal(c->admin.operators_n, 1);
	assert_int_equal(c->admin.operators[0].uid, 0);
}

/* What is commented out is what would hold anyway: with all of it, the file gives the same. */
static void what_is_commented_out_is_the_default(void **)
{
	const struct conf *as_shipped = parsed(file_text()),
	                  *with_all = parsed(uncommented(file_text()));
	for (size_t i = 0; i < SETTINGS_N; i++) {
		const struct setting *s = &SETTINGS[i];
		const char *a = (const char *)as_shipped + s->offset,
		           *b = (const char *)with_all + s->offset;
		if (s->count_offset || !s->standard)
			continue;
		if (s->type == SETTING_NUMBER || s->type == SETTING_SECONDS ||
		    s->type == SETTING_MILLISECONDS)
			assert_memory_equal(a, b, sizeof(int64_t));
		else if (s->type == SETTING_LEVEL)
			assert_memory_equal(a, b, sizeof(struct conf_level));
		else
			assert_string_equal(*(const char *const *)a, *(const char *const *)b);
	}
	assert_string_equal(with_all->tls.key, "/etc/authd/tls/key.pem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_table_is_whole),
	        cmocka_unit_test(each_key_stands_in_both),
	        cmocka_unit_test(it_loads),
	        cmocka_unit_test(what_is_commented_out_is_the_default),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
