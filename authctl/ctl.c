#include "authctl/ctl.h"

#include "libauth/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ---- options -------------------------------------------------------------------------------- */

struct flag_values flag_list(const struct ctl *c, const char *name)
{
	for (size_t k = 0; k < c->command->flags_n; k++)
		if (strcmp(c->command->flags[k].name, name) == 0)
			return c->flags[k];
	return (struct flag_values){ NULL, 0 };
}

bool flag_given(const struct ctl *c, const char *name) { return flag_list(c, name).n > 0; }

const char *flag_text(const struct ctl *c, const char *name)
{
	struct flag_values values = flag_list(c, name);
	return values.n ? values.items[values.n - 1] : NULL;
}

/* "login-name" -> "login_name" */
static const char *member_name(const char *flag, char room[64])
{
	size_t n = strnlen(flag, 63);
	for (size_t k = 0; k < n; k++)
		room[k] = flag[k] == '-' ? '_' : flag[k];
	room[n] = '\0';
	return room;
}

status ctl_put_flags(const struct ctl *c, json_t *object, const char *const *names, size_t n)
{
	char room[64];
	for (size_t k = 0; k < n; k++) {
		const char *text = flag_text(c, names[k]);
		if (!text)
			continue;
		json_t *value = json_string(text); /* NULL if it is not UTF-8 */
		if (!value)
			return ST_INVALID;
		if (json_object_set_new(object, member_name(names[k], room), value) != 0)
			return ST_NOMEM;
	}
	return ST_OK;
}

static bool has_flag(const struct command *command, const char *name)
{
	for (size_t k = 0; k < command->flags_n; k++)
		if (strcmp(command->flags[k].name, name) == 0)
			return true;
	return false;
}

enum exit_code ctl_who(const struct ctl *c, json_t **ret)
{
	static const char *const names[] = { "number", "type", "login-name", "id" };
	AUTO(json) json_t *who = json_object();
	status s = who ? ctl_put_flags(c, who, names, COUNT_OF(names)) : ST_NOMEM;
	if (s == ST_INVALID)
		return ctl_fail(c, USAGE, "an option's value is not UTF-8 text");
	if (s != ST_OK)
		return ctl_nomem(c);
	if (json_object_size(who) == 0)
		return ctl_fail(c, USAGE, "say who is meant: --number%s or --id",
				has_flag(c->command, "login-name") ? ", --login-name" : "");
	*ret = TAKE(who);
	return DONE;
}

/* ---- ends ----------------------------------------------------------------------------------- */

enum exit_code ctl_fail(const struct ctl *c, enum exit_code code, const char *format, ...)
{
	char why[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	if (!c->json) {
		fprintf(stderr, "authctl: %s\n", why);
		return code;
	}
	json_t *json = json_pack("{s:s, s:i}", "error", why, "exit", (int)code);
	json_dumpf(json, stderr, JSON_COMPACT);
	fputc('\n', stderr);
	json_decref(json);
	return code;
}

enum exit_code ctl_failed(const struct ctl *c, status s, const struct error *e)
{
	return ctl_fail(c, REFUSED, "%s", e && e->message[0] ? e->message : status_name(s));
}

enum exit_code ctl_nomem(const struct ctl *c) { return ctl_fail(c, REFUSED, "out of memory"); }

/* ---- input ---------------------------------------------------------------------------------- */

const struct conf *ctl_conf(struct ctl *c)
{
	struct error e = { 0 };
	if (c->conf)
		return c->conf;
	status s = conf_load(c->config, &c->arena, &c->conf, &e);
	if (s != ST_OK)
		(void)ctl_failed(c, s, &e);
	return s == ST_OK ? c->conf : NULL;
}

enum exit_code ctl_read(struct ctl *c, const char *path, size_t max, struct buf *out)
{
	bool piped = strcmp(path, "-") == 0;
	const char *name = piped ? "standard input" : path;
	AUTO(fd) int opened = piped ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (!piped && opened < 0)
		return ctl_fail(c, REFUSED, "%s: %s", name, strerror(errno));
	status s = fd_read_all(piped ? STDIN_FILENO : opened, max, out);
	if (s == ST_TOO_LARGE)
		return ctl_fail(c, REFUSED, "%s: more than %zu bytes", name, max);
	if (s == ST_IO)
		return ctl_fail(c, REFUSED, "%s: %s", name, strerror(errno));
	return s == ST_OK ? DONE : ctl_nomem(c);
}
