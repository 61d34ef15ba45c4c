/* Answers for machines, and how a refused client is told (RFC 6749 §5.2, RFC 6750 §3). */
#pragma once

#include "authd/oauth/errors.h"
#include "authd/oauth/request.h"
#include "libauth/base/json_writer.h"

/* The error as a JSON object, with its own HTTP status. */
enum step_result answer_refusal(struct request *r, struct refusal refusal);
/* A fault: 503 with Retry-After where something could not be reached, else 500; logged with `what`. */
enum step_result answer_fault(struct request *r, status fault, const char *what);
/* What was written into the buffer, which is emptied. */
enum step_result answer_buf(struct request *r, int http_status, struct buf *json);

/* The refusal that a fault stands for; its reason goes into the log alone. */
struct refusal refusal_of_fault(struct request *r, status fault, const char *what);
