#include "authd/store/files.h"
#include "authd/store/sorter_run.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is sorted: the prefix decides most comparisons, without a look at the pair. */
struct item {
	uint64_t prefix;
	uint32_t at; /* in units of SORTER_ALIGN */
};

struct sorter_part {
	struct sorter *sorter;
	uint8_t *bytes;
	size_t bytes_n, bytes_max;
	struct item *items; /* two halves: one to merge into */
	size_t items_n, items_max;
};

enum { LEAST_PAIR = 48 };

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

status sorter_part_new(struct sorter *s, size_t memory, struct sorter_part **ret)
{
	AUTO(sorter_part) struct sorter_part *p = calloc(1, sizeof *p);
	if (!p)
		return ST_NOMEM;
	p->sorter = s;
	memory = memory < SORTER_MEMORY_MIN ? SORTER_MEMORY_MIN : memory;
	p->bytes_max = memory / (LEAST_PAIR + 2 * sizeof(struct item)) * LEAST_PAIR;
	p->items_max = p->bytes_max / LEAST_PAIR;
	p->bytes = map_memory(p->bytes_max);
	p->items = map_memory(2 * p->items_max * sizeof *p->items);
	if (!p->bytes || !p->items)
		return ST_NOMEM;
	*ret = TAKE(p);
	return ST_OK;
}

void sorter_part_free(struct sorter_part *p)
{
	if (!p)
		return;
	unmap(p->bytes, p->bytes_max);
	unmap(p->items, 2 * p->items_max * sizeof *p->items);
	free(p);
}

/* ---- sorting what is in memory -------------------------------------------------------------- */

static const struct pair *item_pair(const struct sorter_part *p, const struct item *i)
{
	return pair_at(p->bytes + (size_t)i->at * SORTER_ALIGN);
}

static bool item_less(const struct sorter_part *p, const struct item *a, const struct item *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix;
	return slice_compare(pair_key(item_pair(p, a)), pair_key(item_pair(p, b))) < 0;
}

/* Merge [0,m) and [m,n) of `from` into `to`. */
static void merge_halves(const struct sorter_part *p, const struct item *from, size_t m, size_t n,
			 struct item *to)
{
	size_t i = 0, k = m;
	for (size_t out = 0; out < n; out++) {
		bool left = i < m && (k == n || !item_less(p, &from[k], &from[i]));
		to[out] = left ? from[i++] : from[k++];
	}
}

static void sort_short(const struct sorter_part *p, struct item *items, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct item item = items[i];
		size_t k = i;
		for (; k > 0 && item_less(p, &item, &items[k - 1]); k--)
			items[k] = items[k - 1];
		items[k] = item;
	}
}

/* Merge sort from short runs up, between the two halves of the items' memory. */
static struct item *sort_items(struct sorter_part *p)
{
	enum { SHORT = 16 };
	struct item *from = p->items, *to = p->items + p->items_max;
	for (size_t i = 0; i < p->items_n; i += SHORT)
		sort_short(p, from + i, p->items_n - i < SHORT ? p->items_n - i : SHORT);
	for (size_t width = SHORT; width < p->items_n; width *= 2) {
		for (size_t i = 0; i < p->items_n; i += 2 * width) {
			size_t left = p->items_n - i;
			size_t n = left < 2 * width ? left : 2 * width;
			merge_halves(p, from + i, n < width ? n : width, n, to + i);
		}
		struct item *swap = from;
		from = to;
		to = swap;
	}
	return from;
}

/* ---- spilling ------------------------------------------------------------------------------- */

static status write_all(int fd, const uint8_t *p, size_t n, off_t *at)
{
	while (n) {
		ssize_t written = pwrite(fd, p, n, *at);
		if (written < 0 && errno != EINTR)
			return files_status(errno);
		if (written > 0) {
			p += written;
			n -= (size_t)written;
			*at += written;
		}
	}
	return ST_OK;
}

static status write_items(const struct sorter_part *p, const struct item *items, off_t at)
{
	enum { CHUNK = 1 << 20 };
	AUTO_MEM uint8_t *chunk = malloc(CHUNK);
	size_t n = 0;
	if (!chunk)
		return ST_NOMEM;
	for (size_t i = 0; i < p->items_n; i++) {
		const struct pair *pair = item_pair(p, &items[i]);
		size_t size = pair_size(pair);
		if (n + size > CHUNK) {
			TRY(write_all(p->sorter->fd, chunk, n, &at));
			n = 0;
		}
		memcpy(chunk + n, pair, size);
		n += size;
	}
	return write_all(p->sorter->fd, chunk, n, &at);
}

static bool has_room(struct sorter *s)
{
	if (s->runs_n < s->runs_max)
		return true;
	size_t max = s->runs_max ? 2 * s->runs_max : 64;
	struct run *runs = realloc(s->runs, max * sizeof *runs);
	if (!runs)
		return false;
	s->runs = runs;
	s->runs_max = max;
	return true;
}

/* A place in the file for what is in memory. */
static status reserve(struct sorter_part *p, off_t *ret)
{
	struct sorter *s = p->sorter;
	pthread_mutex_lock(&s->lock);
	bool fits = has_room(s);
	*ret = s->size;
	if (fits) {
		off_t end = s->size + (off_t)p->bytes_n;
		s->runs[s->runs_n++] = (struct run){ .begin = s->size, .end = end };
		s->size = end;
		s->count += p->items_n;
	}
	pthread_mutex_unlock(&s->lock);
	return fits ? ST_OK : ST_NOMEM;
}

static status spill(struct sorter_part *p)
{
	off_t at;
	if (!p->items_n)
		return ST_OK;
	const struct item *sorted = sort_items(p);
	TRY(reserve(p, &at));
	TRY(write_items(p, sorted, at));
	p->bytes_n = 0;
	p->items_n = 0;
	return ST_OK;
}

status sorter_add(struct sorter_part *p, struct slice key, struct slice head, struct slice tail)
{
	if (key.n > SORTER_KEY_MAX || head.n > SORTER_VALUE_MAX ||
	    tail.n > SORTER_VALUE_MAX - head.n)
		return ST_TOO_LARGE;
	const struct pair shape = {
		.key_n = (uint16_t)key.n,
		.value_n = (uint32_t)(head.n + tail.n),
	};
	size_t size = pair_size(&shape);
	if (p->items_n == p->items_max || p->bytes_max - p->bytes_n < size)
		TRY(spill(p));

	struct pair *pair = pair_at(p->bytes + p->bytes_n);
	*pair = shape;
	memcpy(pair->bytes, key.p, key.n);
	if (head.n)
		memcpy(pair->bytes + key.n, head.p, head.n);
	if (tail.n)
		memcpy(pair->bytes + key.n + head.n, tail.p, tail.n);
	p->items[p->items_n++] =
		(struct item){ prefix_of(key), (uint32_t)(p->bytes_n / SORTER_ALIGN) };
	p->bytes_n += size;
	return ST_OK;
}

status sorter_part_end(struct sorter_part *p) { return spill(p); }
