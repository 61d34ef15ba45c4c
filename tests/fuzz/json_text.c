#include "json_text.h"

enum { DEPTH_MAX = 64 };

struct scan {
	struct slice text;
	size_t at, name; /* name: SIZE_MAX, or where the name of the value to come begins */
	struct json_place *places;
	size_t n, open[DEPTH_MAX], depth;
};

static bool is_one_of(uint8_t c, const char *set) { return c && strchr(set, c); }

static size_t skip(const struct scan *s, size_t at, const char *set)
{
	while (at < s->text.n && is_one_of(s->text.p[at], set))
		at++;
	return at;
}

static size_t string_end(const struct scan *s, size_t at)
{
	for (at++; at < s->text.n && s->text.p[at] != '"'; at++)
		at += s->text.p[at] == '\\';
	return at < s->text.n ? at + 1 : s->text.n;
}

static size_t word_end(const struct scan *s, size_t at)
{
	while (at < s->text.n && !is_one_of(s->text.p[at], "\"{}[],: \t\r\n"))
		at++;
	return at;
}

static void add(struct scan *s, size_t end)
{
	size_t name = s->name == SIZE_MAX ? s->at : s->name;
	s->name = SIZE_MAX;
	if (s->n < JSON_PLACES_MAX)
		s->places[s->n++] = (struct json_place){ name, s->at, end };
}

static void read_string(struct scan *s)
{
	size_t end = string_end(s, s->at), next = skip(s, end, " \t\r\n");
	if (next < s->text.n && s->text.p[next] == ':')
		s->name = s->at;
	else
		add(s, end);
	s->at = end;
}

static void open_container(struct scan *s)
{
	if (s->depth < DEPTH_MAX && s->n < JSON_PLACES_MAX)
		s->open[s->depth++] = s->n;
	add(s, s->text.n);
	s->at++;
}

static void close_container(struct scan *s)
{
	s->at++;
	if (s->depth)
		s->places[s->open[--s->depth]].end = s->at;
}

size_t json_places(struct slice text, struct json_place ret[JSON_PLACES_MAX])
{
	struct scan s = { .text = text, .name = SIZE_MAX, .places = ret };
	while ((s.at = skip(&s, s.at, ",: \t\r\n")) < text.n) {
		switch (text.p[s.at]) {
		case '"': read_string(&s); break;
		case '{':
		case '[': open_container(&s); break;
		case '}':
		case ']': close_container(&s); break;
		default: {
			size_t end = word_end(&s, s.at);
			add(&s, end);
			s.at = end;
		}
		}
	}
	return s.n;
}
