#include "authctl/show.h"

enum exit_code show_call(struct ctl *c, const char *path, json_t *body, show_fn *print)
{
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = ctl_call(c, path, body, &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		print(c, answer);
	return DONE;
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
	enum exit_code code = ctl_call(c, path, body, &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		print_card(stdout, answer, fields, n);
	return DONE;
}

enum exit_code show_table(struct ctl *c, const char *path, json_t *body, const char *member,
			  const struct field *fields, size_t n, const char *empty)
{
	AUTO(json) json_t *answer = NULL;
	enum exit_code code = ctl_call(c, path, body, &answer);
	if (code != DONE)
		return code;
	if (c->json)
		print_json(answer);
	else
		print_table(stdout, json_object_get(answer, member), fields, n, empty);
	return DONE;
}
