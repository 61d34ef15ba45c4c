/* A bar on standard error, on a terminal alone: how far, how fast, how long yet. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown;
	int64_t total_bytes; /* 0: not known, as of a pipe */
	int64_t begun_ms, painted_ms;
	const char *step; /* after the first one: what is being done */
	int64_t step_ms;  /* when that was begun */
};

void progress_begin(struct progress *p, int fd);
void progress_show(struct progress *p, int64_t bytes, int64_t lines);
/* A new bar, for what comes behind the reading: "sorting". From here on not in bytes but in
 * whatever `total` counts. */
void progress_step(struct progress *p, const char *step, int64_t total);
/* Wipe the bar away. */
void progress_end(struct progress *p);
/* Since the beginning. */
double progress_seconds(const struct progress *p);
