/* bulk_writer DIR FROM COUNT: the items of writer.c, all in one bulk build; FROM is not used. */
#include "load.h"

#include "authd/store/records_bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static status build(const char *dir, uint32_t count, struct error *e)
{
	const struct records_bulk_options options = { .dir = dir, .memory = 1 };
	AUTO(records_bulk) struct records_bulk *b = NULL;
	AUTO(records_bulk_part) struct records_bulk_part *p = NULL;
	TRY(records_bulk_open(&options, &b, e));
	TRY(records_bulk_part_new(b, &p));
	for (uint32_t t = 0; t < LOAD_THREADS; t++)
		for (uint32_t i = 0; i < count; i++)
			TRY(load_add(b, p, (struct load_item){ t, i }));
	TRY(records_bulk_part_end(p));
	records_bulk_part_free(TAKE(p));
	return records_bulk_finish(b, e);
}

int main(int argc, char **argv)
{
	struct error e = { 0 };
	if (argc != 4)
		return 2;
	uint32_t count = (uint32_t)strtoul(argv[3], NULL, 10);
	if (build(argv[1], count, &e)) {
		fprintf(stderr, "bulk_writer: %s\n", e.message);
		return 1;
	}
	for (uint32_t t = 0; t < LOAD_THREADS; t++) {
		struct load_item last = { t, count - 1 };
		if (write(STDOUT_FILENO, &last, sizeof last) != sizeof last)
			return 1;
	}
	return 0;
}
