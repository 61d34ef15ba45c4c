/*
 * Inside conf: the table of settings, and how the text of one becomes its value.
 *
 *	settings.c   the table: what may stand in the file
 *	values.c     one scalar -> one field of struct conf
 *	reading.c    YAML nodes, each refused with file and line
 *	lists.c      lists -> arrays of struct conf
 *	conf.c       the file, its sections and settings
 *	checks.c     what has to hold between values
 *                                                              Threads: const data, pure functions.
 */
#pragma once

#include "conf/conf.h"

enum setting_type {
	SETTING_TEXT,
	SETTING_PATH,         /* relative to the folder of the file */
	SETTING_ADDRESS,      /* an IPv4 or IPv6 address */
	SETTING_WORD,         /* one of .words */
	SETTING_NUMBER,       /* min..max */
	SETTING_SECONDS,      /* a duration, 90s 5min 12h 30d, kept in seconds; min..max */
	SETTING_MILLISECONDS, /* the same, 500ms too, kept in milliseconds */
	SETTING_LEVEL,        /* 4/2/2: struct conf_level */
	SETTING_ADDRESSES,    /* a list */
	SETTING_NETWORKS,     /* a list of 10.1.0.0/16, fd00::/8 or single addresses */
	SETTING_OPERATORS,    /* a list of {user, role} */
};

struct setting {
	const char *key; /* "listen.port" */
	enum setting_type type;
	size_t offset;       /* in struct conf */
	size_t count_offset; /* of a list's length */
	int64_t min, max;
	const char *const *words; /* ends with NULL */
	const char *standard;     /* the default, as the file would have it; NULL: there is none */
	bool required;
	const char *doc; /* one line; the shipped file has the same */
};

enum { SETTINGS_N = 71, SETTING_LIST_MAX = 64, SETTING_TEXT_MAX = 1024 };
extern const struct setting SETTINGS[SETTINGS_N];
extern const char *const OPERATOR_ROLES[]; /* ends with NULL */

/* Why a value is refused; "is not between 0 and 65535". */
struct reason {
	char text[200];
};
/* Always false, so that a check is one line. */
bool value_refused(struct reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A value from the file as a message may show it: short, and without control characters. */
struct shown {
	char text[48];
};
struct shown value_shown(struct slice value);

/*
 * Read a scalar into its place in c; dir is what relative paths start from.
 * Returns ST_INVALID with the reason in why, or ST_NOMEM.
 */
status value_read(const struct setting *s, struct slice text, const char *dir, struct arena *a,
                  struct conf *c, struct reason *why);
bool value_is_address(struct slice text, struct reason *why);
bool value_is_network(struct slice text, struct conf_network *ret, struct reason *why);
bool value_is_word(const char *const *words, struct slice text, struct reason *why);

/* The setting or section whose name comes nearest to one that does not exist; false: none is near.
 */
bool setting_nearest(const char *key, char *ret, size_t size);
/* The number of single edits between two short texts; larger than 64 for longer ones. */
size_t edit_distance(const char *a, const char *b);

/* What must hold between values. Returns the key that is at fault, with the reason; NULL: all is
 * well. */
const char *conf_fault(const struct conf *c, struct reason *why);

/* As conf_load(), for a text: name stands in messages, relative paths start from dir. */
status conf_parse(struct slice text, const char *name, const char *dir, struct arena *a,
                  struct conf **ret, struct error *e);
