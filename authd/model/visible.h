/*
 * What a person sees of a text: a client could otherwise dress it up as another, or have agreed to
 * what nobody saw.                                                     Threads: pure functions.
 */
#pragma once

#include "libauth/base/slice.h"

/* Take one character of UTF-8 off the front of what is not empty; a byte that begins none, and a
 * noncharacter, is U+FFFD. */
uint32_t character_take(struct slice *rest);

/* Nobody sees it, or it changes the order in which others are seen (Unicode UAX #9). */
bool character_is_hidden(uint32_t c);
/* Seen as a space: controls, line ends, and spaces themselves. */
bool character_is_blank(uint32_t c);

/* All of it is seen as it is: UTF-8 with nothing hidden, and no blank but the space. */
bool text_is_plain(struct slice text);
