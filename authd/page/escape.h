/*
 * Foreign text in HTML (WHATWG HTML §13.1.2): escaped for text and for attribute values in double
 * quotes, both at once, so that a template cannot choose the wrong one.       Threads: pure.
 */
#pragma once

#include "libauth/base/buf.h"

/* Every character as it is: for values that come back, such as hidden fields. */
void escape_exact(struct buf *out, struct slice text);

/*
 * For people to read. A client could otherwise dress its name up as another's: bidirectional
 * controls (Unicode UAX #9) and invisible characters are dropped, but for those that shape
 * Mongolian; control characters become spaces, what is no UTF-8 becomes U+FFFD. More than `limit`
 * characters are cut with an ellipsis: at the end, or at the start, which is the part of a host
 * name that its owner may choose freely.
 */
enum cut { CUT_END, CUT_START };
void escape_shown(struct buf *out, struct slice text, size_t limit, enum cut cut);

/* Nothing of it would be seen. */
bool escape_is_blank(struct slice text);
