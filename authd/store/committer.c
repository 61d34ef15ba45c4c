#include "authd/store/committer.h"
#include "authd/store/thread.h"

/* A group is bounded, so that its transaction stays in memory and its first batch waits little. */
enum { GROUP_BATCHES_MAX = 512, GROUP_BYTES_MAX = 8 << 20 };

struct committer {
	struct records_backend *backend;
	pthread_t thread;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	struct batch *first, *last;
	bool stopping;
};

static void push(struct committer *c, struct batch *b)
{
	b->next = NULL;
	if (c->first)
		c->last->next = b;
	else
		c->first = b;
	c->last = b;
}

/* Cut a group off the head of the queue. */
static struct batch *take_group(struct committer *c)
{
	struct batch *group = c->first, *last = group;
	size_t n = 1, bytes = group->bytes;
	while (last->next && n < GROUP_BATCHES_MAX) {
		if (bytes + last->next->bytes > GROUP_BYTES_MAX)
			break;
		last = last->next;
		bytes += last->bytes;
		n++;
	}
	c->first = last->next;
	last->next = NULL;
	return group;
}

static void finish_group(struct batch *group)
{
	while (group) {
		struct batch *b = group;
		group = b->next; /* b belongs to its owner again once it is done */
		op_complete(b->op, b->result);
	}
}

static void *run(void *argument)
{
	struct committer *c = argument;
	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->first && !c->stopping)
			pthread_cond_wait(&c->changed, &c->lock);
		if (!c->first)
			break;
		struct batch *group = take_group(c);
		pthread_mutex_unlock(&c->lock);
		c->backend->calls->apply(c->backend, group);
		finish_group(group);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void committer_submit(struct committer *c, struct batch *b)
{
	pthread_mutex_lock(&c->lock);
	bool asleep = !c->first;
	push(c, b);
	pthread_mutex_unlock(&c->lock);
	if (asleep)
		pthread_cond_signal(&c->changed);
}

status committer_new(struct records_backend *backend, struct committer **ret)
{
	struct committer *c = calloc(1, sizeof *c);
	if (!c)
		return ST_NOMEM;
	c->backend = backend;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	status s = thread_start(&c->thread, run, c);
	if (s) {
		free(c);
		return s;
	}
	*ret = c;
	return ST_OK;
}

void committer_free(struct committer *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_mutex_unlock(&c->lock);
	pthread_cond_signal(&c->changed);
	pthread_join(c->thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	free(c);
}
