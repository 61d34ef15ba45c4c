#include "authd/server/log.h"

#include "libauth/base/encode.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
	RING_SIZE = 256 << 10,
	WRITE_MAX = 4096,     /* PIPE_BUF: a ready pipe takes as much without blocking */
	READER_WAIT_MS = 100, /* between two looks whether the log is to end */
	END_PATIENCE_MS = 1000,
	/* A wake-up costs a worker more than a line does, so the writer is woken for the first line,
	 * and sleeps on while others gather; only a ring half full wakes it early. */
	GATHER_MS = 10,
	MANY = RING_SIZE / 2,
	TIME_MAX = 64,
};

/* {"time":"2026-01-31T08:00:00.123Z", made anew once a second but for the milliseconds. */
struct stamp {
	time_t second;
	char text[TIME_MAX];
	size_t n;
};

struct log {
	int fd;
	enum log_level level;
	pthread_t writer;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	bool ending;
	uint64_t dropped, dropped_told;
	struct stamp stamp; /* of the last line */
	size_t head, used; /* of the ring */
	char ring[RING_SIZE];
};

static const char *const LEVEL_NAMES[] = { "debug", "info", "warning", "error" };

status log_level_parse(const char *name, enum log_level *ret)
{
	for (size_t i = 0; i < COUNT_OF(LEVEL_NAMES); i++) {
		if (strcmp(name, LEVEL_NAMES[i]) != 0)
			continue;
		*ret = (enum log_level)i;
		return ST_OK;
	}
	return ST_INVALID;
}

/* ---- one line ------------------------------------------------------------------------------- */

struct line {
	char bytes[LOG_LINE_MAX - TIME_MAX];
	size_t n;
};

/* What does not fit is left out; room for the end of the object is always kept. */
static void put(struct line *line, const char *p, size_t n)
{
	if (n > sizeof line->bytes - line->n - 4)
		return;
	memcpy(line->bytes + line->n, p, n);
	line->n += n;
}

static void put_text(struct line *line, const char *s)
{
	put(line, s, strlen(s));
}

static void put_escape(struct line *line, unsigned code)
{
	char escape[8];
	put(line, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", code));
}

static void put_byte(struct line *line, uint8_t byte)
{
	if (byte == '"' || byte == '\\')
		put(line, "\\", 1);
	if (byte < 0x20 || byte >= 0x7f)
		put_escape(line, byte);
	else
		put(line, (const char *)&byte, 1);
}

/* Not in the middle of a UTF-8 sequence. */
static struct slice cut(struct slice s)
{
	size_t n = s.n < LOG_TEXT_MAX ? s.n : LOG_TEXT_MAX;
	while (n && n < s.n && (s.p[n] & 0xc0) == 0x80)
		n--;
	return slice_first(s, n);
}

/* Bytes beyond ASCII are written as they are only inside valid UTF-8, and never as the control
 * characters U+0080 to U+009F, which terminals obey. */
static void put_string(struct line *line, struct slice s)
{
	s = cut(s);
	bool utf8 = slice_is_utf8(s);
	put(line, "\"", 1);
	for (size_t i = 0; i < s.n; i++) {
		bool control = s.p[i] == 0xc2 && i + 1 < s.n && s.p[i + 1] < 0xa0;
		if (s.p[i] < 0x80 || !utf8)
			put_byte(line, s.p[i]);
		else if (control)
			put_escape(line, s.p[++i]);
		else
			put(line, (const char *)s.p + i, 1);
	}
	put(line, "\"", 1);
}

static void put_number(struct line *line, int64_t number)
{
	char text[DECIMAL_MAX];
	put(line, text, decimal_encode(number, text));
}

static void put_name(struct line *line, const char *name)
{
	put(line, ",\"", 2);
	put_text(line, name);
	put(line, "\":", 2);
}

static void put_field(struct line *line, const struct log_field *f)
{
	/* A field goes in whole or not at all. */
	size_t before = line->n;
	if (f->absent ||
	    sizeof line->bytes - before < 6 * slice_first(f->text, LOG_TEXT_MAX).n + 80)
		return;
	put_name(line, f->name);
	if (f->text.p)
		put_string(line, f->text);
	else
		put_number(line, f->number);
}

/* ---- the ring ------------------------------------------------------------------------------- */

static void ring_put(struct log *l, const char *p, size_t n)
{
	size_t at = (l->head + l->used) % RING_SIZE;
	size_t first = n < RING_SIZE - at ? n : RING_SIZE - at;
	memcpy(l->ring + at, p, first);
	memcpy(l->ring, p + first, n - first);
	l->used += n;
}

static const struct stamp *stamp_now(struct log *l)
{
	struct timespec now;
	struct stamp *s = &l->stamp;
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != s->second) {
		struct tm tm;
		gmtime_r(&now.tv_sec, &tm);
		s->second = now.tv_sec;
		s->n = strftime(s->text, TIME_MAX, "{\"time\":\"%Y-%m-%dT%H:%M:%S.000Z\"", &tm);
	}
	char *ms = s->text + s->n - strlen("000Z\"");
	for (long left = now.tv_nsec / 1000000, i = 2; i >= 0; i--, left /= 10)
		ms[i] = (char)('0' + left % 10);
	return s;
}

static void ring_put_line(struct log *l, const struct line *line)
{
	const struct stamp *stamp = stamp_now(l);
	size_t n = stamp->n + line->n;
	if (n > RING_SIZE - l->used) {
		l->dropped++;
		return;
	}
	bool wake = !l->used || (l->used < MANY && l->used + n >= MANY);
	ring_put(l, stamp->text, stamp->n);
	ring_put(l, line->bytes, line->n);
	if (wake)
		pthread_cond_signal(&l->filled);
}

void log_event_n(struct log *l, enum log_level level, const char *event,
                 const struct log_field *fields, size_t n)
{
	if (level < l->level)
		return;
	struct line line;
	line.n = 0;
	put_name(&line, "level");
	put_string(&line, slice_str(LEVEL_NAMES[level]));
	put_name(&line, "event");
	put_string(&line, slice_str(event));
	for (size_t i = 0; i < n; i++)
		put_field(&line, &fields[i]);
	line.bytes[line.n++] = '}';
	line.bytes[line.n++] = '\n';

	pthread_mutex_lock(&l->lock);
	ring_put_line(l, &line);
	pthread_mutex_unlock(&l->lock);
}

uint64_t log_dropped(struct log *l)
{
	pthread_mutex_lock(&l->lock);
	uint64_t dropped = l->dropped;
	pthread_mutex_unlock(&l->lock);
	return dropped;
}

/* ---- the writer ----------------------------------------------------------------------------- */

/* Whole lines from the ring's head, at most WRITE_MAX bytes; 0 when there are none. */
static size_t take_lines(struct log *l, char *out)
{
	size_t n = l->used < WRITE_MAX ? l->used : WRITE_MAX;
	size_t first = n < RING_SIZE - l->head ? n : RING_SIZE - l->head;
	memcpy(out, l->ring + l->head, first);
	memcpy(out + first, l->ring, n - first);
	while (n && out[n - 1] != '\n')
		n--;
	l->head = (l->head + n) % RING_SIZE;
	l->used -= n;
	return n;
}

static bool is_ending(struct log *l)
{
	pthread_mutex_lock(&l->lock);
	bool ending = l->ending;
	pthread_mutex_unlock(&l->lock);
	return ending;
}

/* Wait until fd takes bytes: for ever while the log lives, for a second when it is to end. */
static bool wait_for_reader(struct log *l)
{
	for (int waited_ms = 0; waited_ms < END_PATIENCE_MS;) {
		struct pollfd reader = { .fd = l->fd, .events = POLLOUT };
		int n = poll(&reader, 1, READER_WAIT_MS);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		waited_ms = is_ending(l) ? waited_ms + READER_WAIT_MS : 0;
	}
	return false;
}

static bool write_all(struct log *l, const char *p, size_t n)
{
	while (n) {
		if (!wait_for_reader(l))
			return false;
		ssize_t written = write(l->fd, p, n);
		if (written < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (written <= 0)
			return false;
		p += written;
		n -= (size_t)written;
	}
	return true;
}

static uint64_t count_lines(const char *p, size_t n)
{
	uint64_t lines = 0;
	for (size_t i = 0; i < n; i++)
		lines += p[i] == '\n';
	return lines;
}

/* Once the reader is back, it is told what it missed. */
static void tell_dropped(struct log *l)
{
	uint64_t dropped = log_dropped(l);
	if (dropped == l->dropped_told)
		return;
	l->dropped_told = dropped;
	log_event(l, LOG_LEVEL_WARNING, "log_lines_dropped", log_number("count", (int64_t)dropped));
}

static struct timespec after_ms(int64_t ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

/* Until there is something to write, and then a moment for more of it. */
static void wait_for_lines(struct log *l)
{
	while (!l->used && !l->ending)
		pthread_cond_wait(&l->filled, &l->lock);
	const struct timespec soon = after_ms(GATHER_MS);
	while (l->used < MANY && !l->ending)
		if (pthread_cond_timedwait(&l->filled, &l->lock, &soon) != 0)
			return;
}

/* Without the lock. False if they could not be written: they are counted. */
static bool write_out(struct log *l, const char *lines, size_t n)
{
	if (write_all(l, lines, n)) {
		tell_dropped(l);
		return true;
	}
	pthread_mutex_lock(&l->lock);
	l->dropped += count_lines(lines, n);
	pthread_mutex_unlock(&l->lock);
	return false;
}

/* What was there at the beginning; what came meanwhile gathers on. False when the log is to end. */
static bool write_gathered(struct log *l)
{
	char lines[WRITE_MAX];
	size_t left = l->used;
	while (left) {
		size_t n = take_lines(l, lines);
		pthread_mutex_unlock(&l->lock);
		bool written = write_out(l, lines, n);
		pthread_mutex_lock(&l->lock);
		if (!written && l->ending)
			return false;
		left = n < left ? left - n : 0;
	}
	return l->used || !l->ending;
}

static void *write_lines(void *context)
{
	struct log *l = context;
	pthread_mutex_lock(&l->lock);
	do
		wait_for_lines(l);
	while (write_gathered(l));
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

status log_new(int fd, enum log_level level, struct log **ret)
{
	struct log *l = calloc(1, sizeof *l);
	if (!l)
		return ST_NOMEM;
	l->fd = fd;
	l->level = level;
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->filled, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&l->writer, NULL, write_lines, l) != 0) {
		free(l);
		return ST_NOMEM;
	}
	*ret = l;
	return ST_OK;
}

void log_free(struct log *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->ending = true;
	pthread_cond_signal(&l->filled);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->writer, NULL);
	pthread_cond_destroy(&l->filled);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
