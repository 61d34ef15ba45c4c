#include "authctl/show.h"

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
