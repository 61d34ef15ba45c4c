/* authctl audit tail */
#include "authctl/audit.h"
#include "authctl/commands.h"
#include "authctl/print.h"

#include <stdlib.h>
#include <time.h>

enum { SHOWN = 20, LOOK_BACK = 1000000000, EVERY_S = 1 };

static const struct flag FLAGS[] = {
	{ "follow", FLAG_SWITCH, NULL, "or -f: go on as entries come, until interrupted", .letter = 'f' },
	{ "lines", FLAG_TEXT, "N", "so many of the last ones (20); with --since, all" },
	{ "since", FLAG_TEXT, "TIME", "entries of this time and later" },
	{ "event", FLAG_LIST, "EVENT", "these events alone: session.begin, or admin.* for all that begin so" },
	{ "operator", FLAG_TEXT, "USER", "what this operator did" },
	{ "client", FLAG_TEXT, "CLIENT_ID", "what is about this client" },
};

struct tail {
	struct audit_pages pages;
	struct slice *kept; /* a ring: the last ones that the filters let through */
	size_t room;
	uint64_t seen;
	bool header;
};

/* ---- filters ------------------------------------------------------------------------------------ */

static bool text_is(const json_t *entry, const char *member, const char *wanted)
{
	const char *text = json_string_value(json_object_get(entry, member));
	return !wanted || (text && strcmp(text, wanted) == 0);
}

static bool event_is(const struct ctl *c, const json_t *entry)
{
	struct flag_values wanted = flag_list(c, "event");
	struct slice event = slice_str(json_string_value(json_object_get(entry, "event")));
	for (size_t k = 0; k < wanted.n; k++) {
		struct slice w = slice_str(wanted.items[k]);
		bool all = w.n && w.p[w.n - 1] == '*';
		if (all ? slice_starts(event, slice_first(w, w.n - 1)) : slice_equal(event, w))
			return true;
	}
	return !wanted.n;
}

static bool is_wanted(const struct ctl *c, const json_t *entry)
{
	return event_is(c, entry) && text_is(entry, "operator", flag_text(c, "operator")) &&
	       text_is(entry, "client_id", flag_text(c, "client"));
}

/* ---- a line ------------------------------------------------------------------------------------- */

static const char *or_none(const json_t *entry, const char *member)
{
	const char *text = json_string_value(json_object_get(entry, member));
	return text ? text : "-";
}

/* A text, and blanks up to the next column. */
static void print_cell(const char *text, int width)
{
	int blanks = width - (int)print_width(text);
	print_text(stdout, text);
	printf("%*s  ", blanks > 0 ? blanks : 0, "");
}

static void print_rest(const json_t *entry)
{
	static const char *const members[] = { "subject", "session", "grant", "kid", "detail" };
	const json_t *count = json_object_get(entry, "count");
	for (size_t k = 0; k < COUNT_OF(members); k++) {
		const char *text = json_string_value(json_object_get(entry, members[k]));
		if (!text)
			continue;
		printf("%s=", members[k]);
		print_text(stdout, text);
		putchar(' ');
	}
	if (count)
		printf("count=%lld", (long long)json_integer_value(count));
	putchar('\n');
}

enum { TIME_WIDTH = 25, EVENT_WIDTH = 25, OUTCOME_WIDTH = 7, WHO_WIDTH = 12 };

static void print_entry(struct tail *t, const json_t *line)
{
	char at[TIME_TEXT_SIZE];
	const json_t *entry = json_object_get(line, "entry");
	if (!t->header)
		printf("%8s  %-*s  %-*s  %-*s  %-*s  %-*s  ABOUT\n", "ENTRY", TIME_WIDTH, "TIME", EVENT_WIDTH, "EVENT",
		       OUTCOME_WIDTH, "OUTCOME", WHO_WIDTH, "WHO", WHO_WIDTH, "CLIENT");
	t->header = true;
	printf("%8lld  ", (long long)json_integer_value(json_object_get(line, "seq")));
	print_cell(time_text(json_integer_value(json_object_get(line, "at")), at), TIME_WIDTH);
	print_cell(or_none(entry, "event"), EVENT_WIDTH);
	print_cell(or_none(entry, "outcome"), OUTCOME_WIDTH);
	print_cell(or_none(entry, json_object_get(entry, "operator") ? "operator" : "actor"), WHO_WIDTH);
	print_cell(or_none(entry, "client_id"), WHO_WIDTH);
	print_rest(entry);
}

static void show(const struct ctl *c, struct tail *t, struct slice text)
{
	if (c->json) {
		printf("%.*s\n", SLICE_FMT(text));
		return;
	}
	AUTO(json) json_t *line = json_loadb((const char *)text.p, text.n, 0, NULL);
	print_entry(t, line);
}

/* ---- entries ------------------------------------------------------------------------------------ */

static enum exit_code keep(const struct ctl *c, struct tail *t, struct slice text)
{
	struct slice *place = &t->kept[t->seen++ % t->room];
	uint8_t *copy = malloc(text.n);
	if (!copy)
		return ctl_nomem(c);
	memcpy(copy, text.p, text.n);
	free((void *)place->p);
	*place = slice_of(copy, text.n);
	return DONE;
}

static enum exit_code take(const struct ctl *c, struct tail *t, const json_t *line)
{
	struct slice text = slice_of(json_string_value(line), json_string_length(line));
	AUTO(json) json_t *parsed = json_loadb((const char *)text.p, text.n, 0, NULL);
	const json_t *entry = json_object_get(parsed, "entry");
	if (!entry || !is_wanted(c, entry))
		return DONE;
	if (t->room)
		return keep(c, t, text);
	show(c, t, text);
	return DONE;
}

/* All that are there by now. */
static enum exit_code take_all(struct ctl *c, struct tail *t)
{
	const json_t *lines = NULL;
	enum exit_code code;
	while ((code = audit_next(c, &t->pages, &lines)) == DONE && json_array_size(lines)) {
		json_t *line;
		size_t i;
		json_array_foreach(lines, i, line)
			if (code == DONE)
				code = take(c, t, line);
		if (code != DONE)
			break;
	}
	return code;
}

static void show_kept(const struct ctl *c, struct tail *t)
{
	size_t n = t->seen < t->room ? (size_t)t->seen : t->room;
	for (size_t k = 0; k < n; k++) {
		struct slice *s = &t->kept[(t->seen - n + k) % t->room];
		show(c, t, *s);
		free((void *)s->p);
	}
	free(t->kept);
	t->kept = NULL;
	t->room = 0;
}

static enum exit_code follow(struct ctl *c, struct tail *t)
{
	enum exit_code code = DONE;
	while (code == DONE && fflush(stdout) == 0) {
		nanosleep(&(struct timespec){ .tv_sec = EVERY_S }, NULL);
		code = take_all(c, t);
	}
	return code;
}

static enum exit_code begin(struct ctl *c, struct tail *t)
{
	const char *lines = flag_text(c, "lines");
	char *end = NULL;
	unsigned long n = lines ? strtoul(lines, &end, 10) : SHOWN;
	if (lines && (*end || lines[0] == '-' || n < 1 || n > 100000))
		return ctl_fail(c, USAGE, "--lines is a number of entries, at most 100000");
	enum exit_code code = audit_time(c, "since", time(NULL), &t->pages.since);
	if (code != DONE || t->pages.since)
		return code;
	bool filtered = flag_given(c, "event") || flag_given(c, "operator") || flag_given(c, "client");
	t->pages.last = filtered ? LOOK_BACK : (int64_t)n;
	t->room = n;
	t->kept = calloc(n, sizeof *t->kept);
	return t->kept ? DONE : ctl_nomem(c);
}

static enum exit_code audit_tail(struct ctl *c)
{
	struct tail t = { 0 };
	enum exit_code code = begin(c, &t);
	if (code == DONE)
		code = take_all(c, &t);
	if (t.kept)
		show_kept(c, &t);
	if (code == DONE && flag_given(c, "follow"))
		code = follow(c, &t);
	audit_pages_done(&t.pages);
	return code;
}

const struct command AUDIT_TAIL = {
	.words = "audit tail",
	.summary = "Show the last entries of the audit, and those that come",
	.help = "Who did what to whom, by internal ids: \"person show --id\" has the name. With --json, each entry\n"
		"is a line, as it is stored.\n"
		"\n"
		"  $ authctl audit tail --follow --event 'admin.*'\n"
		"  $ authctl audit tail --since 1h --client portal --json\n"
		"\n"
		"That you read it is in the audit too, once in a quarter of an hour.\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = audit_tail,
};
