#include "authd/page/template.h"

#include "libauth/base/encode.h"

static bool is_true(const struct value *v)
{
	return v->kind == VALUE_SHOWN || v->kind == VALUE_EXACT ? v->text.n > 0 : v->number != 0;
}

static status put_value(struct buf *out, const struct value *v)
{
	switch (v->kind) {
	case VALUE_SHOWN: escape_shown(out, v->text, v->limit, v->cut); return ST_OK;
	case VALUE_EXACT: escape_exact(out, v->text); return ST_OK;
	case VALUE_INTEGER: buf_put_integer(out, v->number); return ST_OK;
	case VALUE_UNSET:
	case VALUE_FLAG:
	case VALUE_LIST: break;
	}
	return ST_BUG;
}

static status render(struct buf *out, const struct template_op *ops, size_t n, struct value *values);

static status put_rows(struct buf *out, const struct template_op *ops, size_t n,
		       struct value *values, const struct value *list)
{
	if (list->kind != VALUE_LIST)
		return ST_BUG;
	while (list->next(list->rows, values))
		TRY(render(out, ops, n, values));
	return ST_OK;
}

static status render(struct buf *out, const struct template_op *ops, size_t n, struct value *values)
{
	for (size_t i = 0; i < n; i++) {
		const struct template_op *op = &ops[i];
		const struct value *v = &values[op->field];
		switch (op->kind) {
		case TEMPLATE_LITERAL: buf_put(out, op->literal); break;
		case TEMPLATE_VALUE: TRY(put_value(out, v)); break;
		case TEMPLATE_IF: i += is_true(v) ? 0 : op->skip; break;
		case TEMPLATE_UNLESS: i += is_true(v) ? op->skip : 0; break;
		case TEMPLATE_EACH:
			TRY(put_rows(out, ops + i + 1, op->skip, values, v));
			i += op->skip;
			break;
		}
	}
	return ST_OK;
}

/* What stands in a list is set row by row, and checked as it is written. */
static bool all_set(const struct template *t, const struct value *values)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct template_op *op = &t->ops[i];
		if (op->kind != TEMPLATE_LITERAL && values[op->field].kind == VALUE_UNSET)
			return false;
		if (op->kind == TEMPLATE_EACH)
			i += op->skip;
	}
	return true;
}

status template_render(struct buf *out, const struct template *t, struct value *values)
{
	if (!all_set(t, values))
		return ST_BUG;
	TRY(render(out, t->ops, t->n, values));
	return buf_status(out);
}
