/*
 * What every command of authctl works with: its options and arguments, the configuration, what it
 * prints, and how it ends.                                              Threads: there is one.
 */
#pragma once

#include "conf/conf.h"
#include "libauth/base/arena.h"
#include "libauth/base/buf.h"

#include <jansson.h>
#include <stdio.h>

/* How authctl ends; docs/authctl.md says the same. */
enum exit_code {
	DONE = 0,
	REFUSED = 1,     /* refused, not found, or failed */
	USAGE = 2,       /* no such command or option */
	UNREACHABLE = 3, /* authd cannot be reached, or cannot serve now: try again */
	PARTLY = 4,      /* an import refused some lines, and wrote them to the rejects file */
};

enum flag_kind {
	FLAG_SWITCH,
	FLAG_TEXT,
	FLAG_LIST,    /* may be given several times */
	FLAG_BOOL,    /* --name for yes, --name=no */
	FLAG_FILE,    /* of a JSON object */
	FLAG_SECONDS,
};

/* An option of a command: --name VALUE. */
struct flag {
	const char *name;
	enum flag_kind kind;
	const char *value; /* what stands for it in the help */
	const char *doc;
	const char *member;  /* what it is called in JSON, where that does not follow from the name */
	const char *section; /* begins here in the help, or NULL */
	char letter;         /* of a FLAG_SWITCH: -f says the same; or 0 */
};

enum { FLAGS_MAX = 64, ARGS_MAX = 8 };

struct ctl;

struct command {
	const char *words;     /* "person add" */
	const char *arguments; /* "FILE|-", or NULL for none */
	size_t arguments_min, arguments_max;
	const char *summary;   /* one line */
	const char *help;      /* teaches, with an example */
	const struct flag *flags;
	size_t flags_n;
	enum exit_code (*run)(struct ctl *c);
};

struct flag_values {
	const char **items;
	size_t n;
};

struct ctl {
	const struct command *command;
	const char *config; /* path */
	bool json;
	struct flag_values flags[FLAGS_MAX]; /* in the order of command->flags */
	const char *args[ARGS_MAX];
	size_t args_n;

	struct arena arena;
	struct conf *conf; /* read when first asked for */
	void *curl;        /* the connection to authd */
};

/* ---- options -------------------------------------------------------------------------------- */

/* The value of an option; NULL if it was not given. */
const char *flag_text(const struct ctl *c, const char *name);
bool flag_given(const struct ctl *c, const char *name);
struct flag_values flag_list(const struct ctl *c, const char *name);

/* ---- ends: `return ctl_...` ------------------------------------------------------------------ */

/* Say what could not be done and why, on standard error; as JSON with --json. Returns code. */
enum exit_code ctl_fail(const struct ctl *c, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with a message that stands in e, or else the status's name. */
enum exit_code ctl_failed(const struct ctl *c, status s, const struct error *e);
enum exit_code ctl_nomem(const struct ctl *c);

/* ---- configuration -------------------------------------------------------------------------- */

/* NULL after it has said why not; then end with REFUSED. */
const struct conf *ctl_conf(struct ctl *c);

/* ---- authd's admin interface ------------------------------------------------------------------ */

/*
 * Call authd. body is taken over; NULL sends a GET. *ret: the answer, the caller's.
 * On anything but DONE it has said why.
 */
enum exit_code ctl_call(struct ctl *c, const char *path, json_t *body, json_t **ret);
/* The same with a body that is JSON text already, and without a word about a conflict with somebody
 * else: then REFUSED, and *ret_conflict is set. For calls that are tried again. */
enum exit_code ctl_try(struct ctl *c, const char *path, const char *body, json_t **ret,
		       bool *ret_conflict);

DEFINE_AUTO(json, json_t *, json_decref)

/* ---- input ---------------------------------------------------------------------------------- */

/* A whole file, "-" for standard input; at most max bytes. It has said why not. */
enum exit_code ctl_read(struct ctl *c, const char *path, size_t max, struct buf *out);

/* Add {"name": value} for each given option of these names; the member's name has _ for -. */
status ctl_put_flags(const struct ctl *c, json_t *object, const char *const *names, size_t n);

/* --number, --type, --login-name and --id: whom a command is about. */
#define WHO_FLAGS                                                                                  \
	{ "number", FLAG_TEXT, "NUMBER", "the document number or credit code" },                   \
	{ "type", FLAG_TEXT, "TYPE", "the type of document: resident (without this option), passport, " \
				     "foreign_pr, residence_permit, hm_travel, tw_travel" },       \
	{ "login-name", FLAG_TEXT, "NAME", "or the name chosen for signing in" },                  \
	{ "id", FLAG_TEXT, "ID", "or the subject's internal id" }
/* A new object with them. USAGE where none was given; it has said so. */
enum exit_code ctl_who(const struct ctl *c, json_t **ret);
