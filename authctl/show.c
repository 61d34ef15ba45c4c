#include "authctl/show.h"

/* The answer, to be shown in words; NULL where it was shown as JSON, or there is none. */
static enum exit_code call(struct ctl *c, const char *path, json_t *body, json_t **ret)
{
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = ctl_call(c, path, body, &answer);
	if (code == DONE && c->json)
		print_json(answer);
	else if (code == DONE)
		*ret = TAKE(answer);
	return code;
}

enum exit_code show_call(struct ctl *c, const char *path, json_t *body, show_fn *print)
{
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = call(c, path, body, &answer);
	if (answer)
		print(c, answer);
	return code;
}

enum exit_code show_call_about(struct ctl *c, const char *path, const char *member, show_fn *print)
{
	json_t *body = json_pack("{s:s}", member, c->args[0]);
	return body ? show_call(c, path, body, print)
		    : ctl_fail(c, REFUSED, "the %s is not UTF-8 text", member);
}

enum exit_code show_card(struct ctl *c, const char *path, json_t *body, const struct field *fields,
			 size_t n)
{
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = call(c, path, body, &answer);
	if (answer)
		print_card(stdout, answer, fields, n);
	return code;
}

enum exit_code show_table(struct ctl *c, const char *path, json_t *body, const char *member,
			  const struct field *fields, size_t n, const char *empty)
{
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = call(c, path, body, &answer);
	if (answer)
		print_table(stdout, json_object_get(answer, member), fields, n, empty);
	return code;
}
