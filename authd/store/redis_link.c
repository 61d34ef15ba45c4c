/* Connecting, and moving bytes. What the bytes say is in redis_command.c. */
#include "authd/store/redis_link.h"
#include "authd/store/redis_command.h"

#include "keys/seal.h"
#include "libauth/base/encode.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <time.h>

static const char MARKER_KEY[] = "authd:marker";

DEFINE_AUTO(reply, redisReply *, freeReplyObject)

int64_t redis_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int redis_link_fd(const struct redis_link *l) { return l->context->fd; }

void redis_link_close(struct redis_link *l)
{
	if (l->context)
		redisFree(l->context);
	*l = (struct redis_link){ 0 };
}

/* ---- the handshake: blocking, with the socket's timeouts ------------------------------------- */

static status fault(const struct redis_link *l, const redisReply *reply, const char *doing,
		    struct error *e)
{
	const char *why = reply && reply->type == REDIS_REPLY_ERROR ? reply->str :
			  l->context->err			    ? l->context->errstr :
								      "an odd answer";
	return error_set(e, ST_UNAVAILABLE, "cache: Redis: %s: %.120s", doing, why);
}

static status expect_ok(struct redis_link *l, redisReply *answer, const char *doing,
			struct error *e)
{
	AUTO(reply) redisReply *reply = answer;
	bool ok = reply && reply->type == REDIS_REPLY_STATUS;
	return ok ? ST_OK : fault(l, reply, doing, e);
}

static status connect_to(struct redis_link *l, const struct redis_address *a, int64_t deadline_ms,
			 struct error *e)
{
	const struct timeval timeout = { deadline_ms / 1000, (deadline_ms % 1000) * 1000 };
	l->context = a->path ? redisConnectUnixWithTimeout(a->path, timeout) :
			       redisConnectWithTimeout(a->host, a->port, timeout);
	if (!l->context)
		return ST_NOMEM;
	if (l->context->err || redisSetTimeout(l->context, timeout))
		return fault(l, NULL, "connect", e);
	return ST_OK;
}

static status log_in(struct redis_link *l, const struct redis_address *a, struct error *e)
{
	redisContext *c = l->context;
	if (a->user)
		TRY(expect_ok(l, redisCommand(c, "AUTH %s %s", a->user, a->password), "log in", e));
	else if (a->password)
		TRY(expect_ok(l, redisCommand(c, "AUTH %s", a->password), "log in", e));
	if (a->db)
		TRY(expect_ok(l, redisCommand(c, "SELECT %d", a->db), "select", e));
	return ST_OK;
}

/* The value of "name:value\r\n" in the answer to INFO. */
static struct slice info_value(const redisReply *info, const char *name)
{
	const char *at = strstr(info->str, name);
	return at ? slice_of(at + strlen(name), strcspn(at + strlen(name), "\r\n")) : NO_SLICE;
}

static status learn_policy(struct redis_link *l, const redisReply *info)
{
	struct slice policy = info_value(info, "maxmemory_policy:");
	if (!policy.p || policy.n >= sizeof l->policy)
		return ST_UNAVAILABLE;
	memcpy(l->policy, policy.p, policy.n);
	l->policy[policy.n] = '\0';
	return ST_OK;
}

status redis_link_policy(const struct redis_link *l, struct error *e)
{
	if (strcmp(l->policy, "noeviction") == 0)
		return ST_OK;
	return error_set(e, ST_INVALID,
			 "cache: Redis may drop entries: maxmemory-policy is %s, not noeviction",
			 l->policy);
}

static status get_marker(struct redis_link *l, struct error *e)
{
	AUTO(reply) redisReply *reply = redisCommand(l->context, "GET %s", MARKER_KEY);
	if (reply && reply->type == REDIS_REPLY_NIL)
		return ST_NOT_FOUND;
	if (!reply || reply->type != REDIS_REPLY_STRING || reply->len != REDIS_MARKER_SIZE)
		return fault(l, reply, "read the marker", e);
	memcpy(l->marker, reply->str, REDIS_MARKER_SIZE);
	return ST_OK;
}

/* Of several processes that find none, the first one's counts. */
static status make_marker(struct redis_link *l, struct error *e)
{
	uint8_t bytes[REDIS_MARKER_SIZE / 2];
	TRY(random_bytes(bytes, sizeof bytes));
	AUTO_BUF struct buf hex = { 0 };
	buf_put_hex(&hex, slice_of(bytes, sizeof bytes));
	buf_put_byte(&hex, '\0');
	TRY(buf_status(&hex));
	AUTO(reply) redisReply *reply =
		redisCommand(l->context, "SET %s %s NX", MARKER_KEY, (const char *)hex.p);
	if (!reply || reply->type == REDIS_REPLY_ERROR)
		return fault(l, reply, "leave a marker", e);
	return ST_OK;
}

static status learn_marker(struct redis_link *l, struct error *e)
{
	status s = get_marker(l, e);
	if (s != ST_NOT_FOUND)
		return s;
	TRY(make_marker(l, e));
	s = get_marker(l, e);
	return s == ST_NOT_FOUND ? ST_UNAVAILABLE : s;
}

static status learn_identity(struct redis_link *l, uint8_t ret[CACHE_IDENTITY_SIZE],
			     struct error *e)
{
	AUTO(reply) redisReply *info = redisCommand(l->context, "INFO");
	if (!info || info->type != REDIS_REPLY_STRING)
		return fault(l, info, "ask who is there", e);
	struct slice run = info_value(info, "run_id:");
	if (!slice_is(info_value(info, "role:"), "master") || !run.n)
		return error_set(e, ST_UNAVAILABLE, "cache: this Redis is not a master");
	TRY(learn_policy(l, info));
	TRY(learn_marker(l, e));

	AUTO_BUF struct buf both = { 0 };
	buf_put(&both, slice_of(l->marker, REDIS_MARKER_SIZE));
	buf_put(&both, run);
	TRY(buf_status(&both));
	return sha256(buf_slice(&both), ret);
}

static status load_scripts(struct redis_link *l, struct error *e)
{
	for (size_t i = 0; i < REDIS_SCRIPTS; i++) {
		AUTO(reply) redisReply *reply =
			redisCommand(l->context, "SCRIPT LOAD %s", REDIS_SCRIPT_TEXTS[i]);
		if (!reply || reply->type != REDIS_REPLY_STRING || reply->len != REDIS_SHA_SIZE)
			return fault(l, reply, "load a script", e);
		memcpy(l->scripts[i], reply->str, REDIS_SHA_SIZE);
	}
	return ST_OK;
}

static status make_nonblocking(struct redis_link *l)
{
	int flags = fcntl(l->context->fd, F_GETFL);
	if (flags < 0 || fcntl(l->context->fd, F_SETFL, flags | O_NONBLOCK))
		return ST_UNAVAILABLE;
	l->context->flags &= ~REDIS_BLOCK;
	return ST_OK;
}

status redis_link_open(struct redis_link *l, const struct redis_address *address,
		       int64_t deadline_ms, uint8_t ret_identity[CACHE_IDENTITY_SIZE],
		       struct error *e)
{
	TRY(connect_to(l, address, deadline_ms, e));
	TRY(log_in(l, address, e));
	TRY(load_scripts(l, e));
	TRY(learn_identity(l, ret_identity, e));
	return make_nonblocking(l);
}

/* ---- exchanges ------------------------------------------------------------------------------ */

/* What is on its way, in the order of its answers. */
struct flight {
	struct redis_round *round; /* whose answer comes next; NULL: the ends of the pipeline */
	size_t entry;              /* of that round */
	int part;                  /* of that entry: ADD has two answers */
	bool repeat;               /* only entries whose script was unknown, now with its text */
	bool check;                /* the answer to INFO is still to come */
	bool done;
};

/* Move to the next entry that has an answer to come. */
static void seek(struct flight *f)
{
	while (f->round) {
		if (f->entry == f->round->n) {
			f->round = f->round->next;
			f->entry = 0;
			continue;
		}
		if (!f->repeat || redis_command_repeats(&f->round->entries[f->entry]))
			return;
		f->entry++;
	}
}

static status receive_end(struct redis_link *l, struct flight *f, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_STRING)
		return ST_UNAVAILABLE;
	if (f->check) {
		f->check = false;
		return learn_policy(l, reply);
	}
	f->done = true;
	bool same = reply->len == REDIS_MARKER_SIZE &&
		    memcmp(reply->str, l->marker, REDIS_MARKER_SIZE) == 0;
	return same ? ST_OK : ST_UNAVAILABLE;
}

static status receive(struct redis_link *l, struct flight *f, const redisReply *reply)
{
	if (!f->round)
		return receive_end(l, f, reply);
	struct cache_entry *entry = &f->round->entries[f->entry];
	redis_command_receive(l, entry, f->part, f->round->arena, reply);
	if (++f->part == redis_command_answers(entry)) {
		f->part = 0;
		f->entry++;
		seek(f);
	}
	return l->broken ? ST_UNAVAILABLE : ST_OK;
}

static status receive_all(struct redis_link *l, struct flight *f)
{
	while (!f->done) {
		void *answer = NULL;
		if (redisGetReplyFromReader(l->context, &answer))
			return ST_UNAVAILABLE;
		if (!answer)
			return ST_OK;
		AUTO(reply) redisReply *reply = answer;
		TRY(receive(l, f, reply));
	}
	return ST_OK;
}

static status wait_for(struct redis_link *l, bool sent, int64_t deadline)
{
	int64_t left = deadline - redis_now_ms();
	struct pollfd fd = { l->context->fd, (short)(sent ? POLLIN : POLLIN | POLLOUT), 0 };
	if (left <= 0 || poll(&fd, 1, (int)left) <= 0)
		return ST_UNAVAILABLE;
	bool readable = fd.revents & (POLLIN | POLLHUP | POLLERR);
	return readable && redisBufferRead(l->context) ? ST_UNAVAILABLE : ST_OK;
}

static status transfer(struct redis_link *l, struct flight *f, int64_t deadline)
{
	int sent = 0;
	for (;;) {
		if (!sent && redisBufferWrite(l->context, &sent))
			return ST_UNAVAILABLE;
		TRY(receive_all(l, f));
		if (f->done)
			return ST_OK;
		TRY(wait_for(l, sent, deadline));
	}
}

static status send_rounds(struct redis_link *l, struct redis_round *rounds, bool repeat)
{
	struct flight f = { .round = rounds, .repeat = repeat };
	for (seek(&f); f.round; f.entry++, seek(&f))
		TRY(redis_command_append(l, &f.round->entries[f.entry], repeat));
	return ST_OK;
}

static status pipeline(struct redis_link *l, struct redis_round *rounds, bool repeat, bool check,
		       int64_t deadline)
{
	TRY(send_rounds(l, rounds, repeat));
	if (check && redisAppendCommand(l->context, "INFO memory"))
		return ST_NOMEM;
	if (redisAppendCommand(l->context, "GET %s", MARKER_KEY))
		return ST_NOMEM;
	struct flight f = { .round = rounds, .repeat = repeat, .check = check };
	seek(&f);
	return transfer(l, &f, deadline);
}

static bool any_repeats(const struct redis_round *rounds)
{
	for (; rounds; rounds = rounds->next)
		for (size_t i = 0; i < rounds->n; i++)
			if (redis_command_repeats(&rounds->entries[i]))
				return true;
	return false;
}

status redis_link_exchange(struct redis_link *l, struct redis_round *rounds, bool check,
			   int64_t deadline)
{
	TRY(pipeline(l, rounds, false, check, deadline));
	/* Somebody has flushed the scripts: once more, with their text. */
	return any_repeats(rounds) ? pipeline(l, rounds, true, false, deadline) : ST_OK;
}
