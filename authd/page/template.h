/*
 * A compiled template and the values that fill it. The templates' language is described in
 * compile_templates.py, which makes these tables of operations, one for each page and language,
 * with all texts in place.                                     Threads: tables are constant.
 */
#pragma once

#include "authd/page/escape.h"
#include "libauth/base/buf.h"
#include "libauth/base/status.h"

enum template_kind { TEMPLATE_LITERAL, TEMPLATE_VALUE, TEMPLATE_IF, TEMPLATE_UNLESS, TEMPLATE_EACH };

struct template_op {
	enum template_kind kind;
	int field;            /* enum field; of all but literals */
	size_t skip;          /* of sections: how many operations are inside */
	struct slice literal;
};
struct template {
	const struct template_op *ops;
	size_t n;
};

enum value_kind { VALUE_UNSET, VALUE_SHOWN, VALUE_EXACT, VALUE_FLAG, VALUE_INTEGER, VALUE_LIST };

struct value {
	enum value_kind kind;
	struct slice text;
	size_t limit; /* of characters shown */
	enum cut cut;
	int64_t number; /* or flag */
	/* Set the values of a list's next row; false at its end. */
	bool (*next)(void *rows, struct value *values);
	void *rows;
};

static inline struct value value_shown(struct slice text, size_t limit, enum cut cut)
{
	return (struct value){ .kind = VALUE_SHOWN, .text = text, .limit = limit, .cut = cut };
}
static inline struct value value_exact(struct slice text)
{
	return (struct value){ .kind = VALUE_EXACT, .text = text };
}
static inline struct value value_flag(bool flag)
{
	return (struct value){ .kind = VALUE_FLAG, .number = flag };
}
static inline struct value value_integer(int64_t number)
{
	return (struct value){ .kind = VALUE_INTEGER, .number = number };
}
static inline struct value value_list(bool (*next)(void *rows, struct value *values), void *rows)
{
	return (struct value){ .kind = VALUE_LIST, .next = next, .rows = rows };
}

/*
 * Append the page. values has a place for each field. Returns ST_NOMEM, or ST_BUG if the template
 * asks, even in a section that is not shown, for a value that was not set.
 */
status template_render(struct buf *out, const struct template *t, struct value *values);
