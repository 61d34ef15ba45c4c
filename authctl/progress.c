#include "authctl/progress.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PAINT_MS = 200, CELLS = 30 };

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, int fd)
{
	struct stat st;
	*p = (struct progress){ .shown = isatty(STDERR_FILENO) == 1, .begun_ms = now_ms() };
	p->step_ms = p->begun_ms;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		p->total_bytes = st.st_size;
}

double progress_seconds(const struct progress *p)
{
	return (double)(now_ms() - p->begun_ms) / 1000;
}

static void paint_bar(double done, double seconds)
{
	int cells = (int)(done * CELLS);
	char bar[CELLS + 1];
	for (int k = 0; k < CELLS; k++)
		bar[k] = k < cells ? '#' : '.';
	bar[CELLS] = '\0';
	int left = done > 0.01 ? (int)(seconds / done - seconds) : 0;
	fprintf(stderr, "[%s] %3d %%  %d:%02d left  ", bar, (int)(done * 100), left / 60, left % 60);
}

void progress_step(struct progress *p, const char *step, int64_t total)
{
	p->step = step;
	p->step_ms = now_ms();
	p->total_bytes = total;
}

void progress_show(struct progress *p, int64_t bytes, int64_t lines)
{
	int64_t now = now_ms();
	if (!p->shown || now - p->painted_ms < PAINT_MS)
		return;
	p->painted_ms = now;
	double seconds = (double)(now - p->step_ms) / 1000;
	fputs("\r\033[K", stderr);
	if (p->total_bytes > 0)
		paint_bar((double)bytes / (double)p->total_bytes, seconds);
	fprintf(stderr, "%lld lines", (long long)lines);
	if (p->step)
		fprintf(stderr, ", %s", p->step);
	else if (seconds > 0.5)
		fprintf(stderr, ", %.0f a second", (double)lines / seconds);
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->shown && p->painted_ms)
		fputs("\r\033[K", stderr);
}
