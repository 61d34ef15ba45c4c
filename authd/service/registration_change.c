#include "authd/service/registration_change.h"

#include "authd/model/former.h"
#include "authd/service/audit.h"
#include "authd/service/mandates.h"
#include "authd/service/sign_out.h"
#include "authd/service/sub_overrides.h"
#include "authd/service/subjects.h"

/* ---- reading -------------------------------------------------------------------------------- */

/* The column that names a second number, and what it needs. */
static const struct other_column {
	enum operation operation;
	enum column number, type;
	bool must;
} OTHERS[] = {
	{ OPERATION_CHANGE, COLUMN_PREVIOUS_NUMBER, COLUMN_PREVIOUS_TYPE, false },
	{ OPERATION_MERGE, COLUMN_INTO_NUMBER, COLUMN_INTO_TYPE, true },
};

static status read_other(const struct other_column *o, enum subject_kind kind,
			 const struct registration *row, int64_t now, struct arena *a,
			 struct registration_change *c, struct error *e)
{
	bool given = row->columns[o->number].n || row->columns[o->type].n;
	if (c->operation != o->operation) {
		return given ? error_set(e, ST_INVALID, "%s: only with the operation %s",
					 column_name(o->number), operation_name(o->operation))
			     : ST_OK;
	}
	if (!given && !o->must)
		return ST_OK;
	return registration_number(kind, row, o->type, o->number, now, a, &c->other_type, &c->other,
				   NULL, e);
}

status registration_change_read(enum subject_kind kind, const struct registration *row, int64_t now,
				struct arena *a, struct registration_change *ret, struct error *e)
{
	struct registration_change c = { 0 };
	TRY(operation_parse(row->columns[COLUMN_OPERATION], &c.operation, e));
	TRY(registration_check(kind, row, now, a, &c.said, e));
	for (size_t k = 0; k < COUNT_OF(OTHERS); k++)
		TRY(read_other(&OTHERS[k], kind, row, now, a, &c, e));
	*ret = c;
	return ST_OK;
}

/* ---- who is meant --------------------------------------------------------------------------- */

struct found {
	bool known;
	bool current; /* it is the subject's number, and none that was replaced or merged */
	struct subject subject;
	uint64_t version;
};

static status find(struct registration_batch *rb, enum number_type type, struct slice number,
		   struct found *ret)
{
	struct id id;
	struct found f = { .known = true };
	status s = subjects_find_id(rb->issuer, type, number, rb->arena, &id);
	if (s == ST_NOT_FOUND) {
		*ret = (struct found){ .known = false };
		return ST_OK;
	}
	TRY(s);
	if (registration_batch_has(rb, id))
		return ST_BUSY;
	s = subjects_get_version(rb->issuer, id, rb->arena, &f.subject, &f.version);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_CORRUPT : s;
	f.current = number_equal(f.subject.number_type, f.subject.number, type, number);
	*ret = f;
	return ST_OK;
}

static status refuse(struct error *e, const char *what)
{
	return error_set(e, ST_INVALID, "%s", what);
}

static status put(struct registration_batch *rb, struct found *f, struct id from)
{
	TRY(subjects_put_taking(rb->issuer, rb->batch, rb->arena, rb->now, &f->subject, f->version, from));
	registration_batch_note(rb, &f->subject);
	return mandates_follow(rb->issuer, rb->batch, rb->now, &f->subject, f->version == VERSION_NONE, rb->arena);
}

static status audit(struct registration_batch *rb, const char *event, struct id subject,
		    struct slice detail)
{
	return audit_write(rb->batch, &(struct audit_entry){ .event = event,
							     .operator_name = rb->operator_name,
							     .subject = subject,
							     .detail = detail });
}

static status sign_out(struct registration_batch *rb, struct id id)
{
	return sign_out_everywhere(rb->issuer, rb->batch, id, (struct id){ 0 }, rb->arena, NULL);
}

/* ---- add, change ---------------------------------------------------------------------------- */

static status lay_over(struct registration_batch *rb, const struct subject *said, struct found *f,
		       bool changed, enum registration_outcome *ret)
{
	bool was_active = f->subject.state == SUBJECT_ACTIVE;
	changed |= registration_merge(&f->subject, said);
	*ret = changed ? REGISTRATION_UPDATED : REGISTRATION_UNCHANGED;
	if (!changed)
		return ST_OK;
	TRY(put(rb, f, (struct id){ 0 }));
	return was_active && f->subject.state != SUBJECT_ACTIVE ? sign_out(rb, f->subject.id) : ST_OK;
}

static status add(struct registration_batch *rb, const struct subject *said,
		  enum registration_outcome *ret)
{
	struct found f = { .subject = *said, .version = VERSION_NONE };
	registration_complete(&f.subject);
	*ret = REGISTRATION_ADDED;
	return put(rb, &f, (struct id){ 0 });
}

static status put_row(struct registration_batch *rb, const struct registration_change *c,
		      enum registration_outcome *ret, struct error *e)
{
	struct found f;
	TRY(find(rb, c->said.number_type, c->said.number, &f));
	if (!f.known)
		return c->operation == OPERATION_CHANGE ? refuse(e, "number: nobody is registered under it")
							: add(rb, &c->said, ret);
	*ret = REGISTRATION_UNCHANGED;
	if (!f.current || c->operation == OPERATION_ADD)
		return ST_OK;
	return lay_over(rb, &c->said, &f, false, ret);
}

/* The document was reissued: its number is another one now, perhaps of another type. */
static status renumber(struct registration_batch *rb, const struct registration_change *c,
		       enum registration_outcome *ret, struct error *e)
{
	struct found f, taken;
	TRY(find(rb, c->other_type, c->other, &f));
	TRY(find(rb, c->said.number_type, c->said.number, &taken));
	if (!f.known)
		return refuse(e, "previous_number: nobody is registered under it");
	if (taken.known && !id_equal(taken.subject.id, f.subject.id))
		return refuse(e, "number: belongs to somebody else; if the two are one person, merge them");
	if (taken.known && taken.current)
		return lay_over(rb, &c->said, &taken, false, ret);
	*ret = REGISTRATION_UNCHANGED;
	if (taken.known)
		return ST_OK; /* it was replaced itself since */
	if (!f.current)
		return refuse(e, "previous_number: was replaced by another one already");

	struct former before = { f.subject.number_type, f.subject.number, { { 0 } } };
	status s = former_add(rb->arena, f.subject.former, &before, &f.subject.former);
	if (s == ST_TOO_LARGE)
		return refuse(e, "previous_number: too many numbers lead to this person");
	TRY(s);
	f.subject.number_type = c->said.number_type;
	f.subject.number = c->said.number;
	f.subject.number_flagged = c->said.number_flagged;
	TRY(lay_over(rb, &c->said, &f, true, ret));
	return audit(rb, "registration.renumber", f.subject.id,
		     slice_str(number_type_name(c->said.number_type)));
}

/* ---- deregister ----------------------------------------------------------------------------- */

static status deregister(struct registration_batch *rb, const struct registration_change *c,
			 enum registration_outcome *ret, struct error *e)
{
	struct found f;
	TRY(find(rb, c->said.number_type, c->said.number, &f));
	if (!f.known)
		return refuse(e, "number: nobody is registered under it");
	*ret = REGISTRATION_UNCHANGED;
	if (!f.current || f.subject.state == SUBJECT_DEREGISTERED)
		return ST_OK;
	f.subject.state = SUBJECT_DEREGISTERED;
	*ret = REGISTRATION_DEREGISTERED;
	TRY(put(rb, &f, (struct id){ 0 }));
	TRY(sign_out(rb, f.subject.id));
	return audit(rb, "registration.deregister", f.subject.id, NO_SLICE);
}

/* ---- merge, split --------------------------------------------------------------------------- */

/* All numbers of the one that goes lead to the one that stays. */
static status take_numbers(struct registration_batch *rb, const struct subject *from,
			   struct subject *into)
{
	struct former f = { from->number_type, from->number, from->id };
	struct slice rest = from->former;
	TRY(former_add(rb->arena, into->former, &f, &into->former));
	while (former_next(&rest, &f)) {
		f.from = from->id;
		TRY(former_add(rb->arena, into->former, &f, &into->former));
	}
	return ST_OK;
}

static status check_merge(const struct registration_change *c, const struct found *from,
			  const struct found *into, struct error *e)
{
	if (!from->known)
		return refuse(e, "number: nobody is registered under it");
	if (!into->known)
		return refuse(e, "into_number: nobody is registered under it");
	if (number_equal(c->said.number_type, c->said.number, c->other_type, c->other))
		return refuse(e, "into_number: is the number itself");
	if (id_equal(from->subject.id, into->subject.id))
		return ST_OK;
	if (!from->current)
		return refuse(e, "number: was replaced by another one: name that");
	if (into->subject.state == SUBJECT_DEREGISTERED)
		return refuse(e, "into_number: is deregistered");
	return ST_OK;
}

static status merge_into(struct registration_batch *rb, struct found *from, struct found *into,
			 struct error *e)
{
	struct id gone = from->subject.id, stays = into->subject.id;
	bool suspend = from->subject.state == SUBJECT_SUSPENDED && into->subject.state == SUBJECT_ACTIVE;
	status s = take_numbers(rb, &from->subject, &into->subject);
	if (s == ST_TOO_LARGE)
		return refuse(e, "into_number: too many numbers lead to this person");
	TRY(s);
	from->subject.merged_state = from->subject.state;
	from->subject.state = SUBJECT_MERGED;
	from->subject.merged_into = stays;
	if (suspend)
		into->subject.state = SUBJECT_SUSPENDED;
	TRY(put(rb, from, (struct id){ 0 }));
	TRY(put(rb, into, gone));
	TRY(sub_overrides_merge(rb->issuer, rb->batch, gone, stays, rb->arena));
	TRY(quit_everything(rb->issuer, rb->batch, gone, rb->now, rb->arena));
	if (suspend)
		TRY(sign_out(rb, stays));
	return audit(rb, "registration.merge", gone,
		     arena_format(rb->arena, "into %.*s", SLICE_FMT(id_text(rb->arena, stays))));
}

static status merge(struct registration_batch *rb, const struct registration_change *c,
		    enum registration_outcome *ret, struct error *e)
{
	struct found from, into;
	TRY(find(rb, c->said.number_type, c->said.number, &from));
	TRY(find(rb, c->other_type, c->other, &into));
	TRY(check_merge(c, &from, &into, e));
	*ret = REGISTRATION_UNCHANGED;
	if (id_equal(from.subject.id, into.subject.id))
		return ST_OK; /* they are one already */
	*ret = REGISTRATION_MERGED;
	return merge_into(rb, &from, &into, e);
}

/* Whose number it was; zero where nobody's was merged under it. */
static struct id merged_under(const struct subject *s, enum number_type type, struct slice number)
{
	struct slice rest = s->former;
	struct former f;
	while (former_next(&rest, &f))
		if (number_equal(f.type, f.number, type, number))
			return f.from;
	return (struct id){ 0 };
}

static status split_from(struct registration_batch *rb, struct found *gone, struct found *stays)
{
	struct id again = gone->subject.id, one = stays->subject.id;
	TRY(former_without(rb->arena, stays->subject.former, again, &stays->subject.former));
	gone->subject.state = gone->subject.merged_state;
	gone->subject.merged_state = 0;
	gone->subject.merged_into = (struct id){ 0 };
	TRY(put(rb, stays, (struct id){ 0 }));
	status s = put(rb, gone, one);
	if (s == ST_EXISTS) { /* its chosen name went to somebody else meanwhile */
		gone->subject.login_name = NO_SLICE;
		s = put(rb, gone, one);
	}
	TRY(s);
	TRY(sub_overrides_split(rb->issuer, rb->batch, again, one, rb->arena));
	TRY(sign_out(rb, one)); /* it may bear the other's names in sessions and tokens */
	return audit(rb, "registration.split", again,
		     arena_format(rb->arena, "from %.*s", SLICE_FMT(id_text(rb->arena, one))));
}

static status split(struct registration_batch *rb, const struct registration_change *c,
		    enum registration_outcome *ret, struct error *e)
{
	struct found stays, gone = { .known = true };
	TRY(find(rb, c->said.number_type, c->said.number, &stays));
	if (!stays.known)
		return refuse(e, "number: nobody is registered under it");
	struct id id = merged_under(&stays.subject, c->said.number_type, c->said.number);
	*ret = REGISTRATION_UNCHANGED;
	if (stays.current || id_is_zero(id))
		return ST_OK;
	if (registration_batch_has(rb, id))
		return ST_BUSY;
	status s = subjects_get_version(rb->issuer, id, rb->arena, &gone.subject, &gone.version);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_CORRUPT : s;
	if (!number_equal(gone.subject.number_type, gone.subject.number, c->said.number_type, c->said.number))
		return refuse(e, "number: came along with another one that was merged: split that");
	*ret = REGISTRATION_SPLIT;
	return split_from(rb, &gone, &stays);
}

/* ---- all of them ---------------------------------------------------------------------------- */

status registration_change_put(struct registration_batch *rb, const struct registration_change *c,
			       enum registration_outcome *ret_outcome, struct error *e)
{
	switch (c->operation) {
	case OPERATION_CHANGE:
		if (c->other.n)
			return renumber(rb, c, ret_outcome, e);
		break;
	case OPERATION_DEREGISTER:
		return deregister(rb, c, ret_outcome, e);
	case OPERATION_MERGE:
		return merge(rb, c, ret_outcome, e);
	case OPERATION_SPLIT:
		return split(rb, c, ret_outcome, e);
	case OPERATION_PUT:
	case OPERATION_ADD:
		break;
	}
	return put_row(rb, c, ret_outcome, e);
}
