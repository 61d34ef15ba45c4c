/* A server with routes of the test's own, and clients that speak to it in raw bytes. */
#pragma once

#include "authd/server/server.h"
#include "authd/service/pool.h"

struct fixture {
	struct issuer issuer;
	struct server_options options;
	struct log *log;
	struct server *server;
	char dir[32];
	char socket_path[64];
	int log_pipe[2];
};

/* Options may be changed between the two. */
void fixture_init(struct fixture *f);
void fixture_start(struct fixture *f);
void fixture_stop(struct fixture *f);
/* For cmocka: both at once, in *state. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* What came back, NUL-terminated. */
struct answer {
	char bytes[1 << 20];
	size_t n;
	bool closed; /* the server ended the connection */
};

void connect_to(const struct fixture *f, int fd);
int dial(const struct fixture *f);
int dial_admin(const struct fixture *f);
void send_all(int fd, struct slice bytes);
void send_text(int fd, const char *text);
/* Read n whole answers (by their Content-Length), or until the end. */
void read_answers(int fd, size_t n, bool head, struct answer *ret);
/* The server ends the connection within ms. */
bool is_closed_within(int fd, int ms);

/* One request on a connection of its own; returns the status of the answer. */
int ask(const struct fixture *f, const char *request, struct answer *ret);
/* The status of the answer at the front; 0 if there is none. */
int answer_status(const struct answer *a);
/* Answers in it. */
size_t answer_count(const struct answer *a);
bool answer_has(const struct answer *a, const char *text);

/* How many steps have run, of all tests' routes. */
extern atomic_int steps_run;
