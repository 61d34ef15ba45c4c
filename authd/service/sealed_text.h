/*
 * A value that only this issuer can read or make, as base64url text: cookies, token handles, the
 * pending request in a page.
 *
 *	base64url( format, 2 (1) | secret version (4) | nonce (24) | ciphertext | tag (16) )
 *
 * Every token, cookie and page is one, all under a few secrets: so seal_wide().
 */
#pragma once

#include "authd/service/issuer.h"

/* use: the versioned secret; label: what the text is, so that one kind never opens as another. */
status sealed_text_make(struct issuer *is, enum secret_use use, struct slice label,
			struct slice plain, struct arena *a, struct slice *ret_text);
/* The version of the secret; 0 for what is no sealed text. */
uint32_t sealed_text_version(struct slice text, struct arena *a);
/* Returns ST_INVALID for whatever sealed_text_make() did not make with this use and label. */
status sealed_text_open(struct issuer *is, enum secret_use use, struct slice label,
			struct slice text, struct arena *a, struct slice *ret_plain);
