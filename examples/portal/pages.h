/*
 * The portal's pages. Each writes a whole document.        Threads: one at a time for each view.
 */
#pragma once

#include "examples/portal/flow.h"
#include "examples/portal/html.h"

void page_guest(const struct view *v);
void page_home(const struct view *v, const struct session *session);
/* The access token, verified while the page is written. */
void page_token(const struct view *v, struct issuer *issuer, const struct session *session);
void page_signed_out(const struct view *v);
void page_trouble(const struct view *v, const struct trouble *trouble);

/* The style sheet; NUL-terminated. */
extern const char STYLE[];
