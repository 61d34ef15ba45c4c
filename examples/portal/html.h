/*
 * What all pages share: their frame, and how claims are shown. Whatever comes from outside goes
 * through put_html() and stands in <bdi>.
 *                                                          Threads: one at a time for each view.
 */
#pragma once

#include "examples/portal/options.h"
#include "examples/portal/texts.h"

#include <auth.h>
#include <jansson.h>
#include <stdbool.h>

/* A page being written. */
struct view {
	FILE *out;
	enum language language;
	const struct options *options;
	const char *path; /* of this page, for the link that changes the language */
};

/* One of the texts, and a portal's name. */
void put_text(const struct view *v, enum text text);
void put_name(const struct view *v, const struct portal_name *name);

void html_begin(const struct view *v, enum text title);
void html_end(const struct view *v);

/* One claim as a row of a <dl>: with the name that people know it by, or with its own. */
void html_claim(const struct view *v, const char *name, const char *value);
/* The same for what JSON holds: a time as a time, a list as its words. */
void html_claim_value(const struct view *v, const struct auth_value *value);
void html_claim_json(const struct view *v, const char *name, json_t *value);
/* A row for each claim, under the names that they have in the token. */
void html_raw_claims(const struct view *v, const struct auth_claims *claims);
