#include "authd/service/session_clients.h"

#include "authd/service/clients.h"
#include "authd/service/outbox.h"
#include "authd/service/sessions.h"

enum { SESSION_PART = 2 * sizeof(struct id) };

struct client_key {
	uint8_t bytes[RECORD_KEY_MAX];
};

/* subject id | session id | client_id */
static struct slice client_key(struct id subject_id, struct id session_id, struct slice client_id,
			       struct client_key *room)
{
	if (client_id.n > sizeof room->bytes - SESSION_PART)
		return NO_SLICE;
	memcpy(room->bytes, subject_id.bytes, sizeof subject_id.bytes);
	memcpy(room->bytes + sizeof subject_id.bytes, session_id.bytes, sizeof session_id.bytes);
	if (client_id.n)
		memcpy(room->bytes + SESSION_PART, client_id.p, client_id.n);
	return slice_of(room->bytes, SESSION_PART + client_id.n);
}

static bool wants_to_hear(const struct client *c)
{
	return c->backchannel_logout_uri.n || c->frontchannel_logout_uri.n;
}

status session_client_is_new(struct issuer *is, const struct session *s, const struct client *c,
			     bool *ret)
{
	struct client_key room;
	bool known = true;
	if (wants_to_hear(c))
		TRY(records_has(is->records, TABLE_SESSION_CLIENTS,
				client_key(s->subject_id, s->id, c->client_id, &room), &known));
	*ret = !known;
	return ST_OK;
}

status session_client_put(struct issuer *is, struct batch *b, const struct session *s,
			  const struct client *c, struct arena *a)
{
	struct client_key room;
	AUTO_BUF struct buf value = { 0 };
	const struct session_client entry = { .kind = s->kind };
	TRY(session_record_expect(is, b, s, a));
	TRY(session_client_encode(&entry, &value));
	batch_put(b, TABLE_SESSION_CLIENTS, client_key(s->subject_id, s->id, c->client_id, &room),
		  VERSION_ANY, buf_slice(&value));
	return ST_OK;
}

status session_clients_list(struct issuer *is, struct id subject_id, struct id session_id,
			    struct arena *a, struct session_client_listed **ret, size_t *ret_n)
{
	struct client_key room;
	struct slice prefix = client_key(subject_id, session_id, NO_SLICE, &room);
	struct record_row *rows;
	size_t n;
	TRY(records_rows(is->records, TABLE_SESSION_CLIENTS, prefix, NO_SLICE, SESSION_CLIENTS_MAX, a, &rows,
			 &n));
	struct session_client_listed *clients = arena_array(a, struct session_client_listed, n);
	if (!clients)
		return ST_NOMEM;
	for (size_t k = 0; k < n; k++) {
		struct session_client entry;
		TRY(session_client_decode(rows[k].record.value, &entry));
		clients[k] = (struct session_client_listed){ slice_from(rows[k].key, SESSION_PART), entry.kind };
	}
	*ret = clients;
	*ret_n = n;
	return ST_OK;
}

status session_clients_forget(struct issuer *is, struct batch *b, struct id subject_id,
			      struct id session_id, struct arena *a)
{
	struct session_client_listed *clients;
	struct client_key room;
	size_t n;
	TRY(session_clients_list(is, subject_id, session_id, a, &clients, &n));
	for (size_t i = 0; i < n; i++)
		batch_delete(b, TABLE_SESSION_CLIENTS,
			     client_key(subject_id, session_id, clients[i].client_id, &room), VERSION_ANY);
	return ST_OK;
}

static status tell(struct issuer *is, struct batch *b, const struct outbox_entry *entry, struct arena *a)
{
	struct client client;
	status s = clients_get(is, entry->client_id, a, &client);
	if (s == ST_NOT_FOUND || (s == ST_OK && !client.backchannel_logout_uri.n))
		return ST_OK;
	TRY(s);
	return outbox_put(b, entry, entry->created_at * OUTBOX_SECOND_US);
}

status session_clients_end(struct issuer *is, struct batch *b, struct id subject_id,
			   struct id session_id, int64_t now, struct arena *a)
{
	struct session_client_listed *clients;
	size_t n;
	TRY(session_clients_list(is, subject_id, session_id, a, &clients, &n));
	for (size_t i = 0; i < n; i++) {
		const struct outbox_entry entry = {
			.client_id = clients[i].client_id,
			.subject_id = subject_id,
			.kind = clients[i].kind,
			.session_id = session_id,
			.created_at = now,
		};
		TRY(tell(is, b, &entry, a));
	}
	return session_clients_forget(is, b, subject_id, session_id, a);
}
