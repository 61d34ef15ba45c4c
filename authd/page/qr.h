/*
 * QR codes (ISO/IEC 18004) as the path of an SVG: one unit for each module.        Threads: pure.
 */
#pragma once

#include "libauth/base/buf.h"
#include "libauth/base/status.h"

/* Append the value of `d`; ret_size: width and height, with the margin of four modules that §5.3.8 asks
 * for. ST_TOO_LARGE: no code holds the text; ST_NOMEM. */
status qr_path(struct buf *out, struct slice text, int *ret_size);
