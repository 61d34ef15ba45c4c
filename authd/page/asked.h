/*
 * What a client asks for, or may get, as a page shows it: scopes and claims, each in plain words.
 *                                                                        Threads: pure functions.
 */
#pragma once

#include "authd/page/page.h"
#include "authd/page/template.h"

/* Copies of what a page was given: they are used up as it is written. */
struct asked {
	struct slice scope; /* words */
	struct page_rights rights;
	const struct page_detail *details;
	size_t details_n;
	/* Of the row, as far as they have not been written: */
	struct page_detail detail;
	struct page_member member;
};
void asked_set(struct value *values, struct asked *a);
