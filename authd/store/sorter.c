#include "authd/store/sorter.h"

#include "authd/store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* A pair in memory and in a run: this, key and value, then up to the next multiple of 8. */
struct pair {
	uint32_t value_n;
	uint16_t key_n;
	uint8_t bytes[];
};

/* What is sorted: the first bytes of a key decide most comparisons, without a look at the pair. */
struct item {
	uint64_t prefix;
	uint32_t at; /* in units of 8 bytes */
};

/* A run being read. */
struct run {
	off_t at, end;  /* of what is not in the buffer yet */
	uint8_t *buffer;
	size_t used, n; /* of the buffer */
	uint64_t prefix; /* of the pair at `used` */
};

struct sorter {
	char *path;
	int fd;
	off_t size; /* of the file */
	size_t memory;
	uint64_t count;

	/* While adding. */
	uint8_t *bytes;
	size_t bytes_n, bytes_max;
	struct item *items;
	size_t items_n, items_max;

	/* Both. */
	struct run *runs;
	size_t runs_n, runs_max;

	/* While merging. */
	size_t *heap; /* runs by their next pair, the least first */
	size_t heap_n;
	bool taken; /* the least one's pair has been given out */
};

enum { ALIGN = 8, AVERAGE_PAIR = 96, READ_MIN = 64 << 10 };

static struct pair *pair_at(uint8_t *p) { return (struct pair *)p; }
static size_t pair_size(const struct pair *p)
{
	return (offsetof(struct pair, bytes) + p->key_n + p->value_n + ALIGN - 1) / ALIGN * ALIGN;
}
static struct slice pair_key(const struct pair *p) { return slice_of(p->bytes, p->key_n); }

static uint64_t prefix_of(struct slice key)
{
	uint64_t prefix = 0;
	for (size_t i = 0; i < 8; i++)
		prefix = prefix << 8 | (i < key.n ? key.p[i] : 0);
	return prefix;
}

/* ---- life ----------------------------------------------------------------------------------- */

/* Mapped, so that the pages go back when sorting is done. */
static void *map_memory(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

static void unmap(void *p, size_t n)
{
	if (p)
		munmap(p, n);
}

status sorter_new(const char *path, size_t memory, struct sorter **ret)
{
	AUTO(sorter) struct sorter *s = calloc(1, sizeof *s);
	if (!s)
		return ST_NOMEM;
	s->fd = -1;
	s->memory = memory < SORTER_MEMORY_MIN ? SORTER_MEMORY_MIN : memory;
	/* Of each pair: its bytes, its item, and half an item while they are merged. */
	s->items_max = s->memory / (AVERAGE_PAIR + 2 * sizeof(struct item));
	s->bytes_max = s->items_max * AVERAGE_PAIR;
	s->bytes = map_memory(s->bytes_max);
	s->items = map_memory(2 * s->items_max * sizeof *s->items);
	s->path = strdup(path);
	if (!s->bytes || !s->items || !s->path)
		return ST_NOMEM;
	s->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return files_status(errno);
	*ret = TAKE(s);
	return ST_OK;
}

static void free_adding(struct sorter *s)
{
	unmap(s->bytes, s->bytes_max);
	unmap(s->items, 2 * s->items_max * sizeof *s->items);
	s->bytes = NULL;
	s->items = NULL;
}

void sorter_free(struct sorter *s)
{
	if (!s)
		return;
	free_adding(s);
	for (size_t i = 0; i < s->runs_n; i++)
		free(s->runs[i].buffer);
	free(s->runs);
	free(s->heap);
	if (s->fd >= 0) {
		close(s->fd);
		unlink(s->path);
	}
	free(s->path);
	free(s);
}

uint64_t sorter_count(const struct sorter *s) { return s->count; }

/* ---- sorting what is in memory -------------------------------------------------------------- */

static int compare_pairs(uint64_t left_prefix, const struct pair *left, uint64_t right_prefix,
			 const struct pair *right)
{
	if (left_prefix != right_prefix)
		return left_prefix < right_prefix ? -1 : 1;
	return slice_compare(pair_key(left), pair_key(right));
}

static bool item_less(const struct sorter *s, const struct item *a, const struct item *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix;
	return compare_pairs(0, pair_at(s->bytes + (size_t)a->at * ALIGN), 0,
			     pair_at(s->bytes + (size_t)b->at * ALIGN)) < 0;
}

/* Merge [0,m) and [m,n) of `from` into `to`; of equal ones the left comes first. */
static void merge_halves(const struct sorter *s, const struct item *from, size_t m, size_t n,
			 struct item *to)
{
	size_t i = 0, k = m;
	for (size_t out = 0; out < n; out++) {
		bool left = i < m && (k == n || !item_less(s, &from[k], &from[i]));
		to[out] = left ? from[i++] : from[k++];
	}
}

static void sort_short(const struct sorter *s, struct item *items, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct item item = items[i];
		size_t k = i;
		for (; k > 0 && item_less(s, &item, &items[k - 1]); k--)
			items[k] = items[k - 1];
		items[k] = item;
	}
}

/* Merge sort from short runs up, between the two halves of the items' memory. */
static struct item *sort_items(struct sorter *s)
{
	enum { SHORT = 16 };
	struct item *from = s->items, *to = s->items + s->items_max;
	for (size_t i = 0; i < s->items_n; i += SHORT)
		sort_short(s, from + i, s->items_n - i < SHORT ? s->items_n - i : SHORT);
	for (size_t width = SHORT; width < s->items_n; width *= 2) {
		for (size_t i = 0; i < s->items_n; i += 2 * width) {
			size_t left = s->items_n - i;
			size_t n = left < 2 * width ? left : 2 * width;
			merge_halves(s, from + i, n < width ? n : width, n, to + i);
		}
		struct item *swap = from;
		from = to;
		to = swap;
	}
	return from;
}

/* ---- spilling ------------------------------------------------------------------------------- */

static status write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t written = write(fd, p, n);
		if (written < 0 && errno != EINTR)
			return files_status(errno);
		if (written > 0) {
			p += written;
			n -= (size_t)written;
		}
	}
	return ST_OK;
}

static status write_items(struct sorter *s, const struct item *items)
{
	enum { CHUNK = 1 << 20 };
	AUTO_MEM uint8_t *chunk = malloc(CHUNK);
	size_t n = 0;
	if (!chunk)
		return ST_NOMEM;
	for (size_t i = 0; i < s->items_n; i++) {
		const struct pair *p = pair_at(s->bytes + (size_t)items[i].at * ALIGN);
		size_t size = pair_size(p);
		if (n + size > CHUNK) {
			TRY(write_all(s->fd, chunk, n));
			n = 0;
		}
		if (size > CHUNK) {
			TRY(write_all(s->fd, (const uint8_t *)p, size));
			continue;
		}
		memcpy(chunk + n, p, size);
		n += size;
	}
	return write_all(s->fd, chunk, n);
}

static status add_run(struct sorter *s, struct run run)
{
	if (s->runs_n == s->runs_max) {
		size_t max = s->runs_max ? 2 * s->runs_max : 64;
		struct run *runs = realloc(s->runs, max * sizeof *runs);
		if (!runs)
			return ST_NOMEM;
		s->runs = runs;
		s->runs_max = max;
	}
	s->runs[s->runs_n++] = run;
	return ST_OK;
}

static status spill(struct sorter *s)
{
	if (!s->items_n)
		return ST_OK;
	TRY(write_items(s, sort_items(s)));
	off_t end = s->size + (off_t)s->bytes_n;
	TRY(add_run(s, (struct run){ .at = s->size, .end = end }));
	s->size = end;
	s->bytes_n = 0;
	s->items_n = 0;
	return ST_OK;
}

status sorter_add(struct sorter *s, struct slice key, struct slice head, struct slice tail)
{
	if (key.n > SORTER_KEY_MAX || head.n > SORTER_VALUE_MAX ||
	    tail.n > SORTER_VALUE_MAX - head.n)
		return ST_TOO_LARGE;
	const struct pair shape = {
		.key_n = (uint16_t)key.n,
		.value_n = (uint32_t)(head.n + tail.n),
	};
	size_t size = pair_size(&shape);
	if (s->items_n == s->items_max || s->bytes_max - s->bytes_n < size)
		TRY(spill(s));

	struct pair *p = pair_at(s->bytes + s->bytes_n);
	*p = shape;
	memcpy(p->bytes, key.p, key.n);
	if (head.n)
		memcpy(p->bytes + key.n, head.p, head.n);
	if (tail.n)
		memcpy(p->bytes + key.n + head.n, tail.p, tail.n);
	s->items[s->items_n++] = (struct item){ prefix_of(key), (uint32_t)(s->bytes_n / ALIGN) };
	s->bytes_n += size;
	s->count++;
	return ST_OK;
}

/* ---- merging -------------------------------------------------------------------------------- */

static const struct pair *run_pair(const struct run *r) { return pair_at(r->buffer + r->used); }

/* Have at least the header of the next pair in the buffer, and then all of it. */
static status run_fill(struct sorter *s, struct run *r, size_t capacity)
{
	memmove(r->buffer, r->buffer + r->used, r->n - r->used);
	r->n -= r->used;
	r->used = 0;
	while (r->n < capacity && r->at < r->end) {
		size_t want = capacity - r->n;
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

static size_t read_size(const struct sorter *s)
{
	size_t each = s->memory / (s->runs_n + 1);
	size_t least = sizeof(struct pair) + SORTER_KEY_MAX + SORTER_VALUE_MAX + ALIGN;
	return each > 4 * least ? 4 * least : each < least ? least : each;
}

/* ST_NOT_FOUND when the run is at its end. */
static status run_load(struct sorter *s, struct run *r)
{
	size_t left = r->n - r->used;
	bool whole = left >= sizeof(struct pair) && left >= pair_size(run_pair(r));
	if (!whole) {
		TRY(run_fill(s, r, read_size(s)));
		if (r->n == 0)
			return ST_NOT_FOUND;
		if (r->n < sizeof(struct pair) || r->n < pair_size(run_pair(r)))
			return ST_CORRUPT;
	}
	r->prefix = prefix_of(pair_key(run_pair(r)));
	return ST_OK;
}

static bool run_less(const struct sorter *s, size_t a, size_t b)
{
	const struct run *x = &s->runs[a], *y = &s->runs[b];
	int order = compare_pairs(x->prefix, run_pair(x), y->prefix, run_pair(y));
	return order ? order < 0 : a < b;
}

static void sift_down(struct sorter *s, size_t i)
{
	size_t run = s->heap[i];
	for (size_t child; (child = 2 * i + 1) < s->heap_n; i = child) {
		if (child + 1 < s->heap_n && run_less(s, s->heap[child + 1], s->heap[child]))
			child++;
		if (run_less(s, run, s->heap[child]))
			break;
		s->heap[i] = s->heap[child];
	}
	s->heap[i] = run;
}

static status open_run(struct sorter *s, size_t i)
{
	s->runs[i].buffer = malloc(read_size(s));
	if (!s->runs[i].buffer)
		return ST_NOMEM;
	TRY(run_load(s, &s->runs[i]));
	s->heap[s->heap_n++] = i;
	return ST_OK;
}

status sorter_start(struct sorter *s)
{
	TRY(spill(s));
	free_adding(s);
	s->heap = calloc(s->runs_n + 1, sizeof *s->heap);
	if (!s->heap)
		return ST_NOMEM;
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
