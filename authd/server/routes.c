#include "authd/server/routes.h"

#include <stdlib.h>

static int compare_rows(const void *a, const void *b)
{
	return strcmp((*(const struct route *const *)a)->path,
	              (*(const struct route *const *)b)->path);
}

status routes_init(struct routes *r, const struct route *const *rows)
{
	size_t n = 0;
	while (rows && rows[n])
		n++;
	const struct route **sorted = calloc(n + 1, sizeof *sorted);
	if (!sorted)
		return ST_NOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = rows[i];
	qsort(sorted, n, sizeof *sorted, compare_rows);
	for (size_t i = 1; i < n; i++) {
		if (compare_rows(&sorted[i - 1], &sorted[i]) != 0)
			continue;
		free(sorted);
		return ST_BUG;
	}
	*r = (struct routes){ .sorted = sorted, .n = n };
	return ST_OK;
}

void routes_done(struct routes *r)
{
	free(r->sorted);
	*r = (struct routes){ 0 };
}

/* Path and an optional last character, compared with a row's path. */
struct wanted {
	struct slice path;
	bool star;
};

static int compare_wanted(const void *key, const void *element)
{
	const struct wanted *w = key;
	const char *path = (*(const struct route *const *)element)->path;
	int order = strncmp((const char *)w->path.p, path, w->path.n);
	if (order)
		return order;
	return strcmp(w->star ? "*" : "", path + w->path.n);
}

static const struct route *find(const struct routes *r, struct slice path, bool star)
{
	struct wanted wanted = { path, star };
	const struct route **row =
	        bsearch(&wanted, r->sorted, r->n, sizeof r->sorted[0], compare_wanted);
	return row ? *row : NULL;
}

const struct route *routes_find(const struct routes *r, struct slice path,
                                struct slice *ret_segment)
{
	size_t last = path.n;
	while (last && path.p[last - 1] != '/')
		last--;
	struct slice segment = slice_from(path, last);
	if (!slice_is(segment, "*")) {
		const struct route *exact = find(r, path, false);
		if (exact)
			return exact;
	}
	if (!segment.n)
		return NULL;
	const struct route *wild = find(r, slice_first(path, last), true);
	if (wild)
		*ret_segment = segment;
	return wild;
}

struct slice route_allow(const struct route *route, struct arena *a)
{
	unsigned m = route->methods;
	struct slice list = arena_format(
	        a, "%s%s%s%s", m & METHOD_GET ? ", GET, HEAD" : "", m & METHOD_POST ? ", POST" : "",
	        m & METHOD_PUT ? ", PUT" : "", m & METHOD_DELETE ? ", DELETE" : "");
	return list.p ? slice_from(list, 2) : list;
}
