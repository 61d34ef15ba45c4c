/* The gate's HTTP side: one answer for each request that nginx asks about.       RFC 6750 §3 */
#pragma once

#include "libauth/gate/gate.h"

struct http;
/* listen: unix:PATH; a socket that is left there from before is replaced. false, with a message. */
bool http_open(const char *listen, struct gate *g, struct http **ret, struct auth_error *error);
/* Answers what is under way, and removes the socket. */
void http_close(struct http *h);
