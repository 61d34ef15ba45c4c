/*
 * powerloss_test RECORDER WRITER [--bulk] [--without FUNCTION]
 *
 * Record what a writer does to its files, then cut the power: after each step, with all, none and
 * many samples of what was not yet synced. Each state must open with everything acknowledged by
 * then, whole. With --without, the writer's fdatasync() or fsync() is left out, and that must be
 * noticed. With --bulk the writer is one bulk build, of which all must be there or nothing.
 */
#include "load.h"
#include "replay.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A fault is noticed sooner. */
enum { SAMPLES = 10000, SAMPLES_WITHOUT = 500 };
enum { ITEMS_PER_THREAD = 12 };

/* In memory shared with the process that opens the states, which a spoilt state may kill. */
struct progress {
	size_t next;  /* the state to be tried */
	size_t tried;
	size_t bad;
	char first[256];
};

struct test {
	const char *log;
	char work[128]; /* where states are written */
	struct progress *progress;
	unsigned seed;
	bool bulk;
	size_t samples_per_event;
	size_t state; /* number of the current one */
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- recording ------------------------------------------------------------------------------ */

static bool record(const char *recorder, const char *writer, const char *dir, const char *log,
		   const char *without)
{
	char items[16];
	snprintf(items, sizeof items, "%d", ITEMS_PER_THREAD);
	pid_t pid = fork();
	if (pid == 0) {
		setenv(RECORD_DIR, dir, 1);
		setenv(RECORD_LOG, log, 1);
		if (without)
			setenv(RECORD_SKIP_SYNC, without, 1);
		setenv("LD_PRELOAD", recorder, 1);
		if (!freopen("/dev/null", "w", stdout))
			_exit(2);
		execl(writer, "writer", dir, "0,0,0,0", items, NULL);
		_exit(127);
	}
	int result;
	return waitpid(pid, &result, 0) == pid && WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

/* ---- trying one state ----------------------------------------------------------------------- */

static bool any_acked(const struct load_acks *acks)
{
	for (size_t i = 0; i < LOAD_THREADS; i++)
		if (acks->n[i])
			return true;
	return false;
}

/* A bulk build is there whole, if it is there at all. */
static const struct load_acks WHOLE = {
	{ [0 ... LOAD_THREADS - 1] = ITEMS_PER_THREAD },
};

static bool opens_whole(const struct test *t, const struct load_acks *acks, char message[256])
{
	struct records *r = NULL;
	struct error e = { 0 };
	struct records_options options = { .dir = t->work };
	status s = records_open(&options, &r, &e);
	if (!s && t->bulk)
		acks = &WHOLE;
	/* Before anything was acknowledged there may be no store yet; then one can be made. */
	options.create = !any_acked(acks);
	if (s == ST_NOT_FOUND && options.create)
		s = records_open(&options, &r, &e);
	if (s) {
		snprintf(message, 256, "does not open: %.200s", e.message);
		return false;
	}
	bool fine = load_check(r, acks, message);
	records_free(r);
	return fine;
}

static void try_state(struct test *t, const struct replay *r, const struct load_acks *acks,
		      enum replay_choice choice)
{
	struct progress *p = t->progress;
	unsigned seed = t->seed + (unsigned)t->state * 7919;
	if (t->state++ < p->next)
		return;
	p->next = t->state; /* should it kill this process, the next one goes on behind it */
	p->tried++;
	p->bad++;
	char message[256] = "";
	if (mkdir(t->work, 0700) || !replay_write(r, choice, &seed, t->work)) {
		fprintf(stderr, "%s: a state cannot be written\n", t->work);
		_exit(2);
	}
	if (opens_whole(t, acks, message))
		p->bad--;
	else if (!p->first[0])
		snprintf(p->first, sizeof p->first, "state %zu: %.200s", t->state - 1, message);
	remove_tree(t->work);
}

static void try_event(struct test *t, const struct replay *r, const struct load_acks *acks)
{
	try_state(t, r, acks, REPLAY_ALL);
	if (!replay_pending(r))
		return;
	try_state(t, r, acks, REPLAY_DURABLE);
	for (size_t i = 0; i < t->samples_per_event; i++)
		try_state(t, r, acks, REPLAY_SAMPLE);
}

static void note_ack(struct load_acks *acks, const struct event *e, const void *bytes)
{
	struct load_item item;
	if (e->type != EVENT_ACK || e->size != sizeof item)
		return;
	memcpy(&item, bytes, sizeof item);
	load_ack(acks, item);
}

static void try_all(struct test *t)
{
	struct load_acks acks = { 0 };
	const struct event *e;
	const void *bytes;
	struct replay *r = replay_open(t->log);
	if (!r)
		_exit(2);
	while ((e = replay_next(r, &bytes))) {
		note_ack(&acks, e, bytes);
		try_event(t, r, &acks);
	}
	replay_free(r);
}

/* ---- trying them all ------------------------------------------------------------------------ */

/* How often something is pending: each time gets its share of the samples. */
static size_t count_pending(const char *log, size_t *ret_events)
{
	struct replay *r = replay_open(log);
	const void *bytes;
	size_t pending = 0, events = 0;
	if (!r)
		exit(2);
	for (; replay_next(r, &bytes); events++)
		pending += replay_pending(r);
	replay_free(r);
	*ret_events = events;
	return pending;
}

/* A state that kills the process counts as bad; the next process goes on behind it. */
static void try_in_processes(struct test *t)
{
	int result;
	do {
		pid_t pid = fork();
		if (pid == 0) {
			if (!freopen("/dev/null", "w", stderr))
				_exit(2);
			try_all(t);
			_exit(0);
		}
		waitpid(pid, &result, 0);
		remove_tree(t->work);
		if (WIFEXITED(result) && WEXITSTATUS(result))
			exit(2);
		if (WIFSIGNALED(result) && !t->progress->first[0])
			snprintf(t->progress->first, sizeof t->progress->first, "state %zu: %s",
				 t->progress->next - 1, strsignal(WTERMSIG(result)));
	} while (WIFSIGNALED(result));
}

static int report(const struct test *t, size_t events, bool must_be_noticed)
{
	const struct progress *p = t->progress;
	printf("%zu events, %zu states, %zu of them bad; seed %u\n", events, p->tried, p->bad,
	       t->seed);
	if (p->bad)
		printf("%s\n", p->first);
	if (must_be_noticed)
		return p->bad ? 0 : 1;
	return p->bad || p->tried < SAMPLES ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	const char *without = NULL;
	bool bulk = false;
	for (int i = 3; i < argc; i++) {
		bulk = bulk || strcmp(argv[i], "--bulk") == 0;
		if (strcmp(argv[i], "--without") == 0 && i + 1 < argc)
			without = argv[++i];
	}
	bool in_memory = access("/dev/shm", W_OK) == 0;
	char top[64], dir[128], log[128];
	snprintf(top, sizeof top, "%s/authd-power-XXXXXX", in_memory ? "/dev/shm" : "/tmp");
	if (!mkdtemp(top))
		return 2;
	snprintf(dir, sizeof dir, "%s/store", top);
	snprintf(log, sizeof log, "%s/log", top);
	struct test t = { .log = log, .bulk = bulk, .seed = (unsigned)time(NULL) };
	snprintf(t.work, sizeof t.work, "%s/state", top);
	t.progress = mmap(NULL, sizeof *t.progress, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t.progress == MAP_FAILED || mkdir(dir, 0700) ||
	    !record(argv[1], argv[2], dir, log, without)) {
		fprintf(stderr, "the writer could not be recorded\n");
		return 2;
	}
	size_t events, pending = count_pending(log, &events);
	size_t samples = without ? SAMPLES_WITHOUT : SAMPLES;
	t.samples_per_event = pending ? samples / pending + 1 : 0;
	try_in_processes(&t);
	remove_tree(top);
	return report(&t, events, without != NULL);
}
