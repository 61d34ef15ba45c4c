/*
 * JSON objects, written member by member into a buffer.
 *
 *	struct json_writer w = json_writer(&buf);
 *	json_begin_object(&w, NULL);
 *	json_text(&w, "token_type", SLICE("Bearer"));
 *	json_number(&w, "expires_in", 300);
 *	json_end(&w);                              {"token_type":"Bearer","expires_in":300}
 *
 * A member with an absent value is left out. Names are literals; texts are UTF-8 (foreign bytes are
 * checked where they come in). Inside an array, the name is NULL. No name here is one of jansson's.
 *                                                                        Threads: one at a time.
 */
#pragma once

#include "libauth/base/buf.h"

enum { JSON_WRITER_DEPTH = 16 };

struct json_writer {
	struct buf *out;
	unsigned depth;
	bool comma;                    /* a member stands before the next one */
	char closing[JSON_WRITER_DEPTH];
};

static inline struct json_writer json_writer(struct buf *out)
{
	return (struct json_writer){ .out = out };
}

void json_begin_object(struct json_writer *w, const char *name);
void json_begin_array(struct json_writer *w, const char *name);
void json_end(struct json_writer *w);

void json_text(struct json_writer *w, const char *name, struct slice value);
void json_number(struct json_writer *w, const char *name, int64_t value);
void json_bool(struct json_writer *w, const char *name, bool value);
/* A value that is JSON already; left out where it is absent. */
void json_raw(struct json_writer *w, const char *name, struct slice json);
/* An array of the words of a list that is separated by spaces; left out where there are none. */
void json_words(struct json_writer *w, const char *name, struct slice words);
