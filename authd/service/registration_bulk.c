#include "authd/service/registration_bulk.h"

#include "authd/service/mandates.h"
#include "authd/service/subject_record.h"
#include "keys/seal.h"

static status link_all(struct records_bulk_part *p, enum index i, const struct blind_keys *keys,
		       struct id id)
{
	for (size_t k = 0; k < keys->n; k++)
		TRY(records_bulk_link(p, i, blind_slice(&keys->items[k]), id_slice(&id)));
	return ST_OK;
}

static status put_record(struct keys *k, struct records_bulk_part *p, const struct subject *s,
			 struct sealer *sealer, struct arena *a)
{
	AUTO_SECRET struct secret data_key;
	struct slice record;
	TRY(sealer_random(sealer, data_key.bytes, SECRET_SIZE));
	TRY(subject_record_seal(k, s, &data_key, sealer, a, &record));
	return records_bulk_put(p, TABLE_SUBJECTS, id_slice(&s->id), record);
}

/* Of a legal person's representative, whoever has that number. */
static status put_mandate(struct keys *k, struct records_bulk_part *p, int64_t now, const struct subject *s,
			  struct sealer *sealer, struct arena *a)
{
	struct mandate m;
	struct mandate_links links;
	struct slice record;
	status named = s->state == SUBJECT_DEREGISTERED ? ST_NOT_FOUND : mandate_of_representative(s, now, a, &m);
	if (named != ST_OK)
		return named == ST_NOT_FOUND ? ST_OK : named;
	TRY(sealer_random(sealer, m.id.bytes, sizeof m.id.bytes));
	TRY(mandate_record_seal(k, &m, a, &record));
	TRY(records_bulk_put(p, TABLE_MANDATES, id_slice(&m.id), record));
	TRY(mandate_links_of(k, &m, a, &links));
	for (size_t i = 0; i < links.n; i++)
		TRY(records_bulk_link(p, INDEX_MANDATES, links.keys[i], id_slice(&m.id)));
	return ST_OK;
}

status registration_bulk_put(struct keys *k, struct records_bulk_part *p, uint64_t row, int64_t now,
			     const struct subject *said, struct sealer *sealer, struct arena *a)
{
	struct subject s = *said;
	struct blind_keys keys;
	TRY(sealer_random(sealer, s.id.bytes, sizeof s.id.bytes));
	registration_complete(&s);
	s.created_at = s.updated_at = now;

	records_bulk_row(p, row);
	TRY(put_record(k, p, &s, sealer, a));
	TRY(blind_keys_of_number(k, s.number_type, s.number, &keys));
	TRY(link_all(p, INDEX_IDENTIFIER, &keys, s.id));
	if (s.kind == SUBJECT_LEGAL)
		TRY(put_mandate(k, p, now, &s, sealer, a));
	if (!s.login_name.n)
		return ST_OK;
	TRY(blind_keys_of_login(k, s.login_name, &keys));
	return link_all(p, INDEX_LOGIN_NAME, &keys, s.id);
}
