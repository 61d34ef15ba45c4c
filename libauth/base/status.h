/*
 * What a call can answer.
 *
 * Zero is success. A negative value is a fault of the machine or of the program: the caller
 * forwards it unchanged, and whatever it was doing fails closed. A positive value is an answer of
 * the very function that gives it, listed in that function's comment and handled by its caller.
 * ST_NOT_FOUND (it is not there) and ST_UNAVAILABLE (nobody could look) are never one value.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

enum [[nodiscard]] status {
	ST_OK = 0,

	ST_NOMEM = -1,
	ST_IO = -2,
	ST_UNAVAILABLE = -3,
	ST_CORRUPT = -4, /* stored bytes are not what was written */
	ST_BUG = -5,

	ST_NOT_FOUND = 1,
	ST_EXISTS = 2,
	ST_CONFLICT = 3, /* the record is not at the expected version */
	ST_USED = 4,     /* a single-use value was taken before */
	ST_EXPIRED = 5,
	ST_INVALID = 6, /* malformed, or fails its check */
	ST_FORBIDDEN = 7,
	ST_TOO_LARGE = 8,
	ST_BUSY = 9, /* a bounded queue is full */
};
typedef enum status status;

static inline bool is_fault(status s) { return s < 0; }

/* The name of a status, for logs: "NOT_FOUND". */
const char *status_name(status s);

/* Text for a person beside a status; owned by the caller, who passes NULL if it does not care. */
struct error {
	status status;
	char message[256];
};

/* Fill e (unless NULL) with a formatted message, and return s, so that a check is one line. */
status error_set(struct error *e, status s, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Forward whatever is not success. */
#define TRY(call)                        \
	do {                             \
		status try_ = (call);    \
		if (try_ != ST_OK)       \
			return try_;     \
	} while (0)
