#include "authd/endpoint/admin.h"

status admin_read_body(struct request *r, const struct json_field *fields, size_t n, void *to,
		       struct error *e)
{
	AUTO(json) json_t *body = NULL;
	TRY(json_object_read(r->body, &body, e));
	return json_fields_read(body, fields, n, JSON_UNKNOWN_REFUSED, &r->arena, to, e);
}

json_t *admin_id(struct id id)
{
	AUTO_BUF struct buf hex = { 0 };
	buf_put_hex(&hex, id_slice(&id));
	return buf_status(&hex) == ST_OK ? json_of_text(buf_slice(&hex)) : NULL;
}
