/* writer DIR FROM COUNT: each thread puts COUNT items, from its own of the FROM,FROM,... on. */
#include "load.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct worker {
	pthread_t thread;
	struct records *records;
	struct load_item next;
	uint32_t count;
};

static void *work(void *argument)
{
	struct worker *w = argument;
	for (; w->count; w->count--, w->next.number++) {
		if (load_put(w->records, w->next))
			exit(3);
		if (write(STDOUT_FILENO, &w->next, sizeof w->next) != sizeof w->next)
			exit(4);
	}
	return NULL;
}

static int run(const char *dir, char *from, uint32_t count)
{
	struct records *r = NULL;
	struct error e = { 0 };
	const struct records_options options = { .dir = dir, .create = true };
	if (records_open(&options, &r, &e)) {
		fprintf(stderr, "writer: %s\n", e.message);
		return 1;
	}
	struct worker workers[LOAD_THREADS] = { 0 };
	for (uint32_t t = 0; t < LOAD_THREADS; t++) {
		uint32_t first = (uint32_t)strtoul(from, &from, 10);
		from += *from == ',';
		workers[t] = (struct worker){ 0, r, { t, first }, count };
		if (pthread_create(&workers[t].thread, NULL, work, &workers[t]))
			return 1;
	}
	for (uint32_t t = 0; t < LOAD_THREADS; t++)
		pthread_join(workers[t].thread, NULL);
	records_free(r);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: writer DIR FROM,... COUNT\n", stderr);
		return 2;
	}
	return run(argv[1], argv[2], (uint32_t)strtoul(argv[3], NULL, 10));
}
