#include "load.h"

#include "keys/seal.h"
#include "libauth/base/encode.h"

#include <stdio.h>

enum { VALUE_MAX = 6000 };

static struct slice item_key(struct arena *a, struct load_item item)
{
	return arena_format(a, "%u-%06u", item.thread, item.number);
}

/* Of many sizes, and told by thread and number alone. */
static struct slice item_value(struct arena *a, struct load_item item)
{
	uint32_t x = item.thread * 7919 + item.number * 104729 + 1;
	size_t n = 20 + x % (item.number % 8 ? 300 : VALUE_MAX);
	uint8_t *bytes = arena_alloc(a, n);
	for (size_t i = 0; bytes && i < n; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 24);
	}
	return bytes ? slice_of(bytes, n) : NO_SLICE;
}

status load_put(struct records *r, struct load_item item)
{
	AUTO_ARENA struct arena a = { 0 };
	struct batch *b = batch_new(&a);
	if (!b)
		return ST_NOMEM;
	struct slice key = item_key(&a, item);
	batch_put(b, TABLE_SUBJECTS, key, VERSION_NONE, item_value(&a, item));
	batch_link(b, INDEX_IDENTIFIER, key, key);
	batch_audit(b, arena_format(&a, "{\"put\":\"%.*s\"}", SLICE_FMT(key)));
	return records_commit_wait(r, b);
}

status load_add(struct records_bulk *b, struct records_bulk_part *p, struct load_item item)
{
	AUTO_ARENA struct arena a = { 0 };
	struct slice key = item_key(&a, item);
	TRY(records_bulk_put(p, TABLE_SUBJECTS, key, item_value(&a, item)));
	TRY(records_bulk_link(p, INDEX_IDENTIFIER, key, key));
	return records_bulk_audit(b, arena_format(&a, "{\"put\":\"%.*s\"}", SLICE_FMT(key)));
}

void load_ack(struct load_acks *acks, struct load_item item)
{
	if (item.thread < LOAD_THREADS && item.number >= acks->n[item.thread])
		acks->n[item.thread] = item.number + 1;
}

/* ---- checking ------------------------------------------------------------------------------- */

struct check {
	struct records *r;
	struct arena arena;
	char *message;
	size_t items;
	size_t entries;
	char prev[65];
	bool fine;
};

#define COMPLAIN(c, ...)                                    \
	do {                                                \
		snprintf((c)->message, 256, __VA_ARGS__);   \
		(c)->fine = false;                          \
	} while (0)

static bool check_item(struct check *c, struct load_item item, bool must)
{
	arena_reset(&c->arena);
	struct slice key = item_key(&c->arena, item), found = NO_SLICE;
	struct record record = { 0 };
	status s = records_get(c->r, TABLE_SUBJECTS, key, &c->arena, &record);
	status t = records_find(c->r, INDEX_IDENTIFIER, key, &c->arena, &found);
	if (s == ST_NOT_FOUND && t == ST_NOT_FOUND && !must)
		return false;
	if (s || t)
		COMPLAIN(c, "item %.*s: record %s, index %s", SLICE_FMT(key), status_name(s),
			 status_name(t));
	else if (record.version != 1 || !slice_equal(record.value, item_value(&c->arena, item)) ||
		 !slice_equal(found, key))
		COMPLAIN(c, "item %.*s is not what was written", SLICE_FMT(key));
	c->items++;
	return true;
}

static void check_thread(struct check *c, uint32_t thread, uint32_t acked)
{
	for (uint32_t i = 0; i < acked && c->fine; i++)
		check_item(c, (struct load_item){ thread, i }, true);
	if (c->fine)
		check_item(c, (struct load_item){ thread, acked }, false);
	if (c->fine && check_item(c, (struct load_item){ thread, acked + 1 }, false))
		COMPLAIN(c, "item %u-%06u was never submitted", thread, acked + 1);
}

static bool check_entry(void *context, struct slice key, struct record record)
{
	struct check *c = context;
	AUTO_BUF struct buf head = { 0 };
	c->entries++;
	buf_format(&head, "{\"seq\":%zu,\"at\":", c->entries);
	char *text = arena_string(&c->arena, record.value);
	const char *prev = text ? strstr(text, "\"prev\":\"sha256:") : NULL;
	if (key.n != 8 || !slice_starts(record.value, buf_slice(&head)) || !prev ||
	    strncmp(prev + 15, c->prev, 64) != 0)
		COMPLAIN(c, "the audit chain is broken at entry %zu", c->entries);

	uint8_t hash[32];
	AUTO_BUF struct buf hex = { 0 };
	if (sha256(record.value, hash))
		COMPLAIN(c, "no hash");
	buf_put_hex(&hex, slice_of(hash, sizeof hash));
	memcpy(c->prev, hex.p, 64);
	arena_reset(&c->arena);
	return c->fine;
}

bool load_check(struct records *r, const struct load_acks *acks, char message[256])
{
	struct check c = { .r = r, .message = message, .fine = true };
	memset(c.prev, '0', 64);
	for (uint32_t t = 0; t < LOAD_THREADS && c.fine; t++)
		check_thread(&c, t, acks->n[t]);
	if (c.fine && records_scan(r, TABLE_AUDIT, NO_SLICE, NO_SLICE, SIZE_MAX, check_entry, &c))
		COMPLAIN(&c, "the audit table cannot be read");
	if (c.fine && c.entries != c.items)
		COMPLAIN(&c, "%zu audit entries for %zu items", c.entries, c.items);
	arena_done(&c.arena);
	return c.fine;
}
