#include "authd/service/registration_batch.h"

status registration_batch_begin(struct registration_batch *rb, struct issuer *is, struct batch *b,
				struct arena *a, enum subject_kind kind, int64_t now,
				size_t rows_max)
{
	*rb = (struct registration_batch){
		.issuer = is,
		.batch = b,
		.arena = a,
		.kind = kind,
		.now = now,
		.rows_max = rows_max,
		.written = arena_array(a, struct subject, rows_max ? rows_max : 1),
	};
	return rb->written && b ? ST_OK : ST_NOMEM;
}

static bool is_in_batch(const struct registration_batch *rb, const struct subject *s)
{
	for (size_t k = 0; k < rb->written_n; k++) {
		const struct subject *w = &rb->written[k];
		if (w->number_type == s->number_type && slice_equal(w->number, s->number))
			return true;
		if (s->login_name.n && slice_equal(w->login_name, s->login_name))
			return true;
	}
	return false;
}

status registration_batch_row(struct registration_batch *rb, const struct registration *row,
			      struct error *e)
{
	struct subject said, s;
	enum registration_outcome outcome;
	TRY(registration_check(rb->kind, row, rb->now, rb->arena, &said, e));
	if (rb->written_n == rb->rows_max || is_in_batch(rb, &said))
		return ST_BUSY;
	status st = registration_put(rb->issuer, rb->batch, rb->arena, rb->now, &said, &s, &outcome);
	if (st == ST_EXISTS)
		return error_set(e, ST_INVALID, "login_name: belongs to somebody else");
	TRY(st);
	rb->counts[outcome]++;
	if (outcome != REGISTRATION_UNCHANGED)
		rb->written[rb->written_n++] = s;
	return ST_OK;
}
