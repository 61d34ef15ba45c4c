/*
 * audit DIR: what stands in the audit of the records in DIR, while others write: a line each, as it was
 * hashed into the chain.
 */
#include "authd/store/records.h"

#include <stdio.h>

static bool print(void *context, struct slice key, struct record record)
{
	(void)key;
	(void)context;
	fwrite(record.value.p, 1, record.value.n, stdout);
	return putchar('\n') != EOF;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	AUTO(records) struct records *records = NULL;
	struct error e = { 0 };
	status s = records_open(&(struct records_options){ .dir = argv[1] }, &records, &e);
	if (s == ST_OK)
		s = records_scan(records, TABLE_AUDIT, NO_SLICE, NO_SLICE, SIZE_MAX, print, NULL);
	if (s != ST_OK)
		fprintf(stderr, "audit: %s: %s %s\n", argv[1], status_name(s), e.message);
	return s != ST_OK;
}
