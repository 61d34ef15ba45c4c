/*
 * What a portal is told when it starts.
 *                                                                        Threads: immutable.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum theme { THEME_NATIONAL, THEME_PROVINCIAL };

struct portal_name {
	const char *zh, *en;
};

struct options {
	struct portal_name name, other_name;
	enum theme theme;
	const char *address;       /* to listen on */
	uint16_t port;
	const char *base_url;      /* how browsers reach this portal, no slash at the end */
	const char *other_url;     /* the other portal; NULL: there is none */
	const char *issuer;        /* exactly as tokens name it in `iss` */
	const char *client_id;
	const char *client_secret; /* NULL: a public client (RFC 6749 §2.1) */
	const char *audience;      /* `aud` of access tokens for this portal's interface */
	const char *port_file;     /* gets the port's number once connections are accepted; or NULL */
	bool show_tokens;          /* print tokens on the page about them: for learning alone */
};

/* Reads the command line. 0, or the exit code after it has said what is wrong (2) or helped (-1). */
int options_read(int argc, char **argv, struct options *ret);
void options_done(struct options *o);
