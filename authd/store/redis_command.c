#include "authd/store/redis_command.h"

#include "libauth/base/encode.h"

#include <hiredis/hiredis.h>
#include <stdio.h>

enum { SCRIPT_TAKE, SCRIPT_INCREMENT };
enum { FRESH = 'F', TAKEN = 'U' };

/* Scripts run alone. A taken value keeps its bytes and its expiry (SETRANGE leaves both). */
const char *const REDIS_SCRIPT_TEXTS[REDIS_SCRIPTS] = {
	[SCRIPT_TAKE] = "local v = redis.call('GET', KEYS[1]) "
			"if v and string.sub(v, 1, 1) == 'F' then "
			"redis.call('SETRANGE', KEYS[1], 0, 'U') end "
			"return v",
	[SCRIPT_INCREMENT] = "local n = redis.call('INCRBY', KEYS[1], ARGV[2]) "
			     "if redis.call('PTTL', KEYS[1]) < 0 then "
			     "redis.call('PEXPIRE', KEYS[1], ARGV[1]) end "
			     "return n",
};

/* ---- sending -------------------------------------------------------------------------------- */

enum { KEY_TEXT_SIZE = 6 + 43, NUMBER_SIZE = 24 };

static struct slice key_text(const struct cache_entry *entry, char ret[KEY_TEXT_SIZE])
{
	memcpy(ret, "authd:", 6);
	base64url_encode(slice_of(entry->key, CACHE_KEY_SIZE), ret + 6);
	return slice_of(ret, KEY_TEXT_SIZE);
}

static status append(struct redis_link *l, const struct slice *words, int n)
{
	const char *texts[8];
	size_t sizes[8];
	for (int i = 0; i < n; i++) {
		texts[i] = (const char *)words[i].p;
		sizes[i] = words[i].n;
	}
	return redisAppendCommandArgv(l->context, n, texts, sizes) ? ST_NOMEM : ST_OK;
}

static status append_script(struct redis_link *l, int script, const struct cache_entry *entry,
			    struct slice key, struct slice ms, bool by_text)
{
	char number[NUMBER_SIZE];
	int n = snprintf(number, sizeof number, "%lld", (long long)entry->delta);
	struct slice text = slice_str(REDIS_SCRIPT_TEXTS[script]);
	struct slice sha = slice_of(l->scripts[script], REDIS_SHA_SIZE);
	const struct slice words[] = { by_text ? SLICE("EVAL") : SLICE("EVALSHA"),
				       by_text ? text : sha, SLICE("1"), key, ms,
				       slice_of(number, (size_t)n) };
	return append(l, words, COUNT_OF(words));
}

static status append_set(struct redis_link *l, const struct cache_entry *entry, struct slice key,
			 struct slice ms)
{
	AUTO_BUF struct buf value = { 0 };
	buf_put_byte(&value, FRESH);
	buf_put(&value, entry->value);
	TRY(buf_status(&value));
	const struct slice words[] = { SLICE("SET"), key, buf_slice(&value), SLICE("PX"), ms,
				       SLICE("NX") };
	return append(l, words, COUNT_OF(words) - (entry->verb == CACHE_ADD ? 0 : 1));
}

static status append_get(struct redis_link *l, struct slice key)
{
	return append(l, (const struct slice[]){ SLICE("GET"), key }, 2);
}

status redis_command_append(struct redis_link *l, const struct cache_entry *entry, bool by_text)
{
	char key_bytes[KEY_TEXT_SIZE], number[NUMBER_SIZE];
	struct slice key = key_text(entry, key_bytes);
	int n = snprintf(number, sizeof number, "%lld", (long long)entry->expires_in_s * 1000);
	struct slice ms = slice_of(number, (size_t)n);
	switch (entry->verb) {
	case CACHE_GET: return append_get(l, key);
	case CACHE_PUT: return append_set(l, entry, key, ms);
	case CACHE_ADD:
		TRY(append_set(l, entry, key, ms));
		return append_get(l, key);
	case CACHE_TAKE: return append_script(l, SCRIPT_TAKE, entry, key, ms, by_text);
	case CACHE_INCREMENT: return append_script(l, SCRIPT_INCREMENT, entry, key, ms, by_text);
	case CACHE_DELETE: return append(l, (const struct slice[]){ SLICE("DEL"), key }, 2);
	}
	return ST_BUG;
}

/* ---- receiving ------------------------------------------------------------------------------ */

int redis_command_answers(const struct cache_entry *entry)
{
	return entry->verb == CACHE_ADD ? 2 : 1;
}

/* No answer of a verb: stands for "again" between two pipelines. */
static const status REPEAT = ST_BUSY;

bool redis_command_repeats(const struct cache_entry *entry) { return entry->status == REPEAT; }

static bool says(const redisReply *reply, const char *text)
{
	return strstr(reply->str, text) != NULL;
}

static status error_status(struct redis_link *l, const struct cache_entry *entry,
			   const redisReply *reply)
{
	if (says(reply, "NOSCRIPT"))
		return REPEAT;
	bool counts = entry->verb == CACHE_INCREMENT;
	if (says(reply, "WRONGTYPE"))
		return counts ? ST_CORRUPT : ST_NOT_FOUND;
	if (counts && says(reply, "not an integer"))
		return ST_CORRUPT;
	/* Out of memory is an answer to this command; anything else is Redis's state: not a master,
	 * loading, logged out. */
	l->broken = l->broken || !says(reply, "OOM");
	return ST_UNAVAILABLE;
}

/* The value behind the state, in the arena. */
static status take_value(struct cache_entry *entry, struct arena *a, const redisReply *reply)
{
	entry->value = arena_copy(a, slice_of(reply->str + 1, reply->len - 1));
	return entry->value.p ? ST_OK : ST_NOMEM;
}

static status receive_value(struct cache_entry *entry, struct arena *a, const redisReply *reply)
{
	entry->value = NO_SLICE;
	if (reply->type == REDIS_REPLY_NIL)
		return ST_NOT_FOUND;
	if (reply->type != REDIS_REPLY_STRING)
		return ST_UNAVAILABLE;
	char state = reply->len ? reply->str[0] : '\0';
	bool takes = entry->verb == CACHE_TAKE;
	if (state != FRESH && (state != TAKEN || entry->verb == CACHE_GET))
		return ST_NOT_FOUND;
	TRY(take_value(entry, a, reply));
	return takes && state == TAKEN ? ST_USED : ST_OK;
}

/* First whether it was added, then what is there now. What is there decides nothing. */
static status receive_add(struct cache_entry *entry, int part, struct arena *a,
			  const redisReply *reply)
{
	if (part == 0)
		return reply->type == REDIS_REPLY_NIL ? ST_EXISTS : ST_OK;
	status s = receive_value(entry, a, reply);
	return is_fault(s) ? s : entry->status;
}

static status receive_answer(struct cache_entry *entry, int part, struct arena *a,
			     const redisReply *reply)
{
	switch (entry->verb) {
	case CACHE_GET:
	case CACHE_TAKE: return receive_value(entry, a, reply);
	case CACHE_ADD: return receive_add(entry, part, a, reply);
	case CACHE_INCREMENT:
		entry->count = reply->integer;
		return reply->type == REDIS_REPLY_INTEGER ? ST_OK : ST_UNAVAILABLE;
	case CACHE_PUT: return reply->type == REDIS_REPLY_STATUS ? ST_OK : ST_UNAVAILABLE;
	case CACHE_DELETE: return reply->type == REDIS_REPLY_INTEGER ? ST_OK : ST_UNAVAILABLE;
	}
	return ST_BUG;
}

void redis_command_receive(struct redis_link *l, struct cache_entry *entry, int part,
			   struct arena *a, const struct redisReply *reply)
{
	status s = reply->type == REDIS_REPLY_ERROR ? error_status(l, entry, reply) :
						      receive_answer(entry, part, a, reply);
	/* The second answer to ADD: a thing of another type is there; that it is, is known. */
	bool is_second = entry->verb == CACHE_ADD && part == 1;
	if (is_second && (is_fault(entry->status) || s == ST_NOT_FOUND)) {
		entry->value = NO_SLICE;
		return;
	}
	entry->status = s;
}
