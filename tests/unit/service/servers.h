/* An issuer that can fetch, and servers to fetch from: fetch_server.py. */
#pragma once

#include "fixture.h"

#include "authd/service/fetch.h"

struct servers {
	char dir[64], ca_file[96];
	pid_t server;
	int to_server;
	int tls, alien, plain;
	struct conf conf;
	struct conf_network loopback;
	struct issuer issuer;
	struct arena arena;
};

/* For cmocka_run_group_tests(): *state is a struct servers. They may fetch from 127.0.0.0/8. */
int servers_setup(void **state);
int servers_teardown(void **state);
/* Begin anew with this issuer, and with loopback in outbound.allow or not. */
void servers_use(struct servers *w, const char *issuer, bool loopback);
/* https://good.localhost:PORT/path */
struct slice servers_url(struct servers *w, const char *path);
