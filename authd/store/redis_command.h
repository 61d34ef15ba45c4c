/* Each verb of the cache in Redis's words, and back. */
#pragma once

#include "authd/store/redis_link.h"

struct redisReply;

extern const char *const REDIS_SCRIPT_TEXTS[REDIS_SCRIPTS];

/* Put the command into the link's output; with by_text, a script goes as its text. */
status redis_command_append(struct redis_link *l, const struct cache_entry *entry, bool by_text);
/* How many answers it has. */
int redis_command_answers(const struct cache_entry *entry);
/* Take in one of them. Faults go into the entry's status. */
void redis_command_receive(struct redis_link *l, struct cache_entry *entry, int part,
			   struct arena *a, const struct redisReply *reply);
/* Its script was unknown, and nothing was done. */
bool redis_command_repeats(const struct cache_entry *entry);
