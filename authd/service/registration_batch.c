#include "authd/service/registration_batch.h"

#include "authd/model/former.h"
#include "authd/service/registration_change.h"

enum { SUBJECTS_OF_ROW = 2 };

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
		.written_max = SUBJECTS_OF_ROW * rows_max + 1,
	};
	rb->written = arena_array(a, struct subject, rb->written_max);
	return rb->written && b ? ST_OK : ST_NOMEM;
}

bool registration_batch_has(const struct registration_batch *rb, struct id id)
{
	for (size_t k = 0; k < rb->written_n; k++)
		if (id_equal(rb->written[k].id, id))
			return true;
	return false;
}

void registration_batch_note(struct registration_batch *rb, const struct subject *s)
{
	if (rb->written_n < rb->written_max)
		rb->written[rb->written_n++] = *s;
}

/* Of somebody new, no index tells yet. */
static bool is_in_batch(const struct registration_batch *rb, const struct registration_change *c)
{
	const struct subject *s = &c->said;
	for (size_t k = 0; k < rb->written_n; k++) {
		const struct subject *w = &rb->written[k];
		if (number_equal(w->number_type, w->number, s->number_type, s->number) ||
		    number_equal(w->number_type, w->number, c->other_type, c->other))
			return true;
		if (s->login_name.n && slice_equal(w->login_name, s->login_name))
			return true;
	}
	return false;
}

status registration_batch_row(struct registration_batch *rb, const struct registration *row,
			      enum registration_outcome *ret_outcome, struct error *e)
{
	struct registration_change c;
	enum registration_outcome outcome;
	TRY(registration_change_read(rb->kind, row, rb->now, rb->arena, &c, e));
	if (rb->rows == rb->rows_max || is_in_batch(rb, &c))
		return ST_BUSY;
	status st = registration_change_put(rb, &c, &outcome, e);
	if (st == ST_EXISTS)
		(void)error_set(e, st, "login_name: belongs to somebody else");
	TRY(st);
	rb->counts[outcome]++;
	rb->rows += outcome != REGISTRATION_UNCHANGED;
	if (ret_outcome)
		*ret_outcome = outcome;
	return ST_OK;
}
