/*
 * A root's folder, on a machine that is no issuer's:
 *
 *	key.pem    the private key, mode 0600, encrypted under a passphrase
 *	root.json  what verifiers pin: {"keys": [the public key], "links": [root+jwt ...]}; the links lead
 *	           to it from the roots before
 *
 * A folder is written once: the next root has one of its own.             Threads: there is one.
 */
#pragma once

#include "authctl/ctl.h"
#include "keys/root.h"

struct root_dir {
	struct root *root;
	json_t *links;       /* an array of texts */
	struct slice public; /* root.json, in the arena */
};

void root_dir_done(struct root_dir *d);
#define AUTO_ROOT_DIR __attribute__((cleanup(root_dir_done)))

#define ROOT_FLAG { "root", FLAG_TEXT, "DIR", "the root's folder" }
#define PASSPHRASE_FLAG                                                                            \
	{ "passphrase", FLAG_TEXT, "FILE", "read the root's passphrase there, - for standard input " \
					   "(it is asked for)" }

/* Open the folder that --root names with what --passphrase gives. All three say what was wrong. */
enum exit_code root_dir_open(struct ctl *c, struct buf *passphrase, struct root_dir *ret);
/* Make the folder, which must not be there yet. */
enum exit_code root_dir_make(struct ctl *c, const char *dir, const struct root *root, json_t *links,
			     struct slice passphrase);

/*
 * Sign what authd has put together: the root's links and the bundle, a line each, as libauth reads it
 * against root.json. What libauth refuses is not given away.
 */
enum exit_code root_dir_sign(struct ctl *c, struct root_dir *d, const json_t *payload,
			     struct buf *bundle);
