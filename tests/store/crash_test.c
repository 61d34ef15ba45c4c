/*
 * crash_test WRITER [TIMES]: kill -9 a writing process at a random moment, open its store, and see
 * that nothing acknowledged is lost and nothing is half-written; again and again, on one store.
 */
#include "load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct run {
	const char *writer;
	char dir[64];
	struct load_acks acks;
	size_t killed_before_first;
};

static void pause_us(long us)
{
	nanosleep(&(struct timespec){ us / 1000000, us % 1000000 * 1000 }, NULL);
}

static pid_t start_writer(const struct run *run, int *ret_acks)
{
	int fds[2];
	char from[64];
	const uint32_t *n = run->acks.n;
	snprintf(from, sizeof from, "%u,%u,%u,%u", n[0], n[1], n[2], n[3]);
	if (pipe(fds))
		exit(2);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execl(run->writer, "writer", run->dir, from, "1000000", NULL);
		_exit(127);
	}
	close(fds[1]);
	*ret_acks = fds[0];
	return pid;
}

/* What had been acknowledged when the writer died is in the pipe to the last byte. */
static size_t read_acks(struct run *run, int fd)
{
	struct load_item item;
	size_t n = 0;
	for (; read(fd, &item, sizeof item) == sizeof item; n++)
		load_ack(&run->acks, item);
	close(fd);
	return n;
}

static bool check(struct run *run)
{
	struct records *r = NULL;
	struct error e = { 0 };
	const struct records_options options = { .dir = run->dir, .create = true };
	char message[256] = "";
	if (records_open(&options, &r, &e)) {
		printf("the store does not open: %s\n", e.message);
		return false;
	}
	bool fine = load_check(r, &run->acks, message);
	/* An item under way may have made it: the writer goes on behind it. */
	AUTO_ARENA struct arena a = { 0 };
	for (uint32_t t = 0; t < LOAD_THREADS; t++) {
		bool has = false;
		struct slice key = arena_format(&a, "%u-%06u", t, run->acks.n[t]);
		if (records_has(r, TABLE_SUBJECTS, key, &has))
			fine = false;
		run->acks.n[t] += has;
	}
	records_free(r);
	if (!fine)
		printf("%s\n", message);
	return fine;
}

static bool kill_once(struct run *run, unsigned *seed)
{
	int fd;
	pid_t pid = start_writer(run, &fd);
	/* From the making of the store on: the first times are short. */
	pause_us((long)(rand_r(seed) % 100000u));
	kill(pid, SIGKILL);
	int result;
	waitpid(pid, &result, 0);
	run->killed_before_first += read_acks(run, fd) == 0;
	if (!WIFSIGNALED(result)) {
		printf("the writer ended by itself: %d\n", WEXITSTATUS(result));
		return false;
	}
	return check(run);
}

static void remove_store(const struct run *run)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", run->dir);
	if (system(command))
		printf("%s is left\n", run->dir);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int times = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 200;
	unsigned seed = (unsigned)time(NULL), first = seed;
	struct run run = { .writer = argv[1], .dir = "/tmp/authd-crash-XXXXXX" };
	if (!mkdtemp(run.dir))
		return 2;
	for (int i = 0; i < times; i++) {
		if (kill_once(&run, &seed))
			continue;
		printf("failed at kill %d, seed %u; the store is left in %s\n", i + 1, first, run.dir);
		return 1;
	}
	size_t acks = 0;
	for (uint32_t t = 0; t < LOAD_THREADS; t++)
		acks += run.acks.n[t];
	printf("%d kills (%zu before anything was acknowledged), %zu items, none lost; seed %u\n",
	       times, run.killed_before_first, acks, first);
	remove_store(&run);
	return acks ? 0 : 1;
}
