#include "authd/store/files.h"
#include "authd/store/sorter_run.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ---- life ----------------------------------------------------------------------------------- */

status sorter_new(const char *path, struct sorter **ret)
{
	AUTO(sorter) struct sorter *s = calloc(1, sizeof *s);
	if (!s)
		return ST_NOMEM;
	s->fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	s->path = strdup(path);
	if (!s->path)
		return ST_NOMEM;
	s->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return files_status(errno);
	*ret = TAKE(s);
	return ST_OK;
}

void sorter_free(struct sorter *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->runs_n; i++)
		free(s->runs[i].buffer);
	free(s->runs);
	free(s->heap);
	if (s->fd >= 0) {
		close(s->fd);
		unlink(s->path);
	}
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

uint64_t sorter_count(const struct sorter *s) { return s->count; }

/* ---- reading runs --------------------------------------------------------------------------- */

static const struct pair *run_pair(const struct run *r) { return pair_at(r->buffer + r->used); }

/* Fill the buffer, behind what is left in it. */
static status run_fill(const struct sorter *s, struct run *r)
{
	memmove(r->buffer, r->buffer + r->used, r->n - r->used);
	r->n -= r->used;
	r->used = 0;
	while (r->n < s->buffer_size && r->at < r->end) {
		size_t want = s->buffer_size - r->n;
		if ((off_t)want > r->end - r->at)
			want = (size_t)(r->end - r->at);
		ssize_t got = pread(s->fd, r->buffer + r->n, want, r->at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ST_IO;
		r->n += (size_t)got;
		r->at += got;
	}
	return ST_OK;
}

static bool has_pair(const struct run *r)
{
	size_t left = r->n - r->used;
	return left >= sizeof(struct pair) && left >= pair_size(run_pair(r));
}

/* Have the next pair in the buffer. ST_NOT_FOUND when the run is at its end. */
static status run_load(const struct sorter *s, struct run *r)
{
	if (!has_pair(r)) {
		TRY(run_fill(s, r));
		if (r->n == 0)
			return ST_NOT_FOUND;
		if (!has_pair(r))
			return ST_CORRUPT;
	}
	r->prefix = prefix_of(pair_key(run_pair(r)));
	return ST_OK;
}

/* ---- merging -------------------------------------------------------------------------------- */

static bool run_less(const struct sorter *s, size_t a, size_t b)
{
	const struct run *x = &s->runs[a], *y = &s->runs[b];
	if (x->prefix != y->prefix)
		return x->prefix < y->prefix;
	return slice_compare(pair_key(run_pair(x)), pair_key(run_pair(y))) < 0;
}

static void sift_down(struct sorter *s, size_t i)
{
	size_t run = s->heap[i];
	for (size_t child; (child = 2 * i + 1) < s->heap_n; i = child) {
		if (child + 1 < s->heap_n && run_less(s, s->heap[child + 1], s->heap[child]))
			child++;
		if (!run_less(s, s->heap[child], run))
			break;
		s->heap[i] = s->heap[child];
	}
	s->heap[i] = run;
}

static status open_run(struct sorter *s, size_t i)
{
	struct run *r = &s->runs[i];
	if (!r->buffer)
		r->buffer = malloc(s->buffer_size);
	if (!r->buffer)
		return ST_NOMEM;
	r->at = r->begin;
	r->used = r->n = 0;
	TRY(run_load(s, r));
	s->heap[s->heap_n++] = i;
	return ST_OK;
}

/* Room for the largest pair; beyond that, big reads. */
static size_t buffer_size(size_t memory, size_t runs)
{
	enum {
		LEAST = sizeof(struct pair) + SORTER_KEY_MAX + SORTER_VALUE_MAX + SORTER_ALIGN,
		MOST = 4 << 20,
	};
	size_t each = memory / (runs + 1);
	return each > MOST ? MOST : each < LEAST ? LEAST : each;
}

status sorter_start(struct sorter *s, size_t memory)
{
	if (!s->heap) {
		s->buffer_size = buffer_size(memory, s->runs_n);
		s->heap = calloc(s->runs_n + 1, sizeof *s->heap);
	}
	if (!s->heap)
		return ST_NOMEM;
	s->heap_n = 0;
	s->taken = false;
	for (size_t i = 0; i < s->runs_n; i++)
		TRY(open_run(s, i));
	for (size_t i = s->heap_n / 2; i-- > 0;)
		sift_down(s, i);
	return ST_OK;
}

/* Leave the pair that was given out behind. */
static status advance(struct sorter *s)
{
	struct run *r = &s->runs[s->heap[0]];
	r->used += pair_size(run_pair(r));
	status st = run_load(s, r);
	if (st == ST_NOT_FOUND)
		s->heap[0] = s->heap[--s->heap_n];
	else if (st)
		return st;
	if (s->heap_n)
		sift_down(s, 0);
	return ST_OK;
}

status sorter_next(struct sorter *s, struct slice *ret_key, struct slice *ret_value)
{
	if (s->taken)
		TRY(advance(s));
	s->taken = s->heap_n > 0;
	if (!s->heap_n)
		return ST_NOT_FOUND;
	const struct pair *p = run_pair(&s->runs[s->heap[0]]);
	*ret_key = pair_key(p);
	*ret_value = slice_of(p->bytes + p->key_n, p->value_n);
	return ST_OK;
}
