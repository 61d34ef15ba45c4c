/*
 * The same work in every durability test, and what must be true of a store after it was cut short.
 *
 * Each thread puts item after item. An item is a record, an index entry and an audit entry in one
 * batch; it is acknowledged by eight bytes on standard output.
 */
#pragma once

#include "authd/store/records.h"
#include "authd/store/records_bulk.h"

enum { LOAD_THREADS = 4 };

struct load_item {
	uint32_t thread, number;
};

/* Put this item; returns when it is durable. */
status load_put(struct records *r, struct load_item item);

/* The same in a bulk build. */
status load_add(struct records_bulk *b, struct records_bulk_part *p, struct load_item item);

/* How many items of each thread were acknowledged. */
struct load_acks {
	uint32_t n[LOAD_THREADS];
};
void load_ack(struct load_acks *acks, struct load_item item);

/*
 * Every acknowledged item is there. At most one more of each thread is, the one under way. Every
 * item that is there is there whole. The audit chain is whole and has one entry for each item.
 * Returns false and a message.
 */
bool load_check(struct records *r, const struct load_acks *acks, char message[256]);
