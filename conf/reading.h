/*
 * Inside conf: a file being read, its YAML nodes, and how they are refused with file and line.
 *                                                                          Threads: one at a time.
 */
#pragma once

#include "conf/settings.h"

#include <yaml.h>

enum { KEY_MAX = 64 };

struct reading {
	const char *name; /* of the file, for messages */
	const char *dir;  /* what relative paths start from */
	yaml_document_t *document;
	struct arena *a;
	struct conf *conf;
	size_t lines[SETTINGS_N]; /* where each setting stands; 0: not in the file */
	struct error *e;
};

/* "authd.yaml:12: listen.port: reason", ST_INVALID. Line 0: none; key NULL: none. */
status reading_refuse(const struct reading *r, size_t line, const char *key, const char *reason);
/* The same for a node of another kind than was expected. */
status reading_refuse_node(const struct reading *r, const yaml_node_t *node, const char *key,
			   const char *expected);

size_t node_line(const yaml_node_t *node);
struct slice node_text(const yaml_node_t *node); /* of a scalar */
bool node_is_plain(const yaml_node_t *node);      /* a scalar without quotes */
bool node_is_null(const yaml_node_t *node);       /* nothing, ~ or null (YAML 1.2 §10.3.2) */

/* A node of the document that has no tag of its own; else ST_INVALID. */
status reading_node(const struct reading *r, int index, const char *key, yaml_node_t **ret);
/* The name that a mapping's key has below prefix: "listen" and "port" make "listen.port". */
status reading_key(const struct reading *r, const yaml_node_pair_t *pair, const char *prefix,
		   char ret[KEY_MAX], size_t *ret_line);

/* A list of addresses or of operators, whose users are looked up. ST_INVALID, ST_NOMEM, ST_IO. */
status reading_list(const struct reading *r, const struct setting *s, const yaml_node_t *node);
