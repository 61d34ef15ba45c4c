/*
 * The back channel: one request to the issuer, most often answered with JSON.
 *
 * No redirect is followed, certificates are checked, an answer has at most 256 KiB and 10 seconds.
 * Names below .localhost are reached at 127.0.0.1, as in browsers (RFC 6761 §6.3): libc knows only
 * "localhost" itself.
 *                                                                              Threads: any.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct http_request {
	const char *url;
	const char *accept;         /* the type of the answer; NULL: JSON */
	const char *bearer;         /* an access token, or NULL */
	const char *form;           /* makes it a POST of application/x-www-form-urlencoded; or NULL */
	const char *user, *password; /* HTTP Basic, or NULL */
};

struct http_answer {
	int status;    /* of HTTP; 0: there was no answer */
	json_t *json;  /* an object, or NULL */
	char why[160]; /* what kept it from being answered */
};

/* Returns whether an answer came whose body is a JSON object; the status may be any. */
bool http_json(const struct http_request *request, struct http_answer *ret);
/* The same where the body is a text of another kind. It is the caller's; NULL: there was no answer. */
char *http_text(const struct http_request *request, struct http_answer *ret);
void http_answer_done(struct http_answer *a);
#define AUTO_ANSWER __attribute__((cleanup(http_answer_done)))

/* A member that is a string; NULL if there is none. Lives as long as the object. */
const char *json_text(const json_t *object, const char *name);
