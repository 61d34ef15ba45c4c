/*
 * The log: one JSON object a line, for machines first.
 *
 *	{"time":"2026-01-31T08:00:00.123Z","level":"info","event":"request","status":200,...}
 *
 * A writer thread of its own does the writing: a full disk or a reader that stopped costs lines,
 * which are counted, never a request. Every text is escaped: what a client sent cannot begin a line
 * or move a terminal's cursor. No personal data, no token, no query string goes in: that is the
 * caller's duty.
 *                                                     Threads: struct log is internally locked.
 */
#pragma once

#include "libauth/base/mem.h"
#include "libauth/base/slice.h"
#include "libauth/base/status.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
/* "debug" | "info" | "warning" | "error"; ST_INVALID. */
status log_level_parse(const char *name, enum log_level *ret);

/* A text, or a number where text.p is NULL. Absent texts are left out by log_text(). */
struct log_field {
	const char *name;
	struct slice text;
	int64_t number;
	bool absent;
};
static inline struct log_field log_text(const char *name, struct slice text)
{
	return (struct log_field){ .name = name, .text = text, .absent = !text.p };
}
static inline struct log_field log_number(const char *name, int64_t number)
{
	return (struct log_field){ .name = name, .number = number };
}

enum { LOG_LINE_MAX = 2048, LOG_TEXT_MAX = 200 };

struct log;
/* Lines below `level` are left out. fd is lent and is never closed. */
status log_new(int fd, enum log_level level, struct log **ret);
/* Writes what is waiting, if the reader takes it within a second. */
void log_free(struct log *l);
DEFINE_AUTO(log, struct log *, log_free)

void log_event_n(struct log *l, enum log_level level, const char *event,
                 const struct log_field *fields, size_t n);
/* log_event(l, LOG_LEVEL_INFO, "listening", log_text("address", a), log_number("port", p)); */
#define log_event(l, level, event, ...)                                                            \
	log_event_n((l), (level), (event), (const struct log_field[]){ __VA_ARGS__ },              \
	            sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))

/* Lines that could not be written since the start. */
uint64_t log_dropped(struct log *l);
