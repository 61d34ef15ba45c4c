#include "authd/service/turns.h"

#include <pthread.h>
#include <stdlib.h>

struct turn_name {
	struct turn_name *next;
	size_t going_on, waiting;
	struct turn *first, *last; /* of those that wait */
	size_t n;
	uint8_t text[];
};

struct turns {
	size_t at_once, waiting;
	pthread_mutex_t lock;
	struct turn_name *names; /* with a turn each: as few as there are requests */
};

status turns_new(size_t at_once, size_t waiting, struct turns **ret)
{
	struct turns *t = calloc(1, sizeof *t);
	if (!t)
		return ST_NOMEM;
	t->at_once = at_once;
	t->waiting = waiting;
	pthread_mutex_init(&t->lock, NULL);
	*ret = t;
	return ST_OK;
}

void turns_free(struct turns *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static struct turn_name *find(struct turns *t, struct slice name)
{
	struct turn_name *n = t->names;
	while (n && !slice_equal(slice_of(n->text, n->n), name))
		n = n->next;
	return n;
}

static struct turn_name *add(struct turns *t, struct slice name)
{
	struct turn_name *n = calloc(1, sizeof *n + name.n);
	if (!n)
		return NULL;
	n->n = name.n;
	if (name.n)
		memcpy(n->text, name.p, name.n);
	n->next = t->names;
	t->names = n;
	return n;
}

static enum turn_answer take(struct turns *t, struct slice name, struct turn *turn)
{
	struct turn_name *n = find(t, name);
	if (!n)
		n = add(t, name);
	if (!n || (n->going_on == t->at_once && n->waiting == t->waiting))
		return TURN_NEVER;
	*turn = (struct turn){ .of = n };
	if (n->going_on < t->at_once) {
		n->going_on++;
		return TURN_NOW;
	}
	*(n->last ? &n->last->next : &n->first) = turn;
	n->last = turn;
	n->waiting++;
	return TURN_LATER;
}

enum turn_answer turn_take(struct turns *t, struct slice name, struct turn *turn)
{
	pthread_mutex_lock(&t->lock);
	enum turn_answer answer = take(t, name, turn);
	pthread_mutex_unlock(&t->lock);
	return answer;
}

static void forget(struct turns *t, struct turn_name *n)
{
	struct turn_name **at = &t->names;
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	free(n);
}

struct turn *turn_end(struct turns *t, struct turn *turn)
{
	pthread_mutex_lock(&t->lock);
	struct turn_name *n = turn->of;
	struct turn *next = n->first;
	if (next) {
		n->first = next->next;
		n->last = n->first ? n->last : NULL;
		n->waiting--;
	} else if (--n->going_on == 0) {
		forget(t, n);
	}
	pthread_mutex_unlock(&t->lock);
	return next;
}
