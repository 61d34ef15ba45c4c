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

/* ---- tables --------------------------------------------------------------------------------- */

void grid_done(struct grid *t)
{
	for (size_t k = 0; k < t->n; k++)
		free(t->cells[k]);
	free(t->cells);
	t->cells = NULL;
	t->n = t->capacity = 0;
}

void grid_put(struct grid *t, const char *text)
{
	if (t->n == t->capacity) {
		size_t capacity = t->capacity ? t->capacity * 2 : 64;
		char **cells = realloc(t->cells, capacity * sizeof *cells);
		if (!cells) {
			t->failed = true;
			return;
		}
		t->cells = cells;
		t->capacity = capacity;
	}
	char *copy = strdup(text ? text : "");
	t->failed |= !copy;
	if (copy)
		t->cells[t->n++] = copy;
}

static size_t column_width(const struct grid *t, size_t column)
{
	size_t width = print_width(t->heads[column]);
	for (size_t k = column; k < t->n; k += t->columns) {
		size_t w = print_width(t->cells[k]);
		width = w > width ? w : width;
	}
	return width;
}

static void print_row(const struct grid *t, FILE *out, char *const *cells, const size_t *widths)
{
	for (size_t k = 0; k < t->columns; k++) {
		print_text(out, cells[k]);
		if (k + 1 < t->columns)
			pad(out, widths[k] - print_width(cells[k]) + 2);
	}
	putc('\n', out);
}

void grid_print(const struct grid *t, FILE *out, const char *empty)
{
	enum { COLUMNS_MAX = 16 };
	size_t widths[COLUMNS_MAX];
	if (t->n == 0) {
		fprintf(out, "%s\n", empty);
		return;
	}
	for (size_t k = 0; k < t->columns; k++)
		widths[k] = column_width(t, k);
	print_row(t, out, (char *const *)t->heads, widths);
	for (size_t k = 0; k + t->columns <= t->n; k += t->columns)
		print_row(t, out, t->cells + k, widths);
}

/* ---- cards ---------------------------------------------------------------------------------- */

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

static void print_value(FILE *out, const struct card_line *line, const json_t *value, size_t indent)
{
	char room[TIME_TEXT_SIZE];
	switch (line->form) {
	case CARD_TEXT: print_text(out, json_string_value(value) ? json_string_value(value) : ""); break;
	case CARD_TIME: fputs(time_text(json_integer_value(value), room), out); break;
	case CARD_WARNING:
	case CARD_BOOL: fputs(json_is_true(value) ? "yes" : "no", out); break;
	case CARD_NUMBER: fprintf(out, "%lld", (long long)json_integer_value(value)); break;
	case CARD_LIST: print_list(out, value, indent); break;
	}
}

static bool is_shown(const struct card_line *line, const json_t *value)
{
	if (!value || json_is_null(value))
		return false;
	if (line->form == CARD_WARNING)
		return json_is_true(value);
	return line->form != CARD_LIST || json_array_size(value) > 0;
}

void card_print(FILE *out, const json_t *object, const struct card_line *lines, size_t n)
{
	size_t width = 0;
	for (size_t k = 0; k < n; k++) {
		size_t w = print_width(lines[k].label);
		if (is_shown(&lines[k], json_object_get(object, lines[k].member)) && w > width)
			width = w;
	}
	for (size_t k = 0; k < n; k++) {
		const json_t *value = json_object_get(object, lines[k].member);
		if (!is_shown(&lines[k], value))
			continue;
		fprintf(out, "%s:", lines[k].label);
		pad(out, width - print_width(lines[k].label) + 2);
		print_value(out, &lines[k], value, width + 3);
		putc('\n', out);
	}
}

void print_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}
