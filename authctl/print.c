#include "authctl/print.h"

#include "libauth/base/mem.h"

#include <time.h>
#include <wchar.h>

/* The next character of UTF-8 text; L'?' for what is none. Returns its bytes. */
static size_t next_character(const char *text, wchar_t *ret)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, text, strlen(text), &state);
	bool good = n != (size_t)-1 && n != (size_t)-2 && n != 0 && wcwidth(c) >= 0;
	*ret = good ? c : L'?';
	return n != (size_t)-1 && n != (size_t)-2 && n != 0 ? n : 1;
}

size_t print_width(const char *text)
{
	size_t width = 0;
	while (*text) {
		wchar_t c;
		text += next_character(text, &c);
		width += (size_t)wcwidth(c);
	}
	return width;
}

void print_text(FILE *out, const char *text)
{
	while (*text) {
		wchar_t c;
		size_t n = next_character(text, &c);
		if (c == L'?')
			putc('?', out);
		else
			fwrite(text, 1, n, out);
		text += n;
	}
}

static void pad(FILE *out, size_t n)
{
	while (n--)
		putc(' ', out);
}

/* ---- one value ------------------------------------------------------------------------------ */

const char *time_text(int64_t at, char room[TIME_TEXT_SIZE])
{
	time_t t = (time_t)at;
	struct tm tm;
	if (!at || !localtime_r(&t, &tm) ||
	    !strftime(room, TIME_TEXT_SIZE - 1, "%Y-%m-%dT%H:%M:%S%z", &tm))
		return "-";
	/* +0800 -> +08:00 */
	size_t n = strlen(room);
	memmove(room + n - 1, room + n - 2, 3);
	room[n - 2] = ':';
	return room;
}

/* A value on one line; room is for what is not a text already. */
static const char *text_of(const struct field *f, const json_t *value, char room[TIME_TEXT_SIZE])
{
	const char *text = json_string_value(value);
	switch (f->form) {
	case FIELD_TIME: return time_text(json_integer_value(value), room);
	case FIELD_LIMIT:
	case FIELD_NUMBER:
		if (f->form == FIELD_LIMIT && !json_integer_value(value))
			return "none";
		snprintf(room, TIME_TEXT_SIZE, "%lld", (long long)json_integer_value(value));
		return room;
	case FIELD_BOOL:
	case FIELD_YES: return json_is_true(value) ? "yes" : "no";
	case FIELD_STATE: return json_is_true(value) ? "disabled" : "active";
	case FIELD_KEYS:
		snprintf(room, TIME_TEXT_SIZE, "%zu", json_array_size(json_object_get(value, "keys")));
		return room;
	case FIELD_TEXT:
	case FIELD_LIST: break;
	}
	return text ? text : "";
}

static const char *cell_of(const struct field *f, const json_t *object, char room[TIME_TEXT_SIZE])
{
	const char *text = text_of(f, json_object_get(object, f->member), room);
	return *text ? text : "-";
}

/* ---- tables --------------------------------------------------------------------------------- */

static size_t column_width(const json_t *array, const struct field *f)
{
	size_t width = print_width(f->label), k;
	json_t *object;
	json_array_foreach((json_t *)array, k, object) {
		char room[TIME_TEXT_SIZE];
		size_t w = print_width(cell_of(f, object, room));
		width = w > width ? w : width;
	}
	return width;
}

/* Nothing stands behind the last column. */
static void print_cell(FILE *out, const char *text, size_t width, bool last)
{
	print_text(out, text);
	if (last)
		putc('\n', out);
	else
		pad(out, width - print_width(text) + 2);
}

void print_table(FILE *out, const json_t *array, const struct field *fields, size_t n, const char *empty)
{
	enum { COLUMNS_MAX = 16 };
	size_t widths[COLUMNS_MAX], k;
	json_t *object;
	if (json_array_size(array) == 0) {
		fprintf(out, "%s\n", empty);
		return;
	}
	for (size_t f = 0; f < n; f++)
		widths[f] = column_width(array, &fields[f]);
	for (size_t f = 0; f < n; f++)
		print_cell(out, fields[f].label, widths[f], f + 1 == n);
	json_array_foreach((json_t *)array, k, object) {
		char room[TIME_TEXT_SIZE];
		for (size_t f = 0; f < n; f++)
			print_cell(out, cell_of(&fields[f], object, room), widths[f], f + 1 == n);
	}
}

/* ---- cards ---------------------------------------------------------------------------------- */

static void print_list(FILE *out, const json_t *list, size_t indent)
{
	size_t k;
	json_t *item;
	json_array_foreach((json_t *)list, k, item) {
		if (k) {
			putc('\n', out);
			pad(out, indent);
		}
		print_text(out, json_string_value(item) ? json_string_value(item) : "?");
	}
}

static bool is_shown(const struct field *f, const json_t *value)
{
	if (!value || json_is_null(value))
		return false;
	if (f->form == FIELD_YES)
		return json_is_true(value);
	return f->form != FIELD_LIST || json_array_size(value) > 0;
}

void print_card(FILE *out, const json_t *object, const struct field *fields, size_t n)
{
	size_t width = 0;
	for (size_t k = 0; k < n; k++) {
		size_t w = print_width(fields[k].label);
		if (is_shown(&fields[k], json_object_get(object, fields[k].member)) && w > width)
			width = w;
	}
	for (size_t k = 0; k < n; k++) {
		char room[TIME_TEXT_SIZE];
		const json_t *value = json_object_get(object, fields[k].member);
		if (!is_shown(&fields[k], value))
			continue;
		fprintf(out, "%s:", fields[k].label);
		pad(out, width - print_width(fields[k].label) + 2);
		if (fields[k].form == FIELD_LIST)
			print_list(out, value, width + 3);
		else
			print_text(out, text_of(&fields[k], value, room));
		putc('\n', out);
	}
}

void print_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}
