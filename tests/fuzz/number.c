/*
 * Any bytes as a document number of each type: refused with a reason that does not repeat them, or
 * normalised to what is then taken as it is.
 */
#include "authd/model/number.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(enum number_type t, struct slice text, bool allow_15)
{
	const int64_t today = 1750000000;
	AUTO_ARENA struct arena a = {0};
	struct slice once, twice;
	struct number_facts facts;
	struct error e = {0};
	if (number_check(t, text, allow_15, today, &a, &once, &facts, &e) != ST_OK) {
		if (!e.message[0] ||
		    (text.n > 4 && memmem(e.message, strlen(e.message), text.p, text.n)))
			abort();
		return;
	}
	if (number_check(t, once, false, today, &a, &twice, &facts, NULL) != ST_OK ||
	    !slice_equal(once, twice))
		abort();
}

static void check_mrz(struct slice line)
{
	struct number_mrz mrz;
	struct error e = {0};
	if (number_mrz_check(line, &mrz, &e) != ST_OK) {
		if (!e.message[0])
			abort();
	} else {
		check(NUMBER_PASSPORT, slice_str(mrz.number), false);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	check_mrz(slice_of(data, n));
	struct slice text = slice_of(data, n);
	for (int t = NUMBER_RESIDENT; t <= NUMBER_TYPE_LAST; t++) {
		check((enum number_type)t, text, false);
		check((enum number_type)t, text, true);
	}
	if (number_guess(text) > NUMBER_TYPE_LAST)
		abort();
	return 0;
}
